"""The gateway as it is composed, on free ports over the embedded log, with fakes of its peers behind it."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from prometheus_client import CollectorRegistry

from contracts import topics, user_events
from gateway.__main__ import parts
from gateway.config import GatewaySettings
from servicekit.events import open_event_log
from servicekit.events.log import EventLog
from servicekit.metrics import Metrics
from servicekit.server import started
from servicekit.settings import ShopSettings
from shopkeeper.events.v1.events_pb2 import UserEvent
from tests import fakes_dialogue_peer, fakes_generator_peer
from tests.fakes_dialogue_peer import FakeStaff
from tests.fakes_generator_peer import FakeWriter
from tests.fakes_recommender import FakeRecommender, serve

FAR_FUTURE_MS = 2**52


@dataclass
class LogReader:
    """What a consumer of the shop's event log would have read by now."""

    log: EventLog
    topic: str
    events: list[UserEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.log.ensure_topics([topics.user_events(self.topic.split(".")[0])])
        self.publisher = self.log.publisher()
        self._subscription = self.log.subscribe([self.topic], "test", "test-1", lambda topic, partition: 0)

    def read(self) -> list[UserEvent]:
        """All events so far, in the order of each visitor."""
        with self._lock:
            for records in self._subscription.poll(0.01).values():
                for record in records:
                    event = user_events.read(record, FAR_FUTURE_MS)
                    if isinstance(event, UserEvent):
                        self.events.append(event)
            return list(self.events)

    def told(self, fake: FakeRecommender) -> None:
        """Tells the fake what it has not seen yet, as the real recommender's consumer would."""
        for event in self.read()[fake.observed :]:
            fake.observe(event)

    def publish(self, event: UserEvent) -> None:
        """What a peer tells the shop; id and time are filled in."""
        event.event_id = event.event_id or str(uuid.uuid4())
        event.event_time.GetCurrentTime()
        self.publisher.publish(user_events.to_message(self.topic.split(".")[0], event)).result(5)

    def close(self) -> None:
        self.publisher.close()
        self._subscription.close()
        self.log.close()


@dataclass
class Gateway:
    """Where it listens, and what stands around it."""

    http: str
    grpc: str
    home: Path
    fake: FakeRecommender
    fake_server: grpc.aio.Server
    fake_address: str
    staff: FakeStaff
    staff_server: grpc.aio.Server
    writer: FakeWriter
    reader: LogReader
    metrics: Metrics


@asynccontextmanager
async def running_gateway(home: Path, fake: FakeRecommender | None = None, **settings: Any) -> AsyncIterator[Gateway]:
    """`settings` are fields of GatewaySettings; `shop_...` those of ShopSettings. An address of one's own stands in for
    that of a fake."""
    of_shop = {name.removeprefix("shop_"): settings.pop(name) for name in list(settings) if name.startswith("shop_")}
    shop = ShopSettings(**{"id": "test", "home": home, **of_shop})
    fake = fake or FakeRecommender()
    staff, writer = FakeStaff(), FakeWriter()
    server, address = await serve(fake)
    staff_server, staff_address = await fakes_dialogue_peer.serve(staff)
    writer_server, writer_address = await fakes_generator_peer.serve(writer)
    free = {"grpc_address": "127.0.0.1:0", "http_address": "127.0.0.1:0", "metrics_address": "127.0.0.1:0"}
    there = {"recommender_address": address, "dialogue_address": staff_address, "generator_address": writer_address}
    wanted = GatewaySettings(**{**free, **there, "nlu_address": "", "drain_seconds": 1, **settings})
    metrics = Metrics(CollectorRegistry())
    reader = LogReader(open_event_log(f"sqlite:///{home}/events.db"), topics.user_events(shop.id).name)
    fake.refresh = lambda: reader.told(fake)
    staff.publish = reader.publish
    try:
        async with started(parts(shop, wanted, metrics)) as at:
            http = f"http://{at['http']}"
            yield Gateway(http, at["grpc"], home, fake, server, address, staff, staff_server, writer, reader, metrics)
    finally:
        for each in (server, staff_server, writer_server):
            await each.stop(0)
        reader.close()


@contextmanager
def gateway_in_a_thread(home: Path, fake: FakeRecommender | None = None, **settings: Any) -> Iterator[Gateway]:
    """The same for callers without an event loop, such as a browser's driver."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = running_gateway(home, fake, **settings)
    try:
        yield asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
