"""The conversation's manager: one turn from what was said to the answer. Free of transport and of storage.

understand -> follow the state -> decide what to do, in which order -> do it -> ask what is still open.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from servicekit.errors import DeadlineExceeded, Overloaded, Unavailable
from services.dialogue import scan, texts
from services.dialogue.answers.about_products import AboutProducts
from services.dialogue.answers.carting import Carting
from services.dialogue.answers.chatting import Chatting
from services.dialogue.answers.finding import Finding
from services.dialogue.answers.knowing import Knowing
from services.dialogue.flow_runner import FlowRunner
from services.dialogue.flows import Flow, Flows
from services.dialogue.keywords import Keywords
from services.dialogue.orders.order import Order, Shopper
from services.dialogue.policy import Do, Policy, Step
from services.dialogue.ports import Said, Understander
from services.dialogue.state import State, Task
from services.dialogue.tracker import Tracker
from services.dialogue.turn import NLU, ORDERS, RECOMMENDER, Action, HandoffWish, Input, Turn
from services.dialogue.understanding import Understanding

ABSENT = (Unavailable, DeadlineExceeded, Overloaded)
Answer = Callable[[Turn], Awaitable[object]]


class Manager:
    """Puts turns together from its parts, all of which are given."""

    def __init__(
        self,
        flows: Flows,
        understander: Understander | None,
        tracker: Tracker,
        runner: FlowRunner,
        finding: Finding,
        about: AboutProducts,
        carting: Carting,
        knowing: Knowing,
        chatting: Chatting,
    ) -> None:
        self._flows, self._understander, self._tracker, self._runner = flows, understander, tracker, runner
        self._keywords = Keywords(flows)
        self._policy = Policy(flows, self._keywords)
        self._about, self._knowing, self._chatting = about, knowing, chatting
        self._answers: Mapping[str, Answer] = {
            "search-product": finding.search,
            "refine-search": finding.refine,
            "recommend": finding.recommend,
            "similar-product": finding.similar,
            "ask-product": about.attribute,
            "ask-price": about.price,
            "check-stock": about.stock,
            "compare-products": about.compare,
            "state-preference": chatting.preference,
            "add-to-cart": carting.add,
            "remove-from-cart": carting.remove,
            "view-cart": carting.view,
            "greet": chatting.greet,
            "thank": chatting.thank,
            "goodbye": chatting.goodbye,
            "ask-help": chatting.help,
            "affirm": chatting.next,
            "deny": chatting.next,
            "inform": self._inform,
            "ask": self._question,
            "aside": self._aside,
        }
        self._steps: Mapping[Do, Callable[[Turn, Step], Awaitable[None]]] = {
            Do.FLOW: self._flow,
            Do.FILL: self._fill,
            Do.CHANGE: self._fill,
            Do.CONFIRM: self._confirm,
            Do.DECLINE: self._decline,
            Do.LEAVE: self._leave,
            Do.ANSWER: self._answer,
            Do.ACCEPT_OFFER: self._accept,
            Do.REFUSE_OFFER: self._refuse_offer,
            Do.PERSON: self._person,
            Do.MISUNDERSTOOD: self._misunderstood,
        }

    async def turn(
        self, state: State, shopper: Shopper, said: Input, number: int, history: Sequence[Said], now_ms: int
    ) -> Turn:
        """Answers what was said. Where it was the yes to a confirmation, `action` is set: do it, then `outcome`."""
        understood = await self._understand(state, said, number)
        flow = self._flows.get(state.task.flow) if state.task else None
        heard = self._tracker.track(state, flow, understood)
        turn = Turn(state, shopper, said, heard, state.language, number, now_ms, history)
        turn.intents = list(understood.intents)
        if said.context_product_id != state.page:
            state.page, state.focus = said.context_product_id, None
        if self._understander is None or (understood.by_keywords and said.text):
            turn.missing(NLU)
        if state.handoff_id:
            self._pass_on(turn)
            return turn
        await self._act(turn, self._pressed(turn) if said.confirmation_id else self._policy.steps(state, heard))
        if turn.action is None and turn.handoff is None:
            await self._close(turn)
        if any(event.product_id for event in turn.shop_events):
            state.cart_changed_ms = now_ms
        return turn

    async def _understand(self, state: State, said: Input, number: int) -> Understanding:
        """By the model, else by keywords. A number alone is answered in the language that was spoken before."""
        language = state.language if number > 1 else said.language
        if said.confirmation_id:
            return Understanding("", language)
        if self._understander is not None:
            try:
                understood = await self._by_model(self._understander, said.text, language)
                told = scan.tells_language(said.text)
                return understood if told else replace(understood, language=language)
            except ABSENT:
                pass
        return self._keywords.read(said.text, language)

    async def _by_model(self, model: Understander, text: str, language: str) -> Understanding:
        """What follows a greeting counts, not the greeting."""
        understood = self._keywords.second_opinion(await model.understand(text, language))
        rest = scan.after_greeting(text) if understood.intents == ("greet",) else ""
        if not rest:
            return understood
        return replace(self._keywords.second_opinion(await model.understand(rest, language)), text=text)

    async def _act(self, turn: Turn, steps: Sequence[Step]) -> None:
        turn.state.awaiting = ""
        if any(step.do is not Do.MISUNDERSTOOD for step in steps):
            turn.state.misses = 0
        if not any(step.do in (Do.ACCEPT_OFFER, Do.REFUSE_OFFER, Do.FLOW) for step in steps):
            turn.state.offer = ""
        for done, step in enumerate(steps, start=1):
            await self._do(turn, step)
            if turn.handoff is not None or turn.action is not None:
                turn.later = list(steps[done:])
                return

    async def _do(self, turn: Turn, step: Step) -> None:
        await self._steps[step.do](turn, step)

    async def _flow(self, turn: Turn, step: Step) -> None:
        await self._runner.start(turn, step.flow)

    async def _fill(self, turn: Turn, _step: Step) -> None:
        await self._runner.fill(turn)

    async def _confirm(self, turn: Turn, _step: Step) -> None:
        self._runner.confirmed(turn)

    async def _decline(self, turn: Turn, _step: Step) -> None:
        await self._runner.decline(turn)

    async def _leave(self, turn: Turn, _step: Step) -> None:
        await self._runner.leave(turn)

    async def _person(self, turn: Turn, _step: Step) -> None:
        self.hand_over(turn, "asked", "handing-over")

    async def _refuse_offer(self, turn: Turn, _step: Step) -> None:
        turn.state.offer = ""
        turn.tell("what-next")

    async def _misunderstood(self, turn: Turn, _step: Step) -> None:
        if self._chatting.misunderstood(turn):
            self.hand_over(turn, "trouble", "handing-over-trouble")

    async def _answer(self, turn: Turn, step: Step) -> None:
        answer = self._answers.get(step.intent)
        try:
            if answer is not None:
                await answer(turn)
            else:
                await self._knowing.answer(turn, step.intent)
        except ABSENT:
            turn.missing(RECOMMENDER)
            turn.tell("recommender-unavailable")

    def _pressed(self, turn: Turn) -> Sequence[Step]:
        """The button of a confirmation: good only while that very one is open."""
        task = turn.state.task
        if task is None or task.confirmation_id != turn.input.confirmation_id:
            turn.tell("stale-button")
            turn.outcome = "stale"
            return []
        return [Step(Do.CONFIRM if turn.input.accepted else Do.DECLINE)]

    async def _inform(self, turn: Turn) -> None:
        """A value that nobody asked for: an order, a product shown, a condition."""
        said = turn.heard.said
        if said.slot("order_number") and self._flows.get("track-order"):
            await self._runner.start(turn, "track-order")
        elif said.ordinals() and turn.state.shown and await self._about.describe(turn):
            return
        elif said.slot("reason") and self._flows.get("complaint"):
            await self._runner.start(turn, "complaint")
        elif turn.state.wanted is not None:
            await self._answers["refine-search"](turn)
        elif said.slot("product") or said.slot("colour") or said.slot("brand"):
            await self._answers["search-product"](turn)
        else:
            await self._do(turn, Step(Do.MISUNDERSTOOD))

    async def _question(self, turn: Turn) -> None:
        """A question that is of no intent: an article may know."""
        if not scan.is_question(turn.heard.said.text):
            if not await self._knowing.tell(turn, turn.heard.said.text):
                await self._do(turn, Step(Do.MISUNDERSTOOD))
            return
        await self._knowing.answer(turn)

    async def _aside(self, turn: Turn) -> None:
        """A question about the flow in progress: an article may know; if none does, the flow goes on."""
        await self._knowing.tell(turn, turn.heard.said.text)

    async def _accept(self, turn: Turn, _step: Step) -> None:
        """The yes to what was offered."""
        offer, reason = turn.state.offer, turn.state.offer_reason
        if offer == "handoff":
            turn.state.offer = ""
            self.hand_over(turn, reason or "asked", "handing-over")
        elif offer in self._answers:
            turn.state.offer = ""
            await self._answer(turn, Step(Do.ANSWER, offer))
        else:
            await self._runner.start(turn, offer)

    async def _close(self, turn: Turn) -> None:
        """What the flow in progress, or the one taken up again, has to ask."""
        await self._runner.ask(turn)
        if not turn.events:
            turn.tell("what-next")

    def hand_over(self, turn: Turn, reason: str, template: str = "", summary: str = "") -> None:
        """A person takes over from here."""
        if template:
            turn.tell(template)
        said = summary or texts.say("handoff-summary", turn.language, what=self._wanted(turn))
        turn.hand_over(HandoffWish(str(uuid.uuid4()), reason, said[:500]))
        turn.state.task, turn.state.interrupted, turn.state.offer = None, [], ""

    def _wanted(self, turn: Turn) -> str:
        """In a sentence for the agent: the flow in progress and the shopper's last words."""
        task = turn.state.task
        flow = self._flows.get(task.flow) if task else None
        before = [said.text for said in turn.history if said.by_shopper][-2:]
        title = f"{flow.title[turn.language]}: " if flow else ""
        return title + " / ".join([*before, turn.input.text or turn.heard.said.text])

    def _pass_on(self, turn: Turn) -> None:
        """While a person has the conversation: one notice, then only the agent answers."""
        turn.outcome = "with-agent"
        if not turn.state.noticed:
            turn.state.noticed = True
            turn.tell("with-agent")

    async def change_address(self, turn: Turn, flow: Flow, task: Task, order: Order | None) -> None:
        """A flow that only a person can end."""
        order_id = order.order_id if order else ""
        turn.say(texts.fill(flow.done.get(turn.language, ""), {"order_id": order_id}))
        summary = texts.say("handoff-address", turn.language, order_id=order_id, what=task.said)
        self.hand_over(turn, flow.reason or "not-allowed", summary=summary)

    async def outcome(self, turn: Turn, action: Action, order: Order | None, reason: str, absent: bool = False) -> None:
        """Says what became of an action: done, refused for a reason, or still to be done; then goes on."""
        flow = self._flows.get(action.flow)
        turn.action = None
        if absent:
            turn.missing(ORDERS)
            turn.tell("action-unknown")
            turn.outcome = "action-waiting"
            return
        if order is None:
            failure = flow.failures.get(reason) if flow else None
            turn.outcome = "refused"
            if failure is None:
                turn.tell("action-failed", order_id=action.order_id)
            else:
                words = {"order_id": action.order_id, "title": action.words.get("title", "")}
                turn.say(texts.fill(failure.say[turn.language], words))
                self._runner.offer_instead(turn, failure, action.order_id)
        else:
            words = {**action.words, "order_id": order.order_id}
            turn.say(texts.fill(flow.done[turn.language] if flow else "", words))
            turn.show_orders([order])
            turn.state.order_id = ""
            turn.outcome = "action-done"
            if action.kind == "place-order":
                turn.state.order_id = order.order_id
                turn.state.chosen = {}
                turn.state.cart_changed_ms = turn.now_ms
        for step in turn.later:
            await self._do(turn, step)
        if turn.handoff is None:
            await self._close(turn)
