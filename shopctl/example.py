"""A visitor and a few words that are really in the shop, so that the commands we print have something to answer."""

from collections import Counter
from itertools import islice
from typing import NamedTuple

from contracts import topics
from servicekit.errors import ServiceError
from servicekit.events import open_event_log
from servicekit.events.log import EventLog
from servicekit.settings import ShopSettings
from shopctl.importing.publish import read_all
from shopkeeper.catalog.v1.catalog_pb2 import Product

LOOKED_AT = 500


class Example(NamedTuple):
    visitor_id: str
    words: str


def pick(shop: ShopSettings) -> Example:
    """The visitor with most of the first events, and a product's kind, or its first words; empty where none is."""
    try:
        log = open_event_log(shop.events_url)
        try:
            return Example(_visitor(log, shop.id), _words(log, shop.id))
        finally:
            log.close()
    except ServiceError:
        return Example("", "")


def _visitor(log: EventLog, shop_id: str) -> str:
    records = islice(read_all(log, topics.user_events(shop_id).name), LOOKED_AT)
    counted = Counter(record.key for record in records if record.key).most_common(1)
    return counted[0][0].decode(errors="replace") if counted else ""


def _words(log: EventLog, shop_id: str) -> str:
    values = (record.value for record in read_all(log, topics.catalog(shop_id).name))
    product = next((Product.FromString(value) for value in values if value), Product())
    kind = product.categories[0].rpartition(" > ")[2].lower() if product.categories else ""
    return kind or " ".join(product.title.replace('"', "").split()[:3])
