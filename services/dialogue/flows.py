"""Flows as data: what starts one, what it collects, confirms and does, and what it says. One YAML file each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, NoReturn

import yaml

LANGUAGES = ("zh", "en")
ACTIONS = frozenset(
    {
        "cancel-order",
        "request-return",
        "request-exchange",
        "place-order",
        "track-order",
        "list-orders",
        "refund-status",
        "recommend",
        "knowledge",
        "complain",
        "handoff",
    }
)
CONFIRMED = frozenset({"cancel-order", "request-return", "request-exchange", "place-order"})
"""Actions that change something: never without a yes."""
KINDS = frozenset({"order", "line", "text", "size", "colour", "quantity", "price"})
STATES = frozenset({"placed", "paid", "shipped", "delivered", "cancelled"})
PLACEHOLDERS = frozenset(
    {"order_id", "title", "quantity", "reason", "refund", "items", "total", "what", "product", "recipient"}
)
_NAME = re.compile(r"[a-z][a-z0-9-]*")

Words = Mapping[str, str]
"""A template by language."""


class FlowError(ValueError):
    """A flow file that cannot be used: names the file, the field and the value."""

    def __init__(self, file: str, name: str, message: str) -> None:
        super().__init__(f"{file}: {name}: {message}")


@dataclass(frozen=True)
class Slot:
    """A value to collect. `optional`: taken if said, never asked for."""

    name: str
    kind: str
    prompt: Words = field(default_factory=dict)
    optional: bool = False
    unless: Sequence[str] = ()
    """Not asked for once one of these slots is known."""
    needs: str = ""
    """Asked for only if the order's line, or its product, has this: size, colour."""
    not_if_reason: Sequence[str] = ()
    """Not asked for if the reason has one of these words."""
    only_if_said: Sequence[str] = ()
    """Asked for only if the shopper used one of these words."""
    replies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Answers that are offered as buttons, by language."""


@dataclass(frozen=True)
class Failure:
    """What is said where an action may not be, and which flows are offered instead (`handoff` is a person)."""

    say: Words
    offers: Sequence[str] = ()


@dataclass(frozen=True)
class Flow:
    """One thing that the staff can do."""

    name: str
    title: Words
    intents: Sequence[str]
    keywords: Mapping[str, Sequence[str]]
    action: str
    slots: Sequence[Slot] = ()
    family: str = ""
    """A flow of the same family begun in the middle of this one takes its place, with its order."""
    order_states: Sequence[str] = ()
    """Orders that it suits; empty: any."""
    refusals: Mapping[str, str] = field(default_factory=dict)
    """Reason by state of the order, where the answer is known without trying."""
    prefer: str = ""
    """Of several suitable orders: `newest`, without asking; `open`: the one under way, if it is alone."""
    reason: str = ""
    """Of a handoff."""
    topic: str = ""
    """Of a knowledge answer."""
    button: Words = field(default_factory=dict)
    """What a shopper says to begin it, where it is offered."""
    confirm: Words = field(default_factory=dict)
    done: Words = field(default_factory=dict)
    nothing: Words = field(default_factory=dict)
    """Said if there is no order, or nothing to tell."""
    failures: Mapping[str, Failure] = field(default_factory=dict)

    def slot(self, name: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.name == name), None)

    @property
    def about_order(self) -> bool:
        return any(slot.kind == "order" for slot in self.slots)


class Flows:
    """All flows, by name and by intent."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self._flows = {flow.name: flow for flow in flows}
        self._by_intent = {intent: flow for flow in flows for intent in flow.intents}

    def __iter__(self) -> Any:
        return iter(self._flows.values())

    def __len__(self) -> int:
        return len(self._flows)

    def get(self, name: str) -> Flow | None:
        return self._flows.get(name)

    def of_intent(self, intent: str) -> Flow | None:
        return self._by_intent.get(intent)


def load(files: Mapping[str, str]) -> tuple[Flows, Sequence[FlowError]]:
    """Flows of texts by file name; what is wrong with a file leaves that file out and is told."""
    flows: dict[str, Flow] = {}
    owner: dict[str, str] = {}
    errors = []
    for file, text in sorted(files.items()):
        try:
            flow = read(file, text)
            _unique(file, flow, flows, owner)
        except FlowError as error:
            errors.append(error)
            continue
        flows[flow.name] = flow
        owner.update(dict.fromkeys(flow.intents, flow.name))
    errors += [error for flow in flows.values() for error in _unknown_offers(flow, flows)]
    return Flows(list(flows.values())), errors


def _unique(file: str, flow: Flow, flows: Mapping[str, Flow], owner: Mapping[str, str]) -> None:
    if flow.name in flows:
        raise FlowError(file, "flow", f"{flow.name!r} is there twice")
    for intent in flow.intents:
        if intent in owner:
            raise FlowError(file, "intents", f"{intent!r} starts {owner[intent]!r} already")


def _unknown_offers(flow: Flow, flows: Mapping[str, Flow]) -> list[FlowError]:
    offers = [(reason, offer) for reason, failure in flow.failures.items() for offer in failure.offers]
    return [
        FlowError(flow.name, f"failures.{reason}.offers", f"{offer!r} is no flow and not `handoff`")
        for reason, offer in offers
        if offer != "handoff" and offer not in flows
    ]


def read(file: str, text: str) -> Flow:
    """The flow of one file. Raises FlowError."""
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise FlowError(file, "file", f"is no YAML: {error}") from error
    return _Reader(file, tree).flow()


