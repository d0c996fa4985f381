"""What is remembered of the sources of mail, and how far the tracking records are counted."""

import sqlalchemy as sa
from alembic import op

revision = "sources_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "counted",
        sa.Column("one", sa.Integer, primary_key=True),  # There is one, number 1.
        sa.Column("tracking_number", sa.Integer, nullable=False),
    )
    op.create_table(
        "past",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("clean", sa.Float, nullable=False),
        sa.Column("spam", sa.Float, nullable=False),
        sa.Column("unknown", sa.Float, nullable=False),
        sa.Column("recent", sa.Float, nullable=False),
        sa.Column("first_at", sa.Float, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("past_last_at", "past", ["last_at"])
