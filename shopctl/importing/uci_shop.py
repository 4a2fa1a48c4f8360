"""The UCI file as a shop of its own: its catalogue and its purchases and refunds on the event log."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from google.protobuf.wrappers_pb2 import Int32Value

from shopctl.importing import uci
from shopctl.importing.publish import Shelf, id_hash
from shopctl.importing.wording import money, timestamp_of_ms
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.events.v1.events_pb2 import ProductDetail, PurchaseTransaction, UserEvent


class Count(NamedTuple):
    """How many were new, and how many the log had as they are."""

    published: int
    unchanged: int


@dataclass
class Loaded:
    """What was put on the log."""

    products: Count
    events: Count
    kinds: Counter[str]


def load(cleaned: uci.Cleaned, shelf: Shelf, on_item: Callable[[int], None] = lambda _: None) -> Loaded:
    """Publishes what the log does not have yet. `on_item` hears how many products and events are done."""
    known = shelf.catalogue()
    made = [product(item) for item in uci.items(cleaned.sales)]
    fresh = [one for one in made if one != known.get(one.product_id)]
    for one in fresh:
        shelf.put_product(one)
    on_item(len(made))
    marks, kinds = shelf.event_ids(), Counter[str]()
    orders = uci.orders(cleaned)
    for done, order in enumerate(orders, start=1):
        if id_hash(order.event_id) not in marks:
            shelf.put_event(event(order))
            kinds[order.event_type] += 1
        if done % 500 == 0:
            on_item(len(made) + done)
    on_item(len(made) + len(orders))
    published = kinds.total()
    return Loaded(Count(len(fresh), len(made) - len(fresh)), Count(published, len(orders) - published), kinds)


def product(item: uci.Item) -> Product:
    return Product(
        product_id=item.stock_code,
        title=item.title or item.stock_code,
        language_code="en",
        price=money("price", item.price, uci.CURRENCY),
        publish_time=timestamp_of_ms(item.first_sold_ms),
    )


def event(order: uci.Order) -> UserEvent:
    return UserEvent(
        event_id=order.event_id,
        event_type=order.event_type,
        event_time=timestamp_of_ms(order.time_ms),
        visitor_id=order.customer,
        product_details=[
            ProductDetail(product_id=code, quantity=Int32Value(value=pieces), price=money("price", price, uci.CURRENCY))
            for code, pieces, price in order.lines
        ],
        purchase_transaction=PurchaseTransaction(
            id=order.invoice, revenue=money("revenue", order.revenue, uci.CURRENCY)
        ),
    )
