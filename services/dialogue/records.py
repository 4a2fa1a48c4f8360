"""Conversations in the database. What a turn says, changes and sets in motion is one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from servicekit.database import writing
from servicekit.errors import NotFound, Unavailable
from services.dialogue import state as states
from services.dialogue.answer import Event
from services.dialogue.orders.order import Shopper
from services.dialogue.ports import Said
from services.dialogue.state import State
from services.dialogue.tables import ACTIONS, CONVERSATIONS, EVENTS, FEEDBACK, HANDOFFS, TURNS, UTTERANCES
from services.dialogue.turn import Action
from services.dialogue.written import Conversation, Pending, Stale, Utterance, Written

SNIPPET = 200
HISTORY = 10
_Events = list[Event]


class ConversationRecords:
    """Blocks; call it in a thread. Raises Unavailable if the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, conversation_id: str) -> Conversation:
        """Raises NotFound."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(CONVERSATIONS).where(_is(conversation_id))).first()
        if row is None:
            raise NotFound(f"no conversation {conversation_id!r}", reason="CONVERSATION_NOT_FOUND")
        return _conversation(row)

    def answered(self, conversation_id: str, request_id: str) -> tuple[int, str, Sequence[Event] | None] | None:
        """(turn, language, events) of a request served before; events None while its action is not done."""
        query = sa.select(TURNS).where(TURNS.c.conversation_id == conversation_id, TURNS.c.request_id == request_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.turn, row.language, None if row.events is None else _events(row.events))

    def told(self, conversation_id: str, turn: int) -> Sequence[Event]:
        """The answer of a turn; empty while there is none."""
        query = sa.select(TURNS.c.events).where(TURNS.c.conversation_id == conversation_id, TURNS.c.turn == turn)
        with reading(self._engine) as connection:
            stored = connection.execute(query).scalar()
        return () if stored is None else _events(stored)

    def unfinished(self, request_id: str) -> bool:
        """Whether the outcome of an action is still to be told."""
        query = sa.select(ACTIONS.c.outcome).where(ACTIONS.c.request_id == request_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return row is not None and row.outcome is None

    def history(self, conversation_id: str) -> Sequence[Said]:
        """The last things said, oldest first."""
        query = sa.select(UTTERANCES.c.speaker, UTTERANCES.c.text, UTTERANCES.c.act)
        query = query.where(UTTERANCES.c.conversation_id == conversation_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(UTTERANCES.c.place.desc()).limit(HISTORY)).all()
        return [Said(row.speaker == "shopper", row.text, row.act) for row in reversed(rows)]

    def write(self, seen: Conversation, new: Written) -> Conversation:
        """All of it or nothing. Raises Stale if the conversation is another by now, or the request was served."""
        said = seen.said + (new.heard is not None) + (new.answer is not None)
        state, text = states.encode(new.state), new.text or new.heard or seen.snippet
        values = {
            "conversation_id": seen.conversation_id,
            "visitor_id": seen.shopper.visitor_id,
            "user_id": seen.shopper.user_id,
            "language": new.language,
            "state": state,
            "version": seen.version + 1,
            "turns": max(seen.turns, new.turn),
            "said": said,
            "flow": new.state.task.flow if new.state.task else "",
            "handoff_id": new.state.handoff_id,
            "snippet": text[:SNIPPET],
            "created_ms": seen.created_ms or new.now_ms,
            "updated_ms": new.now_ms,
        }
        try:
            with writing(self._engine) as connection:
                self._conversation(connection, seen, values)
                self._utterances(connection, seen, new)
                self._effects(connection, seen, new)
        except IntegrityError as error:
            raise Stale(seen.conversation_id) from error
        return _conversation(sa.util.immutabledict(values), state=new.state)

    def _conversation(self, connection: Connection, seen: Conversation, values: dict[str, object]) -> None:
        if seen.version == 0:
            connection.execute(sa.insert(CONVERSATIONS).values(values))
            return
        where = sa.and_(_is(seen.conversation_id), CONVERSATIONS.c.version == seen.version)
        if connection.execute(sa.update(CONVERSATIONS).where(where).values(values)).rowcount != 1:
            raise Stale(seen.conversation_id)

    def _utterances(self, connection: Connection, seen: Conversation, new: Written) -> None:
        place, conversation_id = seen.said, seen.conversation_id
        if new.heard is not None:
            place += 1
            connection.execute(_say(conversation_id, place, "shopper", new.heard, new.now_ms))
        if new.turn and new.heard is not None:
            values = {"turn": new.turn, "request_id": new.request_id or None, "language": new.language}
            stored = None if new.answer is None else _encoded(new.answer)
            connection.execute(sa.insert(TURNS).values(conversation_id=conversation_id, events=stored, **values))
        elif new.turn and new.answer is not None:
            where = sa.and_(TURNS.c.conversation_id == conversation_id, TURNS.c.turn == new.turn)
            where = sa.and_(where, TURNS.c.events.is_(None))
            connection.execute(sa.update(TURNS).where(where).values(events=_encoded(new.answer)))
        if new.answer is not None:
            said = _say(conversation_id, place + 1, "staff", new.text, new.now_ms, new.answer, act=new.act)
            connection.execute(said)

    def _effects(self, connection: Connection, seen: Conversation, new: Written) -> None:
        if new.action is not None:
            body = msgspec.json.encode(new.action)
            values = {"request_id": new.action.request_id, "turn": new.turn, "created_ms": new.now_ms, "action": body}
            connection.execute(sa.insert(ACTIONS).values(conversation_id=seen.conversation_id, **values))
        if new.finished:
            where = sa.and_(ACTIONS.c.request_id == new.finished, ACTIONS.c.outcome.is_(None))
            done = sa.update(ACTIONS).where(where).values(outcome=new.outcome, done_ms=new.now_ms)
            if connection.execute(done).rowcount != 1:
                raise Stale(seen.conversation_id)
        if new.handoff is not None:
            connection.execute(sa.insert(HANDOFFS).values(_handoff(seen.conversation_id, new)))
        for number, (event_id, payload) in enumerate(new.events):
            values = {"event_id": event_id, "sequence": new.now_ms * 100 + number, "payload": payload}
            connection.execute(sa.insert(EVENTS).values(values))

    def pending(self, older_than_ms: int, conversation_id: str = "", limit: int = 100) -> Sequence[Pending]:
        """Actions without an outcome that were agreed to before that time, oldest first."""
        query = sa.select(ACTIONS.c.conversation_id, ACTIONS.c.turn, ACTIONS.c.action)
        query = query.where(ACTIONS.c.outcome.is_(None), ACTIONS.c.created_ms <= older_than_ms)
        if conversation_id:
            query = query.where(ACTIONS.c.conversation_id == conversation_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(ACTIONS.c.created_ms).limit(limit)).all()
        return [Pending(row.conversation_id, row.turn, msgspec.json.decode(row.action, type=Action)) for row in rows]

    def utterances(self, conversation_id: str, after: int = 0) -> Sequence[Utterance]:
        query = sa.select(UTTERANCES).where(UTTERANCES.c.conversation_id == conversation_id, UTTERANCES.c.place > after)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(UTTERANCES.c.place)).all()
        return [utterance(row) for row in rows]

    def page(self, limit: int, before: tuple[int, str] | None, visitor_id: str) -> Sequence[Conversation]:
        """Newest first; `before` is (updated_ms, conversation_id) of the last one seen."""
        query = sa.select(CONVERSATIONS)
        if visitor_id:
            query = query.where(CONVERSATIONS.c.visitor_id == visitor_id)
        place = sa.tuple_(CONVERSATIONS.c.updated_ms, CONVERSATIONS.c.conversation_id)
        if before is not None:
            query = query.where(place < sa.tuple_(*before))
        query = query.order_by(CONVERSATIONS.c.updated_ms.desc(), CONVERSATIONS.c.conversation_id.desc())
        with reading(self._engine) as connection:
            return [_conversation(row) for row in connection.execute(query.limit(limit))]

    def feedback(self, conversation_id: str, place: int, rating: int, comment: str, now_ms: int) -> None:
        """The last word on an utterance counts. Raises NotFound if there is no such utterance of ours."""
        said = sa.select(UTTERANCES.c.speaker).where(
            UTTERANCES.c.conversation_id == conversation_id, UTTERANCES.c.place == place
        )
        where = sa.and_(FEEDBACK.c.conversation_id == conversation_id, FEEDBACK.c.place == place)
        with writing(self._engine) as connection:
            if connection.execute(said).scalar() not in ("staff", "agent"):
                raise NotFound(f"index: no answer {place} in this conversation", reason="UTTERANCE_NOT_FOUND")
            connection.execute(sa.delete(FEEDBACK).where(where))
            values = {"rating": rating, "comment": comment, "said_ms": now_ms}
            connection.execute(sa.insert(FEEDBACK).values(conversation_id=conversation_id, place=place, **values))

    def unpublished(self, limit: int = 100) -> Sequence[tuple[str, bytes]]:
        """(event_id, payload), oldest first."""
        query = sa.select(EVENTS.c.event_id, EVENTS.c.payload).order_by(EVENTS.c.sequence).limit(limit)
        with reading(self._engine) as connection:
            return [(row.event_id, row.payload) for row in connection.execute(query)]

    def published(self, event_ids: Sequence[str]) -> None:
        with writing(self._engine) as connection:
            connection.execute(sa.delete(EVENTS).where(EVENTS.c.event_id.in_(list(event_ids))))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise Unavailable(f"records: {error.orig}", reason="RECORDS_UNAVAILABLE") from error


def _is(conversation_id: str) -> sa.ColumnElement[bool]:
    return CONVERSATIONS.c.conversation_id == conversation_id


def _conversation(row: object, state: State | None = None) -> Conversation:
    values = dict(getattr(row, "_mapping", row))  # type: ignore[call-overload]
    names = Conversation.__dataclass_fields__.keys() & values.keys() - {"state"}
    shopper = Shopper(values["visitor_id"], values["user_id"])
    told = state if state is not None else states.decode(values["state"])
    return Conversation(shopper=shopper, state=told, **{name: values[name] for name in names})


def _say(
    conversation_id: str,
    place: int,
    speaker: str,
    text: str,
    said_ms: int,
    events: Sequence[Event] = (),
    agent: str = "",
    act: str = "",
    request_id: str | None = None,
) -> sa.Insert:
    return sa.insert(UTTERANCES).values(
        conversation_id=conversation_id,
        place=place,
        speaker=speaker,
        text=text,
        events=_encoded(events),
        agent=agent,
        act=act,
        request_id=request_id,
        said_ms=said_ms,
    )


say = _say


def _handoff(conversation_id: str, new: Written) -> dict[str, object]:
    wish = new.handoff
    assert wish is not None
    return {
        "handoff_id": wish.handoff_id,
        "conversation_id": conversation_id,
        "state": "waiting",
        "reason": wish.reason,
        "summary": wish.summary,
        "language": new.language,
        "agent": "",
        "note": "",
        "created_ms": new.now_ms,
        "claimed_ms": 0,
        "resolved_ms": 0,
    }


def _encoded(events: Sequence[Event]) -> bytes:
    return msgspec.json.encode(list(events))


def _events(data: bytes) -> Sequence[Event]:
    return msgspec.json.decode(data, type=_Events)


def utterance(row: sa.Row[tuple[object, ...]]) -> Utterance:
    events = _events(row.events)
    return Utterance(row.place, row.speaker, row.text, row.said_ms, events, row.agent, row.act)
