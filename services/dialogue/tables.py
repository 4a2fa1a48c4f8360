"""The tables of the migrations, as queries name them."""

from typing import Any

import sqlalchemy as sa


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(each, _TYPES.get(each)) for each in columns))


_TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "events": sa.LargeBinary,
    "action": sa.LargeBinary,
    "payload": sa.LargeBinary,
    "created_ms": sa.BigInteger,
    "updated_ms": sa.BigInteger,
    "said_ms": sa.BigInteger,
    "conversation_id": sa.String,
}
CONVERSATIONS = _table(
    "dialogue_conversations",
    "conversation_id",
    "visitor_id",
    "user_id",
    "language",
    "state",
    "version",
    "turns",
    "said",
    "flow",
    "handoff_id",
    "snippet",
    "created_ms",
    "updated_ms",
)
UTTERANCES = _table(
    "dialogue_utterances",
    "conversation_id",
    "place",
    "speaker",
    "text",
    "events",
    "agent",
    "act",
    "request_id",
    "said_ms",
)
TURNS = _table("dialogue_turns", "conversation_id", "turn", "request_id", "language", "events")
ACTIONS = _table(
    "dialogue_actions", "request_id", "conversation_id", "turn", "action", "created_ms", "outcome", "done_ms"
)
HANDOFFS = _table(
    "dialogue_handoffs",
    "handoff_id",
    "conversation_id",
    "state",
    "reason",
    "summary",
    "language",
    "agent",
    "note",
    "created_ms",
    "claimed_ms",
    "resolved_ms",
)
FEEDBACK = _table("dialogue_feedback", "conversation_id", "place", "rating", "comment", "said_ms")
EVENTS = _table("dialogue_events", "event_id", "sequence", "payload")
