"""Messages of the contract as the domain's values, and products in the language asked for."""

import uuid

import pytest
from google.protobuf import json_format
from google.type.money_pb2 import Money

from services.recommender.codec import amount, in_language, to_money, to_product, to_shopper_event
from services.recommender.events import Line, Preference
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.events.v1.events_pb2 import UserEvent

SHIRT = json_format.ParseDict(
    {
        "productId": "shirt",
        "title": "Shirt",
        "description": "Of linen.",
        "brand": "Acme",
        "categories": ["Clothing > Shirts"],
        "price": {"currencyCode": "CNY", "units": "19", "nanos": 990_000_000},
        "attributes": [{"name": "colour", "values": ["red", "blue"]}],
        "stock": "0",
        "rating": {"average": 4.5, "count": "2"},
        "localizations": [
            {
                "languageCode": "zh",
                "title": "衬衫",
                "categories": ["服装 > 衬衫"],
                "attributes": [{"name": "colour", "values": ["红色", "蓝色"]}],
            },
            {"languageCode": "zh-TW", "title": "襯衫"},
        ],
    },
    Product(),
)


@pytest.mark.parametrize(
    ("value", "units", "nanos"), [(0.0, 0, 0), (19.99, 19, 990_000_000), (0.1 + 0.2, 0, 300_000_000), (5, 5, 0)]
)
def test_money_is_told_in_whole_cents(value: float, units: int, nanos: int) -> None:
    assert to_money(value, "CNY") == Money(currency_code="CNY", units=units, nanos=nanos)
    assert amount(to_money(value, "CNY")) == pytest.approx(value)


def test_the_dearest_product_can_still_be_told() -> None:
    assert to_money(amount(Money(currency_code="CNY", units=2**63 - 1)), "CNY").units == 2**63 - 1


def test_a_product_in_plain_values() -> None:
    product = to_product(SHIRT, imported_ms=77)
    assert (product.price, product.currency, product.stock, product.rating) == (19.99, "CNY", 0, 4.5)
    assert not product.sellable
    assert product.publish_time_ms == 77
    assert list(product.wordings) == ["en", "zh", "zh-TW"]
    assert product.own.attributes == {"colour": ("red", "blue")}
    chinese = product.in_language("zh")
    assert (chinese.title, chinese.categories) == ("衬衫", ("服装 > 衬衫",))
    assert (chinese.description, chinese.brand) == ("Of linen.", "Acme")  # what is not translated stays
    assert product.in_language("zh-TW").attributes == {"colour": ("red", "blue")}


def test_a_product_that_tells_little() -> None:
    product = to_product(Product(product_id="p", title="P", language_code="zh"))
    assert (product.price, product.stock, product.sellable) == (0.0, None, True)
    assert list(product.wordings) == ["zh"]


def test_a_publish_time_stands_above_the_import() -> None:
    told = Product(product_id="p", title="P")
    told.publish_time.FromMilliseconds(1_700_000_000_000)
    assert to_product(told, imported_ms=77).publish_time_ms == 1_700_000_000_000


@pytest.mark.parametrize(
    ("asked", "title", "language"),
    [
        ("en", "Shirt", ""),
        ("zh", "衬衫", "zh"),
        ("ZH", "衬衫", "zh"),
        ("zh-TW", "襯衫", "zh-TW"),
        ("zh-CN", "衬衫", "zh"),
        ("en-GB", "Shirt", ""),
        ("fr", "Shirt", ""),
    ],
)
def test_a_product_speaks_the_language_nearest_to_the_one_asked_for(asked: str, title: str, language: str) -> None:
    told = in_language(SHIRT, asked)
    assert (told.title, told.language_code, len(told.localizations)) == (title, language, 0)
    assert (told.product_id, told.price, told.description) == ("shirt", SHIRT.price, "Of linen.")
    assert len(SHIRT.localizations) == 2  # the catalogue's own is as it was


def test_an_event_in_plain_values() -> None:
    event = json_format.ParseDict(
        {
            "eventId": str(uuid.UUID(int=1)),
            "eventType": "purchase-complete",
            "visitorId": "ann",
            "userId": "u",
            "eventTime": "2024-01-01T00:00:00.123456789Z",
            "productDetails": [
                {"productId": "a", "quantity": 3, "price": {"currencyCode": "CNY", "units": "2", "nanos": 500_000_000}},
                {"productId": "b"},
            ],
            "preferences": [{"name": "colour", "value": "red"}, {"name": "size", "value": "XL", "weight": -0.5}],
        },
        UserEvent(),
    )
    plain = to_shopper_event(event)
    assert (plain.visitor_id, plain.user_id, plain.time_ms) == ("ann", "u", 1_704_067_200_123)
    assert plain.lines == (Line("a", 3, 2.5), Line("b", 1, 0.0))
    assert plain.preferences == (Preference("colour", "red", 1.0), Preference("size", "XL", -0.5))
