"""Carries a flow on: begins it, takes values in, asks for the next, has it confirmed, hands the action over."""

import uuid
from collections.abc import Awaitable, Callable, Mapping

from servicekit.errors import DeadlineExceeded, Overloaded, Unavailable
from services.dialogue import scan, texts
from services.dialogue.answer import Confirmation
from services.dialogue.basket import Basket
from services.dialogue.flows import Failure, Flow, Flows, Slot
from services.dialogue.order_picker import LISTED, OrderPicker, Pick, open_line
from services.dialogue.orders.order import Order, OrderLine
from services.dialogue.policy import needs_yes
from services.dialogue.sizes import next_size, same_size, sizes_of
from services.dialogue.state import INTERRUPTED_LIMIT, State, Task
from services.dialogue.turn import ORDERS, Action, Turn
from services.dialogue.understanding import PriceRange

ABSENT = (Unavailable, DeadlineExceeded, Overloaded)
"""Errors that mean that somebody has no answer now."""
End = Callable[[Turn, Flow, Task, Order | None], Awaitable[None]]
"""Does what a flow without a confirmation does."""
_PLAIN = ("size", "colour", "quantity", "reason", "recipient", "occasion")
_TAKEN = 2
"""Wrong answers to one question after which it is left."""


class FlowRunner:
    """`ends`: by action, what flows do that change nothing."""

    def __init__(self, flows: Flows, picker: OrderPicker, basket: Basket, ends: Mapping[str, End]) -> None:
        self._flows, self._picker, self._basket, self._ends = flows, picker, basket, ends

    async def start(self, turn: Turn, name: str) -> None:
        """Begins a flow, or goes on with it if it is the one in progress."""
        flow = self._flows.get(name)
        if flow is None:
            return
        state, task = turn.state, turn.state.task
        if task is not None and task.flow == name:
            await self.fill(turn)
            return
        fresh = Task(name, said=turn.heard.said.text)
        if task is not None:
            self._put_aside(state, flow, task, fresh)
        if state.offer == name:
            fresh.slots.update(state.offer_slots)
        state.offer, state.task = "", fresh
        self._take(turn, flow, fresh)
        await self.advance(turn)

    def _put_aside(self, state: State, flow: Flow, task: Task, fresh: Task) -> None:
        """A flow of the same family takes the other's place and its order; another one interrupts it."""
        old = self._flows.get(task.flow)
        if old is not None and flow.family and old.family == flow.family:
            kept = ("order_number", "product", "mention", "reason")
            fresh.slots.update({key: value for key, value in task.slots.items() if key in kept})
            return
        state.interrupted = [*state.interrupted[-INTERRUPTED_LIMIT + 1 :], task]

    async def fill(self, turn: Turn) -> None:
        """Takes the answer to the question, and whatever else was said."""
        task = turn.state.task
        flow = self._flows.get(task.flow) if task else None
        if task is None or flow is None:
            return
        before = dict(task.slots)
        self._take(turn, flow, task)
        self._answer(turn, flow, task)
        task.misses = task.misses + 1 if task.slots == before else 0
        if task.slots != before:
            task.confirmation_id = ""
        await self.advance(turn)

    def _take(self, turn: Turn, flow: Flow, task: Task) -> None:
        """Values named anywhere in the sentence. What is corrected loses what hung on it."""
        values, known = turn.heard.values, {slot.name for slot in flow.slots}
        if flow.about_order:
            self._take_order(turn, task)
        for name in _PLAIN:
            if name in known and name in values:
                task.slots[name] = values[name]  # type: ignore[assignment]
        price = values.get("price")
        if "price" in known and isinstance(price, PriceRange) and (price.low or price.high):
            task.slots["low"], task.slots["high"] = price.low or 0, price.high or 0
        if "product" in known and not flow.about_order and "product" in values:
            task.slots["product"] = str(values["product"])
        if "size" in known and turn.heard.step:
            task.slots["step"] = turn.heard.step
        if turn.heard.every and "quantity" in known:
            task.slots.pop("quantity", None)

    def _take_order(self, turn: Turn, task: Task) -> None:
        values = turn.heard.values
        number, product = str(values.get("order_number", "")), str(values.get("product", ""))
        if turn.heard.other and not number and (current := str(task.slots.get("order_number", ""))):
            task.slots["not"] = f"{task.slots.get('not', '')} {current}".strip()
            _forget(task, "order_number", "product", "mention")
            turn.state.order_id = ""
        if number and number != task.slots.get("order_number"):
            _forget(task, "product", "mention")
            task.slots["order_number"] = number
        if product:
            task.slots["mention"] = product
            _forget(task, "product", *(() if number else ("order_number",)))

    def _answer(self, turn: Turn, flow: Flow, task: Task) -> None:
        """The sentence as the answer to the open question."""
        value, slot = turn.heard.answer, flow.slot(task.asked)
        if value is None or slot is None or isinstance(value, PriceRange):
            return
        if slot.kind == "order":
            named = scan.order_number(str(value)) or (str(value) if str(value) in task.choices else "")
            number = named or (str(value) if turn.heard.sure and str(value).startswith("SK") else "")
            if number:
                task.slots["order_number"] = number
            elif not turn.heard.other and "mention" not in task.slots:
                task.slots["mention"] = str(value)
        elif slot.kind == "line":
            key = "product" if str(value) in task.choices else "mention"
            task.slots[key] = str(value)
        elif slot.kind == "text":
            task.slots[slot.name] = self._reason(turn, str(value))
        elif isinstance(value, str | int):
            task.slots[slot.name] = value

    def _reason(self, turn: Turn, value: str) -> str:
        plain = turn.heard.yes is not None and len(value) <= 12
        return texts.say("reason-not-said", turn.language) if plain else value[:200]

    async def decline(self, turn: Turn) -> None:
        """A no to the confirmation; `no, the kettle` is another item instead."""
        task = turn.state.task
        flow = self._flows.get(task.flow) if task else None
        if task is None or flow is None or not flow.about_order or not turn.heard.meant:
            await self.leave(turn, declined=True)
            return
        try:
            named = await self._picker.names(turn, turn.heard.meant)
        except ABSENT:
            named = False
        if not named:
            await self.leave(turn, declined=True)
            return
        task.slots["mention"], task.confirmation_id = turn.heard.meant, ""
        _forget(task, "product", "order_number")
        await self.advance(turn)

    async def leave(self, turn: Turn, declined: bool = False) -> None:
        """Drops the flow in progress; the one it interrupted is taken up again."""
        task = turn.state.task
        if task is None:
            turn.tell("nothing-to-leave")
            return
        flow = self._flows.get(task.flow)
        if declined:
            turn.tell("not-done")
        else:
            turn.tell("left", title=flow.title[turn.language] if flow else "")
        turn.outcome = "left"
        turn.state.task = None

    async def advance(self, turn: Turn) -> None:
        """As far as it goes without another word from the shopper."""
        task = turn.state.task
        flow = self._flows.get(task.flow) if task else None
        if task is None or flow is None:
            return
        try:
            await self._advance(turn, flow, task)
        except ABSENT:
            self._blocked(turn)

    def _blocked(self, turn: Turn) -> None:
        """What was said is kept; the next word tries again."""
        turn.missing(ORDERS)
        turn.outcome = "degraded"
        if not turn.blocked:
            turn.tell("orders-unavailable")
        turn.blocked = True

    async def _advance(self, turn: Turn, flow: Flow, task: Task) -> None:
        order: Order | None = None
        if flow.about_order:
            wanted = next(slot for slot in flow.slots if slot.kind == "order")
            if not wanted.optional or task.slots.get("order_number"):
                order = await self._order(turn, flow, task)
                if order is None:
                    return
                if not await self._line(turn, flow, task, order):
                    return
                if self._refused(turn, flow, task, order):
                    return
        for slot in flow.slots:
            if await self._must_ask(turn, flow, task, slot, order):
                _ask_for(task, slot.name)
                return
        task.asked = ""
        if needs_yes(flow):
            return
        turn.state.task = None
        if order is not None:
            turn.state.order_id = order.order_id
        await self._ends[flow.action](turn, flow, task, order)

    async def _order(self, turn: Turn, flow: Flow, task: Task) -> Order | None:
        pick = await self._picker.pick(turn, flow, task)
        if pick.order is not None:
            task.slots["order_number"] = pick.order.order_id
            if pick.product_id:
                task.slots["product"] = pick.product_id
            return pick.order
        self._unclear(turn, flow, task, pick)
        return None

    def _unclear(self, turn: Turn, flow: Flow, task: Task, pick: Pick) -> None:
        """Says what was not found, and asks which order it is."""
        if pick.unknown:
            turn.tell("unknown-order", order_id=pick.unknown)
            task.slots.pop("order_number", None)
        if pick.none:
            turn.say(flow.nothing.get(turn.language, ""))
            turn.state.task = None
            return
        if pick.missing and not pick.unknown:
            if task.asked != "order_number" or task.misses == 0:
                turn.tell("no-such-item", product=texts.short(pick.missing))
            task.slots.pop("mention", None)
        task.choices = [order.order_id for order in pick.choices]
        _ask_for(task, "order_number")

    async def _line(self, turn: Turn, flow: Flow, task: Task, order: Order) -> bool:
        """Whether it is clear which item; flows that are about whole orders need none."""
        slot = next((slot for slot in flow.slots if slot.kind == "line"), None)
        if slot is None:
            return True
        if any(line.product_id == task.slots.get("product") for line in order.lines):
            return True
        lines = await self._picker.line(turn, order, str(task.slots.get("mention", "")))
        if len(lines) == 1:
            task.slots["product"] = lines[0].product_id
            return True
        task.choices = [line.product_id for line in lines]
        task.slots.pop("mention", None)
        _ask_for(task, slot.name)
        return False

    def _refused(self, turn: Turn, flow: Flow, task: Task, order: Order) -> bool:
        """Whether it is known beforehand that this may not be; says so and ends the flow."""
        reason = flow.refusals.get(str(order.state), "")
        line = line_of(order, task)
        if not reason and line is not None and not open_line(order, line) and "ALREADY_RETURNED" in flow.failures:
            reason = "ALREADY_RETURNED"
        if not reason:
            return False
        turn.state.task, turn.state.order_id = None, order.order_id
        self.refuse(turn, flow.failures[reason], order, line)
        return True

    def refuse(self, turn: Turn, failure: Failure, order: Order | None, line: OrderLine | None) -> None:
        """Says why not, and offers what can be done instead."""
        order_id = order.order_id if order else ""
        title = line.title if line else (texts.items(order, turn.language) if order else "")
        turn.say(texts.fill(failure.say[turn.language], {"order_id": order_id, "title": texts.short(title)}))
        turn.outcome = "refused"
        self.offer_instead(turn, failure, order_id, order)

    def offer_instead(self, turn: Turn, failure: Failure, order_id: str, order: Order | None = None) -> None:
        """Buttons for what can be done instead; a yes means the first of them."""
        offers = [each for each in failure.offers if self._offerable(each, order)]
        buttons = [
            (flow.button[turn.language],) * 2 for each in offers if (flow := self._flows.get(each)) and flow.button
        ]
        if "handoff" in offers:
            buttons.append((texts.say("person-label", turn.language), texts.say("person-text", turn.language)))
        if offers:
            turn.state.offer, turn.state.offer_reason = offers[0], "not-allowed"
            turn.state.offer_slots = {"order_number": order_id} if order_id else {}
        turn.offer(buttons)

    def _offerable(self, name: str, order: Order | None) -> bool:
        flow = self._flows.get(name)
        if flow is None or order is None:
            return name == "handoff" or flow is not None
        return not flow.order_states or str(order.state) in flow.order_states

    async def _must_ask(self, turn: Turn, flow: Flow, task: Task, slot: Slot, order: Order | None) -> bool:
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

    async def ask(self, turn: Turn) -> None:
        """The question of the flow in progress, at the end of the turn; the one interrupted, if none is."""
        state = turn.state
        resumed = False
        if state.task is None and state.interrupted and turn.handoff is None and turn.action is None:
            state.task = state.interrupted.pop()
            resumed = True
        task = state.task
        flow = self._flows.get(task.flow) if task else None
        if task is None or flow is None or turn.blocked:
            return
        if resumed:
            turn.tell("resume", title=flow.title[turn.language])
        try:
            await self._ask(turn, flow, task)
        except ABSENT:
            self._blocked(turn)

    async def _ask(self, turn: Turn, flow: Flow, task: Task) -> None:
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
        if text != task.confirm_text or not task.confirmation_id:
            task.confirmation_id, task.confirm_text = str(uuid.uuid4()), text
        task.details = words
        turn.say(text)
        order_id = str(task.slots.get("order_number", ""))
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

    def confirmed(self, turn: Turn) -> None:
        """The yes: from here on the action is to be done, once."""
        task = turn.state.task
        flow = self._flows.get(task.flow) if task else None
        if task is None or flow is None:
            return
        slots, words = task.slots, task.details
        turn.action = Action(
            request_id=str(uuid.uuid4()),
            kind=flow.action,
            flow=flow.name,
            order_id=str(slots.get("order_number", "")),
            product_id=str(slots.get("product", "")),
            quantity=int(words.get("quantity") or 0),
            reason=str(slots.get("reason", ""))[:500],
            new_size=str(slots.get("size", "")) if flow.action == "request-exchange" else "",
            new_colour=str(slots.get("colour", "")) if flow.action == "request-exchange" else "",
            lines=self._basket.lines_of(words) if flow.action == "place-order" else [],
            attribution_token=turn.state.shown_with,
            words={key: value for key, value in words.items() if key != "lines"},
        )
        turn.state.task = None


def _forget(task: Task, *names: str) -> None:
    for name in names:
        task.slots.pop(name, None)


def _ask_for(task: Task, name: str) -> None:
    task.asked, task.confirmation_id = name, ""


def line_of(order: Order, task: Task) -> OrderLine | None:
    """The item that the task is about."""
    return next((line for line in order.lines if line.product_id == task.slots.get("product")), None)


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
