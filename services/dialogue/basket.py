"""The shopper's cart, as lines of an order to be."""

from collections.abc import Sequence

import msgspec

from servicekit.errors import DeadlineExceeded, NotFound, Overloaded, Unavailable
from services.dialogue import texts
from services.dialogue.flows import Flow
from services.dialogue.orders.order import OrderLine
from services.dialogue.ports import Card, Products
from services.dialogue.turn import RECOMMENDER, Turn

MOST_LINES = 50
ADDED, REMOVED = "add-to-cart", "remove-from-cart"
FRESH_MS = 3000
"""For so long after a change of the cart it may not be in the profile yet."""


class Basket:
    """Reads the cart from the profile, and what its products are now from the catalogue."""

    def __init__(self, products: Products) -> None:
        self._products = products

    async def pieces(self, turn: Turn) -> dict[str, int]:
        """By product, with what this very turn has changed. Raises Unavailable."""
        changed = turn.state.cart_changed_ms
        since = changed if turn.now_ms - changed < FRESH_MS else 0
        pieces = dict((await self._products.cart(turn.shopper, since)).pieces)
        for event in turn.shop_events:
            if event.kind in (ADDED, REMOVED):
                left = pieces.pop(event.product_id, 0) + event.quantity * (1 if event.kind == ADDED else -1)
                pieces |= {event.product_id: left} if left > 0 else {}
        return pieces

    async def lines(self, turn: Turn, pieces: dict[str, int]) -> Sequence[OrderLine]:
        """At the price of now; products that the shop no longer has are left out."""
        found = []
        for product_id, quantity in list(pieces.items())[:MOST_LINES]:
            try:
                card = await self._products.product(product_id, turn.language)
            except NotFound:
                continue
            found.append(self._line(turn, card, quantity))
        return found

    def _line(self, turn: Turn, card: Card, quantity: int) -> OrderLine:
        chosen = turn.state.chosen.get(card.product_id, {})
        return OrderLine(
            card.product_id, quantity, card.price, card.title, chosen.get("size", ""), chosen.get("colour", "")
        )

    async def words(self, turn: Turn, flow: Flow) -> dict[str, str] | None:
        """What an order of the cart would be; of the product talked about, if the cart is empty."""
        try:
            pieces = await self.pieces(turn)
            focus = turn.state.focus
            if not pieces and focus is not None:
                pieces = {focus.product_id: 1}
            lines = await self.lines(turn, pieces)
        except (Unavailable, DeadlineExceeded, Overloaded):
            turn.missing(RECOMMENDER)
            turn.tell("recommender-unavailable")
            return None
        if not lines:
            turn.say(flow.nothing.get(turn.language, ""))
            return None
        said = [texts.line(line, turn.language) for line in lines]
        return {
            "items": texts.joined(said, turn.language),
            "total": texts.money(texts.total([line.price.times(line.quantity) for line in lines])),
            "lines": msgspec.json.encode(list(lines)).decode(),
        }

    def lines_of(self, words: dict[str, str]) -> list[OrderLine]:
        """The lines that were confirmed."""
        return msgspec.json.decode(words["lines"], type=list[OrderLine])
