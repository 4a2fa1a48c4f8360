"""Turns of a conversation, one after the other and each of them once: read, answer, write, act, tell.

An action that was agreed to is written with the yes, in one transaction, before it is done; its request id makes it
happen once; what became of it is written with the answer. Whoever finds one without an outcome (this process after a
crash, another replica, the next turn) does it again, to the same effect, and tells.
"""

import asyncio
import logging
import uuid
import weakref
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from servicekit.errors import NotFound, Overloaded
from services.dialogue import texts
from services.dialogue.acting import Acting, Result
from services.dialogue.answer import Event, spoken
from services.dialogue.manager import Manager
from services.dialogue.orders.order import Shopper
from services.dialogue.ports import Said
from services.dialogue.records import ConversationRecords
from services.dialogue.state import State
from services.dialogue.turn import Action, Input, ShopEvent, Turn, quiet
from services.dialogue.written import Conversation, Pending, Stale, Written

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
ATTEMPTS = 5
"""Of a turn whose conversation others write to at the same time."""


class Outbox(Protocol):
    """Makes shop events ready to store, and sends what is stored; a turn waits for the log a moment at most."""

    def encode(self, event: ShopEvent, shopper: Shopper, event_id: str, now_ms: int) -> bytes: ...

    async def send(self) -> None: ...


class Counter(Protocol):
    """Told of each turn; `handoff` is the reason of a handoff that it led to."""

    def turn(self, outcome: str, degradations: Sequence[str], handoff: str) -> None: ...


@dataclass(frozen=True)
class Ask:
    """One thing said by a shopper."""

    shopper: Shopper
    input: Input
    conversation_id: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Served:
    """The answer to it."""

    conversation_id: str
    turn: int
    language: str
    events: Sequence[Event]


@dataclass(frozen=True)
class _Read:
    """What a turn begins with."""

    conversation: Conversation
    answered: tuple[int, str, Sequence[Event] | None] | None
    pending: Sequence[Pending]
    history: Sequence[Said]


