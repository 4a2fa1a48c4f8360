"""What an answer is made of, as plain values that can be stored and sent again."""

import msgspec

from services.dialogue.orders.order import Order


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A piece of what is said; all of them together are the answer's text."""

    text: str


class Products(msgspec.Struct, frozen=True, tag="products"):
    """Product cards; each is the recommender's message, handed on as it came."""

    cards: list[bytes]
    attribution_token: str = ""


class OrderCards(msgspec.Struct, frozen=True, tag="orders"):
    orders: list[Order]


class Citation(msgspec.Struct, frozen=True, tag="citation"):
    slug: str
    title: str
    uri: str
    confidence: float


class Confirmation(msgspec.Struct, frozen=True, tag="confirmation"):
    confirmation_id: str
    action: str
    text: str
    order_id: str = ""


class Handoff(msgspec.Struct, frozen=True, tag="handoff"):
    handoff_id: str
    reason: str


class Reply(msgspec.Struct, frozen=True):
    """A button: its label, and what it says."""

    label: str
    text: str


class QuickReplies(msgspec.Struct, frozen=True, tag="quick-replies"):
    replies: list[Reply]


class Done(msgspec.Struct, frozen=True, tag="done"):
    intents: list[str] = []
    flow: str = ""
    requested_slot: str = ""
    degradations: list[str] = []
    unknown: bool = False


Event = Text | Products | OrderCards | Citation | Confirmation | Handoff | QuickReplies | Done


def spoken(events: list[Event]) -> str:
    """The text of an answer."""
    return "".join(event.text for event in events if isinstance(event, Text))
