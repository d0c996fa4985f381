"""Beside the sources: campaigns, and the fingerprints that lead to them."""

import sqlalchemy as sa
from alembic import op

revision = "sources_0002"
down_revision = "sources_0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "campaign",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("messages_count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("campaign_last_at", "campaign", ["last_at"])
    op.create_table(
        "print",
        sa.Column("print", sa.Text, primary_key=True),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("print_last_at", "print", ["last_at"])
