"""Products of the catalogue as facts in one language, and published copy as a product again."""

import re
from collections.abc import Iterator

from services.generator.facts import BRAND, CATEGORY, DETAIL, PRICE, TITLE, Fact, Source
from services.generator.titles import readable, short_title
from shopkeeper.catalog.v1.catalog_pb2 import Localization, Product

_AS_THEY_ARE = frozenset({"compatible_model", "connection", "network"})
_PROPER = frozenset({"Damascus"})
_SYMBOLS = {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€"}


def base(code: str) -> str:
    """`zh` of `zh-CN`; `en` where nothing is said."""
    return (code or "en").lower().partition("-")[0]


def source(product: Product, language: str) -> Source:
    """The product in that language; what has no words in it keeps the product's own."""
    words = _localization(product, language)
    own = [product.description, words.description if words else ""]
    return Source(product.product_id, language, tuple(_facts(product, words, language)), "\n".join(filter(None, own)))


def _facts(product: Product, words: Localization | None, language: str) -> Iterator[Fact]:
    """Title without the brand and the values that stand behind it, category, brand, attributes, price."""
    brand = (words.brand if words else "") or product.brand
    attributes = dict(_attributes(product, words))
    known = [value for values in attributes.values() for value in values]
    title, details = short_title(readable((words.title if words else "") or product.title), brand, known, language)
    yield Fact(TITLE, title)
    if paths := (words.categories if words else ()) or product.categories:
        yield Fact(CATEGORY, paths[0])
    if brand:
        yield Fact(BRAND, brand)
    for name, values in attributes.items():
        yield Fact(name, _listed([_within(name, value, language) for value in values], language))
    for detail in details:
        yield Fact(DETAIL, _within(DETAIL, detail, language))
    if amount := price(product, language):
        yield Fact(PRICE, amount)


def _attributes(product: Product, words: Localization | None) -> Iterator[tuple[str, list[str]]]:
    said = {attribute.name: attribute.values for attribute in (words.attributes if words else ()) if attribute.values}
    own = {attribute.name: attribute.values for attribute in product.attributes}
    for name in own or said:
        values = [" ".join(value.split()) for value in said.get(name, own.get(name, ())) if value.strip()]
        if values:
            yield name, values


def _within(name: str, value: str, language: str) -> str:
    """As it stands within a sentence: `Sage Green` is sage green there, `EVA Foam` EVA foam."""
    if language != "en" or name in _AS_THEY_ARE:
        return value
    return re.sub(r"\b[A-Z][a-z]+\b", lambda word: word[0] if word[0] in _PROPER else word[0].lower(), value)


def _listed(values: list[str], language: str) -> str:
    """`XS, S and M`; in Chinese `XS、S、M`."""
    if language == "zh" or len(values) < 2:
        return "、".join(values)
    return f"{', '.join(values[:-1])} and {values[-1]}"


def price(product: Product, language: str) -> str:
    """`¥129`, `129元`, `£2.55`, `5 CHF`; "" without one."""
    amount, currency = product.price.units + product.price.nanos / 1e9, product.price.currency_code
    if not amount:
        return ""
    number = f"{amount:.2f}".removesuffix(".00")
    if currency == "CNY" and "." in number:
        number = number.removesuffix("0")
    if language == "zh" and currency == "CNY":
        return f"{number}元"
    return f"{_SYMBOLS[currency]}{number}" if currency in _SYMBOLS else f"{number} {currency}".strip()


def _localization(product: Product, language: str) -> Localization | None:
    if base(product.language_code) == language:
        return None
    return next((words for words in product.localizations if base(words.language_code) == language), None)


def current_text(product: Product, language: str, channel: str) -> str:
    """What the catalogue says where copy of that channel would stand; "" if nothing."""
    own = base(product.language_code) == language
    holder = product if own else _localization(product, language)
    if holder is None:
        return ""
    return holder.title if channel == "title" else holder.description


def with_copy(product: Product, language: str, channel: str, text: str) -> Product:
    """The product with that text as its title (channel `title`) or description, in that language."""
    changed = Product()
    changed.CopyFrom(product)
    holder: Product | Localization = changed
    if base(product.language_code) != language:
        found = next((words for words in changed.localizations if base(words.language_code) == language), None)
        holder = found if found is not None else changed.localizations.add(language_code=language)
    if channel == "title":
        holder.title = text
    else:
        holder.description = text
    return changed
