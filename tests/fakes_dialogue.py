"""The dialogue's ports by hand, and a shopper who talks to it: stories that a reader can follow."""

import re
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlalchemy.engine import Engine

from servicekit.database import migrate, open_database
from servicekit.errors import Conflict, NotFound, ServiceError
from services.dialogue import matching, scan, texts
from services.dialogue.acting import Acting
from services.dialogue.answer import (
    Citation,
    Confirmation,
    Done,
    Event,
    Handoff,
    OrderCards,
    Products,
    QuickReplies,
    spoken,
)
from services.dialogue.composition import manager_of, read_flows
from services.dialogue.conversing import Ask, Conversing, Served
from services.dialogue.flows import Flows
from services.dialogue.orders.order import (
    Amount,
    CaseKind,
    CaseState,
    Order,
    OrderLine,
    OrderState,
    Scan,
    ServiceCase,
    Shipment,
    Shopper,
)
from services.dialogue.parts import MIGRATIONS
from services.dialogue.ports import Asker, Card, Cart, Conditions, Said, Shelf, Vocabulary, Wish
from services.dialogue.records import ConversationRecords
from services.dialogue.turn import Input, ShopEvent
from services.dialogue.understanding import Slot, Understanding, Value

T = TypeVar("T")
FLOWS = Path(__file__).parent.parent / "sample_shop/flows"
_MARK = re.compile(r"\[([^\]]+)\]\(([a-z_]+)\)")
NOW = 1_790_000_000_000


class ScriptedNlu:
    """Understands what it was told: a sentence with its slots marked, and its intents."""

    def __init__(self) -> None:
        self.script: dict[str, Understanding] = {}
        self.failure: ServiceError | None = None

    def expect(self, marked: str, intents: Sequence[str]) -> str:
        """The plain sentence; from now on it is understood as marked."""
        plain = _MARK.sub(r"\1", marked)
        slots = tuple(Slot(name, text, _meaning(name, text)) for text, name in _MARK.findall(marked))
        language = scan.language_of(plain, "en")
        self.script[plain] = Understanding(plain, language, tuple(intents), slots, not intents)
        return plain

    async def understand(self, text: str, language: str) -> Understanding:
        if self.failure is not None:
            raise self.failure
        return self.script[text]


def _meaning(name: str, text: str) -> Value:
    """As the NLU's contract normalises."""
    if name == "price":
        return scan.price(text) or text
    if name == "ordinal":
        return int(text) if text.isdigit() else (scan.ordinals(text) or scan.ordinals(f"第{text}个") or (1,))[0]
    if name == "quantity":
        return scan.quantity(f"{text}件") or scan.bare_number(text) or 1
    if name == "order_number":
        return scan.order_number(text) or text
    return texts.canonical_colour(text) if name == "colour" else text


def card(product_id: str, zh: str, en: str, price: int, category: str = "", **attributes: str) -> tuple[Card, Card]:
    """One product, Chinese and English; attribute values `en|zh`, several with commas."""
    made = []
    for index, title in enumerate((zh, en)):
        values = {
            name: tuple(each.split("|")[-1 if index == 0 else 0] for each in told.split(","))
            for name, told in attributes.items()
        }
        made.append(
            Card(product_id, title, Amount("CNY", price * 100), categories=(category,), attributes=values, stock=9)
        )
    return made[0], made[1]


GOODS = (
    card("trail-shoes", "越野跑鞋 黑色", "Trail Running Shoes, Black", 399, "Shoes > Running", colour="Black|黑色",
         size="41,42,43"),
    card("road-shoes", "公路跑鞋 红色", "Road Running Shoes, Red", 329, "Shoes > Running", colour="Red|红色",
         size="41,42"),
    card("light-shoes", "轻量跑鞋 红色", "Light Running Shoes, Red", 259, "Shoes > Running", colour="Red|红色",
         size="41"),
    card("kettle", "细嘴电热水壶", "Gooseneck Electric Kettle", 199, "Appliances > Kettles", capacity="1 L|1升"),
    card("mug", "粗陶马克杯", "Stoneware Mug", 39, "Home > Cups", material="Stoneware|粗陶"),
    card("scarf", "美利奴羊毛围巾 藏青色", "Merino Wool Scarf, Navy", 159, "Clothing > Scarves", colour="Navy|藏青色",
         material="Merino Wool|美利奴羊毛"),
)  # fmt: skip


