"""The first spool: a message once, its content in pieces, a row for each recipient."""

import sqlalchemy as sa
from alembic import op

revision = "spool_0001"
down_revision = None
DUE = "state IN ('queued', 'unjudged', 'uncertain')"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "held_message",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sa.Column("trace", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
    )
    op.create_table(
        "held_content",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("octets", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "held_recipient",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("recipient", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("verdict", sa.LargeBinary),
        sa.Column("subject_tag", sa.Text, nullable=False, server_default=""),
        sa.Column("is_sender_told", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("queued_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_owner", sa.Text, nullable=False, server_default=""),
        sa.Column("lease_until", sa.Float, nullable=False, server_default="0"),
        sa.Column("fence", sa.Integer, nullable=False, server_default="1"),
        sa.Column("next_hop", sa.Text, nullable=False, server_default=""),
        sa.Column("words", sa.LargeBinary),
        sa.Column("came_from", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "held_attempt",
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("next_hop", sa.Text, nullable=False),
        sa.Column("words", sa.LargeBinary),
    )
    op.create_index("due", "held_recipient", ["due_at"], sqlite_where=sa.text(DUE))
    op.create_index("by_state", "held_recipient", ["state", "message_id"])
    op.create_index("attempt_of", "held_attempt", ["message_id", "recipient"])


def downgrade() -> None:
    """There is nothing before the first."""
