"""The reports' file: each message counted once, each report sent once, others' kept once."""

from pathlib import Path

import pytest

from katharion.adapters.store import dmarc_reports
from katharion.adapters.store.dmarc_reports import DAY_SECONDS, SETTLE_SECONDS, DmarcReports
from katharion.adapters.store.migrate import StoreError, migrate, tracking_path
from katharion.adapters.store.tracking import TrackingStore
from katharion.authentication.aggregate import row_of
from katharion.values.authenticity import Authenticity, DmarcResult, Result
from katharion.values.dmarc_report import Received
from katharion.values.track import TrackRecord

NOON = 10 * DAY_SECONDS + DAY_SECONDS / 2
DUE = 11 * DAY_SECONDS + SETTLE_SECONDS
LEASE_SECONDS = 600.0


@pytest.fixture
def store(tmp_path: Path) -> Path:
    migrate(tmp_path, 1)
    return tmp_path


def message(
    domain: str = "example.com", client: str = "192.0.2.1", at: float = NOON, policy: str = "none"
) -> TrackRecord:
    dmarc = DmarcResult(
        Result.PASS,
        domain,
        policy,
        policy_domain=domain,
        aligned_by=("dkim",),
        report_to=(f"mailto:r@{domain}",),
        record=f"v=DMARC1; p={policy}",
    )
    return TrackRecord(
        at,
        "delivered",
        message_id="m",
        client_address=client,
        sender=f"a@{domain}",
        authenticity=Authenticity(dmarc=dmarc),
    )


def track(store: Path, *records: TrackRecord) -> None:
    TrackingStore(store).add(records)


def counts(reports: DmarcReports, now: float = DUE) -> dict[str, list[int]]:
    """By policy domain, of all reports that are due; their leases are left to run out."""
    due = reports.claim("test", now, 100, LEASE_SECONDS)
    return {one.aggregate.policy_domain: [c.count for c in one.aggregate.rows] for one in due}


def test_messages_are_counted_once(store: Path) -> None:
    reports = DmarcReports(store)
    assert reports.count(row_of, 0) == 0
    track(store, message(), message(), message(client="192.0.2.2"), TrackRecord(NOON, "attempt"))
    track(store, message("other.example"))
    assert reports.count(row_of, 0) == 5
    assert reports.count(row_of, 0) == 0
    track(store, message())
    assert DmarcReports(store).count(row_of, 0) == 1
    assert counts(reports) == {"example.com": [3, 1], "other.example": [1]}


def test_counting_goes_on_behind_its_bound(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dmarc_reports, "RECORDS_COUNT_MAX", 2)
    track(store, *[message()] * 5)
    reports = DmarcReports(store)
    assert [reports.count(row_of, 0) for _ in range(4)] == [2, 2, 1, 0]
    assert counts(reports) == {"example.com": [5]}


def test_what_is_old_is_passed_over(store: Path) -> None:
    track(store, message(), message(at=NOON - 5))
    reports = DmarcReports(store)
    assert reports.count(row_of, NOON - 1) == 2
    assert counts(reports) == {"example.com": [1]}


def test_a_failure_in_the_middle_counts_nothing(store: Path) -> None:
    track(store, message(), message())
    reports = DmarcReports(store)
    seen = []

    def fails(record: TrackRecord) -> None:
        seen.append(record)
        if len(seen) == 2:
            raise RuntimeError
        return row_of(record)  # type: ignore[return-value] # A row, until it fails.

    with pytest.raises(RuntimeError):
        reports.count(fails, 0)
    reports.count(row_of, 0)
    assert counts(reports) == {"example.com": [2]}


def test_another_tracking_store_is_counted_from_its_begin(store: Path) -> None:
    track(store, message(), message())
    reports = DmarcReports(store)
    reports.count(row_of, 0)
    tracking_path(store).unlink()
    migrate(store, 1)
    track(store, message())
    assert reports.count(row_of, 0) == 1
    assert counts(reports) == {"example.com": [3]}


