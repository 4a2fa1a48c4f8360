"""The shop's order book: what the rules allow, done once, kept and told."""

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from typing import TypeVar

from servicekit.errors import InvalidInput, NotFound, Unavailable, Violation
from services.dialogue.orders import events, rules
from services.dialogue.orders.order import (
    CaseState,
    Order,
    OrderLine,
    OrderState,
    Scan,
    ServiceCase,
    Shipment,
    Shopper,
)
from services.dialogue.orders.records import Change, OrderRecords, Raced, owned, reused
from services.dialogue.orders.rules import DAY_MS, OrderPolicy, Replacement
from shopkeeper.events.v1.events_pb2 import UserEvent

T = TypeVar("T")
CARRIER = "Swift Courier"
DELIVERY_DAYS = 3
_NUMBERS = 90_000_000
_ATTEMPTS = 4


class OrderBook:
    """Blocks; call it in a thread. `clock` gives the shop's now in ms.

    Every change takes a request id (a UUID): a repeat returns the first result, also one that comes while the first is
    being served; the same id for something else or from somebody else is a Conflict (REQUEST_ID_REUSED). An order of
    somebody else is NotFound.
    """

    def __init__(self, records: OrderRecords, clock: Callable[[], int], policy: OrderPolicy | None = None) -> None:
        self._records, self._clock, self._policy = records, clock, policy or OrderPolicy()

    def place(
        self, request_id: str, shopper: Shopper, lines: Sequence[OrderLine], attribution_token: str = ""
    ) -> Order:
        named(shopper)
        now_ms = self._clock()

        def work(change: Change) -> Order:
            order = rules.placed(_free_number(change, request_id), shopper, lines, self._policy, now_ms)
            change.add(order)
            _publish(change, events.purchase(order, attribution_token), now_ms)
            return order

        return self._once(request_id, shopper, _digest("place", lines), work, now_ms)

    def cancel(self, request_id: str, shopper: Shopper, order_id: str, reason: str = "") -> Order:
        now_ms = self._clock()

        def work(change: Change) -> Order:
            order = rules.cancelled(owned(change.find(order_id), shopper, order_id), now_ms)
            change.replace(order)
            _publish(change, events.refund_of_order(order, now_ms), now_ms)
            return order

        return self._once(request_id, shopper, _digest("cancel", order_id, reason), work, now_ms)

    def request_return(
        self, request_id: str, shopper: Shopper, order_id: str, product_id: str, quantity: int = 0, reason: str = ""
    ) -> Order:
        now_ms = self._clock()

        def work(change: Change) -> Order:
            order = owned(change.find(order_id), shopper, order_id)
            order, _ = rules.returned(order, product_id, quantity, reason, self._policy, now_ms)
            change.replace(order)
            return order

        digest = _digest("return", order_id, product_id, quantity, reason)
        return self._once(request_id, shopper, digest, work, now_ms)

    def request_exchange(
        self,
        request_id: str,
        shopper: Shopper,
        order_id: str,
        product_id: str,
        quantity: int = 0,
        wanted: Replacement | None = None,
        reason: str = "",
    ) -> Order:
        now_ms, wanted = self._clock(), wanted or Replacement()

        def work(change: Change) -> Order:
            order = owned(change.find(order_id), shopper, order_id)
            order, _ = rules.exchanged(order, product_id, quantity, wanted, reason, self._policy, now_ms)
            change.replace(order)
            return order

        digest = _digest("exchange", order_id, product_id, quantity, wanted, reason)
        return self._once(request_id, shopper, digest, work, now_ms)

    def get(self, shopper: Shopper, order_id: str) -> Order:
        return self._records.get(shopper, order_id)

    def page(self, shopper: Shopper, limit: int, before: tuple[int, str] | None = None) -> Sequence[Order]:
        """Newest first; `before` is (placed_ms, order_id) of the last one seen."""
        return self._records.page(named(shopper), limit, before)

    def track(self, shopper: Shopper, order_id: str) -> Shipment:
        return shipment(self.get(shopper, order_id))

    def take_in(self, *orders: Order) -> None:
        """Orders made elsewhere, as they are now, all or none. What became of returns since is told as refunds."""
        now_ms = self._clock()
        in_order = sorted(orders, key=lambda order: order.order_id)  # two that take in the same ones lock them alike

        def attempt() -> None:
            with self._records.change() as change:
                for order in in_order:
                    _take_in(change, order, now_ms)

        _settled(attempt)

    def _once(
        self, request_id: str, shopper: Shopper, digest: str, work: Callable[[Change], Order], now_ms: int
    ) -> Order:
        """Who asks is no part of the digest: a shopper may have logged in, or taken up another device, since."""
        key = _uuid(request_id)

        def attempt() -> Order:
            with self._records.change() as change:
                first = change.first_answer(key, digest)
                if first is not None:
                    return _still_theirs(first, shopper, key)
                change.claim(key, digest, now_ms)
                order = work(change)
                change.answer(key, order)
                return order

        return _settled(attempt)


