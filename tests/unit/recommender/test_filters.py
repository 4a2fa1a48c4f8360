"""What a shopper narrows a shelf by."""

import pytest

from services.recommender.catalogue import Product, Wording
from services.recommender.filters import Filter, matches, split_path

DRESS = Product(
    "dress-1",
    {
        "en": Wording("Linen Dress", brand="Lark", categories=("Clothing > Women",), attributes={"colour": ("Red",)}),
        "zh": Wording("亚麻裙", brand="林雀", categories=("服装 > 女装",), attributes={"colour": ("红色",)}),
    },
    price=199.0,
    stock=3,
)
FREE = Product("gift", {"en": Wording("Gift")})
GONE = Product("gone", {"en": Wording("Gone")}, price=5.0, stock=0)


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(categories=("Clothing",)),
        Filter(categories=("clothing>women",)),
        Filter(categories=("Shoes", "服装 > 女装")),
        Filter(brands=("Other", " lark ")),
        Filter(brands=("林雀",)),
        Filter(min_price=199.0, max_price=199.0),
        Filter(attributes={"colour": ("blue", "red")}),
        Filter(attributes={"colour": ("红色",)}),
        Filter(exclude_product_ids=frozenset({"gone"})),
    ],
)
def test_what_the_dress_passes(wanted: Filter) -> None:
    assert matches(DRESS, wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(categories=("Clothing > Women > Dresses",)),
        Filter(categories=("Cloth",)),
        Filter(categories=("Women",)),
        Filter(categories=("Clothing",), brands=("Other",)),
        Filter(min_price=199.01),
        Filter(max_price=198.99),
        Filter(attributes={"colour": ("blue",)}),
        Filter(attributes={"colour": ("red",), "size": ("M",)}),
        Filter(exclude_product_ids=frozenset({"dress-1"})),
    ],
)
def test_what_the_dress_does_not_pass(wanted: Filter) -> None:
    assert not matches(DRESS, wanted)


def test_unknown_stock_is_sellable_and_unknown_price_passes_no_limit() -> None:
    assert matches(FREE, Filter())
    assert not matches(FREE, Filter(max_price=10.0))
    assert not matches(FREE, Filter(min_price=0.0))


def test_sold_out_is_shown_when_asked_for() -> None:
    assert not matches(GONE, Filter())
    assert matches(GONE, Filter(include_out_of_stock=True))


def test_paths_are_read_with_and_without_spaces() -> None:
    assert split_path("A > B>C ") == ("A", "B", "C")
    assert split_path(" > ") == ()
