"""Shop events that conversations led to: written with the turn, then published; again after a crash, with one id."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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
    """`conversing.Outbox` over the event log, which opens at the first event, in a thread of its own: a log that is
    silent keeps neither the turns of others nor, beyond a moment, the one that has something to tell."""

    def __init__(
        self, records: ConversationRecords, open_log: Callable[[], EventLog], shop_id: str, patience: float = 0.3
    ) -> None:
        self._records, self._open_log, self._shop_id, self._patience = records, open_log, shop_id, patience
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._rounds: list[asyncio.Future[None]] = []
        """The one in progress, and the next."""
        self._opened: tuple[EventLog, Publisher] | None = None

    def encode(self, event: ShopEvent, shopper: Shopper, event_id: str, now_ms: int) -> bytes:
        return user_event(event, shopper, event_id, now_ms).SerializeToString()

    async def send(self) -> None:
        """All that waits. What the log does not take within `patience` seconds goes out when it does."""
        self._rounds = [each for each in self._rounds if not each.done()]
        if len(self._rounds) < 2:  # a round that has not begun takes along whatever is stored by then
            self._rounds.append(asyncio.get_running_loop().run_in_executor(self._thread, self._round))
        await asyncio.wait(self._rounds[-1:], timeout=self._patience)

    def _round(self) -> None:
        try:
            self._send()
        except (Unavailable, OSError, TimeoutError) as error:
            _LOG.warning("shop events wait: %s", error)
        except Exception:
            _LOG.exception("shop events wait")

    def _send(self) -> None:
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
        """Blocks until the round in progress is over."""
        self._thread.shutdown(cancel_futures=True)
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
