"""Follows the state of a conversation: what one more sentence changes in it.

`Tracker` is the interface. `RuleTracker` works by rules over what was understood; learned trackers, which read the
slots from the dialogue itself, can stand in its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from services.dialogue import scan, texts
from services.dialogue.flows import Flow
from services.dialogue.state import State, Task
from services.dialogue.understanding import Slot, Understanding, Value

_OTHER = re.compile(
    r"\b(the other|another order|different order|other order|wrong order|not that order|other one|other pair)\b"
    r"|另一|另外|别的那|不是这个|不是这单|不是这一|换一个订单",
    re.IGNORECASE,
)
_AROUND_A_NAME = 8
"""Characters: `the … please`, `我说的是…`."""
_ALL = re.compile(r"\b(all|both|everything|all of them)\b|全部|都退|都换|全都|两个都|都要", re.IGNORECASE)
_FILLABLE = ("order_number", "product", "size", "colour", "quantity", "reason", "price", "recipient", "occasion")
_BECAUSE = re.compile(
    r"(?:\bbecause(?: of)?\b|\bsince\b|\bas (?=it|they)\b|\breason(?: is|:)?\b|因为|由于|原因是?)[:：\s]*(.+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Heard:
    """What a sentence says where it was said."""

    said: Understanding
    yes: bool | None = None
    """Whether it begins by agreeing or declining."""
    values: dict[str, Value] = field(default_factory=dict)
    """Values named, by slot of the flow in progress."""
    answer: Value | None = None
    """The sentence as an answer to the question that is open; None if it cannot be one."""
    sure: bool = False
    """The answer is unmistakably one: its value was named, not guessed from the whole sentence."""
    other: bool = False
    """Another order or item than the one talked about."""
    every: bool = False
    """All pieces."""
    step: int = 0
    """1: a larger size, -1: a smaller one."""
    meant: str = ""
    """What follows a no: `no, the kettle`."""

    @property
    def question(self) -> bool:
        return scan.is_question(self.said.text)


class Tracker(Protocol):
    """One method, so that a learned tracker can do it."""

    def track(self, state: State, flow: Flow | None, said: Understanding) -> Heard:
        """What `said` means in `state`. `flow`: the one in progress. Notes in the state what concerns no flow."""


class RuleTracker:
    """By rules over intents and slots."""

    def track(self, state: State, flow: Flow | None, said: Understanding) -> Heard:
        state.language = said.language
        state.mood = _mood(said)
        full = said.with_slots(_read_off(state, flow, said))
        values = _values(full)
        heard = Heard(
            full,
            yes=_yes(full),
            values=values,
            other=_OTHER.search(said.text) is not None,
            every=_ALL.search(said.text) is not None,
            step=scan.size_step(said.text),
            meant=scan.after_no(said.text),
        )
        task = state.task
        if task is None or flow is None or not task.asked:
            return heard
        answer, sure = _answer(task, flow, heard)
        return replace(heard, answer=answer, sure=sure)


def _read_off(state: State, flow: Flow | None, said: Understanding) -> tuple[Slot, ...]:
    """What rules add to the model's slots: order numbers always, other values only where the flow takes them."""
    wanted = {"order_number"} | ({slot.name for slot in flow.slots} if flow else set())
    if state.shown or (state.task is not None and state.task.choices):
        wanted.add("ordinal")
    return tuple(slot for slot in scan.slots(said.text, texts.colours()) if slot.name in wanted)


def _mood(said: Understanding) -> str:
    if said.has("complain"):
        return "upset"
    return "happy" if said.has("thank", "greet") else "calm"


def _yes(said: Understanding) -> bool | None:
    spoken = scan.yes_or_no(said.text)
    if spoken is not None:
        return spoken
    if said.intent == "affirm":
        return True
    return False if said.intent == "deny" else None


def _values(said: Understanding) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for slot in said.slots:
        if slot.name in _FILLABLE and slot.name not in found:
            found[slot.name] = _value(slot)
    if "reason" not in found and (because := _BECAUSE.search(said.text)):
        found["reason"] = because[1].strip(" .。!！")
    return found


def _value(slot: Slot) -> Value:
    """Words as they were said where the value is words."""
    return slot.text if slot.name in ("product", "reason", "recipient", "occasion") else slot.value


def _answer(task: Task, flow: Flow, heard: Heard) -> tuple[Value | None, bool]:
    """(value, sure) of the slot asked for."""
    slot = flow.slot(task.asked)
    kind = slot.kind if slot else "text"
    text = heard.said.text.strip()
    if kind == "text":
        if task.asked not in heard.values and flow.about_order and _only_names(heard):
            return None, True
        return heard.values.get(task.asked, text), task.asked in heard.values
    if kind in ("order", "line"):
        return _choice(task, heard, kind)
    if task.asked in heard.values:
        return heard.values[task.asked], True
    if kind == "size":
        sized = scan.size(text, bare=True)
        return (sized or None), bool(sized)
    if kind == "quantity":
        pieces = scan.bare_number(text)
        return pieces, pieces is not None
    return (text if kind == "colour" and len(text) <= 20 else None), False


def _only_names(heard: Heard) -> bool:
    """Whether the sentence is hardly more than the name of an item or the number of an order."""
    named = heard.said.text_of("product") or heard.said.text_of("order_number")
    return bool(named) and len(heard.said.text.strip()) - len(named) <= _AROUND_A_NAME


def _choice(task: Task, heard: Heard, kind: str) -> tuple[Value | None, bool]:
    """One of the orders or items offered: by number, by position, by name."""
    text = heard.said.text.strip()
    if "order_number" in heard.values:
        return heard.values["order_number"], True
    if kind == "order" and (number := scan.some_number(text)):
        return number, True
    if picked := chosen(task.choices, heard.said.ordinals()):
        return picked, True
    if "product" in heard.values:
        return heard.values["product"], True
    return text, False


def chosen(choices: Sequence[str], ordinals: Sequence[int]) -> str:
    """The choice at the first position named; empty if there is none."""
    for position in ordinals:
        index = position - 1 if position > 0 else len(choices) + position
        if 0 <= index < len(choices):
            return choices[index]
    return ""
