"""Which order, and which item of it, a shopper means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from servicekit.errors import NotFound, ServiceError
from services.dialogue import matching, texts
from services.dialogue.flows import Flow
from services.dialogue.orders.order import CaseKind, Order, OrderLine, OrderState, Shopper
from services.dialogue.ports import Card, Orders, Products
from services.dialogue.state import Task
from services.dialogue.turn import Turn
from services.dialogue.understanding import DateRange

LISTED = 5
READ = 50


@dataclass(frozen=True)
class Pick:
    """`order` if it is clear which; else `choices` to ask among, and what to say first (`unknown` number, `missing`
    item)."""

    order: Order | None = None
    product_id: str = ""
    choices: Sequence[Order] = ()
    unknown: str = ""
    missing: str = ""
    none: bool = False
    """There is no order at all."""


class OrderPicker:
    """Reads orders by the port; product names in both languages by the recommender, where it is there."""

    def __init__(self, orders: Orders, products: Products) -> None:
        self._orders, self._products = orders, products

    async def pick(self, turn: Turn, flow: Flow, task: Task) -> Pick:
        """The order that the task is about. Raises Unavailable."""
        if number := str(task.slots.get("order_number", "")):
            return await self._numbered(turn, flow, number)
        orders = list(await self._orders.list(turn.shopper, READ))
        if not orders:
            return Pick(none=True)
        refused = str(task.slots.get("not", "")).split()
        left: Sequence[Order] = [order for order in orders if order.order_id not in refused] or orders
        left = _of_days(left, turn) or left
        if mention := str(task.slots.get("mention", "")):
            return await self._mentioned(turn, flow, left, mention)
        pick = _unmentioned(turn, flow, left)
        return await self._overheard(turn, flow, pick) if pick.choices else pick

    async def _numbered(self, turn: Turn, flow: Flow, number: str) -> Pick:
        try:
            return Pick(await self._orders.get(turn.shopper, number))
        except NotFound:
            orders = await self._orders.list(turn.shopper, READ)
            fitting = [order for order in orders if suits(flow, order)]
            return Pick(choices=(fitting or list(orders))[:LISTED], unknown=number, none=not orders)

    async def _mentioned(self, turn: Turn, flow: Flow, orders: Sequence[Order], mention: str) -> Pick:
        """By the name of an item. Suitable orders before others; the newest of the unsuitable."""
        lines = [(order, line) for order in orders for line in order.lines]
        described = [await self.described(line) for _, line in lines]
        found = _coloured(turn, [lines[i] for i in matching.best(mention, described)])
        if not found:
            pick = _unmentioned(turn, flow, orders)
            return Pick(choices=(pick.choices or orders)[:LISTED], missing=mention)
        fitting = [(order, line) for order, line in found if suits(flow, order) and open_line(order, line)]
        chosen = fitting or found[:1]
        by_order = {order.order_id: order for order, _ in chosen}
        if len(by_order) > 1:
            return Pick(choices=list(by_order.values())[:LISTED])
        order, line = chosen[0]
        return Pick(order, line.product_id if len(chosen) == 1 else "")

    async def order(self, shopper: Shopper, order_id: str) -> Order:
        """Raises NotFound, Unavailable."""
        return await self._orders.get(shopper, order_id)

    async def _overheard(self, turn: Turn, flow: Flow, pick: Pick) -> Pick:
        """Of several orders the one with an item whose name stands somewhere in the sentence."""
        lines = [(order, line) for order in pick.choices for line in order.lines]
        titles = [await self.named(line) for _, line in lines]
        found = [lines[i] for i in matching.mentioned(turn.heard.said.text, titles)]
        if len({order.order_id for order, _ in found}) != 1:
            return pick
        order, line = found[0]
        return Pick(order, line.product_id if len(found) == 1 else "")

    async def named(self, line: OrderLine) -> Sequence[str]:
        """Title and kind of an item, in both languages."""
        cards = [await self.card(line.product_id, language) for language in ("zh", "en")]
        told = [words for card in cards if card for words in (card.title, *card.categories)]
        return [line.title, *told]

    async def line(self, turn: Turn, order: Order, mention: str) -> Sequence[OrderLine]:
        """Items of an order that the words name; all that can be chosen if they name none or are empty."""
        usable = [line for line in order.lines if open_line(order, line)] or list(order.lines)
        if len(usable) > 1 and mention:
            described = [await self.described(line) for line in usable]
            named = [usable[i] for i in matching.best(mention, described)]
            coloured = [line for _, line in _coloured(turn, [(order, line) for line in named])]
            return coloured or usable
        if len(usable) > 1:
            titles = [await self.named(line) for line in usable]
            overheard = [usable[i] for i in matching.mentioned(turn.heard.said.text, titles)]
            return overheard if len(overheard) == 1 else usable
        return usable

    async def names(self, turn: Turn, words: str) -> bool:
        """Whether the words name an item of any of the shopper's orders. Raises Unavailable."""
        lines = [line for order in await self._orders.list(turn.shopper, READ) for line in order.lines]
        return bool(matching.best(words, [await self.described(line) for line in lines]))

    async def described(self, line: OrderLine) -> Sequence[str]:
        """All words known of an item, in both languages."""
        said = [line.title, line.colour, line.size, line.product_id.replace("-", " ")]
        for language in ("zh", "en"):
            card = await self.card(line.product_id, language)
            if card is not None:
                values = [value for each in card.attributes.values() for value in each]
                said += [card.title, card.brand, *card.categories, *values]
        return said

    async def card(self, product_id: str, language: str) -> Card | None:
        try:
            return await self._products.product(product_id, language)
        except ServiceError:
            return None


