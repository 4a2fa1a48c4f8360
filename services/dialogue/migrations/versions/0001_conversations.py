"""Conversations, what was said in them, actions agreed to, handoffs, feedback, and events not published yet."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "dialogue_conversations",
        sa.Column("conversation_id", sa.String(64), primary_key=True),
        sa.Column("visitor_id", sa.String(128), nullable=False),
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("turns", sa.Integer, nullable=False),
        sa.Column("said", sa.Integer, nullable=False),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("handoff_id", sa.String(64), nullable=False),
        sa.Column("snippet", sa.String(200), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("dialogue_conversations_newest", "dialogue_conversations", ["updated_ms", "conversation_id"])
    op.create_index("dialogue_conversations_visitor", "dialogue_conversations", ["visitor_id"])
    op.create_table(
        "dialogue_utterances",
        sa.Column("conversation_id", sa.String(64), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("speaker", sa.String(8), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("events", sa.LargeBinary, nullable=False),
        sa.Column("agent", sa.String(128), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(36), nullable=True),
        sa.Column("said_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("conversation_id", "request_id", name="dialogue_utterances_request"),
    )
    op.create_table(
        "dialogue_turns",
        sa.Column("conversation_id", sa.String(64), primary_key=True),
        sa.Column("turn", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.String(36), nullable=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("events", sa.LargeBinary, nullable=True),
        sa.UniqueConstraint("conversation_id", "request_id", name="dialogue_turns_request"),
    )
    op.create_table(
        "dialogue_actions",
        sa.Column("request_id", sa.String(36), primary_key=True),
        sa.Column("conversation_id", sa.String(64), nullable=False, index=True),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("action", sa.LargeBinary, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String(64), nullable=True, index=True),
        sa.Column("done_ms", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "dialogue_handoffs",
        sa.Column("handoff_id", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.String(64), nullable=False, index=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("agent", sa.String(128), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("claimed_ms", sa.BigInteger, nullable=False),
        sa.Column("resolved_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dialogue_feedback",
        sa.Column("conversation_id", sa.String(64), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("said_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dialogue_events",
        sa.Column("event_id", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False, index=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for name in ("events", "feedback", "handoffs", "actions", "turns", "utterances", "conversations"):
        op.drop_table(f"dialogue_{name}")
