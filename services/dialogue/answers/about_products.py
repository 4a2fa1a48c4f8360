"""Questions about one product, or about several side by side."""

from collections.abc import Sequence

from servicekit.errors import DeadlineExceeded, Overloaded, Unavailable
from services.dialogue import texts
from services.dialogue.answers.knowing import Knowing
from services.dialogue.orders.order import Amount
from services.dialogue.ports import Card, Shelf
from services.dialogue.references import References
from services.dialogue.sizes import same_size, sizes_of
from services.dialogue.state import Seen
from services.dialogue.turn import RECOMMENDER, Turn
from services.dialogue.wording import Wording

ABSENT = (Unavailable, DeadlineExceeded, Overloaded)
FEW = 5
SURE = 0.7
"""Confidence of an article that answers in the place of a product."""
_TELLING = ("material", "size", "weight", "capacity", "volume", "season", "power", "storage", "flavour", "pack")


class AboutProducts:
    """All that is said comes from the catalogue."""

    def __init__(self, references: References, knowing: Knowing, wording: Wording) -> None:
        self._references, self._knowing, self._wording = references, knowing, wording

    async def price(self, turn: Turn) -> None:
        card = await self._card(turn, "ask-price")
        if card is None:
            return
        title, price = texts.short(card.title), texts.money(card.price)
        if card.original_price and card.original_price.cents > card.price.cents:
            original = texts.money(card.original_price)
            facts = [("title", title), ("price", price), ("original_price", original)]
            await self._wording.tell(
                turn, "answer-price", facts, "price-reduced", title=title, price=price, original=original
            )
        else:
            facts = [("title", title), ("price", price)]
            await self._wording.tell(turn, "answer-price", facts, "price-is", title=title, price=price)
        turn.show(Shelf([card], turn.state.shown_with)) if not turn.state.shown else None

    async def stock(self, turn: Turn) -> None:
        card = await self._card(turn, "check-stock")
        if card is None:
            return
        variant, missing, values = _variant(turn, card)
        if (slot := turn.heard.said.slot("size")) is not None and not missing:
            chosen = turn.state.chosen.setdefault(card.product_id, {})
            chosen["size"] = str(slot.value)
        title = texts.short(card.title)
        if missing:
            turn.tell("no-variant", title=title, what=missing, values=texts.joined(values, turn.language))
            return
        what = f"（{variant}）" if variant and turn.language == "zh" else (f" in {variant}" if variant else "")
        if card.stock == 0:
            turn.tell("out-of-stock", title=title, what=what)
            turn.state.offer, turn.state.offer_slots = "similar-product", {}
            return
        if card.stock is not None and card.stock <= FEW:
            turn.tell("few-left", title=title, what=what, count=card.stock)
            return
        facts = [("title", title), ("stock", "有货" if turn.language == "zh" else "in stock")]
        if what:
            turn.tell("in-stock", title=title, what=what)
        else:
            await self._wording.tell(turn, "answer-stock", facts, "in-stock", title=title, what="")

    async def attribute(self, turn: Turn) -> None:
        """A property: from the attributes, else from the description; else, if no product is meant, from an article."""
        said = turn.heard.said
        card = await self._card(turn, "")
        if card is None:
            if not await self._knowing.tell(turn, said.text):
                turn.ask_which("ask-product")
            return
        asked = said.text_of("attribute")
        name = texts.attribute_of(asked) or texts.attribute_of(said.text)
        values = _values(card, name)
        title = texts.short(card.title)
        if values:
            label, told = texts.attribute_name(name, turn.language), texts.joined(values, turn.language)
            facts = [("title", title), (name, told)]
            await self._wording.tell(
                turn, "answer-attribute", facts, "attribute-is", title=title, name=label, values=told
            )
        elif asked or name:
            label = asked or texts.attribute_name(name, turn.language)
            turn.tell("attribute-unknown", title=title, name=label, description=card.description)
        else:
            self._tell_about(turn, card)

    async def describe(self, turn: Turn) -> bool:
        """`The second one`: what it is. False if no product was meant."""
        meant = await self._references.product(turn)
        card = await self._references.card(meant.product_id, turn.language) if meant else None
        if card is None:
            return False
        self._tell_about(turn, card)
        return True

    def _tell_about(self, turn: Turn, card: Card) -> None:
        price = texts.money(card.price)
        turn.tell("about-product", title=texts.short(card.title), price=price, description=card.description)

    async def compare(self, turn: Turn) -> None:
        try:
            meant = (await self._references.several(turn))[:3]
            found = [await self._references.card(each.product_id, turn.language) for each in meant]
        except ABSENT:
            self._missing(turn)
            return
        cards = [card for card in found if card]
        if len(cards) < 2:
            turn.tell("compare-which")
            return
        turn.tell("compare-intro")
        for card in cards:
            turn.tell(
                "compare-line",
                title=texts.short(card.title),
                price=texts.money(card.price),
                what=_traits(card, turn.language),
            )
        cheap, dear = min(cards, key=lambda card: card.price.cents), max(cards, key=lambda card: card.price.cents)
        if cheap.price.cents < dear.price.cents:
            less = Amount(dear.price.currency, dear.price.cents - cheap.price.cents)
            turn.tell("compare-cheaper", title=texts.short(cheap.title), price=texts.money(less))
        turn.act = "compare-products"

    async def _card(self, turn: Turn, intent: str) -> Card | None:
        """The product meant, as the catalogue has it now; asks which if that is not clear, for the intent if one is
        named."""
        try:
            meant: Seen | None = await self._references.product(turn)
            card = await self._references.card(meant.product_id, turn.language) if meant else None
        except ABSENT:
            self._missing(turn)
            return None
        if card is None and intent and not turn.degradations and not await self._known(turn):
            turn.ask_which(intent)
        return card

    async def _known(self, turn: Turn) -> bool:
        """A question about no product may be one that an article answers."""
        return turn.heard.question and await self._knowing.tell(turn, turn.heard.said.text, least=SURE)

    def _missing(self, turn: Turn) -> None:
        turn.missing(RECOMMENDER)
        turn.outcome = "degraded"
        turn.tell("recommender-unavailable")


