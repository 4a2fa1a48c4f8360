"""Rows of a merchant's catalogue file become products, or say which column is wrong."""

import pytest

from contracts import products
from servicekit.errors import InvalidInput
from shopctl.importing import catalog

ROW = {
    "product_id": "mug-1",
    "title": "Blue mug",
    "description": "Holds tea.",
    "brand": "Hearth",
    "categories": "Home > Kitchen > Mugs|Gifts",
    "price": "12.90",
    "original_price": "15",
    "currency": "usd",
    "stock": "7",
    "image_uris": "https://shop.example/a.jpg|https://shop.example/b.jpg",
    "tags": "gift|new",
    "publish_time": "2026-03-01",
    "rating": "4.5",
    "rating_count": "12",
    "attr.color": "blue|white",
    "attr.material": "",
    "title_zh": "蓝色马克杯",
    "attr_zh.color": "蓝色|白色",
}


def test_flat_columns_fill_the_whole_product() -> None:
    made = catalog.product(ROW)
    assert products.check(made) == []
    assert list(made.categories) == ["Home > Kitchen > Mugs", "Gifts"]
    assert (made.price.units, made.price.nanos, made.price.currency_code) == (12, 900_000_000, "USD")
    assert made.original_price.units == 15
    assert made.stock.value == 7
    assert list(made.image_uris) == ["https://shop.example/a.jpg", "https://shop.example/b.jpg"]
    assert [(a.name, list(a.values)) for a in made.attributes] == [("color", ["blue", "white"])]
    (chinese,) = made.localizations
    assert (chinese.language_code, chinese.title) == ("zh", "蓝色马克杯")
    assert list(chinese.attributes[0].values) == ["蓝色", "白色"]
    assert made.publish_time.ToJsonString() == "2026-03-01T00:00:00Z"
    assert (made.rating.average, made.rating.count) == (4.5, 12)


def test_an_empty_stock_is_unknown_and_not_none_left() -> None:
    assert not catalog.product(ROW | {"stock": ""}).HasField("stock")
    assert catalog.product(ROW | {"stock": "0"}).stock.value == 0


def test_rows_without_a_currency_take_the_one_that_was_named() -> None:
    row = {"product_id": "a", "title": "A", "price": "1,299.5"}
    made = catalog.product(row, currency="CNY")
    assert (made.price.units, made.price.nanos, made.price.currency_code) == (1299, 500_000_000, "CNY")


def test_every_wrong_column_of_a_row_is_named() -> None:
    row = ROW | {"price": "cheap", "stock": "many", "publish_time": "soon", "rating": "good"}
    with pytest.raises(InvalidInput) as caught:
        catalog.product(row)
    assert {violation.field for violation in caught.value.violations} == {"price", "stock", "publish_time", "rating"}
    assert "'cheap'" in caught.value.message


def test_the_protos_own_json_is_taken_as_it_is() -> None:
    row = {"productId": "a", "title": "A", "price": {"currencyCode": "CNY", "units": "5"}, "stock": "3",
           "localizations": [{"languageCode": "zh", "title": "甲"}]}  # fmt: skip
    made = catalog.product(row)
    assert (made.product_id, made.price.units, made.stock.value, made.localizations[0].title) == ("a", 5, 3, "甲")
    with pytest.raises(InvalidInput, match="colour"):
        catalog.product(row | {"colour": "blue"})


def test_columns_that_nobody_reads_are_known() -> None:
    assert catalog.unused([*ROW, "supplier"]) == ["supplier"]
