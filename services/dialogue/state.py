"""Where a conversation stands: all that the next turn needs to know of those before. Stored as JSON."""

import msgspec

from services.dialogue.understanding import PriceRange, Value

SHOWN_LIMIT = 10
INTERRUPTED_LIMIT = 3


class Seen(msgspec.Struct, frozen=True):
    """A product that was shown: enough to talk about it without asking for it again. Price in hundredths."""

    product_id: str
    title: str
    price: int = 0
    currency: str = ""


class Wanted(msgspec.Struct):
    """What a shopper looks for: the conditions of a search, kept while it is refined."""

    product: str = ""
    brand: str = ""
    colour: str = ""
    size: str = ""
    material: str = ""
    recipient: str = ""
    occasion: str = ""
    low: int | None = None
    high: int | None = None
    like: str = ""
    """A product: more like it."""

    def narrow(self, price: PriceRange) -> None:
        self.low, self.high = price.low, price.high


class Task(msgspec.Struct):
    """A flow in progress."""

    flow: str
    slots: dict[str, str | int] = {}
    said: str = ""
    """The words that began it."""
    asked: str = ""
    """The slot whose value was asked for last."""
    misses: int = 0
    """How often in a row the answer was no value of it."""
    choices: list[str] = []
    """Values offered for `asked`, in their order: `the second one`."""
    confirmation_id: str = ""
    """Set while it waits for a yes."""
    confirm_text: str = ""
    details: dict[str, str] = {}
    """What the confirmation says would be done, for the words afterwards."""


class State(msgspec.Struct):
    """`language`: of the last answer."""

    language: str = "en"
    task: Task | None = None
    interrupted: list[Task] = []
    shown: list[Seen] = []
    """The products shown last, in their order."""
    shown_with: str = ""
    """Attribution token of what was shown last."""
    focus: Seen | None = None
    """The product that was talked about last: `it`, `that one`."""
    wanted: Wanted | None = None
    page: str = ""
    """The product whose page was open at the last turn."""
    order_id: str = ""
    """The order that was talked about last."""
    trouble: dict[str, str] = {}
    """What was complained of: `mention` of an item and `reason`, for what is done about it."""
    offer: str = ""
    """What a yes would mean: `handoff`, or a flow."""
    awaiting: str = ""
    """An intent that waits to be told which product."""
    offer_slots: dict[str, str | int] = {}
    offer_reason: str = ""
    misses: int = 0
    """Misunderstandings in a row."""
    complaints: int = 0
    handoff_id: str = ""
    """Set while a person has the conversation."""
    noticed: bool = False
    """That a person will answer was said since."""
    cart_changed_ms: int = 0
    chosen: dict[str, dict[str, str]] = {}
    """Size and colour said of products put into the cart."""
    acts: list[str] = []
    """What was said last, oldest first, for the writer of replies."""
    mood: str = "calm"


def decode(data: str) -> State:
    """Raises msgspec.MsgspecError if the text is no state."""
    return msgspec.json.decode(data, type=State)


def encode(state: State) -> str:
    return msgspec.json.encode(state).decode()


def is_plain(value: Value) -> bool:
    """Whether a slot's value can be kept in a task."""
    return isinstance(value, str | int)
