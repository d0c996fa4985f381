"""The reports' file: rows counted for our reports, which are sent once each; those of others.

Counting goes by the numbers of the tracking store, and how far it has got is written in the
same transaction as the counts: no message is counted twice, and none is forgotten. The
supervisor counts; the queue runner sends, by a lease with a fence, and takes others' reports.
Each call is a small transaction.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import msgspec

from katharion.adapters.store.migrate import check, reports_path
from katharion.adapters.store.tracking import records_after
from katharion.values.dmarc_report import Aggregate, Counted, Received, Row
from katharion.values.track import TrackRecord

BUSY_SECONDS_MAX = 5
RECORDS_COUNT_MAX = 5000  # Counted in one transaction.
ROWS_COUNT_MAX = 5000  # Of one report; what differs further is only counted.
REPORTS_PER_DAY_COUNT_MAX = 20_000
RECEIVED_PER_TENANT_COUNT_MAX = 10_000
DAY_SECONDS = 86_400
# Records come from the journals of all processes, some late.
SETTLE_SECONDS = 3600.0

T = TypeVar("T")
RowOf = Callable[[TrackRecord], Row | None]

_decode_row = msgspec.json.Decoder(Row).decode
_decode_received = msgspec.json.Decoder(Received).decode
_encode = msgspec.json.encode


class DmarcOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reports of DMARC and TLS: ours to others, and others' to us."""

    send_reports: Annotated[
        bool,
        msgspec.Meta(description="Send aggregate reports to domains that ask for them (rua=)."),
    ] = False
    organization: Annotated[
        str,
        msgspec.Meta(description="Who we are, in our reports; empty: our name.", max_length=200),
    ] = ""
    contact: Annotated[
        str,
        msgspec.Meta(description="More than our address, such as a web page.", max_length=200),
    ] = ""
    take_reports_at: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Addresses of served domains whose mail is read as reports, and goes to"
            " nobody else."
        ),
    ] = ()
    keep_days: Annotated[
        int, msgspec.Meta(description="Days that reports are kept.", ge=3, le=3650)
    ] = 90


class DueReport(NamedTuple):
    """A report that is leased to be sent, and where it asks to be sent to (rua=, as written)."""

    number: int
    fence: int
    aggregate: Aggregate


class SentReport(NamedTuple):
    """What became of a report of ours, for people. `ending` "" where it waits."""

    number: int
    day: int
    policy_domain: str
    rows_count: int
    ending: str
    ended_at: float


class ReceivedReport(NamedTuple):
    """A report of others, as stored."""

    number: int
    tenant: str
    received_at: float
    report: Received


class DmarcReports:
    """The file of one store. StoreError where it is not of this version."""

    def __init__(self, store: Path) -> None:
        self._path = reports_path(store)
        self._store = store
        check(self._path, "reports")

    # Counting: the supervisor's.

    def count(self, row_of: RowOf, since: float) -> int:
        """Count what the tracking store took; returns how many records were looked at.

        What is older than `since` is passed over: its reports would come too late.
        """

        def work(db: sqlite3.Connection) -> int:
            row = db.execute("SELECT tracking_number FROM counted").fetchone()
            last, looked_at, records = records_after(
                self._store, row[0] if row else 0, RECORDS_COUNT_MAX
            )
            for record in records:
                if record.at >= since and (row_to_count := row_of(record)):
                    _add(db, record, row_to_count)
            db.execute("INSERT OR REPLACE INTO counted VALUES (1, ?)", (last,))
            return looked_at

        return self._write(work)

    # Sending: the queue runner's.

    def claim(self, owner: str, now: float, limit: int, lease_seconds: float) -> list[DueReport]:
        """Lease reports of days that are over, to be sent."""

        def work(db: sqlite3.Connection) -> list[DueReport]:
            due = db.execute(
                "SELECT number, fence + 1, policy_domain, record, day, left_out_count FROM report"
                " WHERE ended_at = 0 AND due_at <= ? AND lease_until <= ? ORDER BY due_at LIMIT ?",
                (now, now, limit),
            ).fetchall()
            db.executemany(
                "UPDATE report SET lease_owner = ?, lease_until = ?, fence = fence + 1,"
                " tries_count = tries_count + 1 WHERE number = ?",
                [(owner, now + lease_seconds, row[0]) for row in due],
            )
            return [DueReport(row[0], row[1], _aggregate(db, row)) for row in due]

        return self._write(work)

    def end(self, due: DueReport, now: float, ending: str) -> bool:
        """It is sent, or never will be: its rows go. False where the lease is another's."""

        def work(db: sqlite3.Connection) -> bool:
            ended = db.execute(
                "UPDATE report SET ended_at = ?, ending = ?, lease_owner = '', lease_until = 0"
                " WHERE number = ? AND fence = ? AND ended_at = 0",
                (now, ending, due.number, due.fence),
            ).rowcount
            if ended:
                db.execute("DELETE FROM report_row WHERE report = ?", (due.number,))
            return bool(ended)

        return self._write(work)

    def put_off(self, due: DueReport, until: float) -> bool:
        """It is tried again then. False where the lease is another's."""
        return self._write(
            lambda db: bool(
                db.execute(
                    "UPDATE report SET due_at = ?, lease_owner = '', lease_until = 0"
                    " WHERE number = ? AND fence = ? AND ended_at = 0",
                    (until, due.number, due.fence),
                ).rowcount
            )
        )

    def sent(self, limit: int) -> list[SentReport]:
        """Our reports, the newest first."""
        with closing(_read_only(self._path)) as db:
            rows = db.execute(
                "SELECT number, day, policy_domain, rows_count, ending, ended_at FROM report"
                " ORDER BY day DESC, number DESC LIMIT ?",
                (limit,),
            )
            return [SentReport(*row) for row in rows]

    # Those of others.

    def take(self, tenant: str, now: float, reports: Sequence[Received]) -> int:
        """Keep reports; one that is there already is kept once. Returns how many are new."""

        def work(db: sqlite3.Connection) -> int:
            new = sum(_keep(db, tenant, now, report) for report in reports)
            db.execute(
                "DELETE FROM received WHERE number IN (SELECT number FROM received"
                " WHERE tenant = ? ORDER BY number DESC LIMIT -1 OFFSET ?)",
                (tenant, RECEIVED_PER_TENANT_COUNT_MAX),
            )
            return new

        return self._write(work)

    def received(self, tenant: str | None, limit: int) -> list[ReceivedReport]:
        """Reports of others to a tenant (None: all), the newest first."""
        with closing(_read_only(self._path)) as db:
            rows = db.execute(
                "SELECT number, tenant, received_at, report FROM received"
                " WHERE ? IS NULL OR tenant = ? ORDER BY number DESC LIMIT ?",
                (tenant, tenant, limit),
            )
            return [_received(row) for row in rows]

    def one_received(self, number: int) -> ReceivedReport | None:
        """The report of that number."""
        with closing(_read_only(self._path)) as db:
            row = db.execute(
                "SELECT number, tenant, received_at, report FROM received WHERE number = ?",
                (number,),
            ).fetchone()
            return _received(row) if row else None

    def purge_before(self, at: float) -> int:
        """Drop what is older, sent or not, and others' reports; returns how many."""

        def work(db: sqlite3.Connection) -> int:
            day = int(at // DAY_SECONDS)
            db.execute(
                "DELETE FROM report_row WHERE report IN (SELECT number FROM report WHERE day < ?)",
                (day,),
            )
            ours = db.execute("DELETE FROM report WHERE day < ?", (day,)).rowcount
            theirs = db.execute("DELETE FROM received WHERE received_at < ?", (at,)).rowcount
            return ours + theirs

        return self._write(work)

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(
            sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_SECONDS_MAX)
        ) as db:
            db.execute("PRAGMA synchronous=NORMAL")  # Counts, not mail.
            db.execute("BEGIN IMMEDIATE")
            result = work(db)
            db.execute("COMMIT")
            return result


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_SECONDS_MAX)


