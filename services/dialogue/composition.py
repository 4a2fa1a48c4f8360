"""Puts the dialogue together, by constructors."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import fsspec
import grpc
from sqlalchemy.engine import Engine

from contracts.clock import Clock
from servicekit.clients import PeerPolicy, open_channel
from servicekit.database import migrate, open_database
from servicekit.errors import ServiceError, Unavailable
from servicekit.events.log import EventLog
from servicekit.metrics import Metrics, default_metrics
from servicekit.server import GrpcServer, Mount, Part
from servicekit.settings import ShopSettings
from servicekit.threads import ThreadPart
from services.dialogue import flows as flow_files
from services.dialogue.acting import Acting
from services.dialogue.answers.about_products import AboutProducts
from services.dialogue.answers.carting import Carting
from services.dialogue.answers.chatting import Chatting
from services.dialogue.answers.finding import Finding
from services.dialogue.answers.knowing import Knowing
from services.dialogue.answers.order_news import OrderNews
from services.dialogue.basket import Basket
from services.dialogue.config import DialogueSettings
from services.dialogue.conversing import Conversing
from services.dialogue.flow_runner import FlowRunner
from services.dialogue.flows import Flows
from services.dialogue.handoffs import HandoffRecords
from services.dialogue.knowledge import KnowledgeBase
from services.dialogue.manager import Manager, order_ends
from services.dialogue.order_picker import OrderPicker
from services.dialogue.orders import MIGRATIONS as ORDER_MIGRATIONS
from services.dialogue.orders import servicer as order_servicer
from services.dialogue.orders.book import OrderBook
from services.dialogue.orders.embedded import EmbeddedOrders
from services.dialogue.orders.order import Shopper
from services.dialogue.orders.records import OrderRecords
from services.dialogue.orders.relay import EventRelay
from services.dialogue.orders.remote import RemoteOrders
from services.dialogue.outbox import LogOutbox
from services.dialogue.peers import GeneratorPeer, NluPeer, policy
from services.dialogue.ports import Asker, Knowledge, Orders, Passage, Products, Understander, Writer
from services.dialogue.records import ConversationRecords
from services.dialogue.references import References
from services.dialogue.servicer import DialogueServicer, HandoffServicer
from services.dialogue.shelf import SERVICE, NoProducts, RecommenderProducts
from services.dialogue.tracker import RuleTracker
from services.dialogue.wording import Wording
from shopkeeper.dialogue.v1.dialogue_pb2_grpc import (
    add_DialogueServiceServicer_to_server,
    add_HandoffServiceServicer_to_server,
)

_LOG = logging.getLogger(__name__)
MIGRATIONS = Path(__file__).parent / "migrations"
NAME = "shopkeeper.dialogue.v1.DialogueService"
HANDOFFS = "shopkeeper.dialogue.v1.HandoffService"
_THREADS = 6
_FIRST_LOOK_SECONDS = 1.0
"""Until the catalogue's words are known they are asked for this often."""
_STALE_MS = 15_000
"""An action without an outcome is left to the process that began it for so long."""


class ShopNow:
    """The shop's now for those who cannot wait: the wall's, set back as the shop's clock was when last asked."""

    def __init__(self, clock: Clock, wall_ms: Callable[[], int]) -> None:
        self._clock, self._wall_ms, self._behind_ms = clock, wall_ms, 0

    async def __call__(self) -> int:
        now_ms = await self._clock()
        self._behind_ms = self._wall_ms() - now_ms
        return now_ms

    def last(self) -> int:
        return self._wall_ms() - self._behind_ms


