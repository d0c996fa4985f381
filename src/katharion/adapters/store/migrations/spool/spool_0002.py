"""Rows wait in lanes: of a tenant, by a route, to a domain. Ages by a clock that never jumps."""

import sqlalchemy as sa
from alembic import op

revision = "spool_0002"
down_revision = "spool_0001"
DUE = "state IN ('queued', 'unjudged', 'uncertain')"
SETTLED = "state IN ('delivered', 'bounced', 'expired', 'deleted')"


def upgrade() -> None:
    """Give each row its lane, its rank in it, and the time since which it is what it is."""
    op.create_table(
        "lane",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
    )
    op.create_index("lane_of", "lane", ["route", "domain", "tenant"], unique=True)
    _add("held_message", sa.Column("held_by", sa.Text, nullable=False, server_default=""))
    _add("held_recipient", sa.Column("lane", sa.Integer, nullable=False, server_default="0"))
    _add("held_recipient", sa.Column("rank", sa.Integer, nullable=False, server_default="0"))
    _add("held_recipient", sa.Column("paused", sa.Text, nullable=False, server_default=""))
    _add("held_recipient", sa.Column("since", sa.Float, nullable=False, server_default="0"))
    op.drop_index("due", "held_recipient")
    _fill()
    op.create_index(
        "lane_due",
        "held_recipient",
        ["lane", "state", "rank", "due_at", "message_id"],
        sqlite_where=sa.text(f"{DUE} AND paused = ''"),
    )
    op.create_index("settled", "held_recipient", ["since"], sqlite_where=sa.text(SETTLED))


def _add(table: str, column: sa.Column[object]) -> None:
    op.add_column(table, column)


def _fill() -> None:
    """What the rows of the first schema say of themselves."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.create_function(
        "domain_of", 1, lambda address: address.rpartition("@")[2], deterministic=True
    )
    op.execute(
        "INSERT INTO lane (tenant, route, domain) SELECT DISTINCT m.tenant, r.route,"
        " domain_of(r.recipient) FROM held_recipient r JOIN held_message m ON m.id = r.message_id"
    )
    op.execute(
        "UPDATE held_recipient SET lane = (SELECT l.id FROM lane l JOIN held_message m"
        " ON m.tenant = l.tenant WHERE m.id = message_id AND l.route = held_recipient.route"
        " AND l.domain = domain_of(recipient)), since = changed_at,"
        " rank = CASE WHEN attempts > 0 THEN 1 ELSE 0 END"
    )
    # What is leased is due again when the lease is over: from now on in one column.
    op.execute(f"UPDATE held_recipient SET due_at = max(due_at, lease_until) WHERE {DUE}")


def downgrade() -> None:
    """An older katharion refuses the store; there is no way back."""
