"""Results of catalogue imports by request id, so that a repeated import answers as the first did."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "recommender_imports",
        sa.Column("request_id", sa.String(36), primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.LargeBinary, nullable=True),
    )


def downgrade() -> None:
    op.drop_table("recommender_imports")
