"""Orders made elsewhere: what is wrong with one, before it is taken in."""

import re
from collections.abc import Iterator

from google.type.money_pb2 import Money

from contracts import limits
from servicekit.errors import Violation
from services.dialogue.orders.order import Amount
from services.dialogue.orders.rules import MAX_CENTS, MAX_LINES, MAX_QUANTITY, shown
from services.dialogue.orders.wire import CASE_STATES, KINDS, STATES, amount
from shopkeeper.commerce.v1 import commerce_pb2 as pb

MAX_ORDERS = 500
TEXT = 500
"""Characters of a title, a size, a colour or a reason."""
_MOST = Amount("", MAX_CENTS * MAX_LINES * MAX_QUANTITY)
_ORDER_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def check(order: pb.Order) -> list[Violation]:
    """All that is wrong; empty if it can be taken in."""
    return [*_head(order), *_times(order), *_lines(order), *_cases(order)]


def _head(order: pb.Order) -> Iterator[Violation]:
    if not _ORDER_ID.fullmatch(order.order_id):
        yield Violation("order_id", f"{limits.shown(order.order_id)} is not 1 to 128 of letters, digits, `.`, `_`, `-`")
    yield from text("shopper.visitor_id", order.shopper.visitor_id, limits.ID_LENGTH)
    yield from text("shopper.user_id", order.shopper.user_id, limits.ID_LENGTH)
    if not order.shopper.visitor_id and not order.shopper.user_id:
        yield Violation("shopper", "needs a visitor_id or a user_id")
    if order.state not in STATES.values():
        yield Violation("state", f"{order.state} is not a state that an order can have")
    if not order.total.currency_code:
        yield Violation("total.currency_code", "is required")
    else:
        yield from _money("total", order.total, order)
    if order.HasField("shipping_cost") and (order.shipping_cost.units or order.shipping_cost.nanos):
        yield from _money("shipping_cost", order.shipping_cost, order)


def text(field: str, value: str, limit: int, *, required: bool = False) -> Iterator[Violation]:
    """As `limits.text`; and no NUL, which PostgreSQL's text cannot hold."""
    yield from limits.text(field, value, limit, required=required)
    if "\0" in value:
        yield Violation(field, f"{limits.shown(value)} has a NUL character")


def _money(field: str, value: Money, order: pb.Order) -> Iterator[Violation]:
    """All of an order is in one currency: that of its total."""
    if value.currency_code != order.total.currency_code:
        said = f"{limits.shown(value.currency_code)} is not the currency of the total, {order.total.currency_code!r}"
        yield Violation(f"{field}.currency_code", said)
    if not 0 <= amount(value).cents <= _MOST.cents:
        yield Violation(field, f"{shown(amount(value))} is not from 0 to {shown(_MOST)}")


def _times(order: pb.Order) -> Iterator[Violation]:
    if not order.HasField("place_time"):
        yield Violation("place_time", "is required")
    for name in ("place_time", "ship_time", "deliver_time", "cancel_time"):
        yield from limits.timestamp(name, getattr(order, name))
    if order.state == pb.ORDER_STATE_DELIVERED and not order.HasField("deliver_time"):
        yield Violation("deliver_time", "is required for an order that was delivered")


def _lines(order: pb.Order) -> Iterator[Violation]:
    if not 1 <= len(order.lines) <= MAX_LINES:
        yield Violation("lines", f"has {len(order.lines)} entries, not 1 to {MAX_LINES}")
    for index, line in enumerate(order.lines):
        yield from text(f"lines[{index}].product_id", line.product_id, limits.ID_LENGTH, required=True)
        if not 1 <= line.quantity <= MAX_QUANTITY:
            yield Violation(f"lines[{index}].quantity", f"{line.quantity} is not from 1 to {MAX_QUANTITY}")
        yield from _money(f"lines[{index}].price", line.price, order)
        for name in ("title", "size", "colour"):
            yield from text(f"lines[{index}].{name}", getattr(line, name), TEXT)


def _cases(order: pb.Order) -> Iterator[Violation]:
    named, bought = set[str](), {line.product_id for line in order.lines}
    for index, case in enumerate(order.cases):
        yield from text(f"cases[{index}].case_id", case.case_id, limits.ID_LENGTH, required=True)
        if case.case_id in named:
            yield Violation(f"cases[{index}].case_id", f"{limits.shown(case.case_id)} is an earlier case's too")
        named.add(case.case_id)
        if case.product_id not in bought:
            yield Violation(f"cases[{index}].product_id", f"{limits.shown(case.product_id)} is not in this order")
        if not 1 <= case.quantity <= MAX_LINES * MAX_QUANTITY:
            yield Violation(f"cases[{index}].quantity", f"{case.quantity} is not from 1 to {MAX_LINES * MAX_QUANTITY}")
        if case.HasField("refund"):
            yield from _money(f"cases[{index}].refund", case.refund, order)
        for name in ("request_time", "done_time"):
            yield from limits.timestamp(f"cases[{index}].{name}", getattr(case, name))
        if case.kind not in KINDS.values():
            yield Violation(f"cases[{index}].kind", f"{case.kind} is neither a return nor an exchange")
        if case.state not in CASE_STATES.values():
            yield Violation(f"cases[{index}].state", f"{case.state} is not a state that a case can have")
