"""The domain: a sentence in, what it says out.

Tokens and language by rules; intents and slots by what was learned; slots also by their form; values by kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from services.nlu.decoding import Decoder
from services.nlu.examples import Span
from services.nlu.language import language_of
from services.nlu.learned import Floats, Learned, Reading, read
from services.nlu.normalise.slot_values import Surroundings, value_of
from services.nlu.normalise.values import Value
from services.nlu.patterns import by_form
from services.nlu.text import Plain, Token, plain, tokens_of

RANKED = 5
SURE_TAGGER = 0.8
"""A span surer than this stays as the tagger has it, unless a form that leaves no doubt contradicts."""
SURE_FORM = 0.9
"""Confidence of a slot told by its form alone."""


ONE_VALUE = frozenset({"price", "date", "order_number"})
"""Slots that never stand twice side by side."""


@dataclass(frozen=True)
class Ask:
    """`now` is in the time zone in which dates are counted."""

    text: str
    now: datetime


@dataclass(frozen=True)
class Intent:
    name: str
    confidence: float


@dataclass(frozen=True)
class Slot:
    """`start` and `end` count code points of the text as it came."""

    name: str
    text: str
    start: int
    end: int
    confidence: float
    value: Value | None


@dataclass(frozen=True)
class Understanding:
    """What a sentence says. Fields as in the contract."""

    text: str
    language_code: str
    mixed_language: bool
    intents: tuple[Intent, ...]
    ranking: tuple[Intent, ...]
    slots: tuple[Slot, ...]
    out_of_scope_score: float
    out_of_scope: bool


class Understander:
    """Understands by one bundle. Not for several threads at once."""

    def __init__(self, learned: Learned) -> None:
        self.learned = learned
        self._decoder = Decoder(learned.schema.labels, learned.transitions_LL)
        self._intents = tuple(learned.schema.intents)
        self._kinds: Mapping[str, str] = {name: about.kind for name, about in learned.schema.slots.items()}

    def understand(self, asks: Sequence[Ask]) -> list[Understanding]:
        """One for each, in one forward pass. What has no letter or digit is out of scope."""
        normal = [plain(ask.text) for ask in asks]
        tokens = [tokens_of(one) for one in normal]
        readable = [at for at, one in enumerate(tokens) if any(token.has_meaning for token in one)]
        readings = (
            dict(zip(readable, read(self.learned, [tokens[at] for at in readable]), strict=True)) if readable else {}
        )
        return [self._one(ask, normal[at], tokens[at], readings.get(at)) for at, ask in enumerate(asks)]

    def _one(self, ask: Ask, normal: Plain, tokens: Sequence[Token], reading: Reading | None) -> Understanding:
        language = language_of(tokens)
        if reading is None:
            return Understanding(ask.text, language.code, language.mixed, (), (), (), 1.0, True)
        within, outside = self._probabilities(reading.choices_C)
        ranking = tuple(
            Intent(self._intents[at], float(within[at])) for at in np.argsort(-within, kind="stable")[:RANKED]
        )
        is_outside = outside > self.learned.calibration.out_of_scope
        slots = self._slots(ask, normal, tokens, reading.labels_TL)
        wishes = () if is_outside else ranking[: 2 if reading.two > self.learned.calibration.two else 1]
        return Understanding(ask.text, language.code, language.mixed, wishes, ranking, slots, outside, is_outside)

    def _probabilities(self, choices_C: Floats) -> tuple[Floats, float]:
        """Of the intents given that it is one of them, and of being none."""
        cooled_C = choices_C / self.learned.calibration.temperature
        outside = float(np.exp(cooled_C[-1]) / np.exp(cooled_C).sum())
        within_C = np.exp(cooled_C[:-1] - cooled_C[:-1].max())
        return within_C / within_C.sum(), outside

    def _slots(self, ask: Ask, normal: Plain, tokens: Sequence[Token], labels_TL: Floats) -> tuple[Slot, ...]:
        least = self.learned.calibration.slot
        tagged = [one for one in whole(self._decoder.spans(tokens, labels_TL), ask.text) if one[1] >= least]
        names = frozenset(self._kinds)
        formed = [
            (Span(one.name, *normal.span(one.start, one.end)), one.sure)
            for one in by_form(normal.text, names, self.learned.colours)
        ]
        return tuple(self._slot(ask, span, confidence) for span, confidence in merged(tagged, formed))

    def _slot(self, ask: Ask, span: Span, confidence: float) -> Slot:
        words = ask.text[span.start : span.end]
        around = Surroundings(ask.now.date(), ask.text[: span.start], ask.text[span.end :])
        value = value_of(self._kinds[span.name], words, around, self.learned.colours)
        return Slot(span.name, words, span.start, span.end, confidence, value)


def whole(tagged: Sequence[tuple[Span, float]], text: str) -> list[tuple[Span, float]]:
    """Neighbours of one slot whose words make a single value are one: `under` and `200`."""
    found: list[tuple[Span, float]] = []
    for span, confidence in tagged:
        last, sure = found[-1] if found else (Span("", 0, 0), 0.0)
        if span.name == last.name and span.name in ONE_VALUE and not text[last.end : span.start].strip():
            found[-1] = (Span(span.name, last.start, span.end), min(sure, confidence))
        else:
            found.append((span, confidence))
    return found


def merged(tagged: Sequence[tuple[Span, float]], formed: Sequence[tuple[Span, bool]]) -> list[tuple[Span, float]]:
    """In the order of the text, not overlapping. A form takes the place of unsure spans, and of all if it is sure."""
    kept = list(tagged)
    for span, sure in formed:
        beside = [one for one, _ in kept if overlap(one, span)]
        if any(one == span for one in beside):
            continue
        if all(sure or confidence < SURE_TAGGER for one, confidence in kept if one in beside):
            kept = [(one, confidence) for one, confidence in kept if one not in beside] + [(span, SURE_FORM)]
    return sorted(kept, key=lambda found: found[0].start)


def overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
