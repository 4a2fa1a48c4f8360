"""The queue of conversations that want a person, and what agents say in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from servicekit.database import writing
from servicekit.errors import Conflict, NotFound
from services.dialogue import state as states
from services.dialogue.records import SNIPPET, reading, say, utterance
from services.dialogue.tables import CONVERSATIONS, HANDOFFS, UTTERANCES
from services.dialogue.written import Utterance

OPEN = ("waiting", "claimed")


@dataclass(frozen=True)
class Handoff:
    """`state`: waiting, claimed, resolved. Times in ms, 0 where it has not happened."""

    handoff_id: str
    conversation_id: str
    state: str
    reason: str
    summary: str
    language: str
    agent: str
    note: str
    created_ms: int
    claimed_ms: int
    resolved_ms: int


class HandoffRecords:
    """Blocks; call it in a thread. Raises Unavailable if the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, states_wanted: Sequence[str], limit: int, after: tuple[int, str] | None) -> Sequence[Handoff]:
        """Oldest first; `after` is (created_ms, handoff_id) of the last one seen."""
        query = sa.select(HANDOFFS).where(HANDOFFS.c.state.in_(list(states_wanted)))
        if after is not None:
            query = query.where(sa.tuple_(HANDOFFS.c.created_ms, HANDOFFS.c.handoff_id) > sa.tuple_(*after))
        query = query.order_by(HANDOFFS.c.created_ms, HANDOFFS.c.handoff_id).limit(limit)
        with reading(self._engine) as connection:
            return [_handoff(row) for row in connection.execute(query)]

    def claim(self, handoff_id: str, agent: str, now_ms: int) -> Handoff:
        """Claiming again what one has is no change. Raises NotFound; Conflict CLAIMED or RESOLVED."""
        with writing(self._engine) as connection:
            found = self._find(connection, handoff_id)
            if found.state == "claimed" and found.agent == agent:
                return found
            if found.state != "waiting":
                reason = "CLAIMED" if found.state == "claimed" else "RESOLVED"
                raise Conflict(f"handoff {handoff_id!r} is {found.state} by {found.agent!r}", reason=reason)
            self._change(connection, handoff_id, "waiting", state="claimed", agent=agent, claimed_ms=now_ms)
            return self._find(connection, handoff_id)

    def reply(self, handoff_id: str, agent: str, text: str, request_id: str, now_ms: int) -> tuple[Handoff, Utterance]:
        """Raises NotFound; Conflict NOT_CLAIMED if another has it or nobody, RESOLVED if it is over."""
        with writing(self._engine) as connection:
            found = self._of(connection, handoff_id, agent)
            conversation_id = found.conversation_id
            said = sa.select(UTTERANCES).where(UTTERANCES.c.conversation_id == conversation_id)
            if request_id and (before := connection.execute(said.where(UTTERANCES.c.request_id == request_id)).first()):
                return found, utterance(before)
            place = self._grow(connection, conversation_id, text, now_ms)
            connection.execute(
                say(conversation_id, place, "agent", text, now_ms, agent=agent, request_id=request_id or None)
            )
            return found, Utterance(place, "agent", text, now_ms, agent=agent)

    def _grow(self, connection: Connection, conversation_id: str, text: str, now_ms: int) -> int:
        """Makes room for one more utterance; returns its place. A turn that is on its way is read again for it."""
        where = CONVERSATIONS.c.conversation_id == conversation_id
        values = {
            "said": CONVERSATIONS.c.said + 1,
            "version": CONVERSATIONS.c.version + 1,
            "snippet": text[:SNIPPET],
            "updated_ms": now_ms,
        }
        connection.execute(sa.update(CONVERSATIONS).where(where).values(values))
        return int(connection.execute(sa.select(CONVERSATIONS.c.said).where(where)).scalar_one())

    def resolve(self, handoff_id: str, agent: str, note: str, now_ms: int) -> Handoff:
        """The dialogue serves the shopper again. Resolving again is no change. Raises NotFound, Conflict."""
        with writing(self._engine) as connection:
            found = self._find(connection, handoff_id)
            if found.state == "resolved":
                return found
            if found.state == "claimed" and found.agent != agent:
                raise Conflict(f"handoff {handoff_id!r} is claimed by {found.agent!r}", reason="CLAIMED")
            self._change(
                connection, handoff_id, found.state, state="resolved", agent=agent, note=note, resolved_ms=now_ms
            )
            self._give_back(connection, found, now_ms)
            return self._find(connection, handoff_id)

    def _give_back(self, connection: Connection, handoff: Handoff, now_ms: int) -> None:
        where = CONVERSATIONS.c.conversation_id == handoff.conversation_id
        query = sa.select(CONVERSATIONS.c.state).where(where).with_for_update()
        state = states.decode(connection.execute(query).scalar_one())
        if state.handoff_id != handoff.handoff_id:
            return
        state.handoff_id, state.noticed, state.misses, state.complaints = "", False, 0, 0
        values = {
            "state": states.encode(state),
            "handoff_id": "",
            "version": CONVERSATIONS.c.version + 1,
            "updated_ms": now_ms,
        }
        connection.execute(sa.update(CONVERSATIONS).where(where).values(values))

    def _of(self, connection: Connection, handoff_id: str, agent: str) -> Handoff:
        found = self._find(connection, handoff_id)
        if found.state == "resolved":
            raise Conflict(f"handoff {handoff_id!r} is resolved", reason="RESOLVED")
        if found.state != "claimed" or found.agent != agent:
            raise Conflict(f"handoff {handoff_id!r} is not claimed by {agent!r}", reason="NOT_CLAIMED")
        return found

    def _find(self, connection: Connection, handoff_id: str) -> Handoff:
        row = connection.execute(sa.select(HANDOFFS).where(HANDOFFS.c.handoff_id == handoff_id)).first()
        if row is None:
            raise NotFound(f"no handoff {handoff_id!r}", reason="HANDOFF_NOT_FOUND")
        return _handoff(row)

    def _change(self, connection: Connection, handoff_id: str, was: str, **values: object) -> None:
        where = sa.and_(HANDOFFS.c.handoff_id == handoff_id, HANDOFFS.c.state == was)
        if connection.execute(sa.update(HANDOFFS).where(where).values(values)).rowcount != 1:
            raise Conflict(f"handoff {handoff_id!r} was changed meanwhile", reason="CLAIMED")


def _handoff(row: Row[tuple[object, ...]]) -> Handoff:
    return Handoff(**dict(row._mapping))
