"""The cart: put in, take out, show."""

from servicekit.errors import DeadlineExceeded, Overloaded, Unavailable
from services.dialogue import texts
from services.dialogue.basket import Basket
from services.dialogue.references import References
from services.dialogue.state import Seen
from services.dialogue.turn import RECOMMENDER, ShopEvent, Turn
from services.dialogue.wording import Wording

ABSENT = (Unavailable, DeadlineExceeded, Overloaded)
MOST = 999


class Carting:
    """The cart is the fold of the shop's cart events: what is done here is told as such an event."""

    def __init__(self, references: References, basket: Basket, wording: Wording) -> None:
        self._references, self._basket, self._wording = references, basket, wording

    async def add(self, turn: Turn) -> None:
        product = await self._meant(turn)
        if product is None:
            return
        quantity = max(1, min(turn.heard.said.number("quantity") or 1, MOST))
        self._change(turn, product, "add-to-cart", quantity)
        self._remember_choice(turn, product)
        title = texts.short(product.title)
        facts = [("title", title), ("quantity", str(quantity))]
        await self._wording.tell(turn, "added-to-cart", facts, "added", title=title, quantity=quantity)
        self._offer_checkout(turn)

    def _remember_choice(self, turn: Turn, product: Seen) -> None:
        """The event has no size or colour; the order will."""
        values = {name: turn.heard.said.slot(name) for name in ("size", "colour")}
        chosen = {name: str(slot.value) for name, slot in values.items() if slot is not None}
        if chosen:
            turn.state.chosen[product.product_id] = {**turn.state.chosen.get(product.product_id, {}), **chosen}

    async def remove(self, turn: Turn) -> None:
        try:
            pieces = await self._basket.pieces(turn)
            lines = await self._basket.lines(turn, pieces)
            product = await self._in_cart(turn, [Seen(line.product_id, line.title) for line in lines])
        except ABSENT:
            self._missing(turn)
            return
        if product is None or product.product_id not in pieces:
            turn.tell("cart-empty" if not pieces else "not-in-cart")
            return
        quantity = min(turn.heard.said.number("quantity") or MOST, pieces[product.product_id])
        self._change(turn, product, "remove-from-cart", quantity)
        turn.tell("removed", title=texts.short(product.title))

    async def _in_cart(self, turn: Turn, cart: list[Seen]) -> Seen | None:
        """What is meant, looked for in the cart first: among what was shown only if that is in it."""
        if len(cart) == 1 and not turn.heard.said.text_of("product"):
            return cart[0]
        shown, focus = turn.state.shown, turn.state.focus
        held = {each.product_id for each in cart}
        meant = await self._references.product(turn)
        if meant is not None and meant.product_id in held:
            return meant
        turn.state.shown, turn.state.focus = cart, None
        try:
            return await self._references.product(turn)
        finally:
            turn.state.shown, turn.state.focus = shown, focus

    async def view(self, turn: Turn) -> None:
        try:
            lines = await self._basket.lines(turn, await self._basket.pieces(turn))
        except ABSENT:
            self._missing(turn)
            return
        if not lines:
            turn.tell("cart-empty")
            return
        total = texts.money(texts.total([line.price.times(line.quantity) for line in lines]))
        items = texts.joined([texts.line(line, turn.language) for line in lines], turn.language)
        turn.tell("cart-is", items=items, total=total)
        self._offer_checkout(turn)

    def _offer_checkout(self, turn: Turn) -> None:
        turn.offer([(texts.say("checkout-label", turn.language), texts.say("checkout-text", turn.language))])

    def _change(self, turn: Turn, product: Seen, kind: str, quantity: int) -> None:
        event = ShopEvent(kind, product.product_id, quantity, product.price, product.currency, turn.state.shown_with)
        turn.shop_events.append(event)

    async def _meant(self, turn: Turn) -> Seen | None:
        try:
            product = await self._references.product(turn)
        except ABSENT:
            self._missing(turn)
            return None
        if product is None:
            count = len(turn.state.shown)
            ordinals = turn.heard.said.ordinals()
            if ordinals and count:
                turn.tell("not-so-many", count=count)
            else:
                turn.ask_which("add-to-cart")
        return product

    def _missing(self, turn: Turn) -> None:
        turn.missing(RECOMMENDER)
        turn.outcome = "degraded"
        turn.tell("recommender-unavailable")