class Conversing:
    """`now_ms` is the shop's clock. What blocks runs on `executor`."""

    def __init__(
        self,
        manager: Manager,
        records: ConversationRecords,
        acting: Acting,
        outbox: Outbox,
        now_ms: Callable[[], Awaitable[int]],
        executor: Executor,
        counter: Counter,
    ) -> None:
        self._manager, self._records, self._acting, self._outbox = manager, records, acting, outbox
        self._now_ms, self._executor, self._counter = now_ms, executor, counter
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def converse(self, ask: Ask) -> Served:
        """Raises NotFound if the conversation is not this shopper's, Unavailable without the database."""
        if not ask.conversation_id:
            return await self._patiently(replace(ask, conversation_id=str(uuid.uuid4())), new=True)
        return await self._patiently(ask, new=False)

    async def _patiently(self, ask: Ask, new: bool) -> Served:
        """Tries again where others have written meanwhile."""
        async with self._lock(ask.conversation_id):
            for _ in range(ATTEMPTS):
                try:
                    return await self._once(ask, new)
                except Stale:
                    continue
        raise Overloaded(f"conversation {ask.conversation_id!r} is busy", reason="CONVERSATION_BUSY")

    def _lock(self, conversation_id: str) -> asyncio.Lock:
        return self._locks.setdefault(conversation_id, asyncio.Lock())

    async def _once(self, ask: Ask, new: bool) -> Served:
        read = await self._read(ask, new)
        for pending in read.pending:
            await self._finish(pending, ask.shopper)
        if read.pending:
            read = await self._read(ask, new)
        if read.answered is not None:
            number, language, told = read.answered
            return Served(ask.conversation_id, number, language, told or ())
        seen = replace(read.conversation, shopper=_named(read.conversation.shopper, ask.shopper))
        now_ms, number = await self._now_ms(), seen.turns + 1
        turn = await self._manager.turn(seen.state, ask.shopper, ask.input, number, read.history, now_ms)
        if turn.action is not None:
            events: Sequence[Event] = await self._act(ask, seen, turn, turn.action)
        else:
            events = turn.merged()
            await self._run(partial(self._records.write, seen, self._written(turn, ask, events)))
        await self._sent(turn)
        return Served(ask.conversation_id, number, turn.language, events)

    async def _read(self, ask: Ask, new: bool) -> _Read:
        if new:
            return _Read(Conversation(ask.conversation_id, ask.shopper, "en", State()), None, (), ())
        return await self._run(partial(self._read_now, ask))

    def _read_now(self, ask: Ask) -> _Read:
        found = self._records.read(ask.conversation_id)
        owned(found, ask.shopper)
        answered = self._records.answered(ask.conversation_id, ask.request_id) if ask.request_id else None
        pending = self._records.pending(2**62, ask.conversation_id)
        return _Read(found, answered, pending, self._records.history(ask.conversation_id))

    def _written(self, turn: Turn, ask: Ask, events: Sequence[Event] | None) -> Written:
        said = ask.input
        key = "yes-label" if said.accepted else "no-label"
        heard = texts.say(key, turn.language) if said.confirmation_id else said.text
        return replace(
            self._telling(turn, turn.number, events, ask.request_id or str(uuid.uuid4()), ask.conversation_id),
            heard=heard,
            request_id=ask.request_id,
        )

    def _telling(
        self, turn: Turn, number: int, events: Sequence[Event] | None, key: str, conversation_id: str
    ) -> Written:
        """What a turn leaves behind. `key` names the request: the ids of its shop events come of it."""
        turn.state.acts = [*turn.state.acts, turn.act][-5:] if turn.act else turn.state.acts
        space = uuid.uuid5(uuid.NAMESPACE_URL, f"shopkeeper:{conversation_id}:{key}")
        ids = [str(uuid.uuid5(space, str(index))) for index in range(len(turn.shop_events))]
        encoded = [
            (event_id, self._outbox.encode(event, turn.shopper, event_id, turn.now_ms))
            for event_id, event in zip(ids, turn.shop_events, strict=True)
        ]
        return Written(
            turn.state,
            number,
            turn.now_ms,
            answer=events,
            text=spoken(list(events or ())),
            act=turn.act,
            language=turn.language,
            handoff=turn.handoff,
            events=encoded,
        )

    async def _act(self, ask: Ask, seen: Conversation, turn: Turn, action: Action) -> Sequence[Event]:
        """The yes and the action are written; then it is done; then what became of it is written and told."""
        written = replace(self._written(turn, ask, None), action=action)
        seen = await self._run(partial(self._records.write, seen, written))
        turn.shop_events = []
        result = await self._acting.do(ask.shopper, action)
        try:
            return await self._tell(seen, turn, turn.number, action, result)
        except Stale:
            # Somebody wrote meanwhile: another process that found the action unfinished, or an agent.
            await self._finish(Pending(seen.conversation_id, turn.number, action), ask.shopper, result)
            return await self._run(partial(self._records.told, seen.conversation_id, turn.number))

    async def _tell(
        self, seen: Conversation, turn: Turn, number: int, action: Action, result: Result
    ) -> Sequence[Event]:
        await self._manager.outcome(turn, action, result.order, result.reason, result.absent)
        events = turn.merged()
        written = self._telling(turn, number, events, f"{action.request_id}:told", seen.conversation_id)
        if not result.absent:
            written = replace(written, finished=action.request_id, outcome=result.outcome)
        await self._run(partial(self._records.write, seen, written))
        return events

    async def _finish(self, pending: Pending, shopper: Shopper, result: Result | None = None) -> None:
        """Does an action that was agreed to before, and tells of it in the conversation."""
        action = pending.action
        if result is None or result.absent:
            result = await self._acting.do(shopper, action)
        if result.absent:
            return
        for _ in range(ATTEMPTS):
            seen = await self._run(partial(self._records.read, pending.conversation_id))
            turn = quiet(seen.state, seen.shopper, pending.turn, await self._now_ms())
            try:
                await self._tell(seen, turn, pending.turn, action, result)
            except Stale:
                if not await self._run(partial(self._records.unfinished, action.request_id)):
                    return
                continue
            await self._sent(turn)
            return

    async def recover(self, older_than_ms: int = 0) -> int:
        """Finishes actions that a process left behind, if they are that old; returns how many it found."""
        before = await self._now_ms() - older_than_ms
        found = await self._run(partial(self._records.pending, before))
        for pending in found:
            try:
                await self._recover(pending)
            except Exception:  # one that cannot be told keeps neither the others nor the start of the process
                _LOG.exception("an action stays unfinished", extra={"conversation": pending.conversation_id})
        await self._outbox.send()
        return len(found)

    async def _recover(self, pending: Pending) -> None:
        async with self._lock(pending.conversation_id):
            if await self._run(partial(self._records.unfinished, pending.action.request_id)):
                seen = await self._run(partial(self._records.read, pending.conversation_id))
                await self._finish(pending, seen.shopper)

    async def _sent(self, turn: Turn) -> None:
        handoff = turn.handoff.reason if turn.handoff else ""
        self._counter.turn(turn.outcome, turn.degradations, handoff)
        if turn.shop_events:
            await self._outbox.send()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def owned(conversation: Conversation, shopper: Shopper) -> None:
    """A user's conversation is the user's; a visitor's is that browser's. Raises NotFound."""
    owner = conversation.shopper
    same = owner.user_id == shopper.user_id if owner.user_id else owner.visitor_id == shopper.visitor_id
    if not same:
        raise NotFound(f"no conversation {conversation.conversation_id!r}", reason="CONVERSATION_NOT_FOUND")


def _named(owner: Shopper, asker: Shopper) -> Shopper:
    """A visitor who has logged in meanwhile takes the conversation along."""
    return Shopper(owner.visitor_id, asker.user_id) if asker.user_id and not owner.user_id else owner
