"""Finding products: search with conditions, refinement, recommendation, more like one."""

from collections.abc import Sequence

from servicekit.errors import DeadlineExceeded, NotFound, Overloaded, Unavailable
from services.dialogue import keywords, seeking, texts
from services.dialogue.ports import Card, Conditions, Products, Shelf
from services.dialogue.references import References
from services.dialogue.seeking import Attempt
from services.dialogue.state import Wanted
from services.dialogue.turn import RECOMMENDER, ShopEvent, Turn
from services.dialogue.understanding import PriceRange
from services.dialogue.wording import Facts, Wording

SHOWN = 5
LONGEST = 40
"""Characters of a sentence that may be no more than the name of a product."""
TOLD = 3
ABSENT = (Unavailable, DeadlineExceeded, Overloaded)
_CONDITIONS = ("product", "brand", "colour", "size", "material", "recipient", "occasion")


class Finding:
    """Keeps what was wanted, so that the next sentence can narrow it."""

    def __init__(self, products: Products, references: References, wording: Wording) -> None:
        self._products, self._references, self._wording = products, references, wording
        self._popular: dict[str, Shelf] = {}

    async def search(self, turn: Turn) -> None:
        """A new search; without a kind of product it narrows the one before."""
        said = turn.heard.said
        if not said.text_of("product") and turn.state.wanted and turn.state.wanted.product:
            await self.refine(turn)
            return
        wanted = Wanted()
        _note(turn, wanted)
        if not wanted.product and not _narrows(wanted):
            wanted.product = keywords.product_in(said.text) if len(said.text) <= LONGEST else ""
        await self._find(turn, wanted)

    async def refine(self, turn: Turn) -> None:
        """The search before with other conditions; without any: others of the same."""
        wanted = turn.state.wanted
        if wanted is None:
            await (self.search(turn) if turn.heard.said.text_of("product") else self.recommend(turn))
            return
        before = (wanted.product, *(getattr(wanted, name) for name in _CONDITIONS), wanted.low, wanted.high)
        _note(turn, wanted)
        price = turn.heard.said.price()
        if price is not None and price.direction:
            await self._by_price(turn, wanted, price.direction)
            return
        after = (wanted.product, *(getattr(wanted, name) for name in _CONDITIONS), wanted.low, wanted.high)
        exclude = [seen.product_id for seen in turn.state.shown] if before == after else []
        await self._find(turn, wanted, exclude)

    async def _by_price(self, turn: Turn, wanted: Wanted, direction: int) -> None:
        """Cheaper or dearer than what was shown, or than the one talked about."""
        shown = [turn.state.focus] if turn.state.focus else turn.state.shown
        prices = [seen.price for seen in shown if seen.price]
        narrowed = Wanted(**{name: getattr(wanted, name) for name in Wanted.__struct_fields__})
        if prices and direction < 0:
            narrowed.high = min(prices) - 1
        elif prices:
            narrowed.low = max(prices) + 1
        try:
            shelf, attempt = await self._try(turn, narrowed, (), "relevance", strict=True)
            if not shelf.cards:
                again = "price-ascending" if direction < 0 else "price-descending"
                shelf, attempt = await self._try(turn, wanted, (), again)
                turn.tell("no-cheaper" if direction < 0 else "no-dearer")
                turn.show(cut(shelf))
                return
        except ABSENT:
            await self.instead(turn)
            return
        turn.state.wanted = narrowed
        self._tell_preferences(turn, narrowed)
        await self._tell(turn, narrowed, shelf, attempt)

    async def _find(self, turn: Turn, wanted: Wanted, exclude: Sequence[str] = ()) -> None:
        turn.state.wanted = wanted
        self._tell_preferences(turn, wanted)
        try:
            if wanted.like:
                await self._like(turn, wanted)
                return
            if not wanted.product and not exclude and not _searchable(wanted):
                await self._shelf(turn, wanted, ())
                return
            shelf, attempt = await self._try(turn, wanted, exclude)
        except ABSENT:
            await self.instead(turn)
            return
        if shelf.cards:
            await self._tell(turn, wanted, shelf, attempt)
        else:
            await self._nothing(turn, wanted, exclude)

    async def _try(
        self, turn: Turn, wanted: Wanted, exclude: Sequence[str], order: str = "relevance", strict: bool = False
    ) -> tuple[Shelf, Attempt]:
        """The first attempt that finds something; the last one if none does. `strict`: nothing is given up."""
        last = Attempt("", Conditions())
        for attempt in seeking.attempts(wanted, self._products.vocabulary(), exclude):
            if strict and attempt.dropped:
                continue
            last = attempt
            if not attempt.query and not _asks(attempt.conditions):
                continue
            shelf = await self._products.search(turn.asker, attempt.query, attempt.conditions, order, SHOWN)
            if shelf.cards:
                return shelf, attempt
        return Shelf(()), last

    async def _tell(self, turn: Turn, wanted: Wanted, shelf: Shelf, attempt: Attempt) -> None:
        what = seeking.described(wanted, turn.language)
        if attempt.dropped:
            turn.tell("dropped", what=seeking.left_aside(wanted, attempt.dropped, turn.language))
        elif attempt.near:
            turn.tell("near-colour", colour=texts.colour_in(wanted.colour, turn.language))
        elif what:
            facts = [("query", what), ("count", str(shelf.total or len(shelf.cards))), *facts_of(shelf.cards)]
            count = shelf.total or len(shelf.cards)
            await self._wording.tell(turn, "search-results", facts, "search-results", count=count, what=what)
        else:
            turn.tell("search-results-plain")
        self.keep(turn, shelf)
        turn.show(cut(shelf))

    async def _nothing(self, turn: Turn, wanted: Wanted, exclude: Sequence[str]) -> None:
        if exclude:
            turn.tell("no-more")
            return
        what = seeking.described(wanted, turn.language) or turn.heard.said.text
        turn.outcome = "nothing-found"
        popular = await self._products.popular(turn.asker, SHOWN)
        if popular.cards:
            turn.tell("no-results-popular", what=what)
            turn.show(cut(popular))
        else:
            turn.tell("no-results", what=what)

    async def recommend(self, turn: Turn) -> None:
        """The shop's own choice for this shopper; by words where a kind of product was named."""
        wanted = Wanted()
        _note(turn, wanted)
        turn.state.wanted = wanted
        self._tell_preferences(turn, wanted)
        try:
            if wanted.product or _searchable(wanted):
                shelf, attempt = await self._try(turn, wanted, ())
                if shelf.cards:
                    await self._tell(turn, wanted, shelf, attempt)
                    return
            await self._shelf(turn, wanted, ())
        except ABSENT:
            await self.instead(turn)

    async def _shelf(self, turn: Turn, wanted: Wanted, exclude: Sequence[str]) -> None:
        conditions = Conditions(low=wanted.low, high=wanted.high, exclude=exclude)
        shelf = await self._products.recommend(turn.asker, conditions, SHOWN)
        if not shelf.cards and (wanted.low is not None or wanted.high is not None):
            shelf = await self._products.recommend(turn.asker, Conditions(exclude=exclude), SHOWN)
            turn.tell("dropped", what=texts.say("condition-price", turn.language))
        else:
            await self._wording.tell(turn, "recommend-products", facts_of(shelf.cards), "recommend-products")
        self.keep(turn, shelf)
        turn.show(cut(shelf))

    async def similar(self, turn: Turn) -> None:
        product = await self._references.product(turn)
        if product is None:
            if turn.heard.said.text_of("product"):
                await self.search(turn)
            else:
                turn.ask_which("similar-product")
            return
        wanted = Wanted(like=product.product_id)
        turn.state.wanted = wanted
        try:
            await self._like(turn, wanted, product.title)
        except ABSENT:
            await self.instead(turn)

    async def _like(self, turn: Turn, wanted: Wanted, title: str = "") -> None:
        conditions = Conditions(low=wanted.low, high=wanted.high)
        try:
            shelf = await self._products.similar(turn.asker, wanted.like, conditions, SHOWN)
        except NotFound:
            shelf = Shelf(())
        if not shelf.cards:
            turn.tell("no-more")
            return
        turn.tell("similar-products", title=texts.short(title)) if title else turn.tell("search-results-plain")
        self.keep(turn, shelf)
        turn.show(cut(shelf))

    def keep(self, turn: Turn, shelf: Shelf) -> None:
        """What was found last in each language: shown when nothing can be found any more."""
        if shelf.cards:
            self._popular[turn.language] = shelf

    async def instead(self, turn: Turn) -> None:
        turn.missing(RECOMMENDER)
        turn.outcome = "degraded"
        last = self._popular.get(turn.language)
        if last is None:
            turn.tell("recommender-unavailable")
            return
        turn.tell("recommender-unavailable-popular")
        turn.show(cut(last))

    def remember_popular(self, language: str, shelf: Shelf) -> None:
        """What sells best, read beforehand."""
        if shelf.cards:
            self._popular[language] = shelf

    def _tell_preferences(self, turn: Turn, wanted: Wanted) -> None:
        """The conditions of a search are preferences said in chat."""
        said = turn.heard.said
        named = [(name, getattr(wanted, name), 1.0) for name in ("brand", "colour", "material", "size")]
        told = [each for each in named if each[1] and said.slot(each[0])]
        if wanted.product and said.slot("product"):
            told.append(("words", wanted.product[:256], 1.0))
            paths = seeking.categories_of(wanted.product, self._products.vocabulary().categories)
            told += [("category", path, 1.0) for path in paths[:3]]
        if wanted.high is not None and said.price():
            told.append(("max_price", f"{wanted.high / 100:g}", 1.0))
        if told:
            turn.shop_events.append(ShopEvent("chat-preference", preferences=told))


