"""Takes events in: completes them, checks them, writes them to the log, answers for each."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace

from contracts import aliases, limits, topics, user_events
from gateway.identity import Caller
from servicekit import tracing
from servicekit.errors import Unavailable, Violation
from servicekit.events.log import EventLog, Message, Publisher
from shopkeeper.events.v1.events_pb2 import UserEvent
from shopkeeper.gateway.v1.gateway_pb2 import PublishResult

NOT_WRITTEN = "UNAVAILABLE: the event log did not acknowledge it; send it again with the same event_id"
LOG_UNAVAILABLE = "EVENT_LOG_UNAVAILABLE"

log = logging.getLogger(__name__)


class LogIntake:
    """The event log behind PublishEvents. It opens at start, or at the first event after the log came up."""

    def __init__(
        self,
        shop_id: str,
        open_log: Callable[[], EventLog],
        now_ms: Callable[[], Awaitable[int]],
        acknowledge_seconds: float = 2.0,
        retry_seconds: float = 1.0,
    ) -> None:
        self._shop_id = shop_id
        self._open_log = open_log
        self._now_ms = now_ms
        self._acknowledge_seconds = acknowledge_seconds
        self._retry_seconds = retry_seconds
        self._connection: tuple[EventLog, Publisher] | None = None
        self._opening = asyncio.Lock()
        self._not_before = 0.0
        self._starting: asyncio.Task[None] | None = None

    async def take(self, caller: Caller, events: Sequence[UserEvent]) -> Sequence[PublishResult]:
        """One result for each event, in order, after the log's acknowledgement.

        Raises Unavailable if the log is not there and so nothing was sent; Forbidden if one names another visitor.
        """
        now_ms = await self._now_ms()
        complete = [self._complete(caller, event, now_ms) for event in events]
        refusals = [_refusal(event, now_ms) for event in complete]
        good = [event for event, refusal in zip(complete, refusals, strict=True) if refusal is None]
        written = iter(await self._write(good) if good else [])
        return [
            _refused(event, refusal) if refusal else _answered(event, next(written))
            for event, refusal in zip(complete, refusals, strict=True)
        ]

    def _complete(self, caller: Caller, event: UserEvent, now_ms: int) -> UserEvent:
        """The event with what its producer may leave out."""
        full = UserEvent()
        full.CopyFrom(event)
        full.visitor_id = caller.visitor(event.visitor_id, "events.visitor_id", required=False)
        full.user_id = caller.user(event.user_id)
        full.event_id = event.event_id or str(uuid.uuid4())
        full.event_type = aliases.event_type(event.event_type) or event.event_type
        if not event.HasField("event_time"):
            full.event_time.FromMilliseconds(now_ms)
        return full

    async def _write(self, events: Sequence[UserEvent]) -> Sequence[bool]:
        """Whether the log has acknowledged each."""
        publisher = await self._opened()
        messages = [self._message(event) for event in events]
        # In a thread: a client of a log that has just gone may wait before it takes a record.
        sending = asyncio.ensure_future(asyncio.to_thread(_send_all, publisher, messages))
        done, _ = await asyncio.wait([sending], timeout=self._acknowledge_seconds)
        if not done:
            return [False] * len(events)
        waiting = [asyncio.wrap_future(future) for future in sending.result()]
        # `wait` leaves the late ones alone: cancelling would reach into the log's own thread.
        await asyncio.wait(waiting, timeout=self._acknowledge_seconds)
        return [_acknowledged(future) for future in waiting]

    def _message(self, event: UserEvent) -> Message:
        """The record, with the trace of the request that brought the event."""
        message = user_events.to_message(self._shop_id, event)
        return replace(message, headers=tracing.inject(message.headers))

    async def _opened(self) -> Publisher:
        async with self._opening:
            if self._connection is None:
                self._connection = await self._connect()
            return self._connection[1]

    async def _connect(self) -> tuple[EventLog, Publisher]:
        """Raises Unavailable, at once for a while after it did."""
        gone = Unavailable("the event log is not there; send the events again", LOG_UNAVAILABLE)
        if time.monotonic() < self._not_before:
            raise gone
        try:
            return await asyncio.to_thread(self._connect_blocking)
        except Exception as error:
            self._not_before = time.monotonic() + self._retry_seconds
            log.exception("the event log is not there")
            raise gone from error

    def _connect_blocking(self) -> tuple[EventLog, Publisher]:
        event_log = self._open_log()
        try:
            event_log.ensure_topics([topics.user_events(self._shop_id)])
            return event_log, event_log.publisher()
        except Exception:
            event_log.close()
            raise

    async def start(self) -> Mapping[str, str]:
        """Begins to open the log, so that the first event does not wait for it; one that is down delays nothing."""
        self._starting = asyncio.create_task(self._open_quietly())
        return {}

    async def _open_quietly(self) -> None:
        with contextlib.suppress(Unavailable):
            await self._opened()

    async def stop(self) -> None:
        """Waits until what was published is acknowledged."""
        if self._starting is not None:
            await self._starting
        if self._connection is not None:
            event_log, publisher = self._connection
            for step in (publisher.flush, publisher.close, event_log.close):
                await asyncio.to_thread(step)


def _send_all(publisher: Publisher, messages: Sequence[Message]) -> "Sequence[Future[tuple[int, int]]]":
    return [_send(publisher, message) for message in messages]


def _send(publisher: Publisher, message: Message) -> "Future[tuple[int, int]]":
    try:
        return publisher.publish(message)
    except Exception as error:  # answered per event, as a refusal by the log is
        refused: Future[tuple[int, int]] = Future()
        refused.set_exception(error)
        return refused


def _acknowledged(future: "asyncio.Future[tuple[int, int]]") -> bool:
    if not future.done():
        log.error("the event log did not acknowledge an event in time")
        return False
    if error := future.exception():
        log.error("the event log refused an event: %s", error)
    return future.exception() is None


def _refusal(event: UserEvent, now_ms: int) -> Violation | None:
    size = event.ByteSize()
    if size > topics.MAX_PAYLOAD_BYTES:
        return Violation("", f"the event has {size} bytes, the limit is {topics.MAX_PAYLOAD_BYTES}")
    return next(iter(user_events.check(event, now_ms)), None)


def _refused(event: UserEvent, violation: Violation) -> PublishResult:
    return PublishResult(event_id=event.event_id[: limits.ID_LENGTH], field=violation.field, message=violation.message)


def _answered(event: UserEvent, written: bool) -> PublishResult:
    return PublishResult(event_id=event.event_id, accepted=written, message="" if written else NOT_WRITTEN)
