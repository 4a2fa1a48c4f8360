"""The shoppers of the sample shop behave like shoppers."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import pytest

from contracts.user_events import EVENT_TYPES, check, time_ms
from sample_shop.events import events
from sample_shop.items import items
from sample_shop.products import products
from sample_shop.shoppers import personas, shoppers
from shopkeeper.events.v1.events_pb2 import UserEvent

END = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
END_MS = int(END.timestamp() * 1000)
KIND = {item.product_id: item.kind for item in items()}


@pytest.fixture(scope="module")
def stream() -> list[UserEvent]:
    return list(events(END))


def of_type(stream: list[UserEvent], event_type: str) -> list[UserEvent]:
    return [event for event in stream if event.event_type == event_type]


def ids(event: UserEvent) -> list[str]:
    return [detail.product_id for detail in event.product_details]


def test_there_are_ninety_days_of_events_in_order(stream: list[UserEvent]) -> None:
    assert 20_000 <= len(stream) <= 40_000
    times = [time_ms(event) for event in stream]
    assert times == sorted(times)
    assert times[0] >= END_MS - 90 * 86_400_000
    assert END_MS - 86_400_000 <= times[-1] <= END_MS


def test_every_event_is_good_for_the_log_and_has_an_id_of_its_own(stream: list[UserEvent]) -> None:
    assert [violation for event in stream for violation in check(event, END_MS)] == []
    assert len({event.event_id for event in stream}) == len(stream)
    assert {event.event_type for event in stream} <= EVENT_TYPES


def test_the_same_shoppers_do_the_same_whenever_one_looks(stream: list[UserEvent]) -> None:
    assert list(events(END)) == stream
    later = {event.event_id: event for event in events(END + timedelta(days=10))}
    same = [event for event in stream if event.event_id in later]
    assert len(same) > 0.95 * len(stream)
    for event in same[::500]:
        moved = later[event.event_id]
        assert ids(moved) == ids(event)
        assert time_ms(moved) - time_ms(event) == 10 * 86_400_000


def test_products_in_events_are_in_the_shop_and_on_sale_by_then(stream: list[UserEvent]) -> None:
    published = {product.product_id: product.publish_time.seconds * 1000 for product in products(END)}
    for event in stream:
        for product_id in ids(event):
            assert published[product_id] <= time_ms(event) + 86_400_000


def test_who_comes(stream: list[UserEvent]) -> None:
    visitors = {event.visitor_id: event.user_id for event in stream}
    assert len(visitors) >= 800
    devices = Counter(user for user in visitors.values() if user)
    assert sum(count == 2 for count in devices.values()) >= 50
    assert sum(not user for user in visitors.values()) >= 200


def test_a_purchase_follows_a_cart_and_a_refund_a_purchase(stream: list[UserEvent]) -> None:
    carts: defaultdict[str, set[str]] = defaultdict(set)
    bought: defaultdict[str, set[str]] = defaultdict(set)
    for event in stream:
        if event.event_type == "add-to-cart":
            carts[event.visitor_id].update(ids(event))
        if event.event_type == "purchase-complete":
            assert set(ids(event)) <= carts[event.visitor_id]
            assert event.purchase_transaction.revenue.units > 0
            bought[event.visitor_id].update(ids(event))
        if event.event_type == "refund":
            assert set(ids(event)) <= bought[event.visitor_id]
    assert len(of_type(stream, "purchase-complete")) >= 1000
    assert len(of_type(stream, "refund")) >= 20


def test_a_session_has_no_long_pause(stream: list[UserEvent]) -> None:
    sessions: defaultdict[str, list[int]] = defaultdict(list)
    for event in stream:
        sessions[event.session_id].append(time_ms(event))
    for times in sessions.values():
        assert all(later - earlier < 30 * 60_000 for earlier, later in pairwise(times))


def test_what_is_clicked_on_a_page_was_shown_on_it(stream: list[UserEvent]) -> None:
    shown: defaultdict[str, set[str]] = defaultdict(set)
    for event in stream:
        if event.event_type == "impression":
            shown[event.page_view_id].update(ids(event))
        if event.event_type == "product-click":
            assert set(ids(event)) <= shown[event.page_view_id]
    assert len(of_type(stream, "product-click")) >= 3000


def test_what_is_used_up_is_bought_again(stream: list[UserEvent]) -> None:
    orders: Counter[tuple[str, str]] = Counter()
    for event in of_type(stream, "purchase-complete"):
        orders.update((event.user_id or event.visitor_id, product_id) for product_id in ids(event))
    again = {product_id for (_, product_id), count in orders.items() if count > 1}
    assert sum(count > 1 for count in orders.values()) >= 100
    assert sum(KIND[product_id].repeat_days > 0 for product_id in again) >= 0.9 * len(again)


def test_what_goes_together_is_bought_together(stream: list[UserEvent]) -> None:
    together: Counter[frozenset[str]] = Counter()
    for event in of_type(stream, "purchase-complete"):
        together.update(frozenset(pair) for pair in combinations(sorted({KIND[one].key for one in ids(event)}), 2))
    usual = [set(pair) for pair, _ in together.most_common(20)]
    fits = {kind.key: set(kind.goes_with) for kind in KIND.values()}
    tastes = [set(persona.kinds) for persona in personas()]
    assert sum(any(b in fits[a] for a in pair for b in pair) or any(pair <= t for t in tastes) for pair in usual) >= 18
    assert together[frozenset({"smartphone", "phone-case"})] + together[frozenset({"cat-food", "cat-litter"})] >= 5


def test_searches_are_in_both_languages_and_name_what_the_shop_has(stream: list[UserEvent]) -> None:
    queries = [event.search_query for event in of_type(stream, "search")]
    chinese = [query for query in queries if any("\u4e00" <= sign <= "\u9fff" for sign in query)]
    assert len(chinese) >= 500
    assert len(queries) - len(chinese) >= 300
    names = {name.lower() for kind in KIND.values() for name in kind.name}
    assert all(any(name in query.lower() for name in names) for query in queries)


def test_tastes_are_worth_learning(stream: list[UserEvent]) -> None:
    """What one shopper looks at later is of the brands of their first half far more often than of another's."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for event in of_type(stream, "detail-page-view"):
        seen[event.visitor_id].extend(ids(event))
    regulars = [viewed for viewed in seen.values() if len(viewed) >= 12]
    assert len(regulars) >= 200

    def overlap(early: list[str], late: list[str]) -> float:
        kinds = {KIND[one].key for one in early}
        return sum(KIND[one].key in kinds for one in late) / len(late)

    halves = [(viewed[: len(viewed) // 2], viewed[len(viewed) // 2 :]) for viewed in regulars]
    own = sum(overlap(early, late) for early, late in halves)
    others = sum(overlap(early, halves[at - 1][1]) for at, (early, _) in enumerate(halves))
    assert own > 3 * others


def test_shoppers_are_as_many_as_said() -> None:
    assert len(shoppers()) >= 800
    assert len({visitor for shopper in shoppers() for visitor in shopper.visitor_ids}) == sum(
        len(shopper.visitor_ids) for shopper in shoppers()
    )
