"""What changes the shop: products in and out of the catalogue, shoppers forgotten. All of it goes through the log."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from contracts import products, topics, user_events
from servicekit import context
from servicekit.errors import Unavailable, Violation
from servicekit.events.log import EventLog, Message, Publisher
from services.recommender.replica_catalogue import ReplicaCatalogue
from services.recommender.store import ProfileStore
from shopkeeper.catalog.v1.catalog_pb2 import Product

_ACKNOWLEDGED_SECONDS = 10.0
_SHARE_OF_DEADLINE = 0.8
"""Of the time that the caller still waits: the rest is for saying what was wrong."""
_SEEN_SECONDS = 3.0
_FORGET_POLL_SECONDS = 0.01
_MOST_ERRORS = 1000


@dataclass
class ImportResult:
    """How an import went; `errors` holds the first 1,000 as (index, product id, what is wrong)."""

    imported: int = 0
    rejected: int = 0
    errors: list[tuple[int, str, Violation]] = field(default_factory=list)


async def publish(publisher: Publisher, messages: Iterable[Message]) -> list[tuple[int, int]]:
    """Where the log put each message. Raises Unavailable if it did not say so in time; it may still take them in."""
    left = context.remaining_seconds()
    seconds = _ACKNOWLEDGED_SECONDS if left is None else min(_ACKNOWLEDGED_SECONDS, left * _SHARE_OF_DEADLINE)
    try:
        async with asyncio.timeout(seconds):
            # Kafka's producer blocks while its buffer is full or the brokers are not known.
            sent = await asyncio.to_thread(lambda: [publisher.publish(message) for message in messages])
            return await asyncio.gather(*(asyncio.wrap_future(future) for future in sent))
    except TimeoutError as error:
        message = f"the event log did not acknowledge within {seconds:.1f} s"
        raise Unavailable(message, reason="LOG_UNAVAILABLE") from error


class CatalogueWriter:
    """Publishes changes of the catalogue, and waits until this replica shows them.

    `rebuild` makes the shelves of this replica take in what its catalogue now holds.
    """

    def __init__(
        self,
        publisher: Publisher,
        catalogue: ReplicaCatalogue,
        shop_id: str,
        rebuild: Callable[[], None] = lambda: None,
    ) -> None:
        self._publisher, self._catalogue, self._shop, self._rebuild = publisher, catalogue, shop_id, rebuild

    async def put(self, batch: Sequence[Product], result: ImportResult) -> int:
        """Publishes the good ones of a batch; adds to `result`. Returns the last offset, -1 if none was good."""
        messages = await asyncio.to_thread(self._checked, batch, result)
        places = await publish(self._publisher, messages)
        return max((offset for _, offset in places), default=-1)

    def _checked(self, batch: Sequence[Product], result: ImportResult) -> list[Message]:
        messages = []
        for product in batch:
            violations = products.check(product)
            if violations:
                self._reject(product, violations[0], result)
            else:
                result.imported += 1
                self._date(product)
                messages.append(products.to_message(self._shop, product))
        return messages

    def _date(self, product: Product) -> None:
        """What tells no publish time came on sale when it was first imported; importing it again makes it no newer."""
        if not product.HasField("publish_time"):
            known = self._catalogue.products.get(product.product_id)
            product.publish_time.FromMilliseconds(known.publish_time_ms if known else time.time_ns() // 1_000_000)

    def _reject(self, product: Product, violation: Violation, result: ImportResult) -> None:
        index = result.imported + result.rejected
        result.rejected += 1
        if len(result.errors) < _MOST_ERRORS:
            result.errors.append((index, product.product_id, violation))

    async def remove(self, product_id: str) -> int:
        places = await publish(self._publisher, [products.removal_message(self._shop, product_id)])
        return places[0][1]

    async def seen(self, offset: int) -> None:
        """Until this replica's answers know of the change. The others follow within seconds."""
        if offset >= 0:
            await asyncio.to_thread(self._show, offset)

    def _show(self, offset: int) -> None:
        if self._catalogue.wait_for(offset, _SEEN_SECONDS):
            self._rebuild()


class Forgetter:
    """Makes every partition forget a visitor, and waits until they have. `now_ms` is the shop's clock: by the wall's, a
    shop whose history has ended would never take in anything more of that visitor."""

    def __init__(
        self, log: EventLog, publisher: Publisher, store: ProfileStore, shop_id: str, now_ms: Callable[[], int]
    ) -> None:
        self._publisher, self._store, self._shop, self._now_ms = publisher, store, shop_id, now_ms
        self._partitions = log.partitions(topics.user_events(shop_id).name)

    async def forget(self, visitor_id: str, user_id: str, seconds: float) -> list[str]:
        """The visitors forgotten. Raises Unavailable if the consumers did not get to it in time: it is in the log and
        will be done."""
        visitors = await asyncio.to_thread(self._store.visitors, visitor_id, user_id)
        known = await asyncio.to_thread(self._store.traces, visitors)
        # A device whose clock runs ahead tells of later than now; that is to be forgotten too.
        at_ms = max(await asyncio.to_thread(self._now_ms), known.last_event_ms)
        messages = [
            user_events.forget_message(self._shop, name, at_ms, partition)
            for name in visitors
            for partition in range(self._partitions)
        ]
        await publish(self._publisher, messages)
        await self._until_done(visitors, at_ms, seconds)
        for user in known.user_ids | ({user_id} - {""}):
            await asyncio.to_thread(self._store.unlink, user, visitors)
        return visitors

    async def _until_done(self, visitors: Sequence[str], at_ms: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for name in visitors:
            while not await asyncio.to_thread(self._store.forgotten, name, at_ms):
                if time.monotonic() > deadline:
                    message = f"the request to forget is in the log, but not done within {seconds:.1f} s"
                    raise Unavailable(message, reason="FORGETTING_PENDING")
                await asyncio.sleep(_FORGET_POLL_SECONDS)