def suits(flow: Flow, order: Order) -> bool:
    return (not flow.order_states or str(order.state) in flow.order_states) and any(
        open_line(order, line) for line in order.lines
    )


def open_line(order: Order, line: OrderLine) -> bool:
    """Nothing was asked for with this item yet."""
    return all(case.product_id != line.product_id for case in order.cases)


def under_way(order: Order) -> bool:
    return order.state in (OrderState.PLACED, OrderState.PAID, OrderState.SHIPPED)


def refunding(order: Order) -> bool:
    """Money of it is to come back, or came."""
    return order.state is OrderState.CANCELLED or any(case.kind is CaseKind.RETURN for case in order.cases)


def _unmentioned(turn: Turn, flow: Flow, orders: Sequence[Order]) -> Pick:
    """No item was named: the order talked about, the only one that suits, else a question."""
    fitting = [order for order in orders if suits(flow, order)] if flow.order_states else list(orders)
    recent = next((order for order in orders if order.order_id == turn.state.order_id), None)
    if recent is not None and (recent in fitting or not fitting):
        return Pick(recent)
    if not fitting:
        going = [order for order in orders if under_way(order)]
        return Pick((going or list(orders))[0])
    if len(fitting) == 1 or flow.prefer == "newest":
        return Pick(fitting[0])
    if flow.prefer == "open":
        going = [order for order in fitting if under_way(order)]
        if len(going) < 2:
            return Pick((going or fitting)[0])
        fitting = going
    return Pick(choices=fitting[:LISTED])


def _coloured(turn: Turn, found: Sequence[tuple[Order, OrderLine]]) -> Sequence[tuple[Order, OrderLine]]:
    """Of several items those of the colour that was said, if there are any."""
    slot = turn.heard.said.slot("colour")
    if slot is None or len(found) < 2:
        return found
    words = [word.casefold() for word in texts.colour_words(str(slot.value))]

    def has(line: OrderLine) -> bool:
        return any(word in f"{line.title} {line.colour}".casefold() for word in words)

    return [(order, line) for order, line in found if has(line)] or found


def _of_days(orders: Sequence[Order], turn: Turn) -> Sequence[Order]:
    """Those placed on the days that were said."""
    slot = turn.heard.said.slot("date")
    if slot is None or not isinstance(slot.value, DateRange):
        return orders
    first, last = slot.value.first, slot.value.last
    return [order for order in orders if (not first or first <= _day(order)) and (not last or _day(order) <= last)]


def _day(order: Order) -> str:
    """In the shop's time."""
    return (datetime.fromtimestamp(order.placed_ms / 1000, UTC) + timedelta(hours=8)).date().isoformat()
