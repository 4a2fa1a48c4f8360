"""Products as they travel: their limits, and how they become records of the catalogue topic."""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from contracts import limits, topics
from servicekit.errors import Violation
from servicekit.events.log import Message
from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Localization, Product

PRODUCT_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check(product: Product) -> list[Violation]:
    """All that is wrong with a product; empty if it is good."""
    return [violation for rule in _RULES for violation in rule(product)]


def _words(product: Product) -> Iterator[Violation]:
    if not PRODUCT_ID.fullmatch(product.product_id):
        yield Violation(
            "product_id",
            f"{limits.shown(product.product_id)} is not 1 to 128 letters, digits, '.', '_' or '-'",
        )
    yield from limits.text("title", product.title, 1000, required=True)
    yield from limits.text("description", product.description, 10_000)
    yield from limits.text("brand", product.brand, 200)
    yield from _language("language_code", product.language_code or "en")
    yield from limits.count("categories", product.categories, 20)
    yield from limits.count("tags", product.tags, 50)
    yield from _attributes("attributes", product.attributes)


def _language(field: str, code: str) -> Iterator[Violation]:
    if not _LANGUAGE.fullmatch(code):
        yield Violation(field, f"{limits.shown(code)} is not a BCP 47 language code such as en or zh")


def _attributes(field: str, attributes: Iterable[Attribute]) -> Iterator[Violation]:
    listed = list(attributes)
    yield from limits.count(field, listed, 100)
    for index, attribute in enumerate(listed):
        yield from limits.text(f"{field}[{index}].name", attribute.name, limits.ID_LENGTH, required=True)
        yield from limits.count(f"{field}[{index}].values", attribute.values, 50)
        for value in attribute.values:
            yield from limits.text(f"{field}[{index}].values", value, 256)


def _prices(product: Product) -> Iterator[Violation]:
    if product.HasField("price"):
        yield from limits.money("price", product.price)
    if not product.HasField("original_price"):
        return
    yield from limits.money("original_price", product.original_price)
    price, before = product.price, product.original_price
    if product.HasField("price") and price.currency_code != before.currency_code:
        yield Violation(
            "original_price.currency_code", f"{before.currency_code} is not the price's, {price.currency_code}"
        )
    elif (before.units, before.nanos) < (price.units, price.nanos):
        yield Violation("original_price.units", f"{before.units} is below the price, {price.units}")


def _details(product: Product) -> Iterator[Violation]:
    if product.HasField("stock") and product.stock.value < 0:
        yield Violation("stock", f"{product.stock.value} is negative, the least is 0")
    if product.HasField("rating") and not 0 <= product.rating.average <= 5:
        yield Violation("rating.average", f"{product.rating.average} is not between 0 and 5")
    if product.rating.count < 0:
        yield Violation("rating.count", f"{product.rating.count} is negative, the least is 0")
    yield from limits.timestamp("publish_time", product.publish_time)
    yield from limits.count("image_uris", product.image_uris, 20)
    for index, uri in enumerate(product.image_uris):
        if not _is_web(uri):
            yield Violation(f"image_uris[{index}]", f"{limits.shown(uri)} is neither http nor https")


def _is_web(uri: str) -> bool:
    try:
        return urlsplit(uri).scheme in ("http", "https")
    except ValueError:  # e.g. `http://[`
        return False


def _localizations(product: Product) -> Iterator[Violation]:
    seen = {product.language_code or "en"}
    for index, words in enumerate(product.localizations):
        yield from _localization(f"localizations[{index}]", words)
        if words.language_code in seen:
            yield Violation(
                f"localizations[{index}].language_code", f"{limits.shown(words.language_code)} is there twice"
            )
        seen.add(words.language_code)


def _localization(field: str, words: Localization) -> Iterator[Violation]:
    yield from _language(f"{field}.language_code", words.language_code)
    yield from limits.text(f"{field}.title", words.title, 1000)
    yield from limits.text(f"{field}.description", words.description, 10_000)
    yield from limits.text(f"{field}.brand", words.brand, 200)
    yield from _attributes(f"{field}.attributes", words.attributes)


def _size(product: Product) -> Iterator[Violation]:
    size = product.ByteSize()
    if size > topics.MAX_PAYLOAD_BYTES:
        yield Violation("product", f"has {size} bytes, the limit is {topics.MAX_PAYLOAD_BYTES}")


_RULES: tuple[Callable[[Product], Iterator[Violation]], ...] = (_words, _prices, _details, _localizations, _size)


def to_message(shop_id: str, product: Product) -> Message:
    """The record that puts a product into the catalogue."""
    headers = [("ce_type", topics.PRODUCT.encode()), ("content-type", b"application/protobuf")]
    name = topics.catalog(shop_id).name
    return Message(name, product.product_id.encode(), product.SerializeToString(), headers)


def removal_message(shop_id: str, product_id: str) -> Message:
    """The record that takes a product out of the catalogue."""
    return Message(topics.catalog(shop_id).name, product_id.encode(), None)
