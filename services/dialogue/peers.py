"""Other services over gRPC, as the ports want them."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

import grpc
from google.type.money_pb2 import Money

from servicekit import status
from servicekit.clients import PeerPolicy
from servicekit.errors import ServiceError, Unavailable
from services.dialogue.ports import Said, Wish
from services.dialogue.understanding import DateRange, PriceRange, Slot, Understanding, Value
from shopkeeper.generator.v1 import generator_pb2 as generator
from shopkeeper.generator.v1.generator_pb2_grpc import GeneratorServiceStub
from shopkeeper.nlu.v1 import nlu_pb2 as nlu
from shopkeeper.nlu.v1.nlu_pb2_grpc import NluServiceStub

T = TypeVar("T")


def policy(name: str, seconds: float, *idempotent: str) -> PeerPolicy:
    """Calls that a shopper waits for: little time, and one more attempt at most."""
    return PeerPolicy(name, timeout_seconds=seconds, idempotent=idempotent, max_attempts=2, backoff_seconds=0.01)


async def translated(call: Awaitable[T], peer: str) -> T:
    """A peer's answer; its errors as ours. One that broke down over the question has no answer, as one that is away."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        made = status.from_rpc_error(error, peer)
        if type(made) is ServiceError:
            raise Unavailable(f"{peer}: {made.message}", reason=made.reason) from error
        raise made from error


class NluPeer:
    """`ports.Understander`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = NluServiceStub(channel)

    async def understand(self, text: str, language: str) -> Understanding:
        answer = await translated(self._stub.Parse(nlu.ParseRequest(text=text)), "nlu")
        return understanding(answer.understanding, text, language)


def understanding(told: nlu.Understanding, text: str, language: str) -> Understanding:
    return Understanding(
        text,
        told.language_code if told.language_code in ("zh", "en") else language,
        () if told.out_of_scope else tuple(each.intent for each in told.intents),
        tuple(_slot(slot) for slot in told.slots),
        told.out_of_scope,
        {each.intent: each.confidence for each in told.ranking},
    )


def _slot(slot: nlu.Slot) -> Slot:
    return Slot(slot.name, slot.text, _value(slot))


def _value(slot: nlu.Slot) -> Value:
    kind = slot.WhichOneof("value")
    if kind == "money":
        return _price(slot.money)
    if kind == "date":
        return DateRange(_date(slot.date.first), _date(slot.date.last))
    if kind == "number":
        return slot.number
    return slot.canonical if kind == "canonical" else slot.text


def _price(told: nlu.MoneyRange) -> PriceRange:
    low = _cents(told.min) if told.HasField("min") else None
    high = _cents(told.max) if told.HasField("max") else None
    return PriceRange(low, high, told.direction if low is None and high is None else 0)


def _cents(amount: Money) -> int:
    return int(amount.units * 100 + round(amount.nanos / 10_000_000))


def _date(day: object) -> str:
    year, month, date = (getattr(day, name) for name in ("year", "month", "day"))
    return f"{year:04d}-{month:02d}-{date:02d}" if year else ""


class GeneratorPeer:
    """`ports.Writer`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = GeneratorServiceStub(channel)

    async def word(self, wish: Wish, language: str, history: Sequence[Said]) -> str:
        request = generator.ReplyRequest(
            act=wish.act,
            facts=[generator.Fact(name=name, value=value) for name, value in wish.facts],
            language_code=language,
            state=generator.ReplyState(flow=wish.flow, turn=wish.turn, mood=wish.mood),
            history=[
                generator.ReplyTurn(from_shopper=said.by_shopper, text=said.text, act=said.act) for said in history
            ],
        )
        return (await translated(self._stub.Reply(request), "generator")).text
