"""A shopper's profile is what their events say, whatever the order they come in and however often."""

import itertools
import random

import msgspec
import pytest

from services.recommender import events
from services.recommender.events import Line, Preference, ShopperEvent
from services.recommender.profile import (
    RECENT_LIMIT,
    Profile,
    decode,
    encode,
    fold,
    forget,
    merge,
)
from services.recommender.purchases import DAY_MS

START = 1_700_000_000_000
_NUMBERS = itertools.count()


def event(kind: str, *lines: str | Line, day: float = 0.0, **more: object) -> ShopperEvent:
    made = tuple(line if isinstance(line, Line) else Line(line) for line in lines)
    time_ms = START + int(day * DAY_MS)
    return ShopperEvent(f"e{next(_NUMBERS)}", kind, time_ms, "ann", lines=made, **more)  # type: ignore[arg-type]


def folded(*happened: ShopperEvent) -> Profile:
    profile = Profile(visitor_id="ann")
    for one in happened:
        assert fold(profile, one)
    return profile


def test_remembers_what_was_bought_how_often_and_when() -> None:
    profile = folded(
        event(events.PURCHASE, Line("tea", 2, 5.0), Line("cup", 1, 8.0)),
        event(events.PURCHASE, Line("tea", 3, 5.0), day=60),
        event(events.PURCHASE, Line("pot", 1, 20.0), day=61),
    )
    tea = profile.purchased["tea"]
    assert (tea.orders, tea.pieces) == (2, 5)
    assert (tea.first_ms, tea.last_ms) == (START, START + 60 * DAY_MS)
    assert tea.slow == pytest.approx(1.5)  # the first order is 60 days old: half of it is left
    assert tea.fast == pytest.approx(1 + 1 / 16)
    assert tea.by_basket == pytest.approx(1.7)
    assert (profile.basket_count, profile.line_count) == (3, 4)
    assert profile.baskets_since(tea.last_ms) == 1
    assert profile.prices.count == 4


def test_a_product_twice_in_one_order_is_one_order() -> None:
    bought = folded(event(events.PURCHASE, Line("tea", 2), Line("tea", 3))).purchased["tea"]
    assert (bought.orders, bought.pieces) == (1, 5)


def test_the_same_event_counts_once() -> None:
    profile = Profile()
    bought = event(events.PURCHASE, "tea")
    assert fold(profile, bought)
    before = encode(profile)
    assert not fold(profile, bought)
    assert encode(profile) == before


def test_ids_are_forgotten_only_when_the_ring_is_full() -> None:
    profile = Profile()
    seen = [event(events.VIEW, "tea", day=n) for n in range(6)]
    for one in seen:
        assert fold(profile, one, ring_length=4)
    assert len(profile.seen) == 4 * 8
    assert not any(fold(profile, one, ring_length=4) for one in seen[2:])
    assert fold(profile, seen[0], ring_length=4)


def test_order_of_arrival_does_not_matter() -> None:
    happened = [
        event(events.PURCHASE, Line("tea", 1, 5.0), Line("cup", 1, 9.0), day=1),
        event(events.VIEW, "pot", day=2),
        event(events.REFUND, Line("tea", 1), day=3),
        event(events.PURCHASE, Line("tea", 2, 4.0), day=9),
        event(events.SEARCH, day=10, search_query="green tea"),
        event(events.PURCHASE, Line("cup", 1, 9.0), day=30),
    ]
    expected = folded(*happened)
    for seed in range(10):
        shuffled = random.Random(seed).sample(happened, len(happened))
        profile = folded(*shuffled)
        assert list(profile.recent()) == list(expected.recent())
        assert profile.baskets == expected.baskets
        assert profile.searches == expected.searches
        assert (profile.first_event_ms, profile.last_event_ms) == (expected.first_event_ms, expected.last_event_ms)
        for product_id, bought in expected.purchased.items():
            mine = profile.purchased[product_id]
            assert (mine.orders, mine.pieces, mine.first_ms, mine.last_ms) == (
                bought.orders,
                bought.pieces,
                bought.first_ms,
                bought.last_ms,
            )
            assert mine.slow == pytest.approx(bought.slow)
            assert mine.fast == pytest.approx(bought.fast)


def test_recent_events_are_bounded_and_newest_first() -> None:
    profile = folded(*(event(events.VIEW, f"p{n}", day=n) for n in range(RECENT_LIMIT + 50)))
    recent = list(profile.recent())
    assert len(recent) == RECENT_LIMIT
    assert recent[0] == (events.VIEW, START + (RECENT_LIMIT + 49) * DAY_MS, f"p{RECENT_LIMIT + 49}")
    assert profile.event_count == RECENT_LIMIT + 50


def test_impressions_are_counted_but_do_not_crowd_out_what_was_done() -> None:
    profile = folded(event(events.IMPRESSION, *(f"p{n}" for n in range(50))))
    assert profile.event_count == 1
    assert list(profile.recent()) == []


