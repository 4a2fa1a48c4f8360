"""A row of a catalogue file to a product: flat columns, or our proto's own JSON."""

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.wrappers_pb2 import Int64Value

from servicekit.errors import InvalidInput, Violation
from shopctl.importing.fields import Fields
from shopctl.importing.wording import timestamp_of_ms
from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Localization, Product, Rating

PLAIN = (
    "product_id",
    "title",
    "description",
    "language_code",
    "brand",
    "categories",
    "price",
    "original_price",
    "currency",
    "stock",
    "image_uris",
    "tags",
    "uri",
    "publish_time",
    "rating",
    "rating_count",
)
LANGUAGE = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"
LOCALIZED = re.compile(rf"^(title|description|brand|categories)_({LANGUAGE})$")
ATTRIBUTE = re.compile(rf"^attr(?:_({LANGUAGE}))?\.(.+)$")


def product(values: Mapping[str, Any], currency: str = "") -> Product:
    """`currency` is that of rows that name none. Raises InvalidInput naming every column that is wrong."""
    return _flat(values, currency) if is_flat(values) else _proto_json(values)


def is_flat(values: Mapping[str, Any]) -> bool:
    """Whether the row has columns of ours rather than the proto's JSON."""
    if any(ATTRIBUTE.match(name) or LOCALIZED.match(name) for name in values):
        return True
    return not any(isinstance(value, Mapping) for value in values.values()) and not any(
        isinstance(value, list) and value and isinstance(value[0], Mapping) for value in values.values()
    )


def unused(names: list[str]) -> list[str]:
    """Columns that no part of a flat row reads."""
    return [n for n in names if n not in PLAIN and not LOCALIZED.match(n) and not ATTRIBUTE.match(n)]


def _proto_json(values: Mapping[str, Any]) -> Product:
    try:
        return json_format.ParseDict(dict(values), Product())
    except json_format.ParseError as error:
        raise InvalidInput.of(Violation("product", str(error))) from None


def _flat(values: Mapping[str, Any], currency: str) -> Product:
    row = Fields(values)
    own = row.text("currency") or currency
    made = Product(
        product_id=row.text("product_id"),
        title=row.text("title"),
        description=row.text("description"),
        language_code=row.text("language_code"),
        brand=row.text("brand"),
        categories=row.words("categories"),
        price=row.money("price", own),
        original_price=row.money("original_price", own),
        image_uris=row.words("image_uris"),
        tags=row.words("tags"),
        uri=row.text("uri"),
        attributes=_attributes(row, None),
        localizations=_localizations(row),
        rating=_rating(row),
    )
    if (stock := row.whole("stock")) is not None:
        made.stock.CopyFrom(Int64Value(value=stock))
    if (published := row.time_ms("publish_time")) is not None:
        made.publish_time.CopyFrom(timestamp_of_ms(published))
    row.raise_if_wrong()
    return made


def _attributes(row: Fields, language: str | None) -> list[Attribute]:
    found = []
    for name in row.values:
        match = ATTRIBUTE.match(name)
        if match and match[1] == language and (values := row.words(name)):
            found.append(Attribute(name=match[2].strip().lower().replace(" ", "_"), values=values))
    return found


def _localizations(row: Fields) -> list[Localization]:
    languages = {m[2] for name in row.values if (m := LOCALIZED.match(name))}
    languages |= {m[1] for name in row.values if (m := ATTRIBUTE.match(name)) and m[1]}
    made = [_localization(row, language) for language in sorted(languages)]
    return [words for words in made if words.title or words.description or words.attributes]


def _localization(row: Fields, language: str) -> Localization:
    return Localization(
        language_code=language,
        title=row.text(f"title_{language}"),
        description=row.text(f"description_{language}"),
        brand=row.text(f"brand_{language}"),
        categories=row.words(f"categories_{language}"),
        attributes=_attributes(row, language),
    )


def _rating(row: Fields) -> Rating | None:
    average, count = row.number("rating"), row.whole("rating_count")
    return None if average is None else Rating(average=average, count=count or 0)
