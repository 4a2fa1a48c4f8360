"""`python -m bench.freshness`: from an event's publish to a recommendation that it changed, while 200 events/s flow.

Probes are new visitors: one view of a product each, published as any producer would; the gateway is then asked for
this visitor's shelf until it is no longer a stranger's (a product stands there because of the one viewed).
"""

import argparse
import asyncio
import os
import time
import uuid
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import grpc
import numpy as np

from bench.result import write_result
from bench.running import Running, running_shop
from bench.servers import servers
from contracts import user_events
from sample_shop.products import products
from servicekit.events import open_event_log
from servicekit.events.log import Publisher
from shopkeeper.events.v1.events_pb2 import UserEvent
from shopkeeper.gateway.v1 import gateway_pb2 as pb
from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceStub
from shopkeeper.recommender.v1 import recommender_pb2 as recommender

if TYPE_CHECKING:
    from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceAsyncStub

SHOP = "sample"
RATE = 200
PROBES_A_SECOND = 4
GIVE_UP_SECONDS = 10.0


def view(visitor_id: str, product_id: str) -> UserEvent:
    event = UserEvent(event_id=str(uuid.uuid4()), event_type="detail-page-view", visitor_id=visitor_id)
    event.event_time.GetCurrentTime()
    event.product_details.add(product_id=product_id)
    return event


async def background(publisher: Publisher, until: float) -> None:
    """The stream: RATE events a second of a thousand visitors."""
    names = [product.product_id for product in products()]
    started, sent = time.perf_counter(), 0
    while time.perf_counter() < until:
        due = int((time.perf_counter() - started) * RATE)
        while sent < due:
            event = view(f"stream-{sent % 1000}", names[sent * 7 % len(names)])
            publisher.publish(user_events.to_message(SHOP, event))
            sent += 1
        await asyncio.sleep(0.005)


async def probe(stub: "StorefrontServiceAsyncStub", publisher: Publisher, shop: Running, product_id: str) -> float:
    """Milliseconds from the publish until the shelf follows it."""
    visitor_id = f"probe-{uuid.uuid4().hex[:12]}"
    metadata = (("x-api-key", shop.api_key),)
    asked = pb.RecommendRequest(recommend=recommender.RecommendRequest(visitor_id=visitor_id, page_size=12))
    await stub.Recommend(asked, metadata=metadata)
    started = time.perf_counter()
    publisher.publish(user_events.to_message(SHOP, view(visitor_id, product_id)))
    while (passed := time.perf_counter() - started) < GIVE_UP_SECONDS:
        answer = await stub.Recommend(asked, metadata=metadata)
        if any(result.reason.related_product_id == product_id for result in answer.recommend.results):
            return (time.perf_counter() - started) * 1000
        await asyncio.sleep(0.002)
    raise SystemExit(f"the shelf did not follow a view of {product_id} within {passed:.1f} s")


async def measure(shop: Running, events_url: str, seconds: float) -> dict[str, float]:
    """Percentiles over all probes."""
    names = [p.product_id for p in products() if not p.HasField("stock") or p.stock.value > 0]
    times: list[float] = []
    with closing(open_event_log(events_url)) as log, closing(log.publisher()) as publisher:
        async with grpc.aio.insecure_channel(shop.grpc) as channel:
            stub = StorefrontServiceStub(channel)
            until = time.perf_counter() + seconds
            stream = asyncio.create_task(background(publisher, until))
            while time.perf_counter() < until:
                times.append(await probe(stub, publisher, shop, names[len(times) * 13 % len(names)]))
                await asyncio.sleep(1 / PROBES_A_SECOND)
            with suppress(asyncio.CancelledError):
                await stream
    p50, p99 = np.percentile(times, [50, 99])
    return {"p50_ms": round(float(p50), 1), "p99_ms": round(float(p99), 1), "probes": len(times)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--no-train", action="store_true", help="without a ranker")
    options = parser.parse_args()
    training = ["--no-train"] if options.no_train else []
    figures: dict[str, object] = {}
    limits = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    with servers() as using, TemporaryDirectory(prefix="shopkeeper-bench-") as folder:
        for name, events_url, state_url in using.pairs():
            home = Path(folder) / name
            env = {**limits, "SHOP_EVENTS_URL": events_url, "SHOP_STATE_URL": state_url}
            with running_shop(SHOP, home, env, *training) as shop:
                figures[name] = asyncio.run(measure(shop, events_url, options.seconds))
    protocol = f"{RATE} events/s for {options.seconds:g} s; probes publish a view and poll the gateway"
    write_result("freshness", None, protocol, figures, {})


if __name__ == "__main__":
    main()
