"""Carries a flow on: begins it, takes values in, asks for the next, has it confirmed, hands the action over."""

import uuid
from collections.abc import Awaitable, Callable, Mapping

from servicekit.errors import DeadlineExceeded, Overloaded, Unavailable
from services.dialogue import texts
from services.dialogue.basket import Basket
from services.dialogue.flows import Failure, Flow, Flows
from services.dialogue.gaps import Gaps, line_of
from services.dialogue.intake import forget, take, take_answer
from services.dialogue.order_picker import OrderPicker, Pick, open_line
from services.dialogue.orders.order import Order, OrderLine
from services.dialogue.policy import needs_yes
from services.dialogue.questions import Questions
from services.dialogue.state import INTERRUPTED_LIMIT, State, Task
from services.dialogue.turn import ORDERS, Action, Turn

ABSENT = (Unavailable, DeadlineExceeded, Overloaded)
"""Errors that mean that somebody has no answer now."""
End = Callable[[Turn, Flow, Task, Order | None], Awaitable[None]]
"""Does what a flow without a confirmation does."""


class FlowRunner:
    """`ends`: by action, what flows do that change nothing."""

    def __init__(self, flows: Flows, picker: OrderPicker, basket: Basket, ends: Mapping[str, End]) -> None:
        self._flows, self._picker, self._basket, self._ends = flows, picker, basket, ends
        self._gaps, self._questions = Gaps(picker), Questions(picker, basket)

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
        take(turn, flow, fresh)
        self._recall(state, flow, fresh)
        await self.advance(turn)

    def _recall(self, state: State, flow: Flow, fresh: Task) -> None:
        """What was complained of before is what something is done about now."""
        if flow.family and state.trouble:
            if "order_number" not in fresh.slots:
                fresh.slots = {**state.trouble, **fresh.slots}
            state.trouble = {}

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
        take(turn, flow, task)
        take_answer(turn, flow, task)
        task.misses = task.misses + 1 if task.slots == before else 0
        if task.slots != before:
            task.confirmation_id = ""
        await self.advance(turn)

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
        forget(task, "product", "order_number")
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
            if not wanted.optional or (task.slots.get("order_number") and flow.action != "knowledge"):
                order = await self._order(turn, flow, task)
                if order is None:
                    return
                if not await self._line(turn, flow, task, order):
                    return
                if self._refused(turn, flow, task, order):
                    return
        for slot in flow.slots:
            if await self._gaps.must_ask(turn, flow, task, slot, order):
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
        turn.show_orders([order] if order else [])
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
            if not task.asked and flow.about_order and "order_number" not in task.slots:
                await self._advance(turn, flow, task)  # the orders were away when it began
            if turn.state.task is task:
                await self._questions.ask(turn, flow, task)
        except ABSENT:
            self._blocked(turn)

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


def _ask_for(task: Task, name: str) -> None:
    task.asked, task.confirmation_id = name, ""
