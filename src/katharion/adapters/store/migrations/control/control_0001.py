"""What the whole store has in common: standing pauses, and the clock that its rows go by."""

import sqlalchemy as sa
from alembic import op

revision = "control_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pause",
        sa.Column("route", sa.Text, primary_key=True),
        sa.Column("domain", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "house_clock",
        sa.Column("number", sa.Integer, primary_key=True),  # There is one, number 1.
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("boot_seconds", sa.Float, nullable=False),
        sa.Column("house_seconds", sa.Float, nullable=False),
        sa.Column("skipped_seconds", sa.Float, nullable=False),
        sa.Column("offset_seconds", sa.Float, nullable=False),
        sa.Column("seen_seconds", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """There is nothing before the first."""
