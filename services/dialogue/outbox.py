"""Shop events that conversations led to: written with the turn, then published; again after a crash, with one id."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor

from contracts import user_events
from servicekit.errors import Unavailable
from servicekit.events.log import EventLog, Publisher
from services.dialogue.orders.order import Shopper
from services.dialogue.records import ConversationRecords
from services.dialogue.turn import ShopEvent
from shopkeeper.events.v1.events_pb2 import UserEvent

_LOG = logging.getLogger(__name__)
_ACKNOWLEDGE_SECONDS = 2.0


class LogOutbox:
    """`conversing.Outbox` over the event log, which opens at the first event."""

    def __init__(
        self, records: ConversationRecords, open_log: Callable[[], EventLog], shop_id: str, executor: Executor
    ) -> None:
        self._records, self._open_log, self._shop_id, self._executor = records, open_log, shop_id, executor
        self._lock = threading.Lock()
        self._opened: tuple[EventLog, Publisher] | None = None

    def encode(self, event: ShopEvent, shopper: Shopper, event_id: str, now_ms: int) -> bytes:
        return user_event(event, shopper, event_id, now_ms).SerializeToString()

    async def send(self) -> None:
        """All that waits. What the log does not take now stays for the next time."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._send)
        except (Unavailable, OSError, TimeoutError) as error:
            _LOG.warning("shop events wait: %s", error)

    def _send(self) -> None:
        with self._lock:
            waiting = self._records.unpublished()
            if not waiting:
                return
            publisher = self._publisher()
            sent = [
                (event_id, publisher.publish(user_events.to_message(self._shop_id, UserEvent.FromString(payload))))
                for event_id, payload in waiting
            ]
            for _, acknowledged in sent:
                acknowledged.result(_ACKNOWLEDGE_SECONDS)
            self._records.published([event_id for event_id, _ in sent])

    def _publisher(self) -> Publisher:
        if self._opened is None:
            log = self._open_log()
            self._opened = log, log.publisher()
        return self._opened[1]

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                log, publisher = self._opened
                publisher.close()
                log.close()
                self._opened = None


def user_event(event: ShopEvent, shopper: Shopper, event_id: str, now_ms: int) -> UserEvent:
    made = UserEvent(
        event_id=event_id,
        event_type=event.kind,
        visitor_id=shopper.visitor_id,
        user_id=shopper.user_id,
        attribution_token=event.attribution_token[:1024],
    )
    made.event_time.FromMilliseconds(now_ms)
    if event.product_id:
        detail = made.product_details.add(product_id=event.product_id)
        detail.quantity.value = event.quantity
        if event.price and event.currency:
            detail.price.currency_code = event.currency
            detail.price.units, detail.price.nanos = event.price // 100, event.price % 100 * 10_000_000
    for name, value, weight in event.preferences:
        made.preferences.add(name=name, value=value).weight.value = weight
    return made
