"""Who is told that his mail could not be delivered, and who is not."""

import msgspec
import pytest

from fixtures.fix_held import ANN, RECEIVED_AT, held_message
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.queue.bounce import PTR_CONFIRMED, RELEASED, Allowance, why_not
from katharion.values.fate import State
from katharion.values.held import Claim, Lease
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


def test_an_hour_has_its_bound() -> None:
    allowance = Allowance(per_hour_max=3, per_domain_hour_max=2)
    asked = [("a", 0), ("a", 1), ("a", 2), ("b", 3), ("c", 4), ("a", 3600), ("a", 3601)]
    given = [allowance.take(domain, float(at)) for domain, at in asked]
    assert given == [True, True, False, True, False, True, True]
