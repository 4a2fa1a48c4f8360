"""A whole dialogue in this process, composed as `__main__` does it; and one in a process of its own, to be killed."""

import asyncio
import json
import multiprocessing
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import grpc

from contracts.clock import shop_clock
from servicekit.server import started
from servicekit.settings import ShopSettings
from servicekit.state import open_state
from services.dialogue.__main__ import main, opener
from services.dialogue.composition import dialogue_parts
from services.dialogue.config import DialogueSettings
from services.dialogue.parts import ShopNow
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.commerce.v1.commerce_pb2_grpc import OrderServiceStub
from shopkeeper.dialogue.v1 import dialogue_pb2 as pb
from shopkeeper.dialogue.v1.dialogue_pb2_grpc import DialogueServiceStub, HandoffServiceStub

ROOT = Path(__file__).parent.parent
FLOWS, KNOWLEDGE = ROOT / "sample_shop/flows", ROOT / "sample_shop/knowledge"


@dataclass
class Answer:
    """What came for one turn, sorted."""

    conversation_id: str = ""
    turn: int = 0
    language: str = ""
    text: str = ""
    products: list[Any] = field(default_factory=list)
    orders: list[commerce.Order] = field(default_factory=list)
    citations: list[str] = field(default_factory=list)
    confirmation: pb.ConfirmationRequest | None = None
    handoff: pb.HandoffNotice | None = None
    replies: list[str] = field(default_factory=list)
    done: pb.TurnDone = field(default_factory=pb.TurnDone)
    deltas: int = 0


def collect(responses: Iterator[pb.ConverseResponse]) -> Answer:
    """Raises AssertionError if `started` is not first or `done` not last."""
    answer, kinds = Answer(), []
    for response in responses:
        kind = response.WhichOneof("event")
        kinds.append(kind)
        if kind == "started":
            answer.conversation_id = response.started.conversation_id
            answer.turn, answer.language = response.started.turn, response.started.language_code
        elif kind == "text_delta":
            answer.text, answer.deltas = answer.text + response.text_delta, answer.deltas + 1
        else:
            _sort_in(answer, str(kind), response)
    assert (kinds[0], kinds[-1]) == ("started", "done"), kinds
    return answer


def _sort_in(answer: Answer, kind: str, response: pb.ConverseResponse) -> None:
    if kind == "products":
        answer.products = list(response.products.results)
    elif kind == "orders":
        answer.orders += list(response.orders.orders)
    elif kind == "citation":
        answer.citations.append(response.citation.slug)
    elif kind == "confirmation":
        answer.confirmation = response.confirmation
    elif kind == "handoff":
        answer.handoff = response.handoff
    elif kind == "quick_replies":
        answer.replies = [reply.text for reply in response.quick_replies.replies]
    elif kind == "done":
        answer.done = response.done


@dataclass
class Dialogue:
    """The stubs of one dialogue."""

    address: str
    dialogue: DialogueServiceStub
    handoffs: HandoffServiceStub
    orders: OrderServiceStub

    def say(self, text: str, conversation_id: str = "", visitor_id: str = "ann", **more: Any) -> Answer:
        request = pb.ConverseRequest(text=text, conversation_id=conversation_id, visitor_id=visitor_id, **more)
        return collect(self.dialogue.Converse(request, timeout=20))

    def press(
        self, confirmation_id: str, accepted: bool, conversation_id: str, visitor_id: str = "ann", **more: Any
    ) -> Answer:
        pressed = pb.ConfirmationAnswer(confirmation_id=confirmation_id, accepted=accepted)
        request = pb.ConverseRequest(
            confirmation=pressed, conversation_id=conversation_id, visitor_id=visitor_id, **more
        )
        return collect(self.dialogue.Converse(request, timeout=20))

    def has_ordered(self, *orders: commerce.Order) -> None:
        answer = self.orders.ImportOrders(commerce.ImportOrdersRequest(orders=orders), timeout=10)
        assert not answer.errors, answer.errors

    def order(self, order_id: str, visitor_id: str = "ann", user_id: str = "") -> commerce.Order:
        shopper = commerce.Shopper(visitor_id=visitor_id, user_id=user_id)
        return self.orders.GetOrder(commerce.GetOrderRequest(order_id=order_id, shopper=shopper), timeout=10).order


