"""Puts the process together, by constructors."""

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import torch

from contracts.clock import Clock
from servicekit.artifacts import ArtifactStore
from servicekit.bundles import BundleWatcher
from servicekit.metrics import default_metrics
from servicekit.server import GrpcServer, Mount, Part
from servicekit.settings import ShopSettings
from servicekit.threads import ThreadPart
from services.nlu import bundle
from services.nlu.config import NluSettings
from services.nlu.servicer import NluServicer
from services.nlu.standing import Standing
from services.nlu.understanding import Ask, Understander
from shopkeeper.nlu.v1.nlu_pb2_grpc import add_NluServiceServicer_to_server

_LOG = logging.getLogger(__name__)
NAME = "shopkeeper.nlu.v1.NluService"
TRIAL = "想买条红色的dress, under 200 yuan, 昨天的订单SK20481937"


class Prepared:
    """Before any call is answered: the live bundle is in, if there is one."""

    def __init__(self, watcher: BundleWatcher, torch_threads: int) -> None:
        self._watcher, self._torch_threads = watcher, torch_threads

    async def start(self) -> Mapping[str, str]:
        await asyncio.to_thread(self._prepare)
        return {}

    def _prepare(self) -> None:
        torch.set_num_threads(self._torch_threads)
        self._watcher.look_at_start()

    async def stop(self) -> None:
        """Nothing is held."""


class Thinking:
    """The one thread of forward passes, let go once no call is left."""

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="understanding")

    async def start(self) -> Mapping[str, str]:
        return {}

    async def stop(self) -> None:
        await asyncio.to_thread(self.executor.shutdown, cancel_futures=True)


def serving_parts(shop: ShopSettings, settings: NluSettings, clock: Clock) -> list[Part]:
    """In the order to start them."""
    metrics, standing, thinking = default_metrics(), Standing(), Thinking()
    trial = Ask(TRIAL, datetime.now(ZoneInfo(settings.time_zone)))
    artifacts = ArtifactStore(shop.artifacts_url)

    def take_in(version: str) -> None:
        understander = Understander(bundle.load(artifacts, version))
        understander.understand([trial])
        standing.use(understander)

    watcher = BundleWatcher(bundle.KIND, artifacts, take_in, metrics, settings.bundle_poll_seconds)
    servicer = NluServicer(standing, clock, settings.time_zone, thinking.executor)
    mount = Mount(NAME, lambda server: add_NluServiceServicer_to_server(servicer, server))
    return [
        Prepared(watcher, settings.torch_threads),
        ThreadPart("bundles", watcher.run),
        thinking,
        GrpcServer("nlu", settings, [mount], metrics),
    ]
