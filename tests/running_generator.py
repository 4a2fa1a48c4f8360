"""A whole generator in this process, composed as `__main__` does it."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from servicekit.artifacts import ArtifactStore
from servicekit.server import started
from servicekit.settings import ShopSettings
from services.generator.composition import serving_parts
from services.generator.config import GeneratorSettings
from shopkeeper.generator.v1 import generator_pb2 as pb
from shopkeeper.generator.v1.generator_pb2_grpc import DraftServiceStub, GeneratorServiceStub


@dataclass
class Generator:
    """A generator that runs."""

    address: str
    stub: GeneratorServiceStub
    drafts: DraftServiceStub

    def copy(self, **asked: Any) -> tuple[list[str], pb.Copy]:
        """(deltas, the copy)."""
        *said, last = list(self.stub.GenerateCopy(pb.GenerateCopyRequest(**asked), timeout=20))
        assert last.HasField("done")
        return [part.text_delta for part in said], last.done.copy

    def reply(self, act: str, *facts: tuple[str, str], language: str = "en", **asked: Any) -> pb.ReplyResponse:
        told = [pb.Fact(name=name, value=value) for name, value in facts]
        request = pb.ReplyRequest(act=act, facts=told, language_code=language, **asked)
        return self.stub.Reply(request, timeout=10)


SHIPPED = Path(__file__).parents[1] / "sample_shop" / "bundles"


def ship(home: Path) -> str:
    """Puts the bundle that the repository ships into a shop's artifact store, live; its version."""
    version = ArtifactStore(str(SHIPPED)).versions("generator")[-1]
    store = home / "artifacts" / "generator"
    shutil.copytree(SHIPPED / "generator" / version, store / version, dirs_exist_ok=True)
    ArtifactStore(str(home / "artifacts")).promote("generator", version)
    return version


@contextmanager
def running_generator(home: Path, shop_id: str = "test", records_url: str = "", **settings: Any) -> Iterator[Generator]:
    """On a free port, with an event loop and a thread of its own; `settings` are fields of GeneratorSettings."""
    quick = {"bundle_poll_seconds": 0.1, "publish_retry_seconds": 0.2, "recommender_address": "", "drain_seconds": 2}
    free = {"grpc_address": "127.0.0.1:0", "metrics_address": "127.0.0.1:0"}
    wanted = GeneratorSettings(**{**quick, **free, **settings})
    shop = ShopSettings(id=shop_id, home=home, records_url=records_url)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[AbstractAsyncContextManager[Any], str]:
        running = started(serving_parts(shop, wanted))
        return running, (await running.__aenter__())["grpc"]

    try:
        running, address = asyncio.run_coroutine_threadsafe(start(), loop).result(60)
        with grpc.insecure_channel(address) as channel:
            yield Generator(address, GeneratorServiceStub(channel), DraftServiceStub(channel))
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