def dialogue_at(address: str, channel: grpc.Channel) -> Dialogue:
    return Dialogue(address, DialogueServiceStub(channel), HandoffServiceStub(channel), OrderServiceStub(channel))


def ordered(
    order_id: str,
    *lines: tuple[str, str, int],
    state: "commerce.OrderState.ValueType" = commerce.ORDER_STATE_DELIVERED,
    visitor_id: str = "ann",
    user_id: str = "",
    days_ago: int = 3,
    size: str = "",
) -> commerce.Order:
    """An order of (product id, title, price in yuan)."""
    order = commerce.Order(order_id=order_id, state=state)
    order.shopper.visitor_id, order.shopper.user_id = visitor_id, user_id
    for product_id, title, price in lines:
        line = order.lines.add(product_id=product_id, title=title, quantity=1, size=size)
        line.price.currency_code, line.price.units = "CNY", price
    order.total.currency_code, order.total.units = "CNY", sum(price for *_, price in lines)
    order.shipping_cost.currency_code = "CNY"
    placed = int(time.time()) - days_ago * 86_400
    order.place_time.seconds = placed
    if state in (commerce.ORDER_STATE_SHIPPED, commerce.ORDER_STATE_DELIVERED):
        order.ship_time.seconds = placed + 3600
    if state == commerce.ORDER_STATE_DELIVERED:
        order.deliver_time.seconds = placed + 7200
    return order


@asynccontextmanager
async def _running(shop: ShopSettings, settings: DialogueSettings) -> AsyncIterator[str]:
    state = open_state(shop.state_url, shop.id, 0.25)
    now = ShopNow(shop_clock(shop, state), lambda: time.time_ns() // 1_000_000)
    try:
        async with started(dialogue_parts(shop, settings, opener(shop), now)) as at:
            yield at["grpc"]
    finally:
        state.close()


@contextmanager
def running_dialogue(
    home: Path, shop_id: str = "test", records_url: str = "", events_url: str = "", **settings: Any
) -> Iterator[Dialogue]:
    """On a free port, with an event loop and a thread of its own; `settings` are fields of DialogueSettings."""
    free = {"grpc_address": "127.0.0.1:0", "metrics_address": "127.0.0.1:0", "drain_seconds": 2}
    files = {"flows_url": str(FLOWS), "knowledge_url": str(KNOWLEDGE)}
    wanted = DialogueSettings(**{**free, **files, **settings})
    shop = ShopSettings(id=shop_id, home=home, records_url=records_url, events_url=events_url)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = _running(shop, wanted)
    try:
        address = asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(60)
        with grpc.insecure_channel(address) as channel:
            yield dialogue_at(address, channel)
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _serve(environment: Mapping[str, str], log: str) -> None:
    """The whole of the process: as `python -m services.dialogue` with that environment."""
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    main()


class DialogueProcess:
    """`services.dialogue` of a shop's folder in a process of its own, which can be killed and started again.

    Started from a server that has the modules already: a restart takes a tenth of what a new interpreter does.
    """

    def __init__(self, home: Path, shop_id: str = "test", **settings: str) -> None:
        self._ready, self._log = home / "dialogue.ready", home / "dialogue.log"
        (home / "knowledge").mkdir()
        self._environment = {
            "SHOP_ID": shop_id,
            "SHOP_HOME": str(home),
            "DIALOGUE_GRPC_ADDRESS": "127.0.0.1:0",
            "DIALOGUE_METRICS_ADDRESS": "127.0.0.1:0",
            "DIALOGUE_READY_FILE": str(self._ready),
            "DIALOGUE_FLOWS_URL": str(FLOWS),
            **settings,
        }
        self._from = multiprocessing.get_context("forkserver")
        self._from.set_forkserver_preload(["services.dialogue.__main__"])
        self._process: ForkServerProcess | None = None

    def start(self) -> str:
        """Its address, once it is healthy."""
        self._ready.unlink(missing_ok=True)
        self._process = self._from.Process(target=_serve, args=(self._environment, str(self._log)), daemon=True)
        self._process.start()
        deadline = time.monotonic() + 30
        while not self._ready.exists():
            assert self._process.is_alive(), self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.01)
        return str(json.loads(self._ready.read_text())["grpc"])

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.join(10)

    def end(self) -> None:
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
            self._process.join(20)

    def logged(self, words: str) -> int:
        """How many lines of its log have the words."""
        return sum(words in line for line in self._log.read_text().splitlines())
