"""`python -m bench.ingest`: events/s with exactly-once effect, embedded and Kafka + Redis, beside the bare client.

The log is filled first (protobuf, all headers, visitors by Zipf, 4 partitions); what is timed is one consumer process
from its first record to its last effect, and, in the same run, kafka-python alone reading the same topic.
"""

import argparse
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing

import numpy as np
from prometheus_client import CollectorRegistry

from bench.result import write_result
from bench.servers import Servers, servers
from contracts import topics, user_events
from servicekit.events import open_event_log
from servicekit.events.log import EventLog
from servicekit.metrics import Metrics
from servicekit.state import open_state
from services.recommender.consumer import Consumer
from services.recommender.store import ProfileStore
from shopkeeper.events.v1.events_pb2 import UserEvent

PARTITIONS = 4
VISITORS = 50_000
PRODUCTS = 4_000


def clickstream(count: int, seed: int) -> Iterator[UserEvent]:
    """Views, clicks, carts and purchases of visitors drawn by Zipf (exponent 1.1, 50,000 visitors)."""
    rng = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, VISITORS + 1) ** 1.1
    visitors = rng.choice(VISITORS, size=count, p=weights / weights.sum())
    products = rng.integers(PRODUCTS, size=count)
    kinds = rng.choice(
        ["detail-page-view", "product-click", "add-to-cart", "purchase-complete"], size=count, p=[0.6, 0.25, 0.1, 0.05]
    )
    start_ms = time.time_ns() // 1_000_000 - count
    for n in range(count):
        event = UserEvent(
            event_id=str(uuid.UUID(int=(seed << 64) + n)),
            event_type=str(kinds[n]),
            visitor_id=f"visitor-{visitors[n]}",
            session_id=f"session-{visitors[n]}",
            attribution_token="bench",
        )
        event.event_time.FromMilliseconds(start_ms + n)
        event.product_details.add(product_id=f"product-{products[n]}")
        yield event


def fill(log: EventLog, shop_id: str, count: int) -> None:
    """Publishes the clickstream and waits until all of it is acknowledged."""
    log.ensure_topics([topics.user_events(shop_id, PARTITIONS), topics.dead_letters(shop_id)])
    with closing(log.publisher()) as publisher:
        futures = [publisher.publish(user_events.to_message(shop_id, e)) for e in clickstream(count, seed=1)]
        for future in futures:
            future.result(120)


def consume(log: EventLog, state_url: str, shop_id: str, count: int) -> float:
    """Events/s of one consumer over the whole log, its effect in the store at the end."""
    state = open_state(state_url, shop_id)
    store = ProfileStore(state, PARTITIONS)
    options = {"member": "bench", "batch_records": 2000, "event_id_ring": 1024, "counter_days": 120}
    consumer = Consumer(log, state, store, shop_id, Metrics(CollectorRegistry()), **options)  # type: ignore[arg-type]
    ends = log.end_offsets(topics.user_events(shop_id).name)
    started = time.perf_counter()
    consumer.run(threading.Event(), ends)
    seconds = time.perf_counter() - started
    applied = sum(state.offset(f"{topics.user_events(shop_id).name}/{p}") for p in range(PARTITIONS))
    if applied != count:
        raise SystemExit(f"{applied} of {count} events applied")
    state.close()
    return count / seconds


def bare(url: str, shop_id: str, count: int) -> float:
    """Records/s of kafka-python reading the same topic and doing nothing with it, joining the group included."""
    import kafka

    started = time.perf_counter()
    client = kafka.KafkaConsumer(
        topics.user_events(shop_id).name,
        bootstrap_servers=url.removeprefix("kafka://"),
        group_id=f"{shop_id}-bare",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=10 * 1024 * 1024,
    )
    read = 0
    while read < count:
        read += sum(len(records) for records in client.poll(timeout_ms=500, max_records=2000).values())
    client.close()
    return count / (time.perf_counter() - started)


def measure(using: Servers, count: int) -> dict[str, dict[str, float]]:
    shop_id = f"bench-{uuid.uuid4().hex[:8]}"
    figures: dict[str, dict[str, float]] = {}
    for name, events_url, state_url in using.pairs():
        with closing(open_event_log(events_url)) as log:
            fill(log, shop_id, count)
            figures[name] = {"events_per_s": round(consume(log, state_url, shop_id, count))}
        if events_url.startswith("kafka"):
            figures["bare_client"] = {"events_per_s": round(bare(events_url, shop_id, count))}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    options = parser.parse_args()
    with servers() as using:
        figures = measure(using, options.events)
    peers = {"bare_client": figures.pop("bare_client")} if "bare_client" in figures else {}
    protocol = (
        f"{options.events} events, protobuf, all headers, {VISITORS} visitors by Zipf 1.1, {PARTITIONS} partitions"
    )
    write_result("ingest", None, protocol, {**figures, **peers}, peers)


if __name__ == "__main__":
    main()
