"""Who is told that his mail could not be delivered, and who is not."""

import msgspec
import pytest

from fixtures.fix_held import ANN, RECEIVED_AT, held_message
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.queue.bounce import (
    OWN_REPORT,
    PTR_CONFIRMED,
    RELEASED,
    Allowance,
    Bouncer,
    why_not,
)
from katharion.queue.notice import OwnMail
from katharion.values.facts import ClientFacts
from katharion.values.fate import State
from katharion.values.held import Claim, Lease, Settlement
from katharion.values.verdict import Band, Finding, Force, Verdict

EVE = Address("eve", "sender.example")
NAMED = Finding(PTR_CONFIRMED, 0.0, "The name leads back.")
CLEAN = Verdict(0.0, Band.CLEAN, None, (NAMED,))
NAMELESS = Verdict(1.5, Band.CLEAN, None, (Finding("PTR_NONE", 1.5, "No name."),))
PROBABLE = Verdict(6.0, Band.PROBABLE, None, (NAMED,))
ALLOWED = Verdict(0.0, Band.CLEAN, Force.ALLOWED, (NAMED,))

CASES = [
    ("an authentic sender", EVE, CLEAN, "delivering", ""),
    ("a server without a name", EVE, NAMELESS, "delivering", "forged"),
    ("spam", EVE, PROBABLE, "delivering", "forged"),
    ("let through by a list alone", EVE, ALLOWED, "delivering", "forged"),
    ("never judged", EVE, None, "delivering", "forged"),
    ("a notification", None, CLEAN, "delivering", "null"),
    ("released", EVE, CLEAN, RELEASED, "released"),
]


@pytest.mark.parametrize(("why", "sender", "verdict", "reason", "answer"), CASES)
def test_who_may_be_told(
    why: str, sender: Address | None, verdict: Verdict | None, reason: str, answer: str
) -> None:
    message = msgspec.structs.replace(held_message(), envelope=Envelope(sender, (ANN,)))
    lease = Lease(message.id, "spool-00", ANN, 1)
    claim = Claim(lease, State.QUEUED, "r", reason, 0, RECEIVED_AT, RECEIVED_AT, 1, "", verdict)
    found = why_not(message, claim)
    assert (answer in found) if answer else not found, why


def test_a_report_of_ours_that_nobody_takes_is_forgotten() -> None:
    """No alarm, no quarantine: there is another tomorrow."""
    facts = ClientFacts("", 0, OWN_REPORT)
    message = msgspec.structs.replace(held_message(), envelope=Envelope(None, (ANN,)), facts=facts)
    lease = Lease(message.id, "spool-00", ANN, 1)
    claim = Claim(lease, State.QUEUED, "r", "report", 0, RECEIVED_AT, RECEIVED_AT, 1, "", None)
    given_up = Settlement(lease, State.QUARANTINED, reason="refused")
    alarms: list[str] = []
    own = OwnMail("mx.example", EVE, lambda *_: b"")
    bouncer = Bouncer(own, Allowance(9, 9), alarms.append)
    settlements, notice = bouncer.bounce(message, [(claim, given_up)], RECEIVED_AT)
    assert [each.state for each in settlements] == [State.EXPIRED]
    assert notice is None
    assert alarms == []


def test_an_hour_has_its_bound() -> None:
    allowance = Allowance(per_hour_max=3, per_domain_hour_max=2)
    asked = [("a", 0), ("a", 1), ("a", 2), ("b", 3), ("c", 4), ("a", 3600), ("a", 3601)]
    given = [allowance.take(domain, float(at)) for domain, at in asked]
    assert given == [True, True, False, True, False, True, True]
