"""Puts products and events on the event log, at most so many unacknowledged, and knows what is there already."""

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager

from contracts import products, topics, user_events
from servicekit.errors import Unavailable
from servicekit.events.log import EventLog, Message, Publisher, Record
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.events.v1.events_pb2 import UserEvent

WINDOW = 5_000
"""Records on their way at a time."""
ACKNOWLEDGE_SECONDS = 30.0
READ_IDLE_SECONDS = 30.0
MAX_REMEMBERED = 5_000_000
"""Above so many records the topic is not looked through for ids; the consumer's own memory of them must do."""


class Shelf:
    """Publishes to one shop's topics; those that are missing are created. Close it to be sure that all is there."""

    def __init__(self, log: EventLog, shop_id: str) -> None:
        self._log, self._shop_id = log, shop_id
        log.ensure_topics([topics.user_events(shop_id), topics.dead_letters(shop_id), topics.catalog(shop_id)])
        self._window = Window(log.publisher())

    def put_product(self, product: Product) -> None:
        self._window.put(products.to_message(self._shop_id, product))

    def put_event(self, event: UserEvent) -> None:
        self._window.put(user_events.to_message(self._shop_id, event))

    def catalogue(self) -> dict[str, Product]:
        """All products that are on sale, as the topic has them."""
        return read_catalogue(self._log, self._shop_id)

    def event_ids(self) -> set[int]:
        """64-bit hashes of the ids of all events in the topic (see `id_hash`); empty if there are too many."""
        name = topics.user_events(self._shop_id).name
        if sum(self._log.end_offsets(name).values()) > MAX_REMEMBERED:
            return set()
        records = read_all(self._log, name)
        return {id_hash((dict(record.headers).get("ce_id") or b"").decode(errors="replace")) for record in records}

    def close(self) -> None:
        try:
            self._window.wait()
        finally:
            self._window.close()


class Window:
    """Waits for the oldest acknowledgement before it sends one record too many. Raises what the log answered."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waiting: deque[Future[tuple[int, int]]] = deque()

    def put(self, message: Message) -> None:
        if len(self._waiting) >= WINDOW:
            self._waiting.popleft().result(ACKNOWLEDGE_SECONDS)
        self._waiting.append(self._publisher.publish(message))

    def wait(self) -> None:
        """Until all is acknowledged."""
        while self._waiting:
            self._waiting.popleft().result(ACKNOWLEDGE_SECONDS)

    def close(self) -> None:
        self._publisher.close()


@contextmanager
def sending(log: EventLog) -> Iterator[Window]:
    window = Window(log.publisher())
    try:
        yield window
    finally:
        window.close()


def id_hash(event_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(event_id.encode(), digest_size=8).digest())


def read_catalogue(log: EventLog, shop_id: str) -> dict[str, Product]:
    """The products that a shop's catalogue topic holds, by id."""
    found: dict[str, Product] = {}
    for record in read_all(log, topics.catalog(shop_id).name):
        product_id = (record.key or b"").decode(errors="replace")
        if record.value is None:
            found.pop(product_id, None)
        else:
            found[product_id] = Product.FromString(record.value)
    return found


def read_all(log: EventLog, topic: str, on_read: Callable[[int], None] = lambda _: None) -> Iterator[Record]:
    """Every record that the topic holds now, from its beginning. Raises Unavailable if they stop coming."""
    ends = {(topic, partition): end for partition, end in log.end_offsets(topic).items() if end > 0}
    if not ends:
        return
    reader = log.follow(topic)
    try:
        yield from _until(reader.poll, ends, on_read)
    finally:
        reader.close()


def _until(
    poll: Callable[[float, int], Mapping[tuple[str, int], Iterable[Record]]],
    ends: dict[tuple[str, int], int],
    on_read: Callable[[int], None],
) -> Iterator[Record]:
    """A compacted or shortened topic may have nothing below its end, so silence ends the reading too."""
    count, heard, patience = 0, time.monotonic(), READ_IDLE_SECONDS
    while ends:
        batches = poll(0.5, 5_000)
        if batches:
            heard, patience = time.monotonic(), 2.0
        elif time.monotonic() - heard > patience:
            if count == 0:
                raise Unavailable(f"nothing came from the event log in {patience:.0f} s", "LOG_SILENT")
            return
        for place, records in batches.items():
            for record in records:
                count += 1
                yield record
                if record.offset + 1 >= ends.get(place, 0):
                    ends.pop(place, None)
        on_read(count)
