"""Puts the dialogue together, by constructors."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import fsspec
import grpc

from servicekit.clients import PeerPolicy, open_channel
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
from services.dialogue.answers.gifts import Gifts
from services.dialogue.answers.knowing import Knowing
from services.dialogue.answers.order_news import OrderNews
from services.dialogue.basket import Basket
from services.dialogue.config import DialogueSettings
from services.dialogue.conversing import Conversing
from services.dialogue.flow_runner import FlowRunner
from services.dialogue.flows import Flows
from services.dialogue.handoffs import HandoffRecords
from services.dialogue.knowledge import KnowledgeBase
from services.dialogue.manager import Manager
from services.dialogue.order_picker import OrderPicker
from services.dialogue.orders import servicer as order_servicer
from services.dialogue.orders.book import OrderBook
from services.dialogue.orders.embedded import EmbeddedOrders
from services.dialogue.orders.order import Shopper
from services.dialogue.orders.records import OrderRecords
from services.dialogue.orders.relay import EventRelay
from services.dialogue.orders.remote import RemoteOrders
from services.dialogue.outbox import LogOutbox
from services.dialogue.parts import Prepared, Repeating, ShopNow, Workplace
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
NAME = "shopkeeper.dialogue.v1.DialogueService"
HANDOFFS = "shopkeeper.dialogue.v1.HandoffService"
_FIRST_LOOK_SECONDS = 1.0
"""Until the catalogue's words are known they are asked for this often."""
_STALE_MS = 15_000
"""An action without an outcome is left to the process that began it for so long."""


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
    ends = {
        "track-order": news.track,
        "list-orders": news.list_orders,
        "refund-status": news.refund,
        "recommend": Gifts(products, finding, wording).choose,
        "knowledge": knowing.end,
        "complain": chatting.complain,
    }
    runner = FlowRunner(flows, OrderPicker(orders, products), basket, ends)
    about = AboutProducts(references, knowing, wording)
    carting = Carting(references, basket, wording)
    manager = Manager(flows, understander, RuleTracker(), runner, finding, about, carting, knowing, chatting)
    ends["handoff"] = manager.change_address
    return manager, finding


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
    outbox = LogOutbox(records, open_log, shop.id)
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
        *_article_parts(knowledge, settings),
        GrpcServer("dialogue", settings, mounts, metrics),
    ]


def _article_parts(knowledge: Knowledge, settings: DialogueSettings) -> list[Part]:
    """Takes changed articles in."""
    if not isinstance(knowledge, KnowledgeBase):
        return []

    async def reload() -> None:
        await asyncio.sleep(settings.knowledge_poll_seconds)
        if await asyncio.to_thread(knowledge.reload):
            _LOG.info("articles read anew")

    return [Repeating(reload, "articles", lambda: 0.0)]


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