def test_two_thousand_products_bought_stay_known() -> None:
    orders = [event(events.PURCHASE, *(f"p{n + k}" for k in range(50)), day=n / 50) for n in range(0, 3000, 50)]
    assert len(folded(*orders).purchased) == 3000


def test_the_cart_holds_what_was_added_and_neither_removed_nor_bought() -> None:
    profile = folded(
        event(events.ADD_TO_CART, Line("tea", 3)),
        event(events.ADD_TO_CART, "cup", day=1),
        event(events.ADD_TO_CART, "pot", day=2),
        event(events.REMOVE_FROM_CART, "tea", day=3),
        event(events.REMOVE_FROM_CART, "pot", day=3),
        event(events.PURCHASE, "cup", day=4),
        event(events.ADD_TO_CART, "cup", day=3.5),  # comes late: it was bought since
    )
    assert profile.cart == {"tea": 2}


def test_a_refund_takes_pieces_back_but_the_order_happened() -> None:
    profile = folded(event(events.PURCHASE, Line("tea", 3)), event(events.REFUND, Line("tea", 2), day=1))
    assert (profile.purchased["tea"].orders, profile.purchased["tea"].pieces) == (1, 1)


def test_the_last_word_on_a_preference_holds() -> None:
    profile = folded(
        event(events.PREFERENCE, day=2, preferences=(Preference("brand", "Huasheng", -1.0),)),
        event(events.PREFERENCE, day=1, preferences=(Preference("brand", "Huasheng", 1.0),)),
    )
    assert profile.preferences == [(START + 2 * DAY_MS, "brand", "Huasheng", -1.0)]


def test_a_preference_is_one_however_it_is_written_and_there_is_one_highest_price() -> None:
    profile = folded(
        event(events.PREFERENCE, day=1, preferences=(Preference("colour", "Green"), Preference("max_price", "500"))),
        event(events.PREFERENCE, day=2, preferences=(Preference("colour", " green ", -1.0),)),
        event(events.PREFERENCE, day=3, preferences=(Preference("max_price", "200"), Preference("colour", "Red"))),
    )
    assert [(name, value, weight) for _, name, value, weight in profile.preferences] == [
        ("colour", " green ", -1.0),
        ("colour", "Red", 1.0),
        ("max_price", "200", 1.0),
    ]


def test_nothing_older_than_the_forgetting_comes_back() -> None:
    profile = forget("ann", START + DAY_MS)
    assert not fold(profile, event(events.PURCHASE, "tea", day=1))
    assert encode(profile) == encode(forget("ann", START + DAY_MS))
    assert fold(profile, event(events.VIEW, "cup", day=1.1))
    assert profile.event_count == 1


def test_visitors_of_one_user_are_one_shopper() -> None:
    phone = Profile(visitor_id="phone")
    laptop = Profile(visitor_id="laptop")
    both = Profile(visitor_id="both")
    happened = [
        event(events.PURCHASE, Line("tea", 1, 5.0), day=0, user_id="u"),
        event(events.VIEW, "cup", day=1),
        event(events.PURCHASE, Line("tea", 1, 7.0), Line("cup", 1, 9.0), day=20, user_id="u"),
        event(events.ADD_TO_CART, "pot", day=21),
        event(events.PURCHASE, Line("jar", 1, 3.0), day=25),
    ]
    for number, one in enumerate(happened):
        fold(phone if number % 2 else laptop, one)
        fold(both, one)
    before = encode(phone), encode(laptop)
    whole = merge([phone, laptop])
    assert (encode(phone), encode(laptop)) == before
    assert whole.linked_visitor_ids == ["phone"]
    assert whole.user_id == "u"
    assert list(whole.recent()) == list(both.recent())
    assert whole.baskets == both.baskets
    assert whole.cart == both.cart
    assert whole.event_count == both.event_count
    assert whole.prices.mean == pytest.approx(both.prices.mean)
    assert whole.prices.squares == pytest.approx(both.prices.squares)
    for product_id, bought in both.purchased.items():
        assert whole.purchased[product_id].orders == bought.orders
        assert whole.purchased[product_id].slow == pytest.approx(bought.slow)
        assert whole.purchased[product_id].by_basket == pytest.approx(bought.by_basket)


def test_merging_nobody_is_an_empty_profile() -> None:
    assert merge([forget("a", START), Profile()]) == Profile()


def test_bytes_and_back() -> None:
    profile = folded(
        event(events.PURCHASE, Line("tea", 3, 5.5), user_id="u"),
        event(events.SEARCH, day=1, search_query="茶"),
        event(events.PREFERENCE, day=1, preferences=(Preference("brand", "华升"),)),
    )
    assert decode(encode(profile)) == profile


def test_a_profile_written_before_prices_had_kinds_is_still_read() -> None:
    profile = folded(event(events.PREFERENCE, day=1, preferences=(Preference("max_price", "200"),)))
    fields = msgspec.msgpack.decode(encode(profile))
    assert decode(msgspec.msgpack.encode(fields[:-1])) == profile
