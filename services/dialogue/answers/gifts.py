"""Presents: within the price, of several kinds, and nothing to wear that is for somebody else."""

from collections.abc import Sequence

from services.dialogue import texts
from services.dialogue.answers.finding import ABSENT, SHOWN, Finding, cut, facts_of
from services.dialogue.flows import Flow
from services.dialogue.orders.order import Order
from services.dialogue.ports import Card, Conditions, Products, Shelf
from services.dialogue.state import Task, Wanted
from services.dialogue.turn import Turn
from services.dialogue.wording import Wording

GIFT = "gift"
"""How catalogues mark presents."""
_WORN = {"Women", "Men", "Children"}


class Gifts:
    """`choose` ends the flow of that kind."""

    def __init__(self, products: Products, finding: Finding, wording: Wording) -> None:
        self._products, self._finding, self._wording = products, finding, wording

    async def choose(self, turn: Turn, flow: Flow, task: Task, _order: Order | None) -> None:
        """Presents, within the price; for whom decides what is worn."""
        low, high = int(task.slots.get("low", 0)), int(task.slots.get("high", 0))
        wanted = Wanted(
            product=GIFT,
            recipient=str(task.slots.get("recipient", "")) or texts.recipient_in(turn.heard.said.text),
            low=low or None,
            high=high or None,
        )
        turn.state.wanted = wanted
        conditions = Conditions(low=wanted.low, high=wanted.high)
        try:
            shelf = await self._presents(turn, wanted, conditions)
        except ABSENT:
            await self._finding.instead(turn)
            return
        who = wanted.recipient
        facts = [*([("recipient", who)] if who else []), *facts_of(shelf.cards)]
        template = "recommend-gift" if who else "recommend-products"
        await self._wording.tell(turn, "recommend-products", facts, template, recipient=who)
        self._finding.keep(turn, shelf)
        turn.show(cut(shelf))
        if not who and not high:
            turn.say(flow.done.get(turn.language, ""))

    async def _presents(self, turn: Turn, wanted: Wanted, conditions: Conditions) -> Shelf:
        """Worn things only of the right kind; then presents in general; then what the shop would recommend."""
        shelf = await self._products.search(turn.asker, "gift", conditions, limit=SHOWN * 4)
        audience = texts.audience_of(wanted.recipient)
        fitting = [card for card in shelf.cards if _fits(card, audience)]
        if fitting:
            return Shelf(_mixed(fitting), shelf.attribution_token, len(fitting))
        return await self._products.recommend(turn.asker, conditions, SHOWN)


def _fits(card: Card, audience: str) -> bool:
    """Whether a present suits: what says whom it is for must say so."""
    meant = set(card.attributes.get("audience", ()))
    chinese = {"女士": "Women", "男士": "Men", "儿童": "Children"}
    named = {chinese.get(each, each) for each in meant} & _WORN
    return not named or not audience or audience in named


def _mixed(cards: Sequence[Card]) -> list[Card]:
    """One of each kind first, then the seconds, in their order."""
    counts: dict[str, int] = {}
    ranked = []
    for card in cards:
        kind = card.categories[0] if card.categories else ""
        counts[kind] = counts.get(kind, 0) + 1
        ranked.append((counts[kind], card))
    return [card for _, card in sorted(ranked, key=lambda pair: pair[0])]
