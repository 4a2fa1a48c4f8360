"""`python -m bench.conversations`: the hand-written conversations of both languages, played through the gateway.

A conversation succeeds if every expectation of its turns and all of its goals are met; an order that changed without
a goal that says so is a wrong action. A shop of its own on the embedded default, everything running.
"""

import argparse
import asyncio
import json
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import numpy as np

from bench.conversation_judge import Answer, Catalogue, Ending, misses, unreached, wrong_actions
from bench.result import write_result
from bench.running import Running, running_shop
from bench.script import Conversation, Turn, conversations
from sample_shop.products import products
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.commerce.v1.commerce_pb2_grpc import OrderServiceStub
from shopkeeper.events.v1.events_pb2 import ProductDetail, UserEvent
from shopkeeper.gateway.v1 import gateway_pb2 as pb
from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceStub
from shopkeeper.recommender.v1 import recommender_pb2 as recommender
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub

CALL_SECONDS = 20.0
SETTLE_SECONDS = 3.0
"""How long the profile may take to show what the chat published."""


@dataclass
class Outcome:
    """How one conversation went."""

    conversation: Conversation
    failures: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    turn_ms: list[float] = field(default_factory=list)
    degradations: set[str] = field(default_factory=set)


class Player:
    """Plays conversations, each by a shopper of its own."""

    def __init__(self, shop: Running, channel: grpc.aio.Channel, catalogue: Catalogue) -> None:
        self._storefront, self._orders = StorefrontServiceStub(channel), OrderServiceStub(channel)
        self._recommender = RecommenderServiceStub(channel)
        self._metadata = (("x-api-key", shop.api_key),)
        self._catalogue = catalogue

    async def play(self, script: Conversation) -> Outcome:
        outcome, talk = Outcome(script), _Talk(script)
        await self._import_orders(script, talk)
        before = await self._orders_of(talk)
        met = []
        for number, turn in enumerate(script.turns, start=1):
            answer = await self._turn(talk, turn)
            if answer.seconds:
                outcome.turn_ms.append(answer.seconds * 1000)
            outcome.degradations.update(answer.done.degradations)
            missed = misses(turn.expect or {}, answer, self._catalogue)
            met.append(not missed)
            outcome.failures += [f"turn {number}: {said}; answer: {answer.text[:160]!r}" for said in missed]
        await self._judge(outcome, talk, before, met)
        return outcome

    async def _turn(self, talk: "_Talk", turn: Turn) -> Answer:
        if turn.pick:
            return await self._open(talk, turn.pick)
        if turn.press is not None and not talk.confirmation_id:
            return Answer(text="(no button was shown)", handed_off=talk.handed_off)
        request = pb.ChatRequest(
            conversation_id=talk.conversation_id,
            visitor_id=talk.visitor_id,
            user_id=talk.user_id,
            request_id=str(uuid.uuid4()),
            language_code=talk.language,
            context_product_id=talk.context,
        )
        if turn.press is None:
            request.text = turn.say
        else:
            request.confirmation.confirmation_id = talk.confirmation_id
            request.confirmation.accepted = turn.press
        answer, begun = Answer(handed_off=talk.handed_off), time.perf_counter()
        async for response in self._storefront.Chat(request, metadata=self._metadata, timeout=CALL_SECONDS):
            talk.conversation_id = response.event.started.conversation_id or talk.conversation_id
            answer.take(response.event)
        answer.seconds = time.perf_counter() - begun
        talk.heard(answer)
        return answer

    async def _open(self, talk: "_Talk", place: int) -> Answer:
        """A click on a card."""
        if len(talk.shown) >= place:
            talk.context = talk.shown[place - 1]
            seen = UserEvent(
                event_type="detail-page-view",
                visitor_id=talk.visitor_id,
                user_id=talk.user_id,
                product_details=[ProductDetail(product_id=talk.context)],
            )
            await self._storefront.PublishEvents(pb.PublishEventsRequest(events=[seen]), metadata=self._metadata)
        return Answer()

    async def _import_orders(self, script: Conversation, talk: "_Talk") -> None:
        if script.orders:
            made = [order_message(each, talk.shopper, self._catalogue) for each in script.orders]
            request = commerce.ImportOrdersRequest(orders=made)
            answer = await self._orders.ImportOrders(request, metadata=self._metadata)
            if answer.errors:
                raise RuntimeError(f"{script.id}: {answer.errors[0]}")

    async def _orders_of(self, talk: "_Talk") -> dict[str, commerce.Order]:
        request = commerce.ListOrdersRequest(shopper=talk.shopper, page_size=100)
        found = await self._orders.ListOrders(request, metadata=self._metadata)
        return {order.order_id: order for order in found.orders}

    async def _judge(
        self, outcome: Outcome, talk: "_Talk", before: Mapping[str, commerce.Order], met: Sequence[bool]
    ) -> None:
        """Looks again for a while: what the chat published is on its way to the profile."""
        goals, deadline = outcome.conversation.goal, time.monotonic() + SETTLE_SECONDS
        while True:
            asked = recommender.GetProfileRequest(visitor_id=talk.visitor_id, user_id=talk.user_id)
            profile = (await self._recommender.GetProfile(asked, metadata=self._metadata)).profile
            ending = Ending(await self._orders_of(talk), before, profile, talk.handed_off, met)
            missed = unreached(goals, ending, self._catalogue)
            if not missed or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
        outcome.failures += missed
        outcome.wrong += wrong_actions(goals, ending)


