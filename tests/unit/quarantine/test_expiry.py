"""Retention: by the recipient's policy, and never what is not known."""

import asyncio

import pytest

from fakes.fake_journal import FakeJournal
from fakes.fake_spool import FakeSpool
from fixtures.fix_held import ANN, BOB, held_for, held_message
from katharion.directory.lookup import SnapshotDirectory
from katharion.mail.address import Address
from katharion.quarantine.expiry import expire, is_over
from katharion.values.fate import State
from katharion.values.held import HeldRow
from katharion.values.policy import EffectivePolicy
from katharion.values.snapshot import Route, ServedDomain, Snapshot

DAY = 86_400.0
NOW = 100 * DAY
POLICY = EffectivePolicy(quarantine_days=10)
DIRECTORY = SnapshotDirectory(
    Snapshot(1, {"example.org": ServedDomain("example.org", "t", Route("r"), None, POLICY)}, {})
)


@pytest.mark.parametrize(
    ("domain", "age_days", "over"),
    [
        ("example.org", 9.9, False),
        ("example.org", 10.1, True),
        ("gone.example", 99.0, False),  # Whose policy is not known is not thrown away.
    ],
)
def test_age(domain: str, age_days: float, *, over: bool) -> None:
    row = HeldRow(
        message_id="M",
        shard="s",
        recipient=Address("a", domain),
        state=State.QUARANTINED,
        route="r",
        tenant="t",
        sender="",
        subject="",
        reason="",
        received_at=NOW - age_days * DAY,
        queued_at=0.0,
        due_at=0.0,
        attempts=0,
        size_bytes=0,
        words=None,
        verdict=None,
        is_sender_told=False,
    )
    assert is_over(row, DIRECTORY, NOW) is over


def run_expiry(spool: FakeSpool, journal: FakeJournal) -> int:
    message = held_message()
    domain = ServedDomain(ANN.domain, "t", Route("r"), None, POLICY)
    directory = SnapshotDirectory(Snapshot(1, {ANN.domain: domain}, {}))
    rows = [held_for(ANN, State.QUARANTINED), held_for(BOB, State.DISCARDED)]
    asyncio.run(spool.hold(message, rows))
    now = message.received_at + 11 * DAY
    return asyncio.run(expire(spool, directory, journal, now, ("n", "queue-runner")))


def test_the_end_is_recorded() -> None:
    journal = FakeJournal()
    assert run_expiry(FakeSpool(), journal) == 2
    assert sorted(journal.told()) == [("expired", str(ANN)), ("expired", str(BOB))]
    assert {(r.state, r.reason, r.node) for r in journal.records} == {("expired", "retention", "n")}


def test_nothing_ends_without_its_record() -> None:
    """When the row is purged, the record is all that says where the message went."""
    spool, journal = FakeSpool(), FakeJournal()
    journal.is_full = True
    assert run_expiry(spool, journal) == 0
    assert {row.state for row in spool.rows.values()} == {State.QUARANTINED, State.DISCARDED}
