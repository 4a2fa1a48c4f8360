"""The order book over SQLite and over PostgreSQL: done once, only for its owner, told to the clickstream."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from contracts import topics, user_events
from servicekit.database import migrate, open_database
from servicekit.errors import Conflict, InvalidInput, NotFound
from servicekit.events import open_event_log
from services.dialogue.orders import MIGRATIONS
from services.dialogue.orders.book import OrderBook
from services.dialogue.orders.order import Amount, CaseState, Order, OrderLine, OrderState, Shopper
from services.dialogue.orders.records import OrderRecords
from services.dialogue.orders.relay import EventRelay
from services.dialogue.orders.rules import DAY_MS, MAX_CENTS, MAX_LINES, MAX_QUANTITY
from shopkeeper.events.v1.events_pb2 import UserEvent

NOW = 1_763_900_000_000
ANNA, BO = Shopper("visitor-anna"), Shopper("visitor-bo", "bo")
SHOES = OrderLine("trail-shoe-1", 1, Amount("CNY", 45900), "Trail shoes", size="42")
SOCKS = OrderLine("sock-3", 2, Amount("CNY", 1990), "Wool socks")


class Clock:
    def __init__(self) -> None:
        self.ms = NOW

    def __call__(self) -> int:
        return self.ms


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path, shop_id: str) -> Iterator[OrderRecords]:
    url = f"sqlite:///{tmp_path}/records.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_database(url, shop_id)
    migrate(engine, "orders", MIGRATIONS)
    yield OrderRecords(engine)
    if request.param == "postgresql":
        with engine.begin() as connection:
            connection.execute(sa.schema.DropSchema(shop_id, cascade=True))
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(records: OrderRecords, clock: Clock) -> OrderBook:
    return OrderBook(records, clock)


def new_id() -> str:
    return str(uuid.uuid4())


def delivered(book: OrderBook, order: Order, days_ago: int) -> Order:
    at = NOW - days_ago * DAY_MS
    there = replace(order, state=OrderState.DELIVERED, shipped_ms=at - DAY_MS, delivered_ms=at)
    book.take_in(there)
    return there


def test_an_order_adds_up_and_is_found_again(book: OrderBook) -> None:
    order = book.place(new_id(), ANNA, [SOCKS])
    assert (order.total.cents, order.shipping_cost.cents) == (2 * 1990 + 800, 800)
    assert book.place(new_id(), ANNA, [SHOES, SOCKS]).shipping_cost.cents == 0
    assert order.order_id.startswith("SK")
    assert len(order.order_id) == 10
    assert book.get(ANNA, order.order_id) == order


def test_a_repeated_request_answers_as_the_first_did(book: OrderBook, records: OrderRecords) -> None:
    request_id = new_id()
    first = book.place(request_id, ANNA, [SHOES])
    assert book.place(request_id.upper(), ANNA, [SHOES]) == first
    assert len(book.page(ANNA, 10)) == 1
    assert len(records.unpublished()) == 1
    with pytest.raises(Conflict, match="something else"):
        book.place(request_id, ANNA, [SOCKS])


def test_the_same_request_from_many_threads_is_one_order(book: OrderBook) -> None:
    request_id, found = new_id(), list[str]()

    def place() -> None:
        found.append(book.place(request_id, ANNA, [SHOES]).order_id)

    threads = [threading.Thread(target=place) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [book.page(ANNA, 10)[0].order_id] * 6
    assert len(book.page(ANNA, 10)) == 1


def test_nobody_sees_or_changes_the_order_of_another(book: OrderBook) -> None:
    order = book.place(new_id(), BO, [SHOES])
    for stranger in (ANNA, Shopper("visitor-bo"), Shopper("visitor-anna", "anna")):
        with pytest.raises(NotFound, match=order.order_id):
            book.get(stranger, order.order_id)
        with pytest.raises(NotFound):
            book.cancel(new_id(), stranger, order.order_id)
    elsewhere = Shopper("bo's phone", "bo")
    assert book.get(elsewhere, order.order_id).state is OrderState.PLACED


def test_who_logs_in_still_sees_what_this_browser_bought_before(book: OrderBook) -> None:
    before = book.place(new_id(), Shopper("laptop"), [SOCKS])
    after = book.place(new_id(), Shopper("laptop", "cai"), [SHOES])
    assert {order.order_id for order in book.page(Shopper("laptop", "cai"), 10)} == {before.order_id, after.order_id}
    assert [order.order_id for order in book.page(Shopper("laptop"), 10)] == [before.order_id]


def test_pages_are_newest_first_and_whole(book: OrderBook, clock: Clock) -> None:
    made = []
    for _ in range(5):
        clock.ms += 1000
        made.append(book.place(new_id(), ANNA, [SOCKS]).order_id)
    first = book.page(ANNA, 3)
    rest = book.page(ANNA, 3, (first[-1].placed_ms, first[-1].order_id))
    assert [order.order_id for order in [*first, *rest]] == made[::-1]


def test_what_has_left_the_warehouse_cannot_be_cancelled(book: OrderBook) -> None:
    order = book.place(new_id(), ANNA, [SHOES])
    assert book.cancel(new_id(), ANNA, order.order_id).state is OrderState.CANCELLED
    with pytest.raises(Conflict) as again:
        book.cancel(new_id(), ANNA, order.order_id)
    assert again.value.reason == "ORDER_CANCELLED"
    sent = book.place(new_id(), ANNA, [SHOES])
    book.take_in(replace(sent, state=OrderState.SHIPPED, shipped_ms=NOW))
    with pytest.raises(Conflict) as shipped:
        book.cancel(new_id(), ANNA, sent.order_id)
    assert shipped.value.reason == "ORDER_SHIPPED"


def test_a_return_once_within_seven_days(book: OrderBook, clock: Clock) -> None:
    order = book.place(new_id(), ANNA, [SHOES, SOCKS])
    with pytest.raises(Conflict) as early:
        book.request_return(new_id(), ANNA, order.order_id, "sock-3")
    assert early.value.reason == "NOT_DELIVERED"
    delivered(book, order, days_ago=6)
    back = book.request_return(new_id(), ANNA, order.order_id, "sock-3", 1, "itchy")
    assert (back.cases[0].quantity, back.cases[0].refund) == (1, Amount("CNY", 1990))
    book.request_return(new_id(), ANNA, order.order_id, "sock-3")
    with pytest.raises(Conflict) as twice:
        book.request_return(new_id(), ANNA, order.order_id, "sock-3")
    assert twice.value.reason == "ALREADY_RETURNED"
    clock.ms += 2 * DAY_MS
    with pytest.raises(Conflict) as late:
        book.request_exchange(new_id(), ANNA, order.order_id, "trail-shoe-1")
    assert late.value.reason == "RETURN_WINDOW_OVER"


def test_what_is_wrong_is_named(book: OrderBook) -> None:
    order = delivered(book, book.place(new_id(), ANNA, [SHOES]), days_ago=1)
    with pytest.raises(InvalidInput, match="request_id: 'soon' is not a UUID"):
        book.place("soon", ANNA, [SHOES])
    with pytest.raises(InvalidInput, match=r"lines\[0\]\.quantity: 0 is not from 1 to 999"):
        book.place(new_id(), ANNA, [replace(SHOES, quantity=0)])
    with pytest.raises(InvalidInput, match="has 0 entries"):
        book.place(new_id(), ANNA, [])
    with pytest.raises(InvalidInput, match="'hat' is not in order"):
        book.request_return(new_id(), ANNA, order.order_id, "hat")
    with pytest.raises(InvalidInput, match="quantity: 5 is not from 1 to 1"):
        book.request_return(new_id(), ANNA, order.order_id, "trail-shoe-1", 5)
    with pytest.raises(InvalidInput, match="visitor_id"):
        book.place(new_id(), Shopper(""), [SHOES])


def test_purchases_and_refunds_reach_the_clickstream_once(
    book: OrderBook, records: OrderRecords, tmp_path: Path, shop_id: str
) -> None:
    bought = book.place(new_id(), ANNA, [SHOES])
    book.cancel(new_id(), ANNA, bought.order_id)
    sent = delivered(book, book.place(new_id(), BO, [SOCKS]), days_ago=2)
    asked = book.request_return(new_id(), BO, sent.order_id, "sock-3")
    done = replace(asked, cases=(replace(asked.cases[0], state=CaseState.DONE, done_ms=NOW),))
    book.take_in(done)
    book.take_in(done)

    log = open_event_log(f"sqlite:///{tmp_path}/events.db")
    log.ensure_topics([topics.user_events(shop_id)])
    relay, publisher = EventRelay(records, lambda: log, shop_id), log.publisher()
    assert relay.publish(publisher) == 4
    assert relay.publish(publisher) == 0
    reader = log.follow(topics.user_events(shop_id).name)
    events = [UserEvent.FromString(record.value or b"") for batch in reader.poll(5.0, 100).values() for record in batch]
    kinds = sorted((event.event_type, event.visitor_id) for event in events)
    assert kinds == [
        ("purchase-complete", "visitor-anna"),
        ("purchase-complete", "visitor-bo"),
        ("refund", "visitor-anna"),
        ("refund", "visitor-bo"),
    ]
    assert {event.purchase_transaction.id for event in events} == {"", bought.order_id, sent.order_id}
    for opened in (reader, publisher, log):
        opened.close()


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each gave, or raised."""
    found, begin = list[object](), threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        begin.wait()
        try:
            found.append(work())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_the_same_change_twice_at_once_is_answered_twice_alike(book: OrderBook) -> None:
    for _ in range(8):
        order, request_id = book.place(new_id(), ANNA, [SHOES]), new_id()
        cancel = partial(book.cancel, request_id, ANNA, order.order_id)
        first, second = at_once(cancel, cancel)
        assert first == second == book.get(ANNA, order.order_id)
        sent, request_id = delivered(book, book.place(new_id(), ANNA, [SOCKS]), days_ago=1), new_id()
        back = partial(book.request_return, request_id, ANNA, sent.order_id, "sock-3")
        first, second = at_once(back, back)
        assert first == second == book.get(ANNA, sent.order_id)
        assert len(book.get(ANNA, sent.order_id).cases) == 1