def _settled(attempt: Callable[[], T]) -> T:
    """Tries again where another wrote the same at the same time: what it wrote is there to be read by then."""
    for _ in range(_ATTEMPTS):
        try:
            return attempt()
        except Raced:
            continue
    raise Unavailable("orders: others write the same at the same time", reason="ORDERS_BUSY")


def _still_theirs(first: Order, shopper: Shopper, request_id: str) -> Order:
    """What one shopper was answered is not shown to another who sends the same id."""
    try:
        return owned(first, shopper, first.order_id)
    except NotFound:
        raise reused(request_id) from None


def shipment(order: Order) -> Shipment:
    """Where the parcel is, as far as the order's own times tell: this shop has no carrier of its own to ask."""
    if not order.shipped_ms:
        return Shipment(order.order_id, order.state)
    scans = [Scan(order.shipped_ms, "accepted", "")]
    if order.delivered_ms:
        scans.insert(0, Scan(order.delivered_ms, "delivered", ""))
    number = f"SW{int(hashlib.sha256(order.order_id.encode()).hexdigest()[:12], 16) % 10**12:012d}"
    estimated = 0 if order.delivered_ms else order.shipped_ms + DELIVERY_DAYS * DAY_MS
    return Shipment(order.order_id, order.state, CARRIER, number, tuple(scans), estimated)


def named(shopper: Shopper) -> Shopper:
    """Raises InvalidInput for a shopper without a name."""
    if not shopper.visitor_id and not shopper.user_id:
        raise InvalidInput.of(Violation("shopper.visitor_id", "is required where no user_id is given"))
    return shopper


def _free_number(change: Change, request_id: str) -> str:
    """`SK` and eight digits that no order has yet; the same request tries the same numbers."""
    start = uuid.UUID(request_id).int % _NUMBERS
    for step in range(_NUMBERS):
        order_id = f"SK{10_000_000 + (start + step) % _NUMBERS}"
        if change.find(order_id) is None:
            return order_id
    raise RuntimeError("all order numbers are taken")


def _take_in(change: Change, order: Order, now_ms: int) -> None:
    known = change.find(order.order_id)
    if known is None:
        change.add(order)
        return
    change.replace(order)
    for event in _paid_back(known, order, now_ms):
        _publish(change, event, now_ms)


def _publish(change: Change, event: UserEvent, now_ms: int) -> None:
    change.publish(event.event_id, event.SerializeToString(), now_ms)


def _paid_back(known: Order, order: Order, now_ms: int) -> Sequence[UserEvent]:
    if order.state is OrderState.CANCELLED and known.state is not OrderState.CANCELLED:
        return [events.refund_of_order(order, now_ms)]
    done = {case.case_id for case in known.cases if case.state is CaseState.DONE}
    back = [case for case in order.cases if _finished(case) and case.case_id not in done]
    return [events.refund_of_case(order, case, now_ms) for case in back]


def _finished(case: ServiceCase) -> bool:
    return case.state is CaseState.DONE and case.refund is not None


def _uuid(request_id: str) -> str:
    try:
        return str(uuid.UUID(request_id))
    except ValueError:
        said = f"{request_id[:64]!r} is not a UUID" if request_id else "is required"
        raise InvalidInput.of(Violation("request_id", said)) from None


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=repr, ensure_ascii=False).encode()).hexdigest()
