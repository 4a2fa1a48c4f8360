"""What may be done with an order, and what it then looks like. Pure functions; time comes in as an argument."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from servicekit.errors import Conflict, InvalidInput, Violation
from services.dialogue.orders.order import (
    Amount,
    CaseKind,
    CaseState,
    Order,
    OrderLine,
    OrderState,
    ServiceCase,
    Shopper,
)

DAY_MS = 86_400_000
MAX_LINES = 50
MAX_QUANTITY = 999
MAX_CENTS = 10**13
"""Of one price: 50 lines of 999 such pieces still fit into a Money."""
OPEN = frozenset({OrderState.PLACED, OrderState.PAID})
"""States in which an order has not left the warehouse."""


@dataclass(frozen=True)
class OrderPolicy:
    """The shop's terms. Amounts are in hundredths of `currency`; orders in another currency ship free."""

    return_days: int = 7
    currency: str = "CNY"
    free_shipping_from: int = 9900
    shipping: int = 800


@dataclass(frozen=True)
class Replacement:
    """What an exchange is to bring; all empty: a new piece of the same."""

    size: str = ""
    colour: str = ""


def placed(order_id: str, shopper: Shopper, lines: Sequence[OrderLine], policy: OrderPolicy, now_ms: int) -> Order:
    """A new order. Raises InvalidInput for lines that make none."""
    _check(lines)
    currency = lines[0].price.currency
    goods = sum(line.price.times(line.quantity).cents for line in lines)
    free = currency != policy.currency or goods >= policy.free_shipping_from
    shipping = 0 if free else policy.shipping
    return Order(
        order_id=order_id,
        shopper=shopper,
        state=OrderState.PLACED,
        lines=tuple(lines),
        total=Amount(currency, goods + shipping),
        shipping_cost=Amount(currency, shipping),
        placed_ms=now_ms,
    )


def _check(lines: Sequence[OrderLine]) -> None:
    if not 1 <= len(lines) <= MAX_LINES:
        raise InvalidInput.of(Violation("lines", f"has {len(lines)} entries, not 1 to {MAX_LINES}"))
    currency = lines[0].price.currency
    wrong = []
    for index, line in enumerate(lines):
        field = f"lines[{index}]"
        if not line.product_id:
            wrong.append(Violation(f"{field}.product_id", "is required"))
        if not 1 <= line.quantity <= MAX_QUANTITY:
            wrong.append(Violation(f"{field}.quantity", f"{line.quantity} is not from 1 to {MAX_QUANTITY}"))
        if not 0 <= line.price.cents <= MAX_CENTS:
            wrong.append(Violation(f"{field}.price", f"{shown(line.price)} is not from 0 to {MAX_CENTS // 100}"))
        if line.price.currency != currency or not currency:
            said = f"{line.price.currency!r} is not the currency of the first line, {currency!r}"
            wrong.append(Violation(f"{field}.price.currency_code", said))
    if wrong:
        raise InvalidInput.of(*wrong)


def shown(amount: Amount) -> str:
    """`-12.05`, without the currency."""
    units, cents = divmod(abs(amount.cents), 100)
    return f"{'-' if amount.cents < 0 else ''}{units}.{cents:02d}"


def cancelled(order: Order, now_ms: int) -> Order:
    """Raises Conflict once it has left the warehouse or was cancelled."""
    if order.state is OrderState.CANCELLED:
        raise Conflict(f"order {order.order_id} is cancelled already", reason="ORDER_CANCELLED")
    if order.state not in OPEN:
        raise Conflict(f"order {order.order_id} is {order.state}: it has left the warehouse", reason="ORDER_SHIPPED")
    return replace(order, state=OrderState.CANCELLED, cancelled_ms=now_ms)


def returned(
    order: Order, product_id: str, quantity: int, reason: str, policy: OrderPolicy, now_ms: int
) -> tuple[Order, ServiceCase]:
    """The order with a return asked for. Raises Conflict or InvalidInput where that may not be."""
    pieces = _sent_back(order, product_id, quantity, policy, now_ms)
    case = ServiceCase(
        case_id=_case_id(order),
        kind=CaseKind.RETURN,
        state=CaseState.REQUESTED,
        product_id=product_id,
        quantity=pieces,
        reason=reason,
        refund=_paid_for(order, product_id, pieces),
        requested_ms=now_ms,
    )
    return replace(order, cases=(*order.cases, case)), case


def exchanged(
    order: Order,
    product_id: str,
    quantity: int,
    wanted: Replacement,
    reason: str,
    policy: OrderPolicy,
    now_ms: int,
) -> tuple[Order, ServiceCase]:
    """The order with an exchange asked for. Raises Conflict or InvalidInput where that may not be."""
    pieces = _sent_back(order, product_id, quantity, policy, now_ms)
    case = ServiceCase(
        case_id=_case_id(order),
        kind=CaseKind.EXCHANGE,
        state=CaseState.REQUESTED,
        product_id=product_id,
        quantity=pieces,
        reason=reason,
        new_size=wanted.size,
        new_colour=wanted.colour,
        requested_ms=now_ms,
    )
    return replace(order, cases=(*order.cases, case)), case


def _case_id(order: Order) -> str:
    return f"{order.order_id}-{len(order.cases) + 1}"


def _sent_back(order: Order, product_id: str, quantity: int, policy: OrderPolicy, now_ms: int) -> int:
    """How many pieces of it; raises Conflict or InvalidInput where none may be."""
    if order.state is OrderState.CANCELLED:
        raise Conflict(f"order {order.order_id} was cancelled", reason="ORDER_CANCELLED")
    if order.state is not OrderState.DELIVERED:
        raise Conflict(f"order {order.order_id} is {order.state}, not delivered yet", reason="NOT_DELIVERED")
    if now_ms - order.delivered_ms > policy.return_days * DAY_MS:
        said = f"order {order.order_id} was delivered more than {policy.return_days} days ago"
        raise Conflict(said, reason="RETURN_WINDOW_OVER", metadata={"return_days": str(policy.return_days)})
    lines = [line for line in order.lines if line.product_id == product_id]
    if not lines:
        said = f"{product_id[:64]!r} is not in order {order.order_id}"
        raise InvalidInput.of(Violation("product_id", said))
    left = sum(line.quantity for line in lines) - _gone(order, product_id)
    if left <= 0:
        said = f"{product_id!r} of order {order.order_id} is on its way back already"
        raise Conflict(said, reason="ALREADY_RETURNED")
    if not 0 <= quantity <= left:
        raise InvalidInput.of(Violation("quantity", f"{quantity} is not from 1 to {left}, the pieces that are left"))
    return quantity or left


def _gone(order: Order, product_id: str) -> int:
    """Pieces of it that have been sent back, or are on their way."""
    return sum(case.quantity for case in order.cases if case.product_id == product_id)


def _paid_for(order: Order, product_id: str, pieces: int) -> Amount:
    """What the next pieces cost: a product may be in several lines, each at its price."""
    prices = [line.price for line in order.lines if line.product_id == product_id for _ in range(line.quantity)]
    gone = _gone(order, product_id)
    return Amount(order.total.currency, sum(price.cents for price in prices[gone : gone + pieces]))
