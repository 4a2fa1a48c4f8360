"""What a shopper is shown of what the shop knows of them."""

from dataclasses import replace

import pytest

from services.recommender import events
from services.recommender.catalogue import Catalogue, Wording
from services.recommender.events import Line, ShopperEvent
from services.recommender.portrait import portrait
from services.recommender.profile import Profile, fold
from services.recommender.purchases import DAY_MS
from tests.unit.recommender.shops import NOW, product

CATALOGUE = Catalogue([product("tea-1", "tea"), product("tea-2", "tea"), product("drill", "tool")])


def profile_of(*told: tuple[str, int, tuple[Line, ...]], search: str = "") -> Profile:
    profile = Profile(visitor_id="ann")
    for number, (kind, seconds, lines) in enumerate(told):
        fold(profile, ShopperEvent(f"e{number}", kind, NOW + seconds * 1000, "ann", lines=lines, search_query=search))
    return profile


def test_of_a_stranger_there_is_nothing_to_tell() -> None:
    told = portrait(Profile(visitor_id="ann"), CATALOGUE, NOW)
    assert (told.visitor_id, told.event_count, told.order_count) == ("ann", 0, 0)
    assert not told.HasField("first_event_time")
    assert not told.recent_events
    assert not told.category_affinities


def test_recent_events_come_newest_first_and_at_most_200() -> None:
    views = [(events.VIEW, n, (Line("tea-1"),)) for n in range(250)]
    told = portrait(profile_of(*views), CATALOGUE, NOW)
    times = [event.event_time.ToMilliseconds() for event in told.recent_events]
    assert times == [NOW + n * 1000 for n in range(249, 49, -1)]
    assert told.event_count == 250
    assert (told.first_event_time.ToMilliseconds(), told.last_event_time.ToMilliseconds()) == (NOW, NOW + 249_000)


def test_purchases_come_most_ordered_first_and_returns_count_against_pieces() -> None:
    told = portrait(
        profile_of(
            (events.PURCHASE, 1, (Line("drill", 1), Line("tea-1", 5))),
            (events.PURCHASE, 2, (Line("tea-1", 5),)),
            (events.REFUND, 3, (Line("tea-1", 4), Line("never-bought", 1))),
        ),
        CATALOGUE,
        NOW,
    )
    bought = [(line.product_id, line.order_count, line.quantity) for line in told.purchased_products]
    assert bought == [("tea-1", 2, 6), ("drill", 1, 1)]
    assert told.purchased_products[0].last_purchase_time.ToMilliseconds() == NOW + 2000
    assert told.order_count == 2


def test_the_cart_is_what_is_left_in_it() -> None:
    told = portrait(
        profile_of(
            (events.ADD_TO_CART, 1, (Line("tea-1", 2), Line("drill", 1))),
            (events.REMOVE_FROM_CART, 2, (Line("tea-1", 1),)),
            (events.PURCHASE, 3, (Line("drill", 1),)),
        ),
        CATALOGUE,
        NOW,
    )
    assert [(item.product_id, item.quantity) for item in told.cart_items] == [("tea-1", 1)]


def test_a_search_is_told_once_newest_first() -> None:
    profile = Profile(visitor_id="ann")
    for number, words in enumerate(["tea", "hammer", "tea"]):
        fold(profile, ShopperEvent(f"e{number}", events.SEARCH, NOW + number, "ann", search_query=words))
    assert list(portrait(profile, CATALOGUE, NOW).recent_searches) == ["tea", "hammer"]


def test_affinities_are_shares_and_sum_to_one() -> None:
    told = portrait(
        profile_of(
            (events.VIEW, 1, (Line("drill"),)),
            (events.ADD_TO_CART, 2, (Line("tea-1"),)),
            (events.VIEW, 3, (Line("no-longer-sold"),)),
            (events.REMOVE_FROM_CART, 4, (Line("tea-1"),)),
        ),
        CATALOGUE,
        NOW,
    )
    shares = {affinity.name: affinity.weight for affinity in told.category_affinities}
    assert list(shares) == ["tea > tea", "tool > tool"]
    assert shares == pytest.approx({"tea > tea": 0.75, "tool > tool": 0.25})


def test_affinities_to_many_categories_still_sum_to_one() -> None:
    many = [replace(product(f"p{n}", "tea"), wordings={"en": Wording("x", categories=(f"c{n}",))}) for n in range(30)]
    told = portrait(profile_of(*((events.VIEW, n, (Line(f"p{n}"),)) for n in range(30))), Catalogue(many), NOW)
    assert sum(affinity.weight for affinity in told.category_affinities) == pytest.approx(1.0)


def test_categories_are_told_in_the_language_asked_for() -> None:
    tea = product("tea-1", "tea")
    chinese = Wording("茶", categories=("食品 > 茶",))
    catalogue = Catalogue([replace(tea, wordings={**tea.wordings, "zh": chinese})])
    told = portrait(profile_of((events.VIEW, 0, (Line("tea-1"),))), catalogue, NOW, "zh-CN")
    assert [affinity.name for affinity in told.category_affinities] == ["食品 > 茶"]


def test_what_was_said_in_chat_is_shown_while_it_counts_newest_first() -> None:
    profile = Profile(
        visitor_id="ann",
        event_count=1,
        preferences=[
            (NOW - 90 * DAY_MS, "colour", "red", 1.0),
            (NOW - 21 * DAY_MS, "material", "wool", -1.0),
            (NOW - 2, "colour", "green", 0.0),
            (NOW - 1, "max_price", "200", 1.0),
        ],
    )
    told = portrait(profile, CATALOGUE, NOW).preferences
    assert [(each.name, each.value, round(each.weight, 3)) for each in told] == [
        ("max_price", "200", 1.0),
        ("material", "wool", -0.5),
    ]
    assert told[1].event_time.ToMilliseconds() == NOW - 21 * DAY_MS
