"""Retention: what nobody has wanted for its days leaves the quarantine."""

from katharion.ports import Directory, Spool
from katharion.values.fate import HELD
from katharion.values.held import HeldRow, Query

DAY_SECONDS = 86_400.0
PAGE_ROWS = 500


async def expire(spool: Spool, directory: Directory, now: float) -> int:
    """Expire all rows whose time is over; returns how many."""
    offset = expired = 0
    while True:
        states = tuple(HELD)
        query = Query(states=states, until=now - DAY_SECONDS, limit=PAGE_ROWS, offset=offset)
        rows = await spool.search(query)
        over = [row for row in rows if is_over(row, directory, now)]
        for row in over:
            expired += await spool.expire(row.message_id, row.recipient, now)
        if len(rows) < PAGE_ROWS:
            return expired
        offset += len(rows) - len(over)  # What has expired is not found again.


def is_over(row: HeldRow, directory: Directory, now: float) -> bool:
    """Whether a row has been kept for the days that its recipient's policy says.

    They count from its entry: what waited five days in the queue first, or was brought back,
    is still to be seen by somebody.
    """
    domain = directory.domain(row.recipient.domain)
    if domain is None:
        return False  # Whose policy is not known is not thrown away.
    seconds_max = domain.policy.quarantine_days * DAY_SECONDS
    # By two clocks: the machine's may have jumped, and the store's stands while we are off.
    is_vouched = row.vouched_seconds is None or row.vouched_seconds > seconds_max
    return is_vouched and now - max(row.received_at, row.changed_at) > seconds_max