def test_a_report_is_of_one_day_and_one_record(store: Path) -> None:
    track(store, message(), message(at=NOON + DAY_SECONDS), message(policy="reject"))
    reports = DmarcReports(store)
    reports.count(row_of, 0)
    assert reports.claim("test", DUE - 1, 9, LEASE_SECONDS) == []
    due = reports.claim("test", DUE, 9, LEASE_SECONDS)
    assert [(one.aggregate.record, one.aggregate.begin) for one in due] == [
        ("v=DMARC1; p=none", 10 * DAY_SECONDS),
        ("v=DMARC1; p=reject", 10 * DAY_SECONDS),
    ]
    assert due[0].aggregate.end == 11 * DAY_SECONDS - 1
    assert len(reports.claim("test", DUE + DAY_SECONDS, 9, LEASE_SECONDS)) == 3


def test_rows_and_reports_are_bounded(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dmarc_reports, "ROWS_COUNT_MAX", 2)
    monkeypatch.setattr(dmarc_reports, "REPORTS_PER_DAY_COUNT_MAX", 1)
    track(store, *[message(client=f"192.0.2.{number}") for number in (1, 2, 3, 4, 2)])
    track(store, message("other.example"))
    reports = DmarcReports(store)
    reports.count(row_of, 0)
    (due,) = reports.claim("test", DUE, 9, LEASE_SECONDS)
    assert [counted.count for counted in due.aggregate.rows] == [2, 1]
    assert due.aggregate.left_out_count == 2


def test_a_report_is_sent_once_by_lease(store: Path) -> None:
    track(store, message())
    reports = DmarcReports(store)
    reports.count(row_of, 0)
    (first,) = reports.claim("one", DUE, 9, LEASE_SECONDS)
    assert reports.claim("two", DUE + 1, 9, LEASE_SECONDS) == []
    # The first was too slow, and the second took over: the first's word counts no more.
    (second,) = reports.claim("two", DUE + LEASE_SECONDS, 9, LEASE_SECONDS)
    assert not reports.end(first, DUE, "sent")
    assert not reports.put_off(first, DUE)
    assert reports.put_off(second, DUE + 5000)
    assert reports.claim("three", DUE + 4999, 9, LEASE_SECONDS) == []
    (third,) = reports.claim("three", DUE + 5000, 9, LEASE_SECONDS)
    assert reports.end(third, DUE + 5001, "sent to r@example.com")
    assert not reports.end(third, DUE + 5002, "sent again")
    assert reports.claim("four", DUE + 90_000, 9, LEASE_SECONDS) == []
    (row,) = reports.sent(9)
    assert (row.policy_domain, row.ending, row.ended_at) == (
        "example.com",
        "sent to r@example.com",
        DUE + 5001,
    )
    track(store, message())
    reports.count(row_of, 0)  # Too late: it is closed.
    assert reports.claim("five", DUE + 90_000, 9, LEASE_SECONDS) == []


def received(number: int, kind: str = "dmarc") -> Received:
    return Received(kind, "Example Inc.", "r@x.example", str(number), "customer.example", 1, 2)


def test_reports_of_others(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dmarc_reports, "RECEIVED_PER_TENANT_COUNT_MAX", 3)
    reports = DmarcReports(store)
    assert reports.take("one", NOON, [received(1), received(2)]) == 2
    assert reports.take("one", NOON, [received(1), received(1, "tls")]) == 1
    assert reports.take("two", NOON, [received(1)]) == 1
    assert [one.report.report_id for one in reports.received("one", 9)] == ["1", "2", "1"]
    assert [one.tenant for one in reports.received(None, 2)] == ["two", "one"]
    newest = reports.received(None, 1)[0]
    assert reports.one_received(newest.number) == newest
    assert reports.one_received(99) is None
    reports.take("one", NOON, [received(9)])
    assert [one.report.report_id for one in reports.received("one", 9)] == ["9", "1", "2"]


def test_purge(store: Path) -> None:
    reports = DmarcReports(store)
    track(store, message(), message(at=NOON + DAY_SECONDS))
    reports.count(row_of, 0)
    reports.take("one", NOON, [received(1)])
    assert reports.purge_before(NOON + DAY_SECONDS) == 2
    assert reports.received(None, 9) == []
    assert counts(reports, DUE + DAY_SECONDS) == {"example.com": [1]}


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        DmarcReports(tmp_path)
