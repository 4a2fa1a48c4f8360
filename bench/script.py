"""The hand-written conversations of the sample shop, read and checked: see sample_shop/conversations/README.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import sample_shop

FOLDER = Path(sample_shop.__file__).parent / "conversations"
KINDS = ("plain", "digression", "correction", "trouble")
EXPECTED = frozenset({"products", "cites", "asks_for", "confirms", "says_any", "unknown", "shows_order", "handoff"})
GOALS = frozenset(
    {"order_state", "return", "exchange", "cart", "cart_empty", "new_order", "handoff", "answered", "preference"}
)


@dataclass(frozen=True)
class Turn:
    """What the shopper does: says words, presses yes or no, or opens the n-th product shown last."""

    say: str = ""
    press: bool | None = None
    pick: int = 0
    expect: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Conversation:
    """One scripted shopper; `orders` and `goal` as they stand in the file."""

    id: str
    language: str
    kind: str
    logged_in: bool
    orders: Sequence[Mapping[str, Any]]
    turns: Sequence[Turn]
    goal: Sequence[Mapping[str, Any]]


def conversations(language: str, path: Path | None = None) -> list[Conversation]:
    """Raises ValueError that names the file, the conversation and what is wrong with it."""
    path = path or FOLDER / f"{language}.yaml"
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    made = []
    for each in found:
        try:
            made.append(_conversation(each, language))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}: {each.get('id', each)}: {error}") from error
    return made


def _conversation(each: Mapping[str, Any], language: str) -> Conversation:
    if each["kind"] not in KINDS:
        raise ValueError(f"kind {each['kind']!r} is not one of {', '.join(KINDS)}")
    for goal in each["goal"]:
        _known(goal, GOALS, "goal")
    return Conversation(
        id=each["id"],
        language=language,
        kind=each["kind"],
        logged_in=each["shopper"] == "user",
        orders=each.get("orders", ()),
        turns=[_turn(turn) for turn in each["turns"]],
        goal=each["goal"],
    )


def _turn(turn: Mapping[str, Any]) -> Turn:
    _known(turn, frozenset({"say", "press", "pick", "expect"}), "turn")
    expect = turn.get("expect")
    if expect is not None:
        _known(expect, EXPECTED, "expect")
    press = turn.get("press")
    pressed = None if press is None else press in (True, "yes")
    return Turn(str(turn.get("say", "")), pressed, int(turn.get("pick", 0)), expect)


def _known(given: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    unknown = set(given) - known
    if unknown:
        raise ValueError(f"{what}: {sorted(unknown)} not known; there are {sorted(known)}")
