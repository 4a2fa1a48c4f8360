"""The sample shop's clickstream: 90 days of shoppers up to a given moment, as events of the contract."""

import math
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain

from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import Int32Value

from sample_shop.products import money
from sample_shop.sessions import DAYS, Life, Step
from sample_shop.shoppers import Shopper, shoppers
from shopkeeper.events.v1.events_pb2 import ProductDetail, PurchaseTransaction, UserEvent

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://shopkeeper.example/sample-shop/events")
SHOPPERS_ZONE = timezone(timedelta(hours=8))


def events(end: datetime) -> Iterator[UserEvent]:
    """All events of the 90 days before `end`, in order of time.

    The same shoppers do the same things whatever `end` is; it only moves them in time, and what would lie after it is
    left out. So an event has the same id in every run.
    """
    start = _midnight_before(end)
    told = chain.from_iterable(_events_of(shopper, start, end) for shopper in shoppers())
    yield from sorted(told, key=lambda event: (event.event_time.ToNanoseconds(), event.event_id))


def _midnight_before(end: datetime) -> datetime:
    """The first midnight of the shoppers' days, DAYS - 1 whole days before the day of `end`."""
    day = end.astimezone(SHOPPERS_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return (day - timedelta(days=DAYS - 1)).astimezone(UTC)


def _events_of(shopper: Shopper, start: datetime, end: datetime) -> Iterator[UserEvent]:
    for number, step in enumerate(Life(shopper).steps()):
        moment = start + timedelta(seconds=step.second)
        if moment <= end:
            yield _event(shopper, number, step, moment)


def _event(shopper: Shopper, number: int, step: Step, moment: datetime) -> UserEvent:
    at = Timestamp()
    at.FromMilliseconds(math.floor(moment.timestamp() * 1000))
    visitor_id = shopper.visitor_ids[step.device]
    return UserEvent(
        event_id=str(uuid.uuid5(NAMESPACE, f"{visitor_id}/{number}")),
        event_type=step.event_type,
        event_time=at,
        visitor_id=visitor_id,
        user_id=shopper.user_id,
        session_id=f"{visitor_id}-{step.visit}",
        product_details=_details(step),
        page_view_id=f"{visitor_id}-{step.visit}-{step.page}",
        search_query=step.query,
        page_categories=[step.category] if step.category else [],
        purchase_transaction=_transaction(shopper, step) if step.order else None,
    )


def _details(step: Step) -> list[ProductDetail]:
    quantities = step.quantities or (1,) * len(step.items)
    pairs = zip(step.items, quantities, strict=True)
    if step.event_type == "impression":
        return [ProductDetail(product_id=item.product_id) for item, _ in pairs]
    return [
        ProductDetail(product_id=item.product_id, quantity=Int32Value(value=quantity), price=money(item.price))
        for item, quantity in pairs
    ]


def _transaction(shopper: Shopper, step: Step) -> PurchaseTransaction:
    total = sum(item.price * quantity for item, quantity in zip(step.items, step.quantities, strict=True))
    return PurchaseTransaction(id=f"order-{shopper.number:04d}-{step.order}", revenue=money(total))
