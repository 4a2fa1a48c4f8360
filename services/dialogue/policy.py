"""What a turn does: which flow goes on or begins, which questions are answered, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.dialogue import scan
from services.dialogue.flows import CONFIRMED, Flow, Flows
from services.dialogue.keywords import Keywords, strength
from services.dialogue.state import State
from services.dialogue.tracker import Heard


class Do(StrEnum):
    """One step of a turn."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    CHANGE = "change"
    FILL = "fill"
    LEAVE = "leave"
    FLOW = "flow"
    ANSWER = "answer"
    ACCEPT_OFFER = "accept-offer"
    REFUSE_OFFER = "refuse-offer"
    PERSON = "person"
    MISUNDERSTOOD = "misunderstood"


@dataclass(frozen=True)
class Step:
    do: Do
    intent: str = ""
    flow: str = ""


NEUTRAL = frozenset({"inform", "affirm", "deny", "greet"})
PRODUCT_TALK = frozenset(
    {
        "search-product",
        "refine-search",
        "recommend",
        "similar-product",
        "ask-product",
        "ask-price",
        "check-stock",
        "add-to-cart",
        "remove-from-cart",
        "compare-products",
        "state-preference",
    }
)
WORTH, LONG, SHORT = 6, 60, 24
"""Letters' worth of a keyword that counts where nothing else was understood; characters of a sentence that an article
may answer though it does not ask; characters of a mere condition."""
GIFT_FLOW = "find-gift"
_GIFT = ("gift", "present", "礼物", "送礼")


