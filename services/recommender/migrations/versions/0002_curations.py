"""Products that merchandisers pinned to the front or hid, apart from the catalogue: an import does not undo them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "recommender_curations",
        sa.Column("product_id", sa.String(128), primary_key=True),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("update_time_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint("pinned <> hidden", name="recommender_curations_one_decision"),
    )


def downgrade() -> None:
    op.drop_table("recommender_curations")
