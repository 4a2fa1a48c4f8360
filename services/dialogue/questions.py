"""The question that a flow has open: for a value, or for the yes to what would be done."""

import uuid

from services.dialogue import texts
from services.dialogue.answer import Confirmation
from services.dialogue.basket import Basket
from services.dialogue.flows import Flow, Slot
from services.dialogue.gaps import line_of
from services.dialogue.order_picker import LISTED, OrderPicker
from services.dialogue.orders.order import OrderLine
from services.dialogue.state import Task
from services.dialogue.turn import Turn


class Questions:
    """Asks in the flow's own words, with buttons for what can be chosen."""

    def __init__(self, picker: OrderPicker, basket: Basket) -> None:
        self._picker, self._basket = picker, basket

    async def ask(self, turn: Turn, flow: Flow, task: Task) -> None:
        if not task.asked:
            await self._ask_yes(turn, flow, task)
            return
        slot = flow.slot(task.asked)
        if slot is None:
            return
        turn.asked = slot.name
        if slot.kind == "order":
            await self._ask_order(turn, flow, task, slot)
            return
        turn.say(slot.prompt[turn.language])
        if slot.kind == "line":
            await self._offer_lines(turn, task)
        else:
            turn.offer_words(slot.replies.get(turn.language, ()))

    async def _ask_order(self, turn: Turn, flow: Flow, task: Task, slot: Slot) -> None:
        orders = [await self._picker.order(turn.shopper, order_id) for order_id in task.choices[:LISTED]]
        turn.say(slot.prompt.get(turn.language, ""))
        turn.show_orders(orders)
        turn.offer([(f"{each.order_id} {texts.items(each, turn.language)}"[:60], each.order_id) for each in orders])

    async def _offer_lines(self, turn: Turn, task: Task) -> None:
        order = await self._picker.order(turn.shopper, str(task.slots["order_number"]))
        turn.show_orders([order])
        turn.offer_words([line.title for line in order.lines if line.product_id in task.choices])

    async def _ask_yes(self, turn: Turn, flow: Flow, task: Task) -> None:
        """What would be done, in full. The button of before stays good while nothing of it has changed."""
        words = await self._words(turn, flow, task)
        if words is None:
            turn.state.task = None
            return
        text = texts.fill(flow.confirm[turn.language], words)
        order_id = str(task.slots.get("order_number", ""))
        if text != task.confirm_text or not task.confirmation_id:
            if order_id:
                turn.show_orders([await self._picker.order(turn.shopper, order_id)])
            task.confirmation_id, task.confirm_text = str(uuid.uuid4()), text
        task.details = words
        turn.say(text)
        turn.confirm(Confirmation(task.confirmation_id, flow.action, text, order_id))

    async def _words(self, turn: Turn, flow: Flow, task: Task) -> dict[str, str] | None:
        """Values of the confirmation; None if there is nothing to confirm, which was said."""
        if flow.action == "place-order":
            return await self._basket.words(turn, flow)
        order = await self._picker.order(turn.shopper, str(task.slots["order_number"]))
        line = line_of(order, task)
        pieces = pieces_of(task, line)
        words = {
            "order_id": order.order_id,
            "items": texts.items(order, turn.language),
            "total": texts.money(order.total),
            "reason": str(task.slots.get("reason", "")),
        }
        if line is not None:
            words["title"] = texts.short(line.title or line.product_id)
            words["quantity"] = str(pieces)
            words["refund"] = texts.money(line.price.times(pieces))
            words["what"] = what_instead(task, turn.language)
        return words


def pieces_of(task: Task, line: OrderLine | None) -> int:
    """As many as were said, at most all; all if none were."""
    most = line.quantity if line else 1
    said = task.slots.get("quantity")
    return min(int(said), most) if isinstance(said, int) and said > 0 else most


def what_instead(task: Task, language: str) -> str:
    """What an exchange is for."""
    parts = []
    if size := task.slots.get("size"):
        parts.append(texts.say("new-size", language, size=size))
    if colour := task.slots.get("colour"):
        parts.append(texts.say("new-colour", language, colour=texts.colour_in(str(colour), language)))
    return texts.say("what-and", language).join(parts) or texts.say("same-again", language)
