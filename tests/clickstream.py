"""What tests of the clickstream tell and count: scripted shoppers, and what the shop should know of them in the end."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from contracts import topics, user_events
from servicekit.events import open_event_log
from servicekit.events.log import EventLog, Message
from servicekit.state import open_state
from services.recommender.profile import Profile
from services.recommender.store import ProfileStore
from shopkeeper.events.v1.events_pb2 import UserEvent

DAY_MS = 86_400_000


def event(visitor_id: str, event_type: str, *product_ids: str, at_ms: int = 0, event_id: str = "") -> UserEvent:
    told = UserEvent(event_id=event_id or str(uuid.uuid4()), event_type=event_type, visitor_id=visitor_id)
    told.event_time.FromMilliseconds(at_ms or time.time_ns() // 1_000_000)
    for product_id in product_ids:
        told.product_details.add(product_id=product_id)
    return told


def purchases(visitors: int, each: int) -> list[UserEvent]:
    """Every visitor buys `cup` each time: visitor n's orders and the day's counter are known beforehand."""
    return [event(f"visitor-{n}", "purchase-complete", "cup") for _ in range(each) for n in range(visitors)]


def publish(log: EventLog, shop_id: str, events: Iterable[UserEvent]) -> None:
    publish_messages(log, [user_events.to_message(shop_id, told) for told in events])


def publish_messages(log: EventLog, messages: Sequence[Message]) -> None:
    with closing(log.publisher()) as publisher:
        for future in [publisher.publish(message) for message in messages]:
            future.result(30)


def environment(shop_id: str, events_url: str, state_url: str, home: Path, **more: str) -> dict[str, str]:
    settings = {
        "SHOP_ID": shop_id,
        "SHOP_HOME": str(home),
        "SHOP_EVENTS_URL": events_url,
        "SHOP_STATE_URL": state_url,
        "RECOMMENDER_ROLES": "consume",
        "RECOMMENDER_METRICS_ADDRESS": "127.0.0.1:0",
        "RECOMMENDER_GRPC_ADDRESS": "127.0.0.1:0",
        "RECOMMENDER_SESSION_TIMEOUT_MS": "1000",
        "RECOMMENDER_BATCH_RECORDS": "50",
    }
    return {**os.environ, **settings, **more}


class ConsumerProcess:
    """`python -m services.recommender` in the role of a consumer, which tests kill and stop."""

    def __init__(self, env: Mapping[str, str], log_file: Path) -> None:
        self._env, self._log_file = env, log_file
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log_file.open("ab") as log:
            command = [sys.executable, "-m", "services.recommender"]
            self.process = subprocess.Popen(command, env=dict(self._env), stdout=log, stderr=log)

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()
            self.process = None


class Ledger:
    """Reads what the state store holds of a shop, as a serving replica would."""

    def __init__(self, state_url: str, shop_id: str, partitions: int) -> None:
        self._shop, self.partitions = shop_id, partitions
        self.state = open_state(state_url, shop_id)
        self.store = ProfileStore(self.state, partitions)

    def profile(self, visitor_id: str) -> Profile:
        return self.store.read(visitor_id)

    def applied(self) -> int:
        """Records of the stream that have taken effect."""
        topic = topics.user_events(self._shop).name
        return sum(self.state.offset(f"{topic}/{partition}") for partition in range(self.partitions))

    def wait(self, records: int, seconds: float = 30, anyway: bool = False) -> None:
        """Until so many have; `anyway`: or until the time is up, which fails otherwise."""
        deadline = time.monotonic() + seconds
        while self.applied() < records:
            if time.monotonic() > deadline:
                if anyway:
                    return
                raise AssertionError(f"{self.applied()} of {records} records applied within {seconds} s")
            time.sleep(0.01)

    def counted(self, name: str) -> int:
        """A popularity field summed over the last three days, so that midnight does not matter."""
        from services.recommender import popularity

        counters = popularity.counters_at(time.time_ns() // 1_000_000 + DAY_MS, days=3)
        return sum(self.state.counters(counter).get(name, 0) for counter in counters.values())

    def close(self) -> None:
        self.state.close()


def open_shop(events_url: str, shop_id: str, partitions: int = 2) -> EventLog:
    log = open_event_log(events_url, session_timeout_ms=1000)
    log.ensure_topics([topics.user_events(shop_id, partitions), topics.dead_letters(shop_id), topics.catalog(shop_id)])
    return log
