"""What was understood, as messages."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from google.type.date_pb2 import Date
from google.type.money_pb2 import Money

from services.nlu.examples import Schema
from services.nlu.normalise.values import Amounts, Canonical, Days, Number, Value
from services.nlu.understanding import Intent, Slot, Understanding
from shopkeeper.nlu.v1 import nlu_pb2 as pb

_LARGEST_UNITS = 10**15


def understanding(found: Understanding, version: str) -> pb.Understanding:
    return pb.Understanding(
        text=found.text,
        language_code=found.language_code,
        mixed_language=found.mixed_language,
        intents=_scored(found.intents),
        ranking=_scored(found.ranking),
        slots=[_slot(slot) for slot in found.slots],
        out_of_scope_score=found.out_of_scope_score,
        out_of_scope=found.out_of_scope,
        model_version=version,
    )


def intents(schema: Schema, version: str, language: str) -> pb.ListIntentsResponse:
    """Descriptions in that language."""
    return pb.ListIntentsResponse(
        intents=[
            pb.Intent(intent=name, description=getattr(about, language), slots=about.slots)
            for name, about in schema.intents.items()
        ],
        slots=[
            pb.SlotType(name=name, description=getattr(about, language), kind=about.kind)
            for name, about in schema.slots.items()
        ],
        model_version=version,
    )


def _scored(found: Iterable[Intent]) -> list[pb.ScoredIntent]:
    return [pb.ScoredIntent(intent=one.name, confidence=one.confidence) for one in found]


def _slot(slot: Slot) -> pb.Slot:
    made = pb.Slot(name=slot.name, text=slot.text, start=slot.start, end=slot.end, confidence=slot.confidence)
    if slot.value is not None:
        _put(made, slot.value)
    return made


def _put(slot: pb.Slot, value: Value) -> None:
    if isinstance(value, Canonical):
        slot.canonical = value.text
    elif isinstance(value, Number):
        slot.number = value.value
    elif isinstance(value, Days):
        slot.date.CopyFrom(pb.DateRange(first=_date(value.first), last=_date(value.last)))
    else:
        slot.money.CopyFrom(_money_range(value))


def _money_range(value: Amounts) -> pb.MoneyRange:
    made = pb.MoneyRange(direction=value.direction)
    for end, amount in ((made.min, value.least), (made.max, value.most)):
        if amount is not None:
            end.CopyFrom(_money(amount, value.currency))
    return made


def _money(amount: Decimal, currency: str) -> Money:
    units = min(int(amount), _LARGEST_UNITS)
    return Money(currency_code=currency, units=units, nanos=int((amount - int(amount)) * 10**9))


def _date(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)
