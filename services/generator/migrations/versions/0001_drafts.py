"""Drafts, their audit trail, and approvals on their way to the catalogue."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "generator_drafts",
        sa.Column("draft_id", sa.String(36), primary_key=True),
        sa.Column("request_id", sa.String(36), nullable=True, unique=True),
        sa.Column("product_id", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_text", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_index("generator_drafts_newest", "generator_drafts", ["created_at", "draft_id"])
    op.create_index("generator_drafts_product", "generator_drafts", ["product_id"])
    op.create_table(
        "generator_audit",
        sa.Column("entry_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("draft_id", sa.String(36), sa.ForeignKey("generator_drafts.draft_id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("generator_audit_draft", "generator_audit", ["draft_id", "entry_id"])
    op.create_table(
        "generator_outbox",
        sa.Column("draft_id", sa.String(36), sa.ForeignKey("generator_drafts.draft_id"), primary_key=True),
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("replaced_text", sa.Text, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for table in ("generator_outbox", "generator_audit", "generator_drafts"):
        op.drop_table(table)