class TurnCounter:
    """`conversing.Counter` over the process's metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def turn(self, outcome: str, degradations: Sequence[str], handoff: str) -> None:
        self._metrics.dialogue_turns.labels(outcome).inc()
        for kind in degradations:
            self._metrics.degradations.labels(kind).inc()
        if handoff:
            self._metrics.handoffs.labels(handoff).inc()


class NoArticles:
    """`ports.Knowledge` of a shop that has none."""

    async def search(self, question: str, language: str, topic: str = "", limit: int = 1) -> Sequence[Passage]:
        return ()


def read_flows(url: str) -> Flows:
    """All flows of a folder. One that is faulty is left out and named; raises OSError if none can be used."""
    fs, root = fsspec.core.url_to_fs(url)
    paths = fs.glob(f"{str(root).rstrip('/')}/*.yaml")
    texts = {str(path).rpartition("/")[2]: fs.cat_file(path).decode("utf-8") for path in paths}
    found, errors = flow_files.load(texts)
    for error in errors:
        _LOG.error("flow left out: %s", error)
    if texts and not len(found):
        raise OSError(f"flows_url: no flow at {url} can be used: {errors[0]}")
    if not texts:
        _LOG.warning("flows_url: no flow at %s: the staff answers questions and finds products only", url)
    return found


def read_articles(url: str) -> Knowledge:
    try:
        return KnowledgeBase(url)
    except OSError as error:
        _LOG.warning("knowledge_url: no articles: %s", error)
        return NoArticles()


@dataclass(frozen=True)
class Peers:
    """The others, as far as they are there."""

    understander: Understander | None
    products: Products
    writer: Writer | None
    orders: Orders | None
    channels: Sequence[grpc.aio.Channel]


def open_peers(settings: DialogueSettings, metrics: Metrics) -> Peers:
    """Channels open at their first call."""
    channels: list[grpc.aio.Channel] = []

    def opened(address: str, how: PeerPolicy) -> grpc.aio.Channel | None:
        if not address:
            return None
        channels.append(open_channel(address, how, settings, metrics))
        return channels[-1]

    nlu = opened(settings.nlu_address, policy("nlu", settings.nlu_timeout_seconds, "shopkeeper.nlu.v1.NluService"))
    shelf = opened(settings.recommender_address, policy("recommender", settings.recommender_timeout_seconds, SERVICE))
    writer = opened(
        settings.generator_address,
        policy("generator", settings.generator_timeout_seconds, "shopkeeper.generator.v1.GeneratorService/Reply"),
    )
    orders = opened(
        settings.orders_address,
        policy("orders", settings.orders_timeout_seconds, "shopkeeper.commerce.v1.OrderService"),
    )
    return Peers(
        NluPeer(nlu) if nlu else None,
        RecommenderProducts(shelf) if shelf else NoProducts(),
        GeneratorPeer(writer) if writer else None,
        RemoteOrders(orders) if orders else None,
        channels,
    )


def manager_of(
    flows: Flows,
    understander: Understander | None,
    products: Products,
    orders: Orders,
    knowledge: Knowledge,
    writer: Writer | None,
    misses: int = 3,
) -> tuple[Manager, Finding]:
    """The manager and its parts; tests put it together by this too."""
    wording, references, basket = Wording(writer), References(products), Basket(products)
    finding = Finding(products, references, wording)
    knowing = Knowing(knowledge)
    news = OrderNews(orders, knowing)
    chatting = Chatting(products, wording, misses)
    ends = order_ends(news, finding, knowing, chatting)
    runner = FlowRunner(flows, OrderPicker(orders, products), basket, ends)
    about = AboutProducts(references, knowing, wording)
    carting = Carting(references, basket, wording)
    manager = Manager(flows, understander, RuleTracker(), runner, finding, about, carting, knowing, chatting)
    ends["handoff"] = manager.change_address
    return manager, finding


class Workplace:
    """Threads and connections, let go once no call is left."""

    def __init__(self, shop: ShopSettings) -> None:
        self.engine: Engine = open_database(shop.records_url, shop.id)
        migrate(self.engine, "dialogue", MIGRATIONS)
        migrate(self.engine, "orders", ORDER_MIGRATIONS)
        self.executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="records")
        self.channels: Sequence[grpc.aio.Channel] = ()
        self.outbox: LogOutbox | None = None

    async def start(self) -> Mapping[str, str]:
        return {}

    async def stop(self) -> None:
        for channel in self.channels:
            await channel.close()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self.executor.shutdown(cancel_futures=True)
        if self.outbox is not None:
            self.outbox.close()
        self.engine.dispose()


class Repeating:
    """Does something every so often on the event loop, for the life of the process."""

    def __init__(self, work: Callable[[], object], name: str, seconds: Callable[[], float]) -> None:
        self._work, self._name, self._seconds = work, name, seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> Mapping[str, str]:
        self._task = asyncio.ensure_future(self._run())
        return {}

    async def _run(self) -> None:
        while True:
            try:
                result = self._work()
                if asyncio.iscoroutine(result):
                    await result
            except (ServiceError, OSError) as error:
                _LOG.warning("%s: %s", self._name, error)
            except Exception:
                _LOG.exception("%s", self._name)
            await asyncio.sleep(self._seconds())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


class Prepared:
    """Before any call is answered: what a crash left behind is finished."""

    def __init__(self, conversing: Conversing) -> None:
        self._conversing = conversing

    async def start(self) -> Mapping[str, str]:
        try:
            found = await self._conversing.recover()
        except Unavailable as error:
            _LOG.warning("nothing finished yet: %s", error)
            return {}
        if found:
            _LOG.info("actions left behind were finished", extra={"actions": found})
        return {}

    async def stop(self) -> None:
        """Nothing to end."""


def dialogue_parts(
    shop: ShopSettings, settings: DialogueSettings, open_log: Callable[[], EventLog], now: ShopNow
) -> list[Part]:
    """In the order to start them."""
    metrics = default_metrics()
    flows = read_flows(settings.flows_url or f"{shop.home}/flows")
    knowledge = read_articles(settings.knowledge_url or f"{shop.home}/knowledge")
    workplace, peers = Workplace(shop), open_peers(settings, metrics)
    workplace.channels = peers.channels
    order_records = OrderRecords(workplace.engine)
    relay = EventRelay(order_records, open_log, shop.id)
    embedded = EmbeddedOrders(OrderBook(order_records, now.last), workplace.executor, relay.wake)
    orders = peers.orders or embedded
    manager, finding = manager_of(
        flows, peers.understander, peers.products, orders, knowledge, peers.writer, settings.handoff_after_misses
    )
    records = ConversationRecords(workplace.engine)
    outbox = LogOutbox(records, open_log, shop.id, workplace.executor)
    workplace.outbox = outbox
    counter = TurnCounter(metrics)
    conversing = Conversing(manager, records, Acting(orders), outbox, now, workplace.executor, counter)
    handoffs = HandoffServicer(HandoffRecords(workplace.engine), workplace.executor, now)
    dialogue = DialogueServicer(conversing, records, workplace.executor, now)
    mounts = [
        Mount(NAME, lambda server: add_DialogueServiceServicer_to_server(dialogue, server)),
        Mount(HANDOFFS, lambda server: add_HandoffServiceServicer_to_server(handoffs, server)),
        order_servicer.mount(order_servicer.OrderServicer(embedded)),
    ]
    recovery = Repeating(lambda: conversing.recover(_STALE_MS), "recovery", lambda: settings.recovery_seconds)
    return [
        workplace,
        ThreadPart("order-events", relay.run),
        *_shelf_parts(peers.products, finding, settings),
        Prepared(conversing),
        recovery,
        GrpcServer("dialogue", settings, mounts, metrics),
    ]


def _shelf_parts(products: Products, finding: Finding, settings: DialogueSettings) -> list[Part]:
    """Keeps the catalogue's words, and what sells best for when nothing can be asked."""
    if not isinstance(products, RecommenderProducts):
        return []

    async def learn() -> None:
        await products.learn_words()
        for language in ("zh", "en"):
            asker = Asker(Shopper("", ""), language)
            finding.remember_popular(language, await products.popular(asker))

    def pause() -> float:
        return settings.vocabulary_seconds if products.vocabulary().categories else _FIRST_LOOK_SECONDS

    return [Repeating(learn, "catalogue's words", pause)]
