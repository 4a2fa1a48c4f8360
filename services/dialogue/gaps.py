"""What a flow still has to know: which slot to ask for, and which size is meant."""

from services.dialogue import scan, texts
from services.dialogue.flows import Flow, Slot
from services.dialogue.order_picker import OrderPicker
from services.dialogue.orders.order import Order, OrderLine
from services.dialogue.sizes import next_size, same_size, sizes_of
from services.dialogue.state import Task
from services.dialogue.turn import Turn

_TAKEN = 2
"""Wrong answers to one question after which it is left."""


class Gaps:
    """Sizes and colours that there are come from the catalogue, where it is there."""

    def __init__(self, picker: OrderPicker) -> None:
        self._picker = picker

    async def must_ask(self, turn: Turn, flow: Flow, task: Task, slot: Slot, order: Order | None) -> bool:
        if slot.kind in ("order", "line"):
            return False
        if slot.kind == "size" and order is not None:
            await self._settle_size(turn, task, order)
        if slot.name in task.slots or slot.optional or any(other in task.slots for other in slot.unless):
            return False
        about = f"{task.slots.get('reason', '')} {task.said}".casefold()
        if slot.only_if_said and not any(scan.says(about, word) for word in slot.only_if_said):
            return False
        if any(word in about for word in slot.not_if_reason):
            return False
        if slot.needs and order is not None:
            return await self._has(slot.needs, order, task)
        return task.misses <= _TAKEN or slot.kind != "text"

    async def _has(self, needs: str, order: Order, task: Task) -> bool:
        """Whether the item comes in several sizes or colours."""
        line = line_of(order, task)
        if line is None:
            return False
        if getattr(line, needs, ""):
            return True
        card = await self._picker.card(line.product_id, "en")
        return card is not None and len(card.attributes.get(needs, ())) > 1

    async def _settle_size(self, turn: Turn, task: Task, order: Order) -> None:
        """`bigger` becomes a size; the size that they have is not the one they want; one that there is not is said."""
        line = line_of(order, task)
        if line is None:
            return
        card = await self._picker.card(line.product_id, turn.language)
        sizes = sizes_of(card)
        step = task.slots.pop("step", 0)
        wanted = str(task.slots.get("size", ""))
        if wanted and line.size and same_size(wanted, line.size):
            wanted = ""
        if not wanted and isinstance(step, int) and step:
            wanted = next_size(line.size, sizes, step)
        if wanted and sizes and not any(same_size(wanted, each) for each in sizes):
            what = texts.joined(sizes, turn.language)
            turn.tell("no-such-size", size=wanted, what=what)
            wanted = ""
        task.slots.pop("size", None)
        if wanted:
            task.slots["size"] = wanted


def line_of(order: Order, task: Task) -> OrderLine | None:
    """The item that the task is about."""
    return next((line for line in order.lines if line.product_id == task.slots.get("product")), None)