def _note(turn: Turn, wanted: Wanted) -> None:
    """Takes the conditions of a sentence in."""
    said = turn.heard.said
    for name in _CONDITIONS:
        slot = said.slot(name)
        if slot is not None:
            value = slot.value if name in ("colour", "size") else slot.text
            setattr(wanted, name, str(value).strip())
    price = said.price()
    if isinstance(price, PriceRange) and not price.direction:
        wanted.narrow(price)


def _narrows(wanted: Wanted) -> bool:
    return _searchable(wanted) or wanted.low is not None or wanted.high is not None


def _searchable(wanted: Wanted) -> bool:
    return any(getattr(wanted, name) for name in ("brand", "colour", "material", "occasion"))


def _asks(conditions: Conditions) -> bool:
    return bool(
        conditions.brands or conditions.attributes or conditions.categories or conditions.low or conditions.high
    )


def cut(shelf: Shelf) -> Shelf:
    return Shelf(list(shelf.cards)[:SHOWN], shelf.attribution_token, shelf.total)


def facts_of(cards: Sequence[Card]) -> Facts:
    """What may be said of the first products shown."""
    facts: Facts = []
    for card in list(cards)[:TOLD]:
        facts.append(("title", texts.short(card.title)))
        facts.append(("price", texts.money(card.price)))
        if card.reason:
            facts.append(("reason", card.reason))
    return facts
