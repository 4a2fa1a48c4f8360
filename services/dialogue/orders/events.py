"""What the shop's orders tell the clickstream: a purchase, and what was paid back."""

import uuid

from google.protobuf.wrappers_pb2 import Int32Value

from services.dialogue.orders.order import Amount, Order, ServiceCase
from services.dialogue.orders.wire import money
from shopkeeper.events.v1.events_pb2 import ProductDetail, PurchaseTransaction, UserEvent

_NAMES = uuid.UUID("6f1a9a52-1d0e-4b0a-9d53-3f1f5c6a2b11")
"""Of event ids: the same order always gives the same ids, so that a repeat counts once."""


def purchase(order: Order, attribution_token: str = "") -> UserEvent:
    event = _event("purchase-complete", order, order.order_id, order.placed_ms)
    event.attribution_token = attribution_token
    event.product_details.extend(_detail(line.product_id, line.quantity, line.price) for line in order.lines)
    transaction = PurchaseTransaction(id=order.order_id, revenue=money(order.total))
    if order.shipping_cost.cents:
        transaction.shipping_cost.CopyFrom(money(order.shipping_cost))
    event.purchase_transaction.CopyFrom(transaction)
    return event


def refund_of_order(order: Order, now_ms: int) -> UserEvent:
    """All of it: the order was cancelled, at the latest now."""
    event = _event("refund", order, f"{order.order_id}:cancelled", order.cancelled_ms or now_ms)
    event.product_details.extend(_detail(line.product_id, line.quantity, line.price) for line in order.lines)
    return event


def refund_of_case(order: Order, case: ServiceCase, now_ms: int) -> UserEvent:
    """What came back and was paid back, at the latest now."""
    event = _event("refund", order, f"{order.order_id}:{case.case_id}:done", case.done_ms or now_ms)
    price = next((line.price for line in order.lines if line.product_id == case.product_id), order.total)
    event.product_details.append(_detail(case.product_id, case.quantity, price))
    return event


def _event(kind: str, order: Order, name: str, time_ms: int) -> UserEvent:
    event = UserEvent(
        event_id=str(uuid.uuid5(_NAMES, name)),
        event_type=kind,
        visitor_id=order.shopper.visitor_id or order.shopper.user_id,  # an event without a visitor is nobody's
        user_id=order.shopper.user_id,
    )
    event.event_time.FromMilliseconds(time_ms)
    return event


def _detail(product_id: str, quantity: int, price: Amount) -> ProductDetail:
    return ProductDetail(product_id=product_id, quantity=Int32Value(value=quantity), price=money(price))
