"""Orders made elsewhere: what is wrong with one, before it is taken in."""

import re
from collections.abc import Iterator

from contracts import limits
from servicekit.errors import Violation
from services.dialogue.orders.rules import MAX_LINES, MAX_QUANTITY
from services.dialogue.orders.wire import CASE_STATES, KINDS, STATES
from shopkeeper.commerce.v1 import commerce_pb2 as pb

MAX_ORDERS = 500
_ORDER_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def check(order: pb.Order) -> list[Violation]:
    """All that is wrong; empty if it can be taken in."""
    return [*_head(order), *_times(order), *_lines(order), *_cases(order)]


def _head(order: pb.Order) -> Iterator[Violation]:
    if not _ORDER_ID.fullmatch(order.order_id):
        yield Violation("order_id", f"{limits.shown(order.order_id)} is not 1 to 128 of letters, digits, `.`, `_`, `-`")
    yield from limits.text("shopper.visitor_id", order.shopper.visitor_id, limits.ID_LENGTH)
    yield from limits.text("shopper.user_id", order.shopper.user_id, limits.ID_LENGTH)
    if not order.shopper.visitor_id and not order.shopper.user_id:
        yield Violation("shopper", "needs a visitor_id or a user_id")
    if order.state not in STATES.values():
        yield Violation("state", f"{order.state} is not a state that an order can have")
    if not order.total.currency_code:
        yield Violation("total.currency_code", "is required")


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
        yield from limits.text(f"lines[{index}].product_id", line.product_id, limits.ID_LENGTH, required=True)
        if not 1 <= line.quantity <= MAX_QUANTITY:
            yield Violation(f"lines[{index}].quantity", f"{line.quantity} is not from 1 to {MAX_QUANTITY}")


def _cases(order: pb.Order) -> Iterator[Violation]:
    for index, case in enumerate(order.cases):
        if case.kind not in KINDS.values():
            yield Violation(f"cases[{index}].kind", f"{case.kind} is neither a return nor an exchange")
        if case.state not in CASE_STATES.values():
            yield Violation(f"cases[{index}].state", f"{case.state} is not a state that a case can have")