class _Reader:
    """Reads one file's tree; every complaint names where."""

    def __init__(self, file: str, tree: Any) -> None:
        self._file, self._tree = file, tree
        if not isinstance(tree, dict):
            self._fail("file", f"is {type(tree).__name__}, not a mapping")

    def _fail(self, name: str, message: str) -> NoReturn:
        raise FlowError(self._file, name, message)

    def flow(self) -> Flow:
        tree = self._tree
        self._only("", tree, Flow.__dataclass_fields__.keys() - {"name"} | {"flow"})
        action = self._one_of("action", tree.get("action"), ACTIONS)
        flow = Flow(
            name=self._name("flow", tree.get("flow")),
            title=self._words("title", tree.get("title")),
            intents=self._strings("intents", tree.get("intents")),
            keywords={key: self._strings(f"keywords.{key}", tree.get("keywords", {}).get(key)) for key in LANGUAGES},
            action=action,
            slots=[self._slot(index, slot) for index, slot in enumerate(tree.get("slots") or [])],
            family=self._string("family", tree.get("family", "")),
            order_states=[
                self._one_of("order_states", one, STATES)
                for one in self._strings("order_states", tree.get("order_states", []))
            ],
            refusals={
                self._one_of("refusals", key, STATES): self._string(f"refusals.{key}", value)
                for key, value in (tree.get("refusals") or {}).items()
            },
            prefer=self._one_of("prefer", tree.get("prefer", ""), {"", "newest", "open"}),
            reason=self._string("reason", tree.get("reason", "")),
            topic=self._string("topic", tree.get("topic", "")),
            button=self._words("button", tree.get("button"), required=False),
            confirm=self._words("confirm", tree.get("confirm"), required=action in CONFIRMED),
            done=self._words("done", tree.get("done"), required=False),
            nothing=self._words("nothing", tree.get("nothing"), required=False),
            failures={key: self._failure(key, value) for key, value in (tree.get("failures") or {}).items()},
        )
        for state, reason in flow.refusals.items():
            if reason not in flow.failures:
                self._fail(f"refusals.{state}", f"{reason!r} is not among the failures")
        return flow

    def _slot(self, index: int, tree: Any) -> Slot:
        where = f"slots[{index}]"
        if not isinstance(tree, dict):
            self._fail(where, f"{tree!r} is not a mapping")
        self._only(where, tree, Slot.__dataclass_fields__.keys())
        optional = bool(tree.get("optional", False))
        return Slot(
            name=self._string(f"{where}.name", tree.get("name")),
            kind=self._one_of(f"{where}.kind", tree.get("kind", "text"), KINDS),
            prompt=self._words(f"{where}.prompt", tree.get("prompt"), required=not optional),
            optional=optional,
            unless=self._strings(f"{where}.unless", tree.get("unless", [])),
            needs=self._one_of(f"{where}.needs", tree.get("needs", ""), {"", "size", "colour"}),
            not_if_reason=self._strings(f"{where}.not_if_reason", tree.get("not_if_reason", [])),
            only_if_said=self._strings(f"{where}.only_if_said", tree.get("only_if_said", [])),
            replies={
                key: self._strings(f"{where}.replies.{key}", value)
                for key, value in (tree.get("replies") or {}).items()
            },
        )

    def _failure(self, key: str, tree: Any) -> Failure:
        where = f"failures.{key}"
        if not isinstance(tree, dict):
            self._fail(where, f"{tree!r} is not a mapping")
        self._only(where, tree, {"say", "offers"})
        return Failure(
            self._words(f"{where}.say", tree.get("say")), self._strings(f"{where}.offers", tree.get("offers", []))
        )

    def _only(self, where: str, tree: Mapping[str, Any], known: Any) -> None:
        for key in tree:
            if key not in known:
                self._fail(f"{where}.{key}".strip("."), f"is unknown; one of: {', '.join(sorted(known))}")

    def _words(self, where: str, value: Any, required: bool = True) -> Words:
        if value is None and not required:
            return {}
        if not isinstance(value, dict) or set(value) != set(LANGUAGES):
            self._fail(where, f"{value!r} is not a text in zh and en")
        for language, text in value.items():
            self._template(f"{where}.{language}", text)
        return dict(value)

    def _template(self, where: str, text: Any) -> None:
        try:
            names = {name for _, name, _, _ in Formatter().parse(self._string(where, text)) if name is not None}
        except ValueError as error:
            self._fail(where, f"{text!r} is no template: {error}")
        for name in names - PLACEHOLDERS:
            self._fail(where, f"{{{name}}} is unknown; one of: {', '.join(sorted(PLACEHOLDERS))}")

    def _string(self, where: str, value: Any) -> str:
        if not isinstance(value, str):
            self._fail(where, f"{value!r} is not a text" if value is not None else "is required")
        return value

    def _name(self, where: str, value: Any) -> str:
        name = self._string(where, value)
        if not _NAME.fullmatch(name):
            self._fail(where, f"{name!r} is not lower-case words joined by `-`")
        return name

    def _strings(self, where: str, value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._fail(where, f"{value!r} is not a list of texts")
        return list(value)

    def _one_of(self, where: str, value: Any, known: Any) -> str:
        if value not in known:
            self._fail(where, f"{value!r} is not one of: {', '.join(sorted(known))}")
        return str(value)
