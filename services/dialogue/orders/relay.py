"""Publishes what orders told, from the table where their transaction left it (a transactional outbox).

An event is taken off the table once the log has acknowledged it; one that is published twice, because the process died
in between, carries the same event id and counts once.
"""

import logging
import threading
from collections.abc import Callable

from contracts import user_events
from servicekit.errors import Unavailable
from servicekit.events.log import EventLog, Publisher
from services.dialogue.orders.records import OrderRecords
from shopkeeper.events.v1.events_pb2 import UserEvent

_LOG = logging.getLogger(__name__)
_PATIENCE_SECONDS = 10.0


class EventRelay:
    """Runs in a thread of its own; `wake` makes it look at once."""

    def __init__(
        self, records: OrderRecords, open_log: Callable[[], EventLog], shop_id: str, seconds: float = 1.0
    ) -> None:
        self._records, self._open_log, self._shop_id, self._seconds = records, open_log, shop_id, seconds
        self._wake = threading.Event()

    def wake(self) -> None:
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._publish_until(stop)
            except (Unavailable, OSError) as error:
                _LOG.warning("order events wait: %s", error)
                stop.wait(self._seconds)

    def _publish_until(self, stop: threading.Event) -> None:
        log = self._open_log()
        try:
            publisher = log.publisher()
            try:
                while not stop.is_set():
                    while self.publish(publisher) and not stop.is_set():
                        pass  # more may wait than one look takes
                    self._wake.wait(self._seconds)
                    self._wake.clear()
            finally:
                publisher.close()
        finally:
            log.close()

    def publish(self, publisher: Publisher) -> int:
        """All that waits; returns how many were published."""
        waiting = self._records.unpublished()
        sent = [
            (event_id, publisher.publish(user_events.to_message(self._shop_id, UserEvent.FromString(payload))))
            for event_id, payload in waiting
        ]
        for _, acknowledged in sent:
            acknowledged.result(_PATIENCE_SECONDS)
        if sent:
            self._records.published([event_id for event_id, _ in sent])
        return len(sent)
