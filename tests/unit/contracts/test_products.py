"""The limits of a product, each told with its field, the value and the limit."""

import pytest
from google.protobuf import json_format

from contracts import products
from shopkeeper.catalog.v1.catalog_pb2 import Product

GOOD = {"productId": "cup-1", "title": "Cup", "price": {"currencyCode": "CNY", "units": "25"}}


def wrong(**fields: object) -> dict[str, str]:
    product = json_format.ParseDict({**GOOD, **fields}, Product())
    return {violation.field: violation.message for violation in products.check(product)}


def test_a_good_product_has_nothing_wrong() -> None:
    chinese = {"languageCode": "zh", "title": "杯子"}
    assert wrong(stock="0", localizations=[chinese], originalPrice={"currencyCode": "CNY", "units": "30"}) == {}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"productId": "a b"}, "product_id", "'a b' is not 1 to 128 letters"),
        ({"title": ""}, "title", "is required"),
        ({"title": "t" * 1001}, "title", "has 1001 characters, the limit is 1000"),
        ({"languageCode": "english!"}, "language_code", "BCP 47"),
        ({"price": {"currencyCode": "CNY", "units": "-1"}}, "price.units", "negative"),
        ({"price": {"currencyCode": "yuan", "units": "1"}}, "price.currency_code", "'yuan' is not an ISO 4217"),
        ({"originalPrice": {"currencyCode": "CNY", "units": "20"}}, "original_price.units", "20 is below the price"),
        ({"originalPrice": {"currencyCode": "EUR", "units": "30"}}, "original_price.currency_code", "EUR"),
        ({"stock": "-3"}, "stock", "-3 is negative"),
        ({"rating": {"average": 6}}, "rating.average", "6.0 is not between 0 and 5"),
        ({"imageUris": ["ftp://x/y.png"]}, "image_uris[0]", "neither http nor https"),
        (
            {"imageUris": ["https://x/y.png", "http://[half"]},
            "image_uris[1]",
            "'http://[half' is neither http nor https",
        ),
        ({"tags": ["t" * 600_000, "t" * 600_000]}, "product", "bytes, the limit is 1048576"),
        ({"categories": ["c"] * 21}, "categories", "has 21 entries, the limit is 20"),
        ({"localizations": [{"languageCode": "en", "title": "x"}]}, "localizations[0].language_code", "twice"),
        ({"attributes": [{"name": "", "values": ["x"]}]}, "attributes[0].name", "is required"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, object], field: str, words: str) -> None:
    assert words in wrong(**fields)[field]


@pytest.mark.parametrize(("field", "value"), [("seconds", 253_402_300_800), ("seconds", -(2**62)), ("nanos", 10**9)])
def test_a_time_that_no_calendar_has_is_refused(field: str, value: int) -> None:
    product = json_format.ParseDict(GOOD, Product())
    setattr(product.publish_time, field, value)
    assert [violation.field for violation in products.check(product)] == [f"publish_time.{field}"]
