"""The catalogue topic, followed by every replica from its beginning."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from google.protobuf.message import DecodeError

from contracts import limits, products, topics
from servicekit.errors import InvalidInput, Unavailable, Violation
from servicekit.events.log import EventLog, Record
from services.recommender.catalogue import Catalogue
from services.recommender.codec import to_product
from shopkeeper.catalog.v1.catalog_pb2 import Product

_LOG = logging.getLogger(__name__)

OnOffset = Callable[[int], None]
"""(next offset): all before it has been handed over."""
OnProduct = Callable[[str, Product | None, int], None]
"""(product_id, the product or None where it was removed, time of the record in ms)"""


class CatalogueFollower:
    """Hands every change of the catalogue to `on_product`, in order. `run` blocks until `stop` is set."""

    def __init__(
        self, log: EventLog, shop_id: str, on_product: OnProduct, on_offset: OnOffset = lambda _next: None
    ) -> None:
        self._log, self._topic, self._on_product = log, topics.catalog(shop_id).name, on_product
        self._on_offset = on_offset
        self.caught_up = threading.Event()
        """Set once all that was there at the start has been handed over."""

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._follow(stop)
            except Unavailable as error:
                _LOG.warning("catalogue: %s", error)
                stop.wait(1.0)

    def _follow(self, stop: threading.Event) -> None:
        ends = dict(self._log.end_offsets(self._topic))
        with closing(self._log.follow(self._topic)) as subscription:
            reached = dict.fromkeys(ends, 0)
            while not stop.is_set():
                if all(reached[partition] >= end for partition, end in ends.items()):
                    self.caught_up.set()
                for (_, partition), records in subscription.poll(0.2, 2000).items():
                    for product_id, product, at_ms in _changes(records):
                        self._on_product(product_id, product, at_ms)
                    reached[partition] = records[-1].offset + 1
                    self._on_offset(reached[partition])


def _changes(records: Sequence[Record]) -> Iterator[tuple[str, Product | None, int]]:
    for record in records:
        try:
            yield _change(record)
        except (DecodeError, UnicodeDecodeError, InvalidInput) as error:
            _LOG.error("catalogue record %s:%s is no product: %s", record.partition, record.offset, error)


def _change(record: Record) -> tuple[str, Product | None, int]:
    """Raises if it is not what the contract says: whoever may write to the topic can write anything."""
    product_id = (record.key or b"").decode()
    if record.value is None:
        return product_id, None, record.timestamp_ms
    product = Product.FromString(record.value)
    violations = products.check(product)
    if product.product_id != product_id:
        message = f"{limits.shown(product.product_id)} is not the record's key, {limits.shown(product_id)}"
        violations.append(Violation("product_id", message))
    if violations:
        raise InvalidInput.of(*violations)
    return product_id, product, record.timestamp_ms


def read_catalogue(log: EventLog, shop_id: str) -> Catalogue:
    """The whole catalogue as it is now: for training."""
    catalogue, stop = Catalogue(), threading.Event()

    def put(product_id: str, product: Product | None, at_ms: int) -> None:
        if product is None:
            catalogue.remove(product_id)
        else:
            catalogue.put(to_product(product, at_ms))

    follower = CatalogueFollower(log, shop_id, put)
    thread = threading.Thread(target=follower.run, args=(stop,), daemon=True)
    thread.start()
    if not follower.caught_up.wait(120):
        raise Unavailable("the catalogue could not be read within 120 s", reason="CATALOGUE_UNREADABLE")
    stop.set()
    thread.join()
    return catalogue
