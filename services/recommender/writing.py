"""What changes the shop: products in and out of the catalogue, shoppers forgotten. All of it goes through the log."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts import products, topics, user_events
from servicekit.errors import Unavailable, Violation
from servicekit.events.log import EventLog, Publisher
from services.recommender.replica_catalogue import ReplicaCatalogue
from services.recommender.store import ProfileStore
from shopkeeper.catalog.v1.catalog_pb2 import Product

_SEEN_SECONDS = 3.0
_FORGET_POLL_SECONDS = 0.01
_MOST_ERRORS = 1000


@dataclass
class ImportResult:
    """How an import went; `errors` holds the first 1,000 as (index, product id, what is wrong)."""

    imported: int = 0
    rejected: int = 0
    errors: list[tuple[int, str, Violation]] = field(default_factory=list)


class CatalogueWriter:
    """Publishes changes of the catalogue, and waits until this replica shows them."""

    def __init__(self, publisher: Publisher, catalogue: ReplicaCatalogue, shop_id: str) -> None:
        self._publisher, self._catalogue, self._shop = publisher, catalogue, shop_id

    async def put(self, batch: Sequence[Product], result: ImportResult) -> int:
        """Publishes the good ones of a batch; adds to `result`. Returns the last offset, -1 if none was good."""
        sent = []
        for product in batch:
            violations = products.check(product)
            if violations:
                self._reject(product, violations[0], result)
                continue
            result.imported += 1
            sent.append(self._publisher.publish(products.to_message(self._shop, product)))
        places = await asyncio.gather(*(asyncio.wrap_future(future) for future in sent))
        return max((offset for _, offset in places), default=-1)

    def _reject(self, product: Product, violation: Violation, result: ImportResult) -> None:
        index = result.imported + result.rejected
        result.rejected += 1
        if len(result.errors) < _MOST_ERRORS:
            result.errors.append((index, product.product_id, violation))

    async def remove(self, product_id: str) -> int:
        future = self._publisher.publish(products.removal_message(self._shop, product_id))
        return (await asyncio.wrap_future(future))[1]

    async def seen(self, offset: int) -> None:
        """Until this replica's answers know of the change. The others follow within the same moment."""
        if offset >= 0:
            await asyncio.to_thread(self._catalogue.wait_for, offset, _SEEN_SECONDS)


class Forgetter:
    """Makes every partition forget a visitor, and waits until they have."""

    def __init__(self, log: EventLog, publisher: Publisher, store: ProfileStore, shop_id: str) -> None:
        self._publisher, self._store, self._shop = publisher, store, shop_id
        self._partitions = log.partitions(topics.user_events(shop_id).name)

    async def forget(self, visitor_id: str, user_id: str, seconds: float) -> list[str]:
        """The visitors forgotten. Raises Unavailable if the consumers did not get to it in time: it is in the log and
        will be done."""
        visitors = await asyncio.to_thread(self._store.visitors, visitor_id, user_id)
        at_ms = time.time_ns() // 1_000_000
        sent = [
            self._publisher.publish(user_events.forget_message(self._shop, name, at_ms, partition))
            for name in visitors
            for partition in range(self._partitions)
        ]
        await asyncio.gather(*(asyncio.wrap_future(future) for future in sent))
        if user_id:
            await asyncio.to_thread(self._store.unlink, user_id, visitors)
        await self._until_done(visitors, at_ms, seconds)
        return visitors

    async def _until_done(self, visitors: Sequence[str], at_ms: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for name in visitors:
            while not await asyncio.to_thread(self._store.forgotten, name, at_ms):
                if time.monotonic() > deadline:
                    message = f"the request to forget is in the log, but not done within {seconds:.1f} s"
                    raise Unavailable(message, reason="FORGETTING_PENDING")
                await asyncio.sleep(_FORGET_POLL_SECONDS)