def test_the_same_orders_taken_in_at_once_are_there_once(book: OrderBook) -> None:
    shoes = book.place(new_id(), ANNA, [SHOES])
    for turn in range(4):
        new = [replace(shoes, order_id=f"ELSEWHERE-{turn}-{number}") for number in range(10)]
        both = at_once(partial(book.take_in, *new), partial(book.take_in, *new[::-1]))
        assert both == [None, None]
    assert len(book.page(ANNA, 100)) == 41


def test_an_order_sent_off_while_it_is_cancelled_is_one_or_the_other(book: OrderBook, records: OrderRecords) -> None:
    order = book.place(new_id(), ANNA, [SHOES])
    sent = replace(order, state=OrderState.SHIPPED, shipped_ms=NOW)
    found = at_once(partial(book.cancel, new_id(), ANNA, order.order_id), partial(book.take_in, sent))
    refused = [error for error in found if isinstance(error, Exception)]
    assert [type(error) for error in refused] in ([], [Conflict])
    assert book.get(ANNA, order.order_id).state is OrderState.SHIPPED  # the shop's word is the last
    refunds = [payload for _, payload in records.unpublished() if UserEvent.FromString(payload).event_type == "refund"]
    assert len(refunds) == 1 - len(refused)


def test_a_repeat_counts_also_when_the_shopper_has_logged_in_since(book: OrderBook) -> None:
    request_id = new_id()
    first = book.place(request_id, ANNA, [SHOES])
    assert book.place(request_id, Shopper("visitor-anna", "anna"), [SHOES]) == first
    mine = book.place(new_id(), BO, [SHOES])
    cancelled = book.cancel(request_id := new_id(), BO, mine.order_id)
    assert book.cancel(request_id, Shopper("bo's phone", "bo"), mine.order_id) == cancelled
    with pytest.raises(Conflict) as stranger:
        book.cancel(request_id, ANNA, mine.order_id)
    assert stranger.value.reason == "REQUEST_ID_REUSED"


