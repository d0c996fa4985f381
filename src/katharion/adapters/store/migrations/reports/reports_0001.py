"""What is counted for reports of DMARC, which of these were sent, and those of others."""

import sqlalchemy as sa
from alembic import op

revision = "reports_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "counted",
        sa.Column("one", sa.Integer, primary_key=True),  # There is one, number 1.
        sa.Column("tracking_number", sa.Integer, nullable=False),
    )
    op.create_table(
        "report",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("policy_domain", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("rows_count", sa.Integer, nullable=False),
        sa.Column("left_out_count", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("tries_count", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.Text, nullable=False),
        sa.Column("lease_until", sa.Float, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("ended_at", sa.Float, nullable=False),
        sa.Column("ending", sa.Text, nullable=False),
        sa.UniqueConstraint("day", "policy_domain", "record"),
    )
    op.create_index("report_due", "report", ["ended_at", "due_at"])
    op.create_table(
        "report_row",
        sa.Column("report", sa.Integer, primary_key=True),
        sa.Column("row", sa.LargeBinary, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "received",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reporter", sa.Text, nullable=False),
        sa.Column("report_id", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("span_end", sa.Integer, nullable=False),
        sa.Column("passed_count", sa.Integer, nullable=False),
        sa.Column("failed_count", sa.Integer, nullable=False),
        sa.Column("report", sa.LargeBinary, nullable=False),
        # A report that is sent again is the same report (RFC 9990 section 3.5.4).
        sa.UniqueConstraint("tenant", "kind", "reporter", "report_id", "domain"),
    )
    op.create_index("received_at", "received", ["tenant", "received_at"])


def downgrade() -> None:
    """There is nothing before the first."""
