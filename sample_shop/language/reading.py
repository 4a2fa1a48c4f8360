"""Labelled utterances as they stand in files: `find a [red](colour) [dress](product)`."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

HERE = Path(__file__).parent
TRAINING = HERE / "training"
TEST = HERE / "test"
LANGUAGES: Final = ("en", "zh")
OUT_OF_SCOPE: Final = "out-of-scope"
TWO_INTENTS: Final = "two-intents"

_MARK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]*)\)")

Origin = Literal["written", "grammar"]


class About(NamedTuple):
    """What an intent or slot is, said in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Intent:
    name: str
    about: About
    slots: tuple[str, ...]
    """Those that an utterance of the intent usually carries."""


@dataclass(frozen=True)
class Slot:
    name: str
    kind: str
    """What the words are made into: text, colour, size, money, quantity, ordinal, date, order."""
    about: About


class SlotSpan(NamedTuple):
    """`text[start:end]`, in code points, is a value of the slot."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Utterance:
    text: str
    language: str
    intents: tuple[str, ...]
    """In the order said; none: out of scope."""
    slots: tuple[SlotSpan, ...]
    origin: Origin

    def values(self) -> tuple[tuple[str, str], ...]:
        """Slots by name with their words."""
        return tuple((slot.name, self.text[slot.start : slot.end]) for slot in self.slots)


@cache
def intents() -> Mapping[str, Intent]:
    """All intents by name, in the order of `intents.toml`."""
    tables = _schema()["intents"]
    return {name: Intent(name, About(*raw["about"]), tuple(raw["slots"])) for name, raw in tables.items()}


@cache
def slots() -> Mapping[str, Slot]:
    """All slots by name, in the order of `intents.toml`."""
    return {name: Slot(name, raw["kind"], About(*raw["about"])) for name, raw in _schema()["slots"].items()}


@cache
def _schema() -> Mapping[str, Any]:
    return tomllib.loads((HERE / "intents.toml").read_text(encoding="utf-8"))


def parse_line(
    line: str, language: str, labels: Sequence[str], origin: Origin = "written", *, place: str = "line"
) -> Utterance:
    """An utterance from its marked-up words. `place` says in errors where the line stands."""
    text, spans = "", []
    rest = 0
    for mark in _MARK.finditer(line):
        words, slot = mark.groups()
        text += line[rest : mark.start()]
        spans.append(SlotSpan(_known_slot(slot, place), len(text), len(text) + len(words)))
        if not words.strip() or words != words.strip():
            raise ValueError(f"{place}: slot {slot!r} marks {words!r}: no words, or space at their edge")
        text += words
        rest = mark.end()
    text += line[rest:]
    if "[" in text or "](" in text:
        raise ValueError(f"{place}: a bracket that is not closed, or no slot behind it: {line!r}")
    if not text.strip() or text != text.strip():
        raise ValueError(f"{place}: no words, or space at their edge: {line!r}")
    return Utterance(text, language, _known_intents(labels, place), tuple(spans), origin)


def _known_slot(name: str, place: str) -> str:
    if name not in slots():
        raise ValueError(f"{place}: unknown slot {name!r}")
    return name


def _known_intents(labels: Sequence[str], place: str) -> tuple[str, ...]:
    """The labels, `out-of-scope` standing for none and only by itself."""
    if list(labels) == [OUT_OF_SCOPE]:
        return ()
    unknown = [label for label in labels if label not in intents()]
    if unknown or not labels:
        raise ValueError(f"{place}: unknown intent {unknown[0] if unknown else ''!r}")
    if len(set(labels)) < len(labels):
        raise ValueError(f"{place}: one intent twice: {'+'.join(labels)}")
    return tuple(labels)


def parse_labelled(line: str, language: str, *, place: str = "line") -> Utterance:
    """An utterance that begins with its labels: `INTENT[+INTENT] words`."""
    label, _, words = line.partition(" ")
    return parse_line(words.strip(), language, label.split("+"), place=place)


def read_written(language: str) -> list[Utterance]:
    """All training utterances written one by one: of each intent, of two, and out of scope."""
    found: list[Utterance] = []
    for path in sorted((TRAINING / language / "written").glob("*.txt")):
        for place, line in _lines(path):
            if path.stem == TWO_INTENTS:
                found.append(parse_labelled(line, language, place=place))
            else:
                found.append(parse_line(line, language, [path.stem], place=place))
    return found


def read_test(language: str) -> list[Utterance]:
    """The test set: what the understanding is judged by, never trained on."""
    return [parse_labelled(line, language, place=place) for place, line in _lines(TEST / f"{language}.txt")]


def _lines(path: Path) -> Iterable[tuple[str, str]]:
    """The utterances of a file with where each stands; blank lines and comments (`# `) are none."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("# "):
            yield f"{path.relative_to(HERE)}:{number}", line.strip()


def folded(text: str) -> str:
    """The words without case, punctuation and spaces: two utterances that fold alike say the same."""
    return "".join(char for char in text.casefold() if char.isalnum())
