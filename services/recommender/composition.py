"""Puts the serving role together, by constructors."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from sqlalchemy.engine import Engine

from servicekit.artifacts import ArtifactStore
from servicekit.bundles import BundleWatcher
from servicekit.database import migrate, open_database
from servicekit.errors import Unavailable
from servicekit.events.log import EventLog
from servicekit.metrics import default_metrics
from servicekit.server import GrpcServer, Mount, Part
from servicekit.settings import ShopSettings
from servicekit.state.store import StateStore
from servicekit.threads import ThreadPart
from services.recommender import bundle, events, popularity
from services.recommender.catalogue import Catalogue, Product
from services.recommender.config import RecommenderSettings
from services.recommender.curating import Curator
from services.recommender.curation import Curations
from services.recommender.events import Line, ShopperEvent
from services.recommender.learned import Models
from services.recommender.meaning import TextMeaning
from services.recommender.profile import Profile, fold
from services.recommender.recommender import PLACEMENTS, Ask, Recommender
from services.recommender.records import CurationRecords, Database, ImportRecords
from services.recommender.replica import CatalogueFollower
from services.recommender.replica_catalogue import ReplicaCatalogue
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
        """Without the state store popularity stays as it was; what else has changed is taken in."""
        now_ms = self._clock()
        try:
            self._read_counters(now_ms)
        except Unavailable as error:
            _LOG.warning("popularity stays as it was: %s", error)
        self._recommender.refresh(now_ms)

    def _read_counters(self, now_ms: int) -> None:
        days = self._days if self._turn % _ALL_DAYS_EVERY == 0 else 2
        names = popularity.counters_at(now_ms, days)
        self._recommender.use_popularity({day: self._state.counters(name) for day, name in names.items()})
        self._turn += 1

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            self.refresh()


def try_out(models: Models, products: Catalogue) -> None:
    """Answers in every place for a shopper who did a little of everything. Raises whatever a broken bundle would raise
    in answers."""
    some = tuple(product.product_id for product in islice(products, 3))
    shopper, lines = Profile(), tuple(Line(product_id) for product_id in some)
    for kind in (events.VIEW, events.ADD_TO_CART, events.PURCHASE):
        fold(shopper, ShopperEvent(kind, kind, popularity.DAY_MS, "", lines=lines))
    trial = Recommender(products, models)
    for placement in PLACEMENTS:
        trial.recommend(Ask(placement, some), shopper, 2 * popularity.DAY_MS)


class Prepared:
    """Before any call is answered: the catalogue is whole; models, counters and curations are in."""

    def __init__(
        self, follower: CatalogueFollower, watcher: BundleWatcher, refresher: PopularityRefresher, curator: Curator
    ) -> None:
        self._follower, self._watcher, self._refresher, self._curator = follower, watcher, refresher, curator
        self._given_up = threading.Event()

    async def start(self) -> Mapping[str, str]:
        await asyncio.to_thread(self._prepare)
        return {}

    def _prepare(self) -> None:
        deadline = time.monotonic() + _CATALOGUE_SECONDS
        while not self._follower.caught_up.wait(0.1):
            if self._given_up.is_set():
                return
            if time.monotonic() > deadline:
                raise Unavailable(f"the catalogue could not be read within {_CATALOGUE_SECONDS} s")
        self._watcher.look_at_start()
        self._curator.try_to_look()
        self._refresher.refresh()

    async def stop(self) -> None:
        self._given_up.set()


def _migrated(shop: ShopSettings) -> Engine:
    engine = open_database(shop.records_url, shop.id)
    migrate(engine, "recommender", MIGRATIONS)
    return engine


class Workplace:
    """The servicer's threads and connections, let go once no call is left."""

    def __init__(self, shop: ShopSettings, log: EventLog) -> None:
        self.database = Database(lambda: _migrated(shop))
        self.publisher = log.publisher()
        self.executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="answers")

    async def start(self) -> Mapping[str, str]:
        return {}

    async def stop(self) -> None:
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self.executor.shutdown(cancel_futures=True)
        self.publisher.close()
        self.database.close()


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
    artifacts = ArtifactStore(shop.artifacts_url)

    def take_in(version: str) -> None:
        models = bundle.load(artifacts, version)
        try_out(models, catalogue.products)
        recommender.use_models(models)

    watcher = BundleWatcher(bundle.KIND, artifacts, take_in, metrics, settings.bundle_poll_seconds)
    refresher = PopularityRefresher(
        recommender, state, clock.now_ms, settings.popularity_refresh_seconds, settings.counter_days
    )
    diversity = None if settings.diversity < 0 else settings.diversity
    workplace = Workplace(shop, log)

    def curate(curations: Curations) -> None:
        recommender.use_curations(curations)
        recommender.rebuild(clock.now_ms())

    curator = Curator(CurationRecords(workplace.database), catalogue, curate, settings.curation_poll_seconds)
    serving = Serving(recommender, index, store, clock.now_ms, metrics, diversity, lambda: curator.known)
    servicer = RecommenderServicer(
        serving,
        catalogue,
        store,
        CatalogueWriter(workplace.publisher, catalogue, shop.id, lambda: recommender.rebuild(clock.now_ms())),
        Forgetter(log, workplace.publisher, store, shop.id, clock.now_ms),
        ImportRecords(workplace.database),
        curator,
        workplace.executor,
    )
    mount = Mount(NAME, lambda server: add_RecommenderServiceServicer_to_server(servicer, server))
    return [
        ThreadPart("catalogue", follower.run),
        Prepared(follower, watcher, refresher, curator),
        ThreadPart("popularity", refresher.run),
        ThreadPart("bundles", watcher.run),
        ThreadPart("curations", curator.run),
        workplace,
        GrpcServer("recommender", settings, [mount], metrics),
    ]


def _index(index: SearchIndex, product_id: str, product: Product | None) -> None:
    if product is None:
        index.remove(product_id)
    else:
        index.put(product)
