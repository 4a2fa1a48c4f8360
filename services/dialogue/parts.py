"""Parts of the process beside its server: the clock, the threads, what is done every so often."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from sqlalchemy.engine import Engine

from contracts.clock import Clock
from servicekit.database import migrate, open_database
from servicekit.errors import ServiceError, Unavailable
from servicekit.settings import ShopSettings
from services.dialogue.conversing import Conversing
from services.dialogue.orders import MIGRATIONS as ORDER_MIGRATIONS
from services.dialogue.outbox import LogOutbox

_LOG = logging.getLogger(__name__)
MIGRATIONS = Path(__file__).parent / "migrations"
_THREADS = 6


class ShopNow:
    """The shop's now for those who cannot wait: the wall's, set back as the shop's clock was when last asked."""

    def __init__(self, clock: Clock, wall_ms: Callable[[], int]) -> None:
        self._clock, self._wall_ms, self._behind_ms = clock, wall_ms, 0

    async def __call__(self) -> int:
        now_ms = await self._clock()
        self._behind_ms = self._wall_ms() - now_ms
        return now_ms

    def last(self) -> int:
        return self._wall_ms() - self._behind_ms


class Workplace:
    """Threads and connections, let go once no call is left."""

    def __init__(self, shop: ShopSettings) -> None:
        self.engine: Engine = open_database(shop.records_url, shop.id)
        migrate(self.engine, "dialogue", MIGRATIONS)
        migrate(self.engine, "orders", ORDER_MIGRATIONS)
        self.executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="records")
        self.channels: Sequence[grpc.aio.Channel] = ()
        self.outbox: LogOutbox | None = None

    async def start(self) -> Mapping[str, str]:
        return {}

    async def stop(self) -> None:
        for channel in self.channels:
            await channel.close()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self.executor.shutdown(cancel_futures=True)
        if self.outbox is not None:
            self.outbox.close()
        self.engine.dispose()


class Repeating:
    """Does something every so often on the event loop, for the life of the process."""

    def __init__(self, work: Callable[[], object], name: str, seconds: Callable[[], float]) -> None:
        self._work, self._name, self._seconds = work, name, seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> Mapping[str, str]:
        self._task = asyncio.ensure_future(self._run())
        return {}

    async def _run(self) -> None:
        while True:
            try:
                result = self._work()
                if asyncio.iscoroutine(result):
                    await result
            except (ServiceError, OSError) as error:
                _LOG.warning("%s: %s", self._name, error)
            except Exception:
                _LOG.exception("%s", self._name)
            await asyncio.sleep(self._seconds())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


class Prepared:
    """Before any call is answered: what a crash left behind is finished."""

    def __init__(self, conversing: Conversing) -> None:
        self._conversing = conversing

    async def start(self) -> Mapping[str, str]:
        try:
            found = await self._conversing.recover()
        except Unavailable as error:
            _LOG.warning("nothing finished yet: %s", error)
            return {}
        if found:
            _LOG.info("actions left behind were finished", extra={"actions": found})
        return {}

    async def stop(self) -> None:
        """Nothing to end."""