class FakeProducts:
    """Finds by words; `cart_of` is folded from the events that were published."""

    def __init__(self) -> None:
        self.goods: dict[str, tuple[Card, Card]] = {pair[0].product_id: pair for pair in GOODS}
        self.failure: ServiceError | None = None
        self.carts: dict[str, dict[str, int]] = {}
        self.asked: list[tuple[str, Conditions]] = []

    def _begin(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _cards(self, language: str) -> list[Card]:
        return [pair[0 if language == "zh" else 1] for pair in self.goods.values()]

    async def search(
        self, asker: Asker, query: str, conditions: Conditions, order: str = "relevance", limit: int = 6
    ) -> Shelf:
        self._begin()
        self.asked.append((query, conditions))
        found = [one for one in self._cards(asker.language) if self._passes(one, conditions)]
        if query:
            pairs = [(one, self.goods[one.product_id]) for one in found]
            scores = [
                matching.likeness(query, [each for side in pair for each in (side.title, *side.categories)])
                for _, pair in pairs
            ]
            found = [one for one, score in zip(found, scores, strict=True) if score >= 0.5]
        if order != "relevance":
            found.sort(key=lambda one: one.price.cents, reverse=order == "price-descending")
        return Shelf([self._shown(one) for one in found[:limit]], "token", len(found))

    def _passes(self, one: Card, wanted: Conditions) -> bool:
        pair = self.goods[one.product_id]
        in_price = (wanted.low or 0) <= one.price.cents <= (wanted.high if wanted.high is not None else 10**9)
        in_category = not wanted.categories or any(one.categories[0].startswith(each) for each in wanted.categories)
        named = all(
            any(value in side.attributes.get(name, ()) for side in pair for value in values)
            for name, values in wanted.attributes.items()
        )
        return in_price and in_category and named and one.product_id not in wanted.exclude

    def _shown(self, one: Card) -> Card:
        return replace(one, message=one.product_id.encode(), reason="because")

    async def recommend(self, asker: Asker, conditions: Conditions, limit: int = 6) -> Shelf:
        return await self.search(asker, "", conditions, limit=limit)

    async def similar(self, asker: Asker, product_id: str, conditions: Conditions, limit: int = 6) -> Shelf:
        exclude = replace(conditions, exclude=[product_id])
        return await self.search(asker, "", exclude, limit=limit)

    async def popular(self, asker: Asker, limit: int = 6) -> Shelf:
        return await self.search(asker, "", Conditions(), limit=limit)

    async def product(self, product_id: str, language: str) -> Card:
        self._begin()
        if product_id not in self.goods:
            raise NotFound(f"no product {product_id}", reason="PRODUCT_NOT_FOUND")
        return self.goods[product_id][0 if language == "zh" else 1]

    async def cart(self, shopper: Shopper, since_ms: int = 0) -> Cart:
        self._begin()
        return Cart(dict(self.carts.get(shopper.visitor_id, {})), NOW + 10**9)

    def vocabulary(self) -> Vocabulary:
        attributes: dict[str, set[str]] = {}
        for pair in self.goods.values():
            for side in pair:
                for name, values in side.attributes.items():
                    attributes.setdefault(name, set()).update(values)
        categories = frozenset(side.categories[0] for pair in self.goods.values() for side in pair)
        return Vocabulary(frozenset(), categories, {name: frozenset(values) for name, values in attributes.items()})


class FakeOrders:
    """Orders in memory; every change is remembered by its request id."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.failure: ServiceError | None = None
        self.refusal = ""
        self.changes: dict[str, str] = {}
        """Request id -> what was done."""
        self.tries = 0

    def _begin(self) -> None:
        if self.failure is not None:
            raise self.failure

    def put(self, order_id: str, *lines: str, state: str = "delivered", size: str = "", who: str = "ann") -> None:
        """An order of products by id; each further one is newer."""
        cards = [GOODS_BY_ID[each] for each in lines]
        made = [OrderLine(one.product_id, 1, one.price, one.title, size) for one in cards]
        total = Amount("CNY", sum(one.price.cents for one in cards))
        order = Order(
            order_id, Shopper(who), OrderState(state), made, total, Amount("CNY", 0), NOW - 10**9 + len(self.orders)
        )
        self.orders[order_id] = order

    async def place(
        self, request_id: str, shopper: Shopper, lines: Sequence[OrderLine], attribution_token: str = ""
    ) -> Order:
        self._change(request_id, "place")
        order_id = f"SK{10_000_000 + len(self.orders)}"
        total = Amount("CNY", sum(line.price.cents * line.quantity for line in lines))
        order = Order(order_id, shopper, OrderState.PAID, tuple(lines), total, Amount("CNY", 0), NOW)
        self.orders[order_id] = order
        return order

    async def get(self, shopper: Shopper, order_id: str) -> Order:
        self._begin()
        order = self.orders.get(order_id)
        if order is None or order.shopper.visitor_id != shopper.visitor_id:
            raise NotFound(f"no order {order_id}")
        return order

    async def list(self, shopper: Shopper, limit: int = 20) -> Sequence[Order]:
        self._begin()
        theirs = [order for order in self.orders.values() if order.shopper.visitor_id == shopper.visitor_id]
        return sorted(theirs, key=lambda order: -order.placed_ms)[:limit]

    async def cancel(self, request_id: str, shopper: Shopper, order_id: str, reason: str = "") -> Order:
        order = await self.get(shopper, order_id)
        self._change(request_id, f"cancel {order_id}")
        self.orders[order_id] = replace(order, state=OrderState.CANCELLED)
        return self.orders[order_id]

    async def request_return(
        self, request_id: str, shopper: Shopper, order_id: str, product_id: str, quantity: int = 0, reason: str = ""
    ) -> Order:
        return await self._case(request_id, shopper, order_id, product_id, CaseKind.RETURN, reason=reason)

    async def request_exchange(
        self,
        request_id: str,
        shopper: Shopper,
        order_id: str,
        product_id: str,
        quantity: int = 0,
        new_size: str = "",
        new_colour: str = "",
        reason: str = "",
    ) -> Order:
        more = {"new_size": new_size, "new_colour": new_colour, "reason": reason}
        return await self._case(request_id, shopper, order_id, product_id, CaseKind.EXCHANGE, **more)

    async def _case(
        self, request_id: str, shopper: Shopper, order_id: str, product_id: str, kind: CaseKind, **more: str
    ) -> Order:
        order = await self.get(shopper, order_id)
        if not self._change(request_id, f"{kind} {order_id} {product_id}"):
            return order
        line = next(line for line in order.lines if line.product_id == product_id)
        refund = line.price if kind is CaseKind.RETURN else None
        case = ServiceCase(request_id, kind, CaseState.REQUESTED, product_id, 1, refund=refund, **more)
        self.orders[order_id] = replace(order, cases=(*order.cases, case))
        return self.orders[order_id]

    def _change(self, request_id: str, what: str) -> bool:
        """False for a repeat."""
        self.tries += 1
        self._begin()
        if self.refusal:
            raise Conflict(self.refusal, reason=self.refusal)
        known = request_id in self.changes
        self.changes.setdefault(request_id, what)
        return not known

    async def track(self, shopper: Shopper, order_id: str) -> Shipment:
        order = await self.get(shopper, order_id)
        scans = (Scan(NOW - 10**7, "in-transit", "Jiaxing"),) if order.state is OrderState.SHIPPED else ()
        return Shipment(order_id, order.state, "Swift Courier", "SC123", scans)


GOODS_BY_ID = {pair[1].product_id: pair[1] for pair in GOODS}


@dataclass(frozen=True)
class Article:
    slug: str
    title: str
    text: str
    language: str
    confidence: float = 0.9
    uri: str = ""


class FakeKnowledge:
    """One article a topic; a question without a topic finds by words of the text."""

    def __init__(self) -> None:
        self.articles = {
            "ask-shipping": {"en": "Shipping takes two to four days.", "zh": "快递两到四天送达。"},
            "ask-return-policy": {"en": "You have 30 days to return.", "zh": "30 天内可以退货。"},
        }

    async def search(self, question: str, language: str, topic: str = "", limit: int = 1) -> Sequence[Article]:
        text = self.articles.get(topic, {}).get(language)
        return [Article(topic.removeprefix("ask-"), topic, text, language)] if text else []


class FakeWriter:
    """Says the act and the first fact."""

    def __init__(self) -> None:
        self.failure: ServiceError | None = None
        self.wishes: list[Wish] = []
        self.histories: list[Sequence[Said]] = []

    async def word(self, wish: Wish, language: str, history: Sequence[Said]) -> str:
        if self.failure is not None:
            raise self.failure
        self.wishes.append(wish)
        self.histories.append(history)
        return f"({wish.act})"


class FakeOutbox:
    """Folds cart events into the fake shop's carts when they are sent."""

    def __init__(self, products: FakeProducts) -> None:
        self._products = products
        self.events: list[ShopEvent] = []
        self._waiting: list[tuple[Shopper, ShopEvent]] = []

    def encode(self, event: ShopEvent, shopper: Shopper, event_id: str, now_ms: int) -> bytes:
        self._waiting.append((shopper, event))
        return event_id.encode()

    async def send(self) -> None:
        for shopper, event in self._waiting:
            self.events.append(event)
            cart = self._products.carts.setdefault(shopper.visitor_id, {})
            if event.kind == "add-to-cart":
                cart[event.product_id] = cart.get(event.product_id, 0) + event.quantity
            elif event.kind == "remove-from-cart":
                cart.pop(event.product_id, None)
        self._waiting = []

    def preferences(self) -> set[tuple[str, str, float]]:
        return {each for event in self.events for each in event.preferences}


class Counts:
    """Outcomes of turns."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.handoffs: list[str] = []
        self.degradations: list[str] = []

    def turn(self, outcome: str, degradations: Sequence[str], handoff: str) -> None:
        self.outcomes.append(outcome)
        self.degradations += degradations
        self.handoffs += [handoff] if handoff else []


@dataclass
class Heard:
    """An answer, sorted."""

    served: Served
    text: str
    products: list[str]
    orders: list[str]
    citations: list[str]
    confirmation: Confirmation | None
    handoff: Handoff | None
    replies: list[str]
    done: Done

    @property
    def asks(self) -> str:
        return self.done.requested_slot

    @property
    def confirms(self) -> str:
        return self.confirmation.action if self.confirmation else ""


def sorted_out(served: Served) -> Heard:
    events = list(served.events)
    products = [one.decode() for event in events if isinstance(event, Products) for one in event.cards]
    orders = [one.order_id for event in events if isinstance(event, OrderCards) for one in event.orders]
    last = events[-1]
    assert isinstance(last, Done)
    return Heard(
        served,
        spoken(events),
        products,
        orders,
        [event.slug for event in events if isinstance(event, Citation)],
        _one(events, Confirmation),
        _one(events, Handoff),
        [reply.text for event in events if isinstance(event, QuickReplies) for reply in event.replies],
        last,
    )


def _one(events: Sequence[Event], kind: type[T]) -> T | None:
    return next((event for event in events if isinstance(event, kind)), None)


@dataclass
class Shop:
    """A dialogue over fakes and real tables."""

    engine: Engine
    executor: ThreadPoolExecutor
    nlu: ScriptedNlu | None = field(default_factory=ScriptedNlu)
    products: FakeProducts = field(default_factory=FakeProducts)
    orders: FakeOrders = field(default_factory=FakeOrders)
    knowledge: FakeKnowledge = field(default_factory=FakeKnowledge)
    writer: FakeWriter | None = field(default_factory=FakeWriter)
    counts: Counts = field(default_factory=Counts)
    now_ms: int = NOW

    def __post_init__(self) -> None:
        self.outbox = FakeOutbox(self.products)
        self.records = ConversationRecords(self.engine)
        self.open()

    def open(self) -> None:
        """Also: restarts it, with nothing kept but the tables."""
        manager, _ = manager_of(_flows(), self.nlu, self.products, self.orders, self.knowledge, self.writer)
        acting = Acting(self.orders)
        self.conversing = Conversing(manager, self.records, acting, self.outbox, self._now, self.executor, self.counts)

    async def _now(self) -> int:
        self.now_ms += 1000
        return self.now_ms

    def shopper(self, visitor_id: str = "ann", language: str = "en") -> "Talker":
        return Talker(self, visitor_id, language)


def new_shop(folder: Path) -> Shop:
    """With empty tables: a copy of those made once, which is quicker than making them."""
    (folder / "records.db").write_bytes(_empty_tables())
    return Shop(open_database(f"sqlite:///{folder}/records.db", "test"), ThreadPoolExecutor(2))


@cache
def _empty_tables() -> bytes:
    with TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/records.db", "test")
        migrate(engine, "dialogue", MIGRATIONS)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        return Path(folder, "records.db").read_bytes()


@cache
def _flows() -> Flows:
    return read_flows(str(FLOWS))


class Talker:
    """One shopper's conversation. `said(marked sentence, *intents)`."""

    def __init__(self, shop: Shop, visitor_id: str, language: str) -> None:
        self._shop, self._shopper, self._language = shop, Shopper(visitor_id), language
        self.conversation_id = ""
        self.last: Heard | None = None

    async def says(self, marked: str, *intents: str, request_id: str = "", page: str = "") -> Heard:
        text = self._shop.nlu.expect(marked, intents) if self._shop.nlu else _MARK.sub(r"\1", marked)
        return await self._send(Input(text, language=self._language, context_product_id=page), request_id)

    async def presses(self, yes: bool, confirmation_id: str = "") -> Heard:
        assert self.last is not None
        open_one = self.last.confirmation
        chosen = confirmation_id or (open_one.confirmation_id if open_one else str(uuid.uuid4()))
        return await self._send(Input(confirmation_id=chosen, accepted=yes, language=self._language))

    async def _send(self, said: Input, request_id: str = "") -> Heard:
        ask = Ask(self._shopper, said, self.conversation_id, request_id)
        served = await self._shop.conversing.converse(ask)
        self.conversation_id = served.conversation_id
        self.last = sorted_out(served)
        return self.last
