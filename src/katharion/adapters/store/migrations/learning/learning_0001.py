"""What the classifier is given: models, and what people say of messages."""

import sqlalchemy as sa
from alembic import op

revision = "learning_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "model",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("installed_by", sa.Text, nullable=False),
        sa.Column("octets", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "lesson",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("reporter", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("is_spam", sa.Boolean, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("slots", sa.LargeBinary, nullable=False),
        sa.Column("taken_back_at", sa.Float, nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_index("lesson_tenant_at", "lesson", ["tenant", "at"])
    op.create_table(
        "revision",
        sa.Column("one", sa.Integer, primary_key=True),  # There is one, number 1.
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.execute("INSERT INTO revision VALUES (1, 0)")
