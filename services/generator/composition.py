"""Puts the service together, by constructors."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grpc

from servicekit.artifacts import ArtifactStore
from servicekit.bundles import BundleWatcher
from servicekit.clients import open_channel
from servicekit.database import migrate, open_database
from servicekit.metrics import Metrics, default_metrics
from servicekit.server import GrpcServer, Mount, Part
from servicekit.settings import ShopSettings
from servicekit.threads import ThreadPart
from services.generator import forbidden, lexicon, peers
from services.generator.config import GeneratorSettings
from services.generator.controls import LANGUAGES, Controls
from services.generator.drafting import Drafting
from services.generator.facts import Fact, Source
from services.generator.generator import Generator, Order, Writer
from services.generator.peers import Catalogue, NoCatalogue, RecommenderCatalogue
from services.generator.publishing import Publisher
from services.generator.records import DraftRecords
from services.generator.servicer import DraftServicer, GeneratorServicer
from services.generator.serving import Serving
from services.generator.situations import Ask
from shopkeeper.generator.v1.generator_pb2_grpc import (
    add_DraftServiceServicer_to_server,
    add_GeneratorServiceServicer_to_server,
)

_LOG = logging.getLogger(__name__)
KIND = "generator"
MIGRATIONS = Path(__file__).parent / "migrations"
GENERATOR = "shopkeeper.generator.v1.GeneratorService"
DRAFTS = "shopkeeper.generator.v1.DraftService"
_RECORD_THREADS = 4


def _loaded(artifacts: ArtifactStore, version: str) -> Writer:
    import torch  # comes with the first model

    from services.generator.bundle import load

    torch.set_num_threads(1)  # a step is too small to be shared out, and requests run beside each other
    return load(artifacts, version)


def try_out(writer: Writer) -> None:
    """Writes a little in both languages. Raises whatever a broken bundle would raise in answers."""
    for language in LANGUAGES:
        facts = (Fact("title", "Trial"), Fact("colour", "red"))
        order = Order(Source("trial", language, facts), Controls(language=language, length="short"))
        writer.write(order, lambda _: True, lambda _: None, lambda: True)
        writer.reply(Ask("greet", language=language), lambda _: True, lambda: True)


class Models:
    """Before any call is answered: the live bundle is in."""

    def __init__(self, watcher: BundleWatcher) -> None:
        self._watcher = watcher

    async def start(self) -> Mapping[str, str]:
        await asyncio.to_thread(self._watcher.look_at_start)
        return {}

    async def stop(self) -> None:
        return None


class Workplace:
    """Threads and connections, let go once no call is left. To be made on the event loop."""

    def __init__(self, shop: ShopSettings, settings: GeneratorSettings, metrics: Metrics) -> None:
        self.engine = open_database(shop.records_url, shop.id)
        migrate(self.engine, KIND, MIGRATIONS)
        self.writers = ThreadPoolExecutor(settings.threads, thread_name_prefix="copy")
        self.talkers = ThreadPoolExecutor(settings.threads, thread_name_prefix="replies")
        self.clerks = ThreadPoolExecutor(_RECORD_THREADS, thread_name_prefix="records")
        self._channel = _channel(settings, metrics)
        self.catalogue: Catalogue = RecommenderCatalogue(self._channel) if self._channel else NoCatalogue()

    async def start(self) -> Mapping[str, str]:
        return {}

    async def stop(self) -> None:
        if self._channel is not None:
            await self._channel.close()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        for executor in (self.writers, self.talkers, self.clerks):
            executor.shutdown(cancel_futures=True)
        self.engine.dispose()


def _channel(settings: GeneratorSettings, metrics: Metrics) -> grpc.aio.Channel | None:
    if not settings.recommender_address:
        return None
    return open_channel(settings.recommender_address, peers.POLICY, settings, metrics)


@dataclass(frozen=True)
class Services:
    mounts: Sequence[Mount]
    publisher: Publisher


def serving_parts(shop: ShopSettings, settings: GeneratorSettings) -> list[Part]:
    """In the order to start them."""
    metrics = default_metrics()
    generator = Generator(lexicon.builtin(), forbidden.load())
    artifacts = ArtifactStore(shop.artifacts_url)

    def take_in(version: str) -> None:
        writer = _loaded(artifacts, version)
        try_out(writer)
        generator.use(writer)

    watcher = BundleWatcher(KIND, artifacts, take_in, metrics, settings.bundle_poll_seconds)
    workplace = Workplace(shop, settings, metrics)
    services = _services(generator, workplace, settings, metrics)
    return [
        Models(watcher),
        ThreadPart("bundles", watcher.run),
        workplace,
        services.publisher,
        GrpcServer("generator", settings, services.mounts, metrics),
    ]


def _services(generator: Generator, workplace: Workplace, settings: GeneratorSettings, metrics: Metrics) -> Services:
    records = DraftRecords(workplace.engine)
    publisher = Publisher(records, workplace.catalogue, workplace.clerks, metrics, settings.publish_retry_seconds)
    drafting = Drafting(
        records, generator, workplace.catalogue, workplace.clerks, publisher.wake, settings.publish_wait_seconds
    )
    serving = Serving(
        generator, workplace.writers, workplace.talkers, metrics, settings.writing_seconds, settings.reply_seconds
    )
    copy, drafts = GeneratorServicer(serving, workplace.catalogue), DraftServicer(drafting)
    mounts = [
        Mount(GENERATOR, lambda server: add_GeneratorServiceServicer_to_server(copy, server)),
        Mount(DRAFTS, lambda server: add_DraftServiceServicer_to_server(drafts, server)),
    ]
    return Services(mounts, publisher)