class Policy:
    """Rules. `flows` are those of the shop; `keywords` tell whether words bear an intent out."""

    def __init__(self, flows: Flows, keywords: Keywords) -> None:
        self._flows, self._keywords = flows, keywords

    def steps(self, state: State, heard: Heard) -> Sequence[Step]:
        if heard.said.has("talk-to-person"):
            return [Step(Do.PERSON, "talk-to-person")]
        flow = self._flows.get(state.task.flow) if state.task else None
        if state.task is not None and flow is not None:
            if state.task.confirmation_id:
                return self._confirming(state, flow, heard)
            return self._collecting(state, flow, heard)
        return self._free(state, heard)

    def _confirming(self, state: State, flow: Flow, heard: Heard) -> Sequence[Step]:
        """A yes, a no, another value, or something else before the answer."""
        wishes = self._wishes(flow, heard)
        if heard.said.has("stop-task"):
            return [Step(Do.LEAVE, "stop-task")]
        changed = self._changes(state, flow, heard)
        if changed and not self._real(wishes, heard):
            return [Step(Do.CHANGE)]
        if heard.yes is True and (wishes or not changed) and (wishes or not heard.question):
            return [Step(Do.CONFIRM), *self._serve(wishes, heard)]
        if heard.yes is False and not self._real(wishes, heard):
            return [Step(Do.DECLINE)]
        if wishes:
            return self._serve(wishes, heard)
        if heard.said.intent not in flow.intents:
            return self._lost(heard)
        if heard.question:
            return [Step(Do.ANSWER, "aside")]
        return [Step(Do.CONFIRM if scan.urges(heard.said.text) else Do.CHANGE)]

    def _collecting(self, state: State, flow: Flow, heard: Heard) -> Sequence[Step]:
        """The answer to the question, a correction, or something else meanwhile."""
        wishes = self._wishes(flow, heard)
        if heard.said.has("stop-task"):
            return [Step(Do.LEAVE, "stop-task")]
        if heard.question and not wishes and not heard.sure and heard.said.intent in flow.intents and not heard.values:
            return [Step(Do.ANSWER, "aside")]
        slot = flow.slot(state.task.asked) if state.task else None
        real = self._real(wishes, heard)
        if slot is not None and slot.kind == "text":
            if not real:
                return [Step(Do.FILL)]
            fills = [Step(Do.FILL)] if heard.sure else []
            return [*fills, *self._serve(real, heard)]
        if heard.sure or heard.other or self._changes(state, flow, heard):
            kept = [wish for wish in real if wish not in PRODUCT_TALK or heard.question]
            if kept and not heard.sure and not heard.other:
                return self._serve(kept, heard)
            return [Step(Do.FILL), *self._serve(kept, heard)]
        if heard.yes is False and not wishes:
            return [Step(Do.LEAVE, "deny")]
        if wishes:
            return self._serve(wishes, heard)
        if heard.said.out_of_scope and heard.question:
            return self._lost(heard)
        return [Step(Do.FILL)]

    def _changes(self, state: State, flow: Flow, heard: Heard) -> bool:
        """Whether a value is named that the flow takes and that is another than it has."""
        task = state.task
        if task is None:
            return False
        if heard.other or (heard.step and flow.slot("size")):
            return flow.about_order
        known = {slot.name for slot in flow.slots}
        return any(name in known and task.slots.get(name) != value for name, value in heard.values.items())

    def _wishes(self, flow: Flow, heard: Heard) -> Sequence[str]:
        """What is wanted besides the flow in progress."""
        return [intent for intent in heard.said.intents if intent not in NEUTRAL and intent not in flow.intents]

    def _real(self, wishes: Sequence[str], heard: Heard) -> Sequence[str]:
        """Those wishes that the words bear out: where a question is open, a short answer is easily mistaken."""
        return [wish for wish in wishes if self._borne_out(wish, heard)]

    def _borne_out(self, wish: str, heard: Heard) -> bool:
        if wish == "complain":
            return False
        if wish in ("thank", "goodbye") or (heard.question and wish.startswith(("ask-", "check-", "compare-"))):
            return True
        return self._keywords.supports(wish, heard.said.text)

    def _serve(self, wishes: Sequence[str], heard: Heard) -> list[Step]:
        return [self._step(wish, heard) for wish in wishes]

    def _step(self, intent: str, heard: Heard) -> Step:
        flow = self._flows.of_intent(intent)
        if flow is not None:
            return Step(Do.FLOW, intent, flow.name)
        if intent in ("recommend", "search-product") and self._gift(intent, heard):
            return Step(Do.FLOW, intent, GIFT_FLOW)
        return Step(Do.ANSWER, intent)

    def _gift(self, intent: str, heard: Heard) -> bool:
        if self._flows.get(GIFT_FLOW) is None:
            return False
        text = heard.said.text.casefold()
        product = heard.said.text_of("product").casefold()
        plain = not product or any(word in product for word in _GIFT)
        return plain and (
            any(word in text for word in _GIFT) or (intent == "recommend" and "recipient" in heard.values)
        )

    def _free(self, state: State, heard: Heard) -> Sequence[Step]:
        """No flow is in progress."""
        said = heard.said
        wishes = [intent for intent in said.intents if intent not in ("inform", "affirm", "deny", "stop-task")]
        if len(wishes) > 1:
            wishes = [wish for wish in wishes if wish != "greet"]
        if state.offer and not wishes:
            if heard.yes is True and not heard.question:
                return [Step(Do.ACCEPT_OFFER)]
            if heard.yes is False or said.has("stop-task"):
                return [Step(Do.REFUSE_OFFER)]
        if state.awaiting and self._names_product(heard):
            return [Step(Do.ANSWER, state.awaiting)]
        if wishes and self._narrows(state, heard):
            return [Step(Do.ANSWER, "refine-search")]
        if wishes:
            return self._serve(wishes, heard)
        if said.has("stop-task"):
            return [Step(Do.LEAVE, "stop-task")]
        if said.intents and not (said.has("inform") and not heard.values and not said.slots):
            return [Step(Do.ANSWER, said.intents[0])]
        return self._lost(heard)

    def _names_product(self, heard: Heard) -> bool:
        """Whether a few words only say which product is meant."""
        named = "product" in heard.values or heard.said.ordinals()
        alike = heard.said.intent in ("", "inform", "search-product")
        return bool(named) and alike and not heard.question and len(heard.said.text) <= LONG

    def _narrows(self, state: State, heard: Heard) -> bool:
        """`In white`, `size 38`, after a search: a few words that only name a condition narrow it."""
        named = heard.values.keys() & {"colour", "size", "price"}
        plain = not heard.question and not heard.said.ordinals() and "product" not in heard.values
        alike = heard.said.intent in PRODUCT_TALK - {"add-to-cart", "remove-from-cart", "state-preference"}
        short = len(heard.said.text) <= SHORT and (alike or heard.said.intent == "ask-size-guide")
        return bool(state.wanted and named) and plain and short and state.focus is None

    def _lost(self, heard: Heard) -> Sequence[Step]:
        """Nothing was understood: words of a flow may still stand in it, or a question that an article answers."""
        found = [] if heard.said.by_keywords else self._keywords.found(heard.said.text)
        named = [intent for intent, word in found if intent not in NEUTRAL and strength(word) >= WORTH]
        if heard.question or (len(heard.said.text) > LONG and not named):
            return [Step(Do.ANSWER, "ask")]
        if named:
            return self._serve(named[:1], heard)
        return [Step(Do.MISUNDERSTOOD)]


def needs_yes(flow: Flow) -> bool:
    return flow.action in CONFIRMED
