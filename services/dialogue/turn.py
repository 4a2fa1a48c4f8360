"""One turn while it is being answered: what came in, where the conversation stands, and the answer as it grows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from services.dialogue import texts
from services.dialogue.answer import (
    Confirmation,
    Done,
    Event,
    Handoff,
    OrderCards,
    Products,
    QuickReplies,
    Reply,
    Text,
    spoken,
)
from services.dialogue.orders.order import Order, OrderLine, Shopper
from services.dialogue.policy import Step
from services.dialogue.ports import Asker, Card, Said, Shelf
from services.dialogue.state import SHOWN_LIMIT, Seen, State
from services.dialogue.tracker import Heard
from services.dialogue.understanding import Understanding

NLU, RECOMMENDER, GENERATOR, ORDERS = (
    "nlu-unavailable",
    "recommender-unavailable",
    "generator-unavailable",
    "orders-unavailable",
)


class Action(msgspec.Struct, frozen=True):
    """Something that changes an order, agreed to by the shopper. `request_id` makes it happen once."""

    request_id: str
    kind: str
    flow: str
    order_id: str = ""
    product_id: str = ""
    quantity: int = 0
    reason: str = ""
    new_size: str = ""
    new_colour: str = ""
    lines: list[OrderLine] = []
    attribution_token: str = ""
    words: dict[str, str] = {}
    """For what is said afterwards."""


class ShopEvent(msgspec.Struct, frozen=True):
    """Something for the shop's event log: add-to-cart, remove-from-cart, chat-preference."""

    kind: str
    product_id: str = ""
    quantity: int = 1
    price: int = 0
    currency: str = ""
    attribution_token: str = ""
    preferences: list[tuple[str, str, float]] = []
    """(name, value, weight)."""


class HandoffWish(msgspec.Struct, frozen=True):
    """A person is wanted."""

    handoff_id: str
    reason: str
    summary: str


@dataclass(frozen=True)
class Input:
    """What a shopper said or pressed. `accepted` answers the button of `confirmation_id`."""

    text: str = ""
    confirmation_id: str = ""
    accepted: bool = False
    language: str = "en"
    context_product_id: str = ""


@dataclass
class Turn:
    """Answers are put together here; nothing of it is sent or stored before the turn is whole."""

    state: State
    shopper: Shopper
    input: Input
    heard: Heard
    language: str
    number: int = 1
    now_ms: int = 0
    history: Sequence[Said] = ()
    events: list[Event] = field(default_factory=list)
    degradations: list[str] = field(default_factory=list)
    shop_events: list[ShopEvent] = field(default_factory=list)
    intents: list[str] = field(default_factory=list)
    handoff: HandoffWish | None = None
    action: Action | None = None
    later: list[Step] = field(default_factory=list)
    """What else was wanted: served once the action is done."""
    unknown: bool = False
    asked: str = ""
    blocked: bool = False
    """The flow in progress cannot go on now: somebody has no answer."""
    outcome: str = "answered"
    act: str = ""

    @property
    def asker(self) -> Asker:
        return Asker(self.shopper, self.language)

    def say(self, text: str) -> None:
        if not text:
            return
        before = spoken(self.events)
        gap = " " if before and self.language == "en" and not before.endswith((" ", "\n")) else ""
        self.events.append(Text(gap + text))

    def tell(self, key: str, **values: object) -> None:
        """A template of the staff's own."""
        self.say(texts.say(key, self.language, **values))

    def missing(self, what: str) -> None:
        if what not in self.degradations:
            self.degradations.append(what)

    def ask_which(self, intent: str) -> None:
        """Asks for the product that an intent is about; the next answer tells."""
        self.tell("which-product")
        self.asked, self.state.awaiting = "product", intent

    def show(self, shelf: Shelf) -> None:
        """Product cards; they are what `the second one` means from now on."""
        cards = list(shelf.cards)[:SHOWN_LIMIT]
        if not cards:
            return
        self.events.append(Products([card.message for card in cards], shelf.attribution_token))
        self.state.shown = [seen(card) for card in cards]
        self.state.shown_with = shelf.attribution_token
        self.state.focus = self.state.shown[0] if len(cards) == 1 else None

    def show_orders(self, orders: Sequence[Order]) -> None:
        if orders:
            self.events.append(OrderCards(list(orders)))

    def offer(self, replies: Sequence[tuple[str, str]]) -> None:
        """(label, text) of buttons."""
        if replies:
            self.events.append(QuickReplies([Reply(label, text) for label, text in replies]))

    def offer_words(self, words: Sequence[str]) -> None:
        self.offer([(word, word) for word in words])

    def offer_person(self, reason: str) -> None:
        """A yes to this brings a person."""
        self.state.offer, self.state.offer_reason = "handoff", reason
        self.state.offer_slots = {}
        self.offer([(texts.say("person-label", self.language), texts.say("person-text", self.language))])

    def confirm(self, confirmation: Confirmation) -> None:
        self.events.append(confirmation)

    def hand_over(self, wish: HandoffWish) -> None:
        self.handoff = wish
        self.state.handoff_id, self.state.noticed = wish.handoff_id, False
        self.events.append(Handoff(wish.handoff_id, wish.reason))
        self.outcome = "handed-off"

    def done(self) -> Done:
        task = self.state.task
        return Done(self.intents, task.flow if task else "", self.asked, self.degradations, self.unknown)

    def merged(self) -> list[Event]:
        """The events: buttons last, one set of them, and `done` at the end."""
        buttons = [event for event in self.events if isinstance(event, QuickReplies)]
        others = [event for event in self.events if not isinstance(event, QuickReplies)]
        return [*others, *buttons[-1:], self.done()]


def seen(card: Card) -> Seen:
    return Seen(card.product_id, card.title, card.price.cents, card.price.currency)


def quiet(state: State, shopper: Shopper, number: int, now_ms: int) -> Turn:
    """A turn that nobody spoke in: for what is told afterwards."""
    nothing = Heard(Understanding("", state.language))
    return Turn(state, shopper, Input(language=state.language), nothing, state.language, number, now_ms)
