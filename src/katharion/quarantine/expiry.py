"""Retention: what nobody has wanted for its days leaves the quarantine."""

from katharion.ports import Directory, Journal, JournalFullError, Spool
from katharion.values.fate import HELD, State
from katharion.values.held import HeldRow, Query
from katharion.values.track import TrackRecord

DAY_SECONDS = 86_400.0
PAGE_ROWS = 500


async def expire(
    spool: Spool, directory: Directory, journal: Journal, now: float, who: tuple[str, str]
) -> int:
    """Expire all rows whose time is over; returns how many. `who`: node and process, for records.

    The record comes first: when the row is purged it is all that tells of the end. Where it
    can't be written the rows wait until the next time.
    """
    offset = expired = 0
    while True:
        states = tuple(HELD)
        query = Query(states=states, until=now - DAY_SECONDS, limit=PAGE_ROWS, offset=offset)
        rows = await spool.search(query)
        over = [row for row in rows if is_over(row, directory, now)]
        for row in over:
            try:
                journal.append([_record(row, now, who)])
            except JournalFullError:
                return expired
            expired += await spool.expire(row.message_id, row.recipient, now)
        if len(rows) < PAGE_ROWS:
            return expired
        offset += len(rows) - len(over)  # What has expired is not found again.


def _record(row: HeldRow, now: float, who: tuple[str, str]) -> TrackRecord:
    return TrackRecord(
        at=now,
        event="expired",
        node=who[0],
        process=who[1],
        message_id=row.message_id,
        sender=row.sender,
        recipient=str(row.recipient),
        tenant=row.tenant,
        subject=row.subject,
        state=State.EXPIRED.value,
        reason="retention",
    )


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
