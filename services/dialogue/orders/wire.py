"""Orders between protobuf and plain values. Nothing else."""

from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from services.dialogue.orders.order import (
    Amount,
    CaseKind,
    CaseState,
    Order,
    OrderLine,
    OrderState,
    Scan,
    ServiceCase,
    Shipment,
    Shopper,
)
from shopkeeper.commerce.v1 import commerce_pb2 as pb

STATES = {
    OrderState.PLACED: pb.ORDER_STATE_PLACED,
    OrderState.PAID: pb.ORDER_STATE_PAID,
    OrderState.SHIPPED: pb.ORDER_STATE_SHIPPED,
    OrderState.DELIVERED: pb.ORDER_STATE_DELIVERED,
    OrderState.CANCELLED: pb.ORDER_STATE_CANCELLED,
}
KINDS = {CaseKind.RETURN: pb.CASE_KIND_RETURN, CaseKind.EXCHANGE: pb.CASE_KIND_EXCHANGE}
CASE_STATES = {
    CaseState.REQUESTED: pb.CASE_STATE_REQUESTED,
    CaseState.RECEIVED: pb.CASE_STATE_RECEIVED,
    CaseState.DONE: pb.CASE_STATE_DONE,
}
_STATES_BACK = {value: key for key, value in STATES.items()}
_KINDS_BACK = {value: key for key, value in KINDS.items()}
_CASE_STATES_BACK = {value: key for key, value in CASE_STATES.items()}


def money(amount: Amount) -> Money:
    units, cents = divmod(abs(amount.cents), 100)
    sign = -1 if amount.cents < 0 else 1  # Money wants both parts of one sign
    return Money(currency_code=amount.currency, units=sign * units, nanos=sign * cents * 10_000_000)


def amount(message: Money) -> Amount:
    """Rounded to hundredths."""
    return Amount(message.currency_code, message.units * 100 + round(message.nanos / 10_000_000))


def order_message(order: Order) -> pb.Order:
    message = pb.Order(
        order_id=order.order_id,
        shopper=shopper_message(order.shopper),
        state=STATES[order.state],
        lines=[line_message(line) for line in order.lines],
        total=money(order.total),
        shipping_cost=money(order.shipping_cost),
        cases=[case_message(case) for case in order.cases],
    )
    _set(message.place_time, order.placed_ms)
    for field, time_ms in (
        ("ship_time", order.shipped_ms),
        ("deliver_time", order.delivered_ms),
        ("cancel_time", order.cancelled_ms),
    ):
        if time_ms:
            _set(getattr(message, field), time_ms)
    return message


def order_of(message: pb.Order) -> Order:
    """Unset states and kinds raise KeyError; `orders/importing.py` checks first."""
    return Order(
        order_id=message.order_id,
        shopper=shopper_of(message.shopper),
        state=_STATES_BACK[message.state],
        lines=lines_of(message.lines),
        total=amount(message.total),
        shipping_cost=amount(message.shipping_cost),
        placed_ms=_ms(message.place_time),
        shipped_ms=_ms(message.ship_time),
        delivered_ms=_ms(message.deliver_time),
        cancelled_ms=_ms(message.cancel_time),
        cases=tuple(case_of(case) for case in message.cases),
    )


def shopper_message(shopper: Shopper) -> pb.Shopper:
    return pb.Shopper(visitor_id=shopper.visitor_id, user_id=shopper.user_id)


def shopper_of(message: pb.Shopper) -> Shopper:
    return Shopper(message.visitor_id, message.user_id)


def line_message(line: OrderLine) -> pb.OrderLine:
    return pb.OrderLine(
        product_id=line.product_id,
        quantity=line.quantity,
        price=money(line.price),
        title=line.title,
        size=line.size,
        colour=line.colour,
    )


def lines_of(messages: Sequence[pb.OrderLine]) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(line.product_id, line.quantity, amount(line.price), line.title, line.size, line.colour)
        for line in messages
    )


def case_message(case: ServiceCase) -> pb.ServiceCase:
    message = pb.ServiceCase(
        case_id=case.case_id,
        kind=KINDS[case.kind],
        state=CASE_STATES[case.state],
        product_id=case.product_id,
        quantity=case.quantity,
        reason=case.reason,
        new_size=case.new_size,
        new_colour=case.new_colour,
        refund=None if case.refund is None else money(case.refund),
    )
    _set(message.request_time, case.requested_ms)
    if case.done_ms:
        _set(message.done_time, case.done_ms)
    return message


def case_of(message: pb.ServiceCase) -> ServiceCase:
    return ServiceCase(
        case_id=message.case_id,
        kind=_KINDS_BACK[message.kind],
        state=_CASE_STATES_BACK[message.state],
        product_id=message.product_id,
        quantity=message.quantity,
        reason=message.reason,
        new_size=message.new_size,
        new_colour=message.new_colour,
        refund=amount(message.refund) if message.HasField("refund") else None,
        requested_ms=_ms(message.request_time),
        done_ms=_ms(message.done_time),
    )


def shipment_message(shipment: Shipment) -> pb.TrackShipmentResponse:
    message = pb.TrackShipmentResponse(
        order_id=shipment.order_id,
        state=STATES[shipment.state],
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
    )
    for scan in shipment.scans:
        _set(message.scans.add(status=scan.status, place=scan.place).scan_time, scan.time_ms)
    if shipment.estimated_ms:
        _set(message.estimated_deliver_time, shipment.estimated_ms)
    return message


def shipment_of(message: pb.TrackShipmentResponse) -> Shipment:
    return Shipment(
        order_id=message.order_id,
        state=_STATES_BACK[message.state],
        carrier=message.carrier,
        tracking_number=message.tracking_number,
        scans=tuple(Scan(_ms(scan.scan_time), scan.status, scan.place) for scan in message.scans),
        estimated_ms=_ms(message.estimated_deliver_time),
    )


def _set(field: Timestamp, time_ms: int) -> None:
    field.FromMilliseconds(time_ms)


def _ms(field: Timestamp) -> int:
    return field.seconds * 1000 + field.nanos // 1_000_000
