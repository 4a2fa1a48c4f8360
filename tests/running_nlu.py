"""A whole NLU in this process, composed as `__main__` does it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from contracts.clock import wall
from servicekit.artifacts import ArtifactStore
from servicekit.server import started
from servicekit.settings import ShopSettings
from services.nlu import bundle
from services.nlu.composition import serving_parts
from services.nlu.config import NluSettings
from services.nlu.learned import Learned
from shopkeeper.nlu.v1 import nlu_pb2 as pb
from shopkeeper.nlu.v1.nlu_pb2_grpc import NluServiceStub


@dataclass(frozen=True)
class Nlu:
    """An NLU that runs, and where its bundles are."""

    address: str
    stub: NluServiceStub
    artifacts: ArtifactStore

    def promote(self, learned: Learned) -> str:
        """Makes it live; returns its version."""
        version = bundle.save(self.artifacts, learned).version
        self.artifacts.promote(bundle.KIND, version)
        return version

    def parse(self, text: str, **asked: Any) -> pb.Understanding:
        return self.stub.Parse(pb.ParseRequest(text=text, **asked), timeout=10).understanding


@contextmanager
def running_nlu(home: Path, shop_id: str = "test", **settings: Any) -> Iterator[Nlu]:
    """On a free port, with an event loop and a thread of its own; `settings` are fields of NluSettings."""
    free = {"grpc_address": "127.0.0.1:0", "metrics_address": "127.0.0.1:0", "drain_seconds": 2}
    wanted = NluSettings(**{**free, "bundle_poll_seconds": 0.1, **settings})
    shop = ShopSettings(id=shop_id, home=home)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> Any:
        running = started(serving_parts(shop, wanted, wall))
        return running, await running.__aenter__()

    try:
        running, at = asyncio.run_coroutine_threadsafe(begin(), loop).result(60)
        with grpc.insecure_channel(at["grpc"]) as channel:
            yield Nlu(at["grpc"], NluServiceStub(channel), ArtifactStore(shop.artifacts_url))
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
