"""Puts the service together, by constructors."""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grpc

from servicekit.artifacts import ArtifactError, ArtifactStore
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


class BundleWatcher:
    """Swaps in the bundle that is live. One that cannot be loaded leaves the one in use where it is."""

    def __init__(self, generator: Generator, artifacts: ArtifactStore, metrics: Metrics, seconds: float) -> None:
        self._generator, self._artifacts, self._metrics = generator, artifacts, metrics
        self._seconds, self._tried = seconds, ""

    def look(self) -> None:
        """Raises OSError if the artifact store cannot be read now."""
        version = self._live()
        if version is None or version == self._tried:
            return
        try:
            writer = _loaded(self._artifacts, version)
            try_out(writer)
        except OSError:
            raise  # the artifact store may be back at the next look
        except Exception as error:
            self._tried = version
            _LOG.error("bundle not taken in: %s", error, exc_info=not isinstance(error, ArtifactError))
            return
        self._tried = version
        self._generator.use(writer)
        self._metrics.bundle_info.clear()
        self._metrics.bundle_info.labels(KIND, version).set(1)
        _LOG.info("bundle taken in", extra={"version": version})

    def _live(self) -> str | None:
        try:
            return self._artifacts.live(KIND)
        except (ValueError, KeyError, TypeError) as error:
            raise OSError(f"the pointer to the live bundle cannot be read: {error}") from error

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            try:
                self.look()
            except OSError as error:
                _LOG.warning("artifact store: %s", error)


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
        try:
            await asyncio.to_thread(self._watcher.look)
        except OSError as error:
            _LOG.warning("starting without a model: %s", error)
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
    watcher = BundleWatcher(generator, ArtifactStore(shop.artifacts_url), metrics, settings.bundle_poll_seconds)
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