def test_what_was_refused_may_be_asked_again_under_its_id(book: OrderBook) -> None:
    order, request_id = book.place(new_id(), ANNA, [SOCKS]), new_id()
    with pytest.raises(Conflict):
        book.request_return(request_id, ANNA, order.order_id, "sock-3")
    delivered(book, order, days_ago=1)
    assert len(book.request_return(request_id, ANNA, order.order_id, "sock-3").cases) == 1


def test_a_return_of_a_product_at_two_prices_pays_back_what_was_paid(book: OrderBook) -> None:
    cheap = replace(SOCKS, quantity=1, price=Amount("CNY", 990), size="S")
    order = delivered(book, book.place(new_id(), ANNA, [cheap, SOCKS]), days_ago=1)
    first = book.request_return(new_id(), ANNA, order.order_id, "sock-3", 2)
    rest = book.request_return(new_id(), ANNA, order.order_id, "sock-3")
    assert first.cases[0].refund == Amount("CNY", 990 + 1990)
    assert (rest.cases[1].quantity, rest.cases[1].refund) == (1, Amount("CNY", 1990))


def test_orders_in_two_currencies_and_prices_beyond_all_are_refused(book: OrderBook) -> None:
    with pytest.raises(InvalidInput, match=r"lines\[1\]\.price\.currency_code: 'EUR' is not the currency"):
        book.place(new_id(), ANNA, [SHOES, replace(SOCKS, price=Amount("EUR", 1990))])
    with pytest.raises(InvalidInput, match=r"lines\[0\]\.price: -0\.05 is not from 0 to 100000000000"):
        book.place(new_id(), ANNA, [replace(SOCKS, price=Amount("CNY", -5))])
    dear = replace(SHOES, quantity=MAX_QUANTITY, price=Amount("CNY", MAX_CENTS))
    assert book.place(new_id(), ANNA, [dear] * MAX_LINES).total.cents == MAX_LINES * MAX_QUANTITY * MAX_CENTS
    with pytest.raises(InvalidInput, match=r"100000000000\.01 is not from"):
        book.place(new_id(), ANNA, [replace(SHOES, price=Amount("CNY", MAX_CENTS + 1))])


def test_every_event_can_be_taken_in_also_of_an_order_that_names_only_the_user(
    book: OrderBook, records: OrderRecords
) -> None:
    order = book.place(new_id(), Shopper("", "dan"), [SHOES, SOCKS])
    book.take_in(replace(order, state=OrderState.CANCELLED))
    events = [UserEvent.FromString(payload) for _, payload in records.unpublished()]
    assert [event.event_type for event in events] == ["purchase-complete", "refund"]
    assert [event.event_time.ToMilliseconds() for event in events] == [NOW, NOW]
    assert [event.visitor_id for event in events] == ["dan", "dan"]
    assert [wrong for event in events for wrong in user_events.check(event, NOW)] == []
