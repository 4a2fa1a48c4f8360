"""What the conversation needs of others, as Protocols of plain values; adapters in `peers.py`, `nlu.py`, `shelf.py`.

Every method may raise `servicekit.errors`: Unavailable, DeadlineExceeded or Overloaded mean that the other has no
answer now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.dialogue.orders.order import Amount, Order, OrderLine, Shipment, Shopper
from services.dialogue.understanding import Understanding


class Understander(Protocol):
    """Makes sense of one sentence."""

    async def understand(self, text: str, language: str) -> Understanding:
        """`language`: where the sentence itself does not tell."""


@dataclass(frozen=True, slots=True)
class Card:
    """A product as it is shown. `message` is the recommender's own, handed on as it is; `reason` a sentence."""

    product_id: str
    title: str
    price: Amount
    original_price: Amount | None = None
    brand: str = ""
    description: str = ""
    categories: Sequence[str] = ()
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    stock: int | None = None
    """None: unknown, and sellable."""
    rating: float = 0.0
    reason: str = ""
    message: bytes = b""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Products in the order to show them."""

    cards: Sequence[Card]
    attribution_token: str = ""
    total: int = 0


@dataclass(frozen=True, slots=True)
class Conditions:
    """All must hold; within one list any value will do. Prices in hundredths, inclusive."""

    categories: Sequence[str] = ()
    brands: Sequence[str] = ()
    low: int | None = None
    high: int | None = None
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exclude: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks the recommender, and the language of its answer."""

    shopper: Shopper
    language: str


@dataclass(frozen=True, slots=True)
class Cart:
    """Pieces by product; `as_of_ms` is the time of the last event that counted."""

    pieces: Mapping[str, int]
    as_of_ms: int = 0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the catalogue as they stand in it, in all its languages. Empty while it is not known."""

    brands: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    """Whole paths."""
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Values by the attribute's name."""


class Products(Protocol):
    """The shop's products, and what it knows of a shopper's cart."""

    async def search(
        self, asker: Asker, query: str, conditions: Conditions, order: str = "relevance", limit: int = 6
    ) -> Shelf:
        """`order`: relevance, price-ascending, price-descending."""

    async def recommend(self, asker: Asker, conditions: Conditions, limit: int = 6) -> Shelf: ...

    async def similar(self, asker: Asker, product_id: str, conditions: Conditions, limit: int = 6) -> Shelf: ...

    async def popular(self, asker: Asker, limit: int = 6) -> Shelf: ...

    async def product(self, product_id: str, language: str) -> Card:
        """Raises NotFound."""

    async def cart(self, shopper: Shopper, since_ms: int = 0) -> Cart:
        """With what happened until `since_ms`, if that becomes known in a moment."""

    def vocabulary(self) -> Vocabulary: ...


class Passage(Protocol):
    """An article's passage that answers a question."""

    @property
    def slug(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def uri(self) -> str: ...


class Knowledge(Protocol):
    """What the shop's staff know."""

    async def search(self, question: str, language: str, topic: str = "", limit: int = 1) -> Sequence[Passage]:
        """Surest first; empty: nobody knows."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be said in words of the generator's own: an act, and all that may be stated."""

    act: str
    facts: Sequence[tuple[str, str]] = ()
    flow: str = ""
    turn: int = 1
    mood: str = "calm"


@dataclass(frozen=True, slots=True)
class Said:
    """One of the last things said. `act`: of ours."""

    by_shopper: bool
    text: str
    act: str = ""


class Writer(Protocol):
    """Words an answer."""

    async def word(self, wish: Wish, language: str, history: Sequence[Said]) -> str: ...


class Orders(Protocol):
    """The shop's orders. Changes take a request id (a UUID): a repeat returns the first result.

    An order of somebody else is NotFound; what may not be is Conflict with a reason: ORDER_SHIPPED, ORDER_CANCELLED,
    NOT_DELIVERED, RETURN_WINDOW_OVER, ALREADY_RETURNED, NOT_RETURNABLE.
    """

    async def place(
        self, request_id: str, shopper: Shopper, lines: Sequence[OrderLine], attribution_token: str = ""
    ) -> Order: ...

    async def get(self, shopper: Shopper, order_id: str) -> Order: ...

    async def list(self, shopper: Shopper, limit: int = 20) -> Sequence[Order]:
        """Newest first."""

    async def cancel(self, request_id: str, shopper: Shopper, order_id: str, reason: str = "") -> Order: ...

    async def request_return(
        self, request_id: str, shopper: Shopper, order_id: str, product_id: str, quantity: int = 0, reason: str = ""
    ) -> Order:
        """`quantity` 0: all pieces of that product."""

    async def request_exchange(
        self,
        request_id: str,
        shopper: Shopper,
        order_id: str,
        product_id: str,
        quantity: int = 0,
        new_size: str = "",
        new_colour: str = "",
        reason: str = "",
    ) -> Order: ...

    async def track(self, shopper: Shopper, order_id: str) -> Shipment: ...
