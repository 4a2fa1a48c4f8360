"""The orders behind the sample shop's purchases, as commerce/v1 has them: the young on their way, the old delivered."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from sample_shop.events import events
from sample_shop.products import CURRENCY, products
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.commerce.v1 import commerce_pb2 as pb
from shopkeeper.events.v1.events_pb2 import ProductDetail, UserEvent

HOUR_MS = 3_600_000
PAID_AFTER, SHIPPED_AFTER, DELIVERED_AFTER = HOUR_MS // 12, 20 * HOUR_MS, 70 * HOUR_MS
"""From the purchase: five minutes, the next day, the third day."""


def orders(end: datetime) -> Iterator[pb.Order]:
    """One for each purchase of the 90 days before `end`, in order of time; refunds are returns that are done."""
    catalogue = {product.product_id: product for product in products()}
    told = list(events(end))
    refunds = [event for event in told if event.event_type == "refund"]
    for event in told:
        if event.event_type == "purchase-complete":
            order = _order(event, catalogue, _ms(end))
            order.cases.extend(_returns(order, event, refunds))
            yield order


def order_id(transaction_id: str) -> str:
    """`order-0862-2` -> `SK10862002`."""
    _, shopper, number = transaction_id.split("-")
    return f"SK1{int(shopper):04d}{int(number):03d}"


def _order(event: UserEvent, catalogue: dict[str, Product], now_ms: int) -> pb.Order:
    placed_ms = event.event_time.ToMilliseconds()
    order = pb.Order(
        order_id=order_id(event.purchase_transaction.id),
        shopper=pb.Shopper(visitor_id=event.visitor_id, user_id=event.user_id),
        state=_state(now_ms - placed_ms),
        lines=[_line(detail, catalogue[detail.product_id]) for detail in event.product_details],
        total=event.purchase_transaction.revenue,
        shipping_cost=Money(currency_code=CURRENCY),
        place_time=event.event_time,
    )
    if order.state in (pb.ORDER_STATE_SHIPPED, pb.ORDER_STATE_DELIVERED):
        order.ship_time.FromMilliseconds(placed_ms + SHIPPED_AFTER)
    if order.state == pb.ORDER_STATE_DELIVERED:
        order.deliver_time.FromMilliseconds(placed_ms + DELIVERED_AFTER)
    return order


def _state(age_ms: int) -> pb.OrderState.ValueType:
    if age_ms >= DELIVERED_AFTER:
        return pb.ORDER_STATE_DELIVERED
    if age_ms >= SHIPPED_AFTER:
        return pb.ORDER_STATE_SHIPPED
    return pb.ORDER_STATE_PAID if age_ms >= PAID_AFTER else pb.ORDER_STATE_PLACED


def _line(detail: ProductDetail, product: Product) -> pb.OrderLine:
    by_name = {attribute.name: attribute.values for attribute in product.attributes}
    sizes, colours = by_name.get("size", ()), by_name.get("colour", ())
    return pb.OrderLine(
        product_id=detail.product_id,
        quantity=detail.quantity.value,
        price=detail.price,
        title=product.title,
        size=sizes[len(sizes) // 2] if sizes else "",
        colour=colours[0] if colours else "",
    )


def _returns(order: pb.Order, event: UserEvent, refunds: Iterable[UserEvent]) -> Iterator[pb.ServiceCase]:
    """Refunds of that shopper's products that came after this order, but only for the order they are nearest to."""
    mine = [each for each in refunds if each.user_id == event.user_id and each.visitor_id == event.visitor_id]
    pairs = [(refund, detail) for refund in mine for detail in refund.product_details]
    for number, (refund, detail) in enumerate(pairs, start=1):
        line = next((line for line in order.lines if line.product_id == detail.product_id), None)
        if line is None or refund.event_time.ToMilliseconds() < event.event_time.ToMilliseconds():
            continue
        pieces = min(detail.quantity.value or 1, line.quantity)
        yield pb.ServiceCase(
            case_id=f"{order.order_id}-{number}",
            kind=pb.CASE_KIND_RETURN,
            state=pb.CASE_STATE_DONE,
            product_id=line.product_id,
            quantity=pieces,
            refund=_times(line.price, pieces),
            request_time=_before(refund.event_time, 24 * HOUR_MS),
            done_time=refund.event_time,
        )


def _times(price: Money, pieces: int) -> Money:
    nanos = (price.units * 10**9 + price.nanos) * pieces
    return Money(currency_code=price.currency_code, units=nanos // 10**9, nanos=nanos % 10**9)


def _before(moment: Timestamp, milliseconds: int) -> Timestamp:
    earlier = Timestamp()
    earlier.FromMilliseconds(moment.ToMilliseconds() - milliseconds)
    return earlier


def _ms(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1000)
