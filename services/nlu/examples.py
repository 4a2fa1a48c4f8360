"""Labelled sentences as plain values, and what the labels are."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.nlu.text import Token, tokenise

OUT_OF_SCOPE = "out-of-scope"
HELD_OUT_IN = 8


@dataclass(frozen=True)
class Span:
    """`text[start:end]`, in code points, is a value of the slot."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Example:
    """`intents` in the order said; none: out of scope."""

    text: str
    language: str
    intents: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    written: bool = True
    """By a person; the others come from a grammar."""
    marked: bool = True
    """Whether its slots are known; if not, it teaches intents alone."""


@dataclass(frozen=True)
class About:
    """What an intent or slot is, by language, and beside it an intent's slots or a slot's kind."""

    en: str
    zh: str
    slots: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class Schema:
    """Intents and slots by name, in their order."""

    intents: Mapping[str, About]
    slots: Mapping[str, About]

    @property
    def choices(self) -> tuple[str, ...]:
        """What the intent head chooses among: out of scope stands last."""
        return (*self.intents, OUT_OF_SCOPE)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the slot head chooses among: outside, and the beginning and the inside of each slot."""
        return labels_of(tuple(self.slots))


def labels_of(slots: Sequence[str]) -> tuple[str, ...]:
    """`O`, then `B-` and `I-` of each slot."""
    return ("O", *(f"{place}-{name}" for name in slots for place in "BI"))


def tags(tokens: Sequence[Token], spans: Iterable[Span]) -> list[str]:
    """A label for each token. A token that a span cuts belongs to it."""
    found = ["O"] * len(tokens)
    for span in spans:
        inside = [place for place, token in enumerate(tokens) if token.start < span.end and token.end > span.start]
        for number, place in enumerate(inside):
            found[place] = f"{'I' if number else 'B'}-{span.name}"
    return found


def spans_of(tokens: Sequence[Token], labels: Sequence[str]) -> list[Span]:
    """The spans that labels say. An inside without its beginning begins one."""
    found: list[Span] = []
    for token, label in zip(tokens, labels, strict=True):
        if label == "O":
            continue
        place, _, name = label.partition("-")
        goes_on = place == "I" and found and found[-1].name == name and found[-1].end <= token.start
        if goes_on and _adjoining(found[-1], token, tokens):
            found[-1] = Span(name, found[-1].start, token.end)
        else:
            found.append(Span(name, token.start, token.end))
    return found


def _adjoining(span: Span, token: Token, tokens: Sequence[Token]) -> bool:
    return not any(span.end <= between.start and between.end <= token.start for between in tokens)


def is_held_out(example: Example) -> bool:
    """One in eight written lines, always the same: what candidates are compared on."""
    return example.written and zlib.crc32(folded(example.text).encode()) % HELD_OUT_IN == 0


def folded(text: str) -> str:
    """The words without case, marks and spaces: sentences that fold alike say the same."""
    return "".join(token.word for token in tokenise(text) if token.has_meaning)