def _received(row: tuple[int, str, float, bytes]) -> ReceivedReport:
    return ReceivedReport(row[0], row[1], row[2], _decode_received(row[3]))


def _add(db: sqlite3.Connection, record: TrackRecord, row: Row) -> None:
    """Count one message, in the report of its day, policy domain and record."""
    assert record.authenticity is not None
    dmarc = record.authenticity.dmarc
    assert dmarc is not None
    day = int(record.at // DAY_SECONDS)
    number = _report_number(db, day, dmarc.policy_domain, dmarc.record)
    if number is None:
        return
    key = _encode(row)
    known = db.execute(
        "UPDATE report_row SET count = count + 1 WHERE report = ? AND row = ?", (number, key)
    ).rowcount
    if known:
        return
    is_new = db.execute(
        "UPDATE report SET rows_count = rows_count + 1 WHERE number = ? AND rows_count < ?",
        (number, ROWS_COUNT_MAX),
    ).rowcount
    if is_new:
        db.execute("INSERT INTO report_row VALUES (?, ?, 1)", (number, key))
    else:
        db.execute(
            "UPDATE report SET left_out_count = left_out_count + 1 WHERE number = ?", (number,)
        )


def _report_number(db: sqlite3.Connection, day: int, domain: str, record: str) -> int | None:
    """The report that is open for it; None where it is closed, or the day has too many."""
    row = db.execute(
        "SELECT number, ended_at FROM report WHERE day = ? AND policy_domain = ? AND record = ?",
        (day, domain, record),
    ).fetchone()
    if row:
        return int(row[0]) if not row[1] else None
    count = db.execute("SELECT count(*) FROM report WHERE day = ?", (day,)).fetchone()[0]
    if count >= REPORTS_PER_DAY_COUNT_MAX:
        return None
    due_at = (day + 1) * DAY_SECONDS + SETTLE_SECONDS
    inserted = db.execute(
        "INSERT INTO report (day, policy_domain, record, rows_count, left_out_count, due_at,"
        " tries_count, lease_owner, lease_until, fence, ended_at, ending)"
        " VALUES (?, ?, ?, 0, 0, ?, 0, '', 0, 0, 0, '')",
        (day, domain, record, due_at),
    )
    return inserted.lastrowid


def _aggregate(db: sqlite3.Connection, row: Sequence[object]) -> Aggregate:
    number, _, domain, record, day, left_out = row
    assert isinstance(day, int)
    rows = db.execute(
        "SELECT row, count FROM report_row WHERE report = ? ORDER BY count DESC, row", (number,)
    )
    return Aggregate(
        policy_domain=str(domain),
        record=str(record),
        begin=day * DAY_SECONDS,
        end=(day + 1) * DAY_SECONDS - 1,
        rows=tuple(Counted(_decode_row(each[0]), each[1]) for each in rows),
        left_out_count=int(str(left_out)),
    )


def _keep(db: sqlite3.Connection, tenant: str, now: float, report: Received) -> int:
    return db.execute(
        "INSERT OR IGNORE INTO received (tenant, received_at, kind, reporter, report_id, domain,"
        " span_end, passed_count, failed_count, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            tenant,
            now,
            report.kind,
            report.reporter,
            report.report_id,
            report.domain,
            report.end,
            report.passed_count,
            report.failed_count,
            _encode(report),
        ),
    ).rowcount
