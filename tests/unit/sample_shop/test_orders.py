"""The orders of the sample shop's shoppers agree with what they bought."""

from datetime import UTC, datetime

from sample_shop.events import events
from sample_shop.orders import order_id, orders
from services.dialogue.orders.importing import check
from shopkeeper.commerce.v1 import commerce_pb2 as pb

END = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_every_purchase_is_an_order_that_can_be_taken_in() -> None:
    made = list(orders(END))
    bought = {
        order_id(event.purchase_transaction.id) for event in events(END) if event.event_type == "purchase-complete"
    }
    assert {order.order_id for order in made} == bought
    assert len(made) == len(bought)
    assert [wrong for order in made for wrong in check(order)] == []


def test_young_orders_are_on_their_way_and_some_were_sent_back() -> None:
    made = list(orders(END))
    states = {order.state for order in made}
    assert {pb.ORDER_STATE_PAID, pb.ORDER_STATE_SHIPPED, pb.ORDER_STATE_DELIVERED} <= states
    assert all(order.HasField("deliver_time") == (order.state == pb.ORDER_STATE_DELIVERED) for order in made)
    cases = [case for order in made for case in order.cases]
    assert len(cases) >= 20
    assert all(case.refund.units > 0 for case in cases)