def _variant(turn: Turn, card: Card) -> tuple[str, str, Sequence[str]]:
    """(size and colour asked for, that which there is not, what there is instead)."""
    said, parts = turn.heard.said, []
    if (slot := said.slot("size")) is not None:
        size, sizes = str(slot.value), sizes_of(card)
        if sizes and not any(same_size(size, each) for each in sizes):
            return "", texts.say("new-size", turn.language, size=size), sizes
        parts.append(texts.say("new-size", turn.language, size=size))
    if (slot := said.slot("colour")) is not None:
        colour = texts.colour_in(str(slot.value), turn.language)
        values = card.attributes.get("colour") or card.attributes.get("color") or ()
        words = [word.casefold() for word in texts.colour_words(str(slot.value))]
        if values and not any(word in value.casefold() for value in values for word in words):
            return "", colour, values
        parts.append(colour)
    return texts.joined(parts, turn.language), "", ()


def _values(card: Card, name: str) -> Sequence[str]:
    if name == "brand":
        return [card.brand] if card.brand else []
    if name == "rating":
        return [f"{card.rating:g}/5"] if card.rating else []
    if name == "size":
        return list(sizes_of(card)) or list(card.attributes.get("height", ()))
    if name in ("capacity", "volume"):
        return list(card.attributes.get("capacity", ()) or card.attributes.get("volume", ()))
    return list(card.attributes.get(name, ()))


def _traits(card: Card, language: str) -> str:
    traits = []
    for name in _TELLING:
        if values := card.attributes.get(name):
            told = texts.joined(list(values)[:8], language)
            traits.append(f"{texts.attribute_name(name, language)} {told}")
    if card.rating:
        traits.append(texts.say("rating-is", language, count=f"{card.rating:g}"))
    return texts.joined(traits[:4], language)
