"""Which product is meant by `the second one`, `it`, `the black one`, or a name."""

import re

from servicekit.errors import ServiceError
from services.dialogue import matching, texts
from services.dialogue.ports import Card, Conditions, Products
from services.dialogue.state import Seen
from services.dialogue.turn import Turn, seen
from services.dialogue.understanding import Slot

_CHEAPEST = re.compile(r"\b(cheapest|least expensive|lowest price)\b|最便宜|价格最低", re.IGNORECASE)
_DEAREST = re.compile(r"\b(most expensive|dearest|priciest)\b|最贵", re.IGNORECASE)
_THIS = re.compile(r"\b(this|it)\b|这[个件款条双台本]?|它", re.IGNORECASE)


class References:
    """Looks among what was shown first, then at what is talked about, then in the catalogue."""

    def __init__(self, products: Products) -> None:
        self._products = products

    async def product(self, turn: Turn) -> Seen | None:
        """The product meant; None if that is not clear. It is what `it` means from now on."""
        meant = self._shown(turn) or await self._named(turn) or await self._open(turn)
        if meant is None and not turn.heard.said.text_of("product"):
            only = turn.state.shown[0] if len(turn.state.shown) == 1 else None
            meant = turn.state.focus or only
        if meant is not None:
            turn.state.focus = meant
        return meant

    async def several(self, turn: Turn) -> list[Seen]:
        """Two or more products to compare."""
        shown, said = turn.state.shown, turn.heard.said
        by_place = [each for each in (self._at(turn, place) for place in said.ordinals()) if each]
        if len(by_place) > 1:
            return by_place
        named = [each for each in [await self._search(turn, slot.text) for slot in _products(turn)] if each]
        if len({each.product_id for each in named}) > 1:
            return named
        pair = list(
            {each.product_id: each for each in [*by_place, *([turn.state.focus] if turn.state.focus else [])]}.values()
        )
        if len(pair) > 1:
            return pair
        return shown[:2] if len(shown) > 1 else []

    def _shown(self, turn: Turn) -> Seen | None:
        """Among the products shown last: by position, by price, by name, by colour."""
        said, shown = turn.heard.said, turn.state.shown
        for place in said.ordinals():
            if found := self._at(turn, place):
                return found
        if shown and _CHEAPEST.search(said.text):
            return min(shown, key=lambda each: each.price)
        if shown and _DEAREST.search(said.text):
            return max(shown, key=lambda each: each.price)
        words = said.text_of("product")
        fitting = [shown[i] for i in matching.best(words, [[each.title] for each in shown])] if words else list(shown)
        narrowed = _narrowed(turn, fitting)
        if narrowed and len(narrowed) < len(shown):
            focus = turn.state.focus
            return focus if focus in narrowed else narrowed[0]
        return narrowed[0] if words and narrowed else None

    def _at(self, turn: Turn, place: int) -> Seen | None:
        shown = turn.state.shown
        index = place - 1 if place > 0 else len(shown) + place
        return shown[index] if 0 <= index < len(shown) else None

    async def _named(self, turn: Turn) -> Seen | None:
        words = turn.heard.said.text_of("product")
        if not words:
            return None
        focus = turn.state.focus
        if focus is not None and matching.likeness(words, [focus.title]) >= matching.ENOUGH:
            return focus
        said = turn.heard.said
        more = [said.text_of(name) for name in ("brand", "colour", "material")]
        return await self._search(turn, " ".join(word for word in [*more, words] if word))

    async def _search(self, turn: Turn, words: str) -> Seen | None:
        shelf = await self._products.search(turn.asker, words, Conditions(), limit=1)
        return seen(shelf.cards[0]) if shelf.cards else None

    async def _open(self, turn: Turn) -> Seen | None:
        """The product whose page is open."""
        product_id = turn.input.context_product_id
        if not product_id or (turn.state.focus and not _THIS.search(turn.heard.said.text)):
            return None
        card = await self.card(product_id, turn.language)
        return seen(card) if card else None

    async def card(self, product_id: str, language: str) -> Card | None:
        """None if the shop has it no more. Raises Unavailable."""
        try:
            return await self._products.product(product_id, language)
        except ServiceError as error:
            if error.reason in ("PRODUCT_NOT_FOUND", "NOT_FOUND"):
                return None
            raise


def _products(turn: Turn) -> list[Slot]:
    return [slot for slot in turn.heard.said.slots if slot.name == "product"]


def _narrowed(turn: Turn, fitting: list[Seen]) -> list[Seen]:
    """By the colour, material or brand said, as far as titles tell."""
    for name in ("colour", "material", "brand"):
        slot = turn.heard.said.slot(name)
        if slot is None:
            continue
        words = texts.colour_words(str(slot.value)) if name == "colour" else [slot.text]
        same = [each for each in fitting if any(word.casefold() in each.title.casefold() for word in words)]
        fitting = same or fitting
    return fitting
