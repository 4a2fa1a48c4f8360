"""What of a conversation's past bears on the next words."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from services.generator.facts import Fact, folded

ACTS = (
    "greet",
    "thank",
    "goodbye",
    "help",
    "recommend-products",
    "search-results",
    "no-results",
    "answer-attribute",
    "answer-price",
    "answer-stock",
    "compare-products",
    "acknowledge-preference",
    "added-to-cart",
    "empathise",
)
LOOKED_AT = 10
"""Turns of the past, at most."""
_QUESTIONS = ("answer-", "compare-products", "knowledge", "help")
_SHOWS = ("recommend-products", "search-results")
_WITHOUT_APOLOGY = ("empathise", "thank", "goodbye")
"""The first is one itself; the others end something. Whether anything went before is the same to them."""


@dataclass(frozen=True)
class Turn:
    """`act` is of ours."""

    from_shopper: bool
    text: str
    act: str = ""


@dataclass(frozen=True)
class Ask:
    """One act to be worded, and where the conversation stands. `mood` is calm, happy, upset or ""."""

    act: str
    facts: tuple[Fact, ...] = ()
    language: str = "en"
    flow: str = ""
    slots: tuple[Fact, ...] = ()
    mood: str = ""
    history: tuple[Turn, ...] = field(default=())


@dataclass(frozen=True)
class Situation:
    """`after` is what we did last: nothing, question (we answered one), action (we did something), talk."""

    greeted: bool = False
    again: bool = False
    upset: bool = False
    after: str = "nothing"

    @property
    def codes(self) -> tuple[str, ...]:
        """As the model reads it."""
        told = [f"after={self.after}"]
        told += [name for name, true in self._flags() if true]
        return tuple(told)

    def _flags(self) -> Sequence[tuple[str, bool]]:
        return ("greeted", self.greeted), ("again", self.again), ("upset", self.upset)


def situation(ask: Ask) -> Situation:
    """An upset shopper is heard once: after we have said sorry for it, the next words need not."""
    turns = ask.history[-LOOKED_AT:]
    ours = [turn for turn in turns if not turn.from_shopper]
    last = ours[-1].act if ours else ""
    again = ask.act != "thank" and (last == ask.act or (last in _SHOWS and ask.act in _SHOWS))
    if ask.act in _WITHOUT_APOLOGY:
        return Situation(True, again, False, _after(last or "greet", True))
    return Situation(bool(ours), again, _upset(ask, turns), _after(last, bool(ours)))


def _upset(ask: Ask, turns: Sequence[Turn]) -> bool:
    if not turns or not turns[-1].from_shopper:
        return ask.mood == "upset"
    if any(not turn.from_shopper and turn.act == "empathise" for turn in turns[-3:]):
        return False
    said = folded(turns[-1].text)
    return ask.mood == "upset" or any(word in said for word in upset_words())


def _after(last: str, any_turn: bool) -> str:
    if not any_turn:
        return "nothing"
    if last.startswith(_QUESTIONS):
        return "question"
    return "talk" if last in ACTS and last != "added-to-cart" else "action" if last else "talk"


@cache
def upset_words() -> tuple[str, ...]:
    """Folded, of both languages."""
    text = resources.files(__package__).joinpath("moods.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)["upset"]
    return tuple(folded(word) for language in ("en", "zh") for word in told[language])