class _Talk:
    """What a shopper remembers from turn to turn."""

    def __init__(self, script: Conversation) -> None:
        self.language = script.language
        self.visitor_id = f"visitor-{script.id}"
        self.user_id = f"user-{script.id}" if script.logged_in else ""
        self.conversation_id = self.confirmation_id = self.context = ""
        self.shown: list[str] = []
        self.handed_off = False

    @property
    def shopper(self) -> commerce.Shopper:
        return commerce.Shopper(visitor_id=self.visitor_id, user_id=self.user_id)

    def heard(self, answer: Answer) -> None:
        self.shown = answer.products or self.shown
        self.handed_off = self.handed_off or answer.handed_off
        if answer.confirmation is not None:
            self.confirmation_id = answer.confirmation.confirmation_id


def order_message(given: Mapping[str, Any], shopper: commerce.Shopper, catalogue: Catalogue) -> commerce.Order:
    """An order as a script describes it; delivered ones came two days after they were placed."""
    placed = datetime.now(UTC) - timedelta(days=float(given["placed_days_ago"]), minutes=5)
    state = commerce.OrderState.Value(f"ORDER_STATE_{given['state'].upper()}")
    order = commerce.Order(order_id=given["order_id"], shopper=shopper, state=state)
    order.place_time.FromDatetime(placed)
    travel = min(timedelta(days=2), (datetime.now(UTC) - placed) * 0.9)
    if given["state"] in ("shipped", "delivered"):
        order.ship_time.FromDatetime(placed + travel / 2)
    if given["state"] == "delivered":
        order.deliver_time.FromDatetime(placed + travel)
    for line in given["lines"]:
        product = catalogue[line["product_id"]]
        order.lines.add(
            product_id=product.product_id,
            quantity=int(line.get("quantity", 1)),
            price=product.price,
            title=product.title,
            size=str(line.get("size", "")),
        )
    order.total.currency_code = order.lines[0].price.currency_code
    order.total.units = sum(line.price.units * line.quantity for line in order.lines)
    return order


def summary(outcomes: Sequence[Outcome]) -> dict[str, float]:
    times = np.array([ms for outcome in outcomes for ms in outcome.turn_ms])
    p50, p95 = np.percentile(times, [50, 95])
    succeeded = [not outcome.failures and not outcome.wrong for outcome in outcomes]
    return {
        "conversations": len(outcomes),
        "task_success": round(float(np.mean(succeeded)), 4),
        "wrong_actions": sum(len(outcome.wrong) for outcome in outcomes),
        "turn_p50_ms": round(float(p50), 1),
        "turn_p95_ms": round(float(p95), 1),
    }


async def play_all(shop: Running, languages: Sequence[str], only: str) -> list[Outcome]:
    catalogue = {product.product_id: product for product in products()}
    async with grpc.aio.insecure_channel(shop.grpc) as channel:
        player = Player(shop, channel, catalogue)
        return [
            await player.play(script)
            for language in languages
            for script in conversations(language)
            if only in script.id
        ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="conversations whose id holds this; nothing is written then")
    parser.add_argument("--failures", action="store_true", help="say on stderr what failed and why")
    parser.add_argument("--home", type=Path, help="a prepared shop's folder, kept (default: a new one, removed)")
    options = parser.parse_args()
    with (
        TemporaryDirectory(prefix="shopkeeper-bench-") as folder,
        running_shop("sample", options.home or Path(folder)) as shop,
    ):
        outcomes = asyncio.run(play_all(shop, ("en", "zh"), options.only))
    for outcome in outcomes if options.failures else ():
        for said in [*outcome.failures, *outcome.wrong]:
            print(f"{outcome.conversation.id}: {said}", file=sys.stderr)
    groups = {
        language: summary([each for each in outcomes if each.conversation.language == language])
        for language in ("zh", "en")
        if any(each.conversation.language == language for each in outcomes)
    }
    figures: dict[str, object] = {"all": summary(outcomes), **groups}
    if options.only:
        print(json.dumps(figures, ensure_ascii=False))
        return 0
    protocol = "hand-written conversations through the gateway over gRPC, one after the other; sample shop, embedded"
    write_result("conversations", None, protocol, figures, {})
    return 0


if __name__ == "__main__":
    sys.exit(main())
