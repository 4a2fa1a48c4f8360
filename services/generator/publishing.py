"""Brings approved copy into the catalogue: from the outbox, again and again until it is there.

Each approval goes there under one request id, so that a second try after a crash changes nothing twice.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import timedelta
from typing import TypeVar

from servicekit import context
from servicekit.errors import InvalidInput, NotFound, ServiceError, Unavailable
from servicekit.metrics import Metrics
from services.generator import codec
from services.generator.drafts import Approval
from services.generator.peers import Catalogue
from services.generator.records import DraftRecords, now

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_LONGEST_PAUSE_SECONDS = 60.0
_CALL_SECONDS = 8.0


class Publisher:
    """A part of the process."""

    def __init__(
        self, records: DraftRecords, catalogue: Catalogue, executor: Executor, metrics: Metrics, retry_seconds: float
    ) -> None:
        self._records, self._catalogue, self._executor = records, catalogue, executor
        self._metrics, self._retry_seconds = metrics, retry_seconds
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.failed: asyncio.Future[None] = asyncio.Future()

    def wake(self) -> None:
        self._woken.set()

    async def start(self) -> Mapping[str, str]:
        self._task = asyncio.create_task(self._run())
        return {}

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            try:
                await self._round()
            except Unavailable as error:
                _LOG.warning("the outbox waits: %s", error)
            except Exception:
                _LOG.exception("the outbox tries again in %.0f s", self._retry_seconds)
            try:
                await asyncio.wait_for(self._woken.wait(), self._retry_seconds)
            except TimeoutError:
                continue
            self._woken.clear()

    async def _round(self) -> None:
        for approval in await self._in_thread(self._records.approvals_due):
            with context.entered(timeout_seconds=_CALL_SECONDS):
                await self._publish(approval)

    async def _publish(self, approval: Approval) -> None:
        draft_id = approval.draft.draft_id
        try:
            await self._put(approval)
        except (NotFound, InvalidInput) as error:
            _LOG.warning("a draft goes back to review: %s", error)
            await self._in_thread(self._records.returned, draft_id, str(error))
        except ServiceError as error:
            self._metrics.degradations.labels("not-published-yet").inc()
            pause = min(_LONGEST_PAUSE_SECONDS, self._retry_seconds * 2 ** min(approval.attempts, 10))
            _LOG.warning("not published; next try in %.0f s: %s", pause, error)
            due_at = now() + timedelta(seconds=pause)
            await self._in_thread(self._records.postponed, draft_id, due_at, str(error))
        else:
            await self._in_thread(self._records.published, draft_id)

    async def _put(self, approval: Approval) -> None:
        draft, controls = approval.draft, approval.draft.copy.controls
        product = await self._catalogue.get(draft.product_id)
        if approval.replaced_text is None:
            replaced = codec.current_text(product, controls.language, controls.channel)
            await self._in_thread(self._records.replaces, draft.draft_id, replaced)
        changed = codec.with_copy(product, controls.language, controls.channel, draft.copy.text)
        await self._catalogue.put(changed, approval.import_id)

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)
