"""Retention: by the recipient's policy, and never what is not known."""

import pytest

from katharion.directory.lookup import SnapshotDirectory
from katharion.mail.address import Address
from katharion.quarantine.expiry import is_over
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
