"""Conversations over SQLite and over PostgreSQL, on the tables that the migrations make."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from servicekit.database import migrate, open_database
from servicekit.errors import Conflict, NotFound
from services.dialogue.answer import Done, Products, Text
from services.dialogue.handoffs import HandoffRecords
from services.dialogue.orders.order import Shopper
from services.dialogue.parts import MIGRATIONS
from services.dialogue.records import ConversationRecords
from services.dialogue.state import State, Task
from services.dialogue.turn import Action, HandoffWish
from services.dialogue.written import Conversation, Stale, Written

NOW = 1_790_000_000_000
ANSWER = [Text("All right."), Products([b"\x00card"], "token"), Done(["affirm"], "return-item", "reason", ["x"], True)]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, shop_id: str) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path}/records.db", shop_id)
    else:
        opened = open_database(request.getfixturevalue("postgres_url"), shop_id)
    migrate(opened, "dialogue", MIGRATIONS)
    yield opened
    if request.param == "postgresql":
        with opened.begin() as connection:
            connection.execute(sa.schema.DropSchema(shop_id, cascade=True))
    opened.dispose()


def _new(visitor_id: str = "ann") -> Conversation:
    return Conversation(str(uuid.uuid4()), Shopper(visitor_id), "en", State())


def _turn(number: int, **more: object) -> Written:
    written = Written(
        State(task=Task("return-item", {"quantity": 2})), number, NOW + number, heard="yes", text="All right."
    )
    return replace(written, **{"answer": ANSWER, **more})  # type: ignore[arg-type]


def test_a_turn_is_read_as_it_was_written(engine: Engine) -> None:
    records, request_id = ConversationRecords(engine), str(uuid.uuid4())
    written = records.write(_new(), _turn(1, request_id=request_id, events=[(str(uuid.uuid4()), b"payload")]))
    read = records.read(written.conversation_id)
    assert read == written
    assert (read.turns, read.said, read.flow, read.snippet) == (1, 2, "return-item", "All right.")
    assert read.state.task is not None
    assert read.state.task.slots == {"quantity": 2}
    assert records.answered(read.conversation_id, request_id) == (1, "en", ANSWER)
    assert [one.speaker for one in records.utterances(read.conversation_id)] == ["shopper", "staff"]
    assert list(records.utterances(read.conversation_id, after=1)[0].events) == ANSWER
    [(event_id, payload)] = records.unpublished()
    assert payload == b"payload"
    records.published([event_id])
    assert not records.unpublished()


def test_who_read_an_older_state_writes_nothing(engine: Engine) -> None:
    records = ConversationRecords(engine)
    first = records.write(_new(), _turn(1))
    records.write(first, _turn(2))
    with pytest.raises(Stale):
        records.write(first, _turn(2, events=[(str(uuid.uuid4()), b"lost")]))
    assert len(records.utterances(first.conversation_id)) == 4
    assert not records.unpublished()


def test_a_request_is_served_once(engine: Engine) -> None:
    records, request_id = ConversationRecords(engine), str(uuid.uuid4())
    first = records.write(_new(), _turn(1, request_id=request_id))
    with pytest.raises(Stale):
        records.write(first, _turn(2, request_id=request_id))
    assert records.read(first.conversation_id).turns == 1


def test_an_action_is_pending_until_its_outcome_is_told_once(engine: Engine) -> None:
    records = ConversationRecords(engine)
    action = Action(str(uuid.uuid4()), "request-return", "return-item", "SK30000101", "kettle", 1, "it leaks")
    seen = records.write(_new(), _turn(1, answer=None, action=action))
    [pending] = records.pending(NOW + 10)
    assert (pending.conversation_id, pending.turn, pending.action) == (seen.conversation_id, 1, action)
    assert not records.pending(NOW - 10)
    assert records.unfinished(action.request_id)
    told = _turn(1, heard=None, finished=action.request_id, outcome="done")
    after = records.write(seen, told)
    assert not records.pending(NOW + 10)
    assert not records.unfinished(action.request_id)
    assert list(records.told(seen.conversation_id, 1)) == ANSWER
    with pytest.raises(Stale):
        records.write(after, told)


def test_pages_newest_first(engine: Engine) -> None:
    records = ConversationRecords(engine)
    made = [records.write(_new(), _turn(number)) for number in range(1, 5)]
    first = records.page(3, None, "")
    rest = records.page(3, (first[-1].updated_ms, first[-1].conversation_id), "")
    assert [one.conversation_id for one in [*first, *rest]] == [one.conversation_id for one in reversed(made)]
    assert not records.page(3, None, "bob")


def test_feedback_is_for_what_was_answered(engine: Engine) -> None:
    records = ConversationRecords(engine)
    seen = records.write(_new(), _turn(1))
    records.feedback(seen.conversation_id, 2, 1, "good", NOW)
    records.feedback(seen.conversation_id, 2, -1, "not so good", NOW)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT rating, comment FROM dialogue_feedback")).all() == [
            (-1, "not so good")
        ]
    for place in (1, 3):
        with pytest.raises(NotFound):
            records.feedback(seen.conversation_id, place, 1, "", NOW)


def test_a_handoff_from_queue_to_end(engine: Engine) -> None:
    records, handoffs = ConversationRecords(engine), HandoffRecords(engine)
    wish = HandoffWish(str(uuid.uuid4()), "asked", "wants a person")
    seen = records.write(_new(), _turn(1, state=State(handoff_id=wish.handoff_id), handoff=wish))
    assert [one.handoff_id for one in handoffs.page(("waiting",), 10, None)] == [wish.handoff_id]
    handoffs.claim(wish.handoff_id, "mei", NOW)
    assert handoffs.claim(wish.handoff_id, "mei", NOW).agent == "mei"
    with pytest.raises(Conflict) as refusal:
        handoffs.claim(wish.handoff_id, "tom", NOW)
    assert refusal.value.reason == "CLAIMED"
    _, said = handoffs.reply(wish.handoff_id, "mei", "hello", "", NOW)
    assert said.place == 3
    with pytest.raises(Stale):
        records.write(seen, _turn(2))
    assert handoffs.resolve(wish.handoff_id, "mei", "done", NOW).note == "done"
    assert records.read(seen.conversation_id).state.handoff_id == ""
    with pytest.raises(Conflict):
        handoffs.reply(wish.handoff_id, "mei", "one more", "", NOW)
    with pytest.raises(NotFound):
        handoffs.claim("nowhere", "mei", NOW)
