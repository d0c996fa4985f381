"""The first tracking store: records as they were journalled, found by what people know."""

import sqlalchemy as sa
from alembic import op

revision = "tracking_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "track",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("message_header_id", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("client_address", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    for column in ("at", "message_id", "message_header_id", "sender", "recipient"):
        op.create_index(f"track_{column}", "track", [column])
    op.create_table(
        "journal_file",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("octets_done", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """There is nothing before the first."""
