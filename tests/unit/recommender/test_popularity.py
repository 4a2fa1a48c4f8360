"""Popularity is counted by day, and read at any moment with age."""

import numpy as np
import pytest

from services.recommender import events
from services.recommender.events import Line, ShopperEvent
from services.recommender.popularity import DAY_MS, Popularity, counter_of, day_of, increments

NOW = 1_320_796_800_000  # 2011-11-09 00:00 UTC


def test_an_event_counts_for_its_own_day() -> None:
    bought = ShopperEvent("e", events.PURCHASE, NOW - 1, "v", lines=(Line("tea", 7), Line("cup"), Line("tea")))
    assert increments(bought) == [
        ("popularity:2011-11-08", "buy:tea", 1),
        ("popularity:2011-11-08", "buy:cup", 1),
    ]


@pytest.mark.parametrize(
    ("kind", "field"),
    [(events.VIEW, "view:tea"), (events.CLICK, "view:tea"), (events.ADD_TO_CART, "cart:tea")],
)
def test_kinds(kind: str, field: str) -> None:
    assert increments(ShopperEvent("e", kind, NOW, "v", lines=(Line("tea"),))) == [(counter_of(day_of(NOW)), field, 1)]


def test_what_says_nothing_of_popularity_counts_nothing() -> None:
    for kind in (events.IMPRESSION, events.SEARCH, events.REFUND, events.REMOVE_FROM_CART):
        assert increments(ShopperEvent("e", kind, NOW, "v", lines=(Line("tea"),))) == []


def test_windows_and_decay() -> None:
    today = day_of(NOW)
    popularity = Popularity(
        ["tea", "cup"],
        {today: {"buy:tea": 1, "view:cup": 5}, today - 10: {"buy:tea": 4, "buy:gone": 9}, today - 20: {"buy:cup": 8}},
    )
    assert popularity.window(NOW, 7)[0].tolist() == [1, 0]
    assert popularity.window(NOW, 14)[0].tolist() == [5, 0]
    assert popularity.window(NOW, 30, until_days=14)[0].tolist() == [0, 8]
    assert popularity.window(NOW, 7)[2].tolist() == [0, 5]
    assert popularity.decayed(NOW, 10)[0] == pytest.approx([1 + 2, 2])
    assert popularity.window(NOW - DAY_MS, 7)[0].tolist() == [0, 0]  # tomorrow is not known yet


def test_a_refresh_replaces_a_day() -> None:
    today = day_of(NOW)
    popularity = Popularity(["tea"], {today: {"buy:tea": 1}})
    popularity.put(today, {"buy:tea": 3})
    assert np.array_equal(popularity.window(NOW, 7)[0], [3])
