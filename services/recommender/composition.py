"""Puts the serving role together, by constructors."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.database import migrate, open_database
from servicekit.errors import Unavailable
from servicekit.events.log import EventLog
from servicekit.metrics import Metrics, default_metrics
from servicekit.server import GrpcServer, Mount, Part
from servicekit.settings import ShopSettings
from servicekit.state.store import StateStore
from services.recommender import bundle, popularity
from services.recommender.catalogue import Product
from services.recommender.config import RecommenderSettings
from services.recommender.meaning import TextMeaning
from services.recommender.recommender import Recommender
from services.recommender.records import ImportRecords
from services.recommender.replica import CatalogueFollower
from services.recommender.replica_catalogue import ReplicaCatalogue
from services.recommender.roles import ThreadPart
from services.recommender.search import SearchIndex
from services.recommender.servicer import RecommenderServicer
from services.recommender.serving import Serving, ShopClock
from services.recommender.store import ProfileStore
from services.recommender.writing import CatalogueWriter, Forgetter
from shopkeeper.recommender.v1.recommender_pb2_grpc import add_RecommenderServiceServicer_to_server

_LOG = logging.getLogger(__name__)
_THREADS = 4
_CATALOGUE_SECONDS = 120
_ALL_DAYS_EVERY = 12
MIGRATIONS = Path(__file__).parent / "migrations"
NAME = "shopkeeper.recommender.v1.RecommenderService"


class PopularityRefresher:
    """Reads the daily counters into the recommender; the last two days each time, all of them every twelfth."""

    def __init__(
        self, recommender: Recommender, state: StateStore, clock: Callable[[], int], seconds: float, days: int
    ) -> None:
        self._recommender, self._state, self._clock = recommender, state, clock
        self._seconds, self._days, self._turn = seconds, days, 0

    def refresh(self) -> None:
        now_ms = self._clock()
        days = self._days if self._turn % _ALL_DAYS_EVERY == 0 else 2
        self._turn += 1
        names = popularity.counters_at(now_ms, days)
        self._recommender.use_popularity({day: self._state.counters(name) for day, name in names.items()})
        self._recommender.refresh(now_ms)

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            try:
                self.refresh()
            except Unavailable as error:
                _LOG.warning("popularity stays as it was: %s", error)


class BundleWatcher:
    """Swaps in the bundle that is live. One that cannot be loaded leaves the one in use where it is."""

    def __init__(self, recommender: Recommender, artifacts: ArtifactStore, metrics: Metrics, seconds: float) -> None:
        self._recommender, self._artifacts, self._metrics = recommender, artifacts, metrics
        self._seconds, self._tried = seconds, ""

    def look(self) -> None:
        version = self._artifacts.live(bundle.KIND)
        if version is None or version == self._tried:
            return
        self._tried = version
        try:
            models = bundle.load(self._artifacts, version)
        except ArtifactError as error:
            _LOG.error("bundle not taken in: %s", error)
            return
        self._recommender.use_models(models)
        self._metrics.bundle_info.clear()
        self._metrics.bundle_info.labels(bundle.KIND, version).set(1)
        _LOG.info("bundle taken in", extra={"version": version})

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            try:
                self.look()
            except OSError as error:
                _LOG.warning("artifact store: %s", error)


class Prepared:
    """Before any call is answered: the catalogue is whole, the models and the counters are in."""

    def __init__(self, follower: CatalogueFollower, watcher: BundleWatcher, refresher: PopularityRefresher) -> None:
        self._follower, self._watcher, self._refresher = follower, watcher, refresher

    async def start(self) -> Mapping[str, str]:
        await asyncio.to_thread(self._prepare)
        return {}

    def _prepare(self) -> None:
        if not self._follower.caught_up.wait(_CATALOGUE_SECONDS):
            raise Unavailable(f"the catalogue could not be read within {_CATALOGUE_SECONDS} s")
        self._watcher.look()
        self._refresher.refresh()

    async def stop(self) -> None:
        """Nothing to end."""


def serving_parts(
    shop: ShopSettings, settings: RecommenderSettings, log: EventLog, state: StateStore, store: ProfileStore
) -> list[Part]:
    """In the order to start them."""
    metrics = default_metrics()
    catalogue = ReplicaCatalogue()
    recommender = Recommender(catalogue.products)
    clock = ShopClock(shop.clock, store)
    index = SearchIndex(TextMeaning(lambda: recommender.retriever(clock.now_ms())))
    catalogue.listen(lambda product_id, product: _index(index, product_id, product))
    follower = CatalogueFollower(log, shop.id, catalogue.on_product, catalogue.on_offset)
    watcher = BundleWatcher(recommender, ArtifactStore(shop.artifacts_url), metrics, settings.bundle_poll_seconds)
    refresher = PopularityRefresher(
        recommender, state, clock.now_ms, settings.popularity_refresh_seconds, settings.counter_days
    )
    diversity = None if settings.diversity < 0 else settings.diversity
    serving = Serving(recommender, index, store, clock.now_ms, metrics, diversity)
    servicer = _servicer(shop, serving, catalogue, log, store)
    mount = Mount(NAME, lambda server: add_RecommenderServiceServicer_to_server(servicer, server))
    return [
        ThreadPart("catalogue", follower.run),
        Prepared(follower, watcher, refresher),
        ThreadPart("popularity", refresher.run),
        ThreadPart("bundles", watcher.run),
        GrpcServer("recommender", settings, [mount], metrics),
    ]


def _index(index: SearchIndex, product_id: str, product: Product | None) -> None:
    if product is None:
        index.remove(product_id)
    else:
        index.put(product)


def _servicer(
    shop: ShopSettings, serving: Serving, catalogue: ReplicaCatalogue, log: EventLog, store: ProfileStore
) -> RecommenderServicer:
    engine = open_database(shop.records_url, shop.id)
    migrate(engine, "recommender", MIGRATIONS)
    publisher = log.publisher()
    return RecommenderServicer(
        serving,
        catalogue,
        store,
        CatalogueWriter(publisher, catalogue, shop.id),
        Forgetter(log, publisher, store, shop.id),
        ImportRecords(engine),
        ThreadPoolExecutor(_THREADS, thread_name_prefix="answers"),
    )
