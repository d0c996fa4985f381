"""Who is told that his mail could not be delivered, and who is not."""

import msgspec
import pytest

from fixtures.fix_held import ANN, RECEIVED_AT, held_message
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.queue.bounce import (
    OWN_REPORT,
    RELEASED,
    Allowance,
    Bouncer,
    is_authentic,
    why_not,
)
from katharion.queue.notice import OwnMail
from katharion.values.authenticity import (
    Authenticity,
    DkimResult,
    DmarcResult,
    IprevResult,
    Result,
    SpfResult,
)
from katharion.values.facts import ClientFacts
from katharion.values.fate import State
from katharion.values.held import Claim, Lease, Settlement
from katharion.values.verdict import Band, Force, Verdict

EVE = Address("eve", "sender.example")
CLEAN = Verdict(0.0, Band.CLEAN, None, ())
PROBABLE = Verdict(6.0, Band.PROBABLE, None, ())
ALLOWED = Verdict(0.0, Band.CLEAN, Force.ALLOWED, ())
PROVEN = Authenticity(spf=SpfResult(Result.PASS, EVE.domain))

CASES = [
    ("an authentic sender", EVE, CLEAN, "delivering", ""),
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
    facts = msgspec.structs.replace(held_message().facts, authenticity=PROVEN)
    message = msgspec.structs.replace(
        held_message(), envelope=Envelope(sender, (ANN,)), facts=facts
    )
    lease = Lease(message.id, "spool-00", ANN, 1)
    claim = Claim(lease, State.QUEUED, "r", reason, 0, RECEIVED_AT, RECEIVED_AT, 1, "", verdict)
    found = why_not(message, claim)
    assert (answer in found) if answer else not found, why


NAMED, NAMELESS = IprevResult(Result.PASS, "mail.sender.example"), IprevResult(Result.PERMERROR)
SPF, DKIM, DMARC = SpfResult, DkimResult, DmarcResult
NO_SPF, NO_DMARC = SPF(Result.NONE, EVE.domain), DMARC(Result.NONE, EVE.domain)
PROOFS = [
    (None, False),
    (Authenticity(), False),
    (PROVEN, True),
    (Authenticity(spf=SPF(Result.PASS, "bounces.sender.example")), False),
    (Authenticity(spf=SPF(Result.SOFTFAIL, EVE.domain), iprev=NAMED), False),
    (Authenticity(spf=SPF(Result.TEMPERROR, EVE.domain), iprev=NAMED), False),
    (Authenticity(dkim=(DKIM(Result.PASS, EVE.domain),)), True),
    (Authenticity(dkim=(DKIM(Result.PASS, EVE.domain, unsigned_octets=9),)), False),
    (Authenticity(dkim=(DKIM(Result.FAIL, EVE.domain),)), False),
    # Another's proof: the author is who he says, but the envelope names somebody else.
    (
        Authenticity(
            spf=NO_SPF,
            dkim=(DKIM(Result.PASS, "x.example"),),
            dmarc=DMARC(Result.PASS, "x.example"),
        ),
        False,
    ),
    (Authenticity(spf=NO_SPF, dmarc=NO_DMARC, iprev=NAMED), True),
    (Authenticity(spf=NO_SPF, dmarc=NO_DMARC, iprev=NAMELESS), False),
    (Authenticity(spf=NO_SPF, dmarc=NO_DMARC), False),
    (Authenticity(iprev=NAMED), True),
    (Authenticity(spf=NO_SPF, dmarc=DMARC(Result.FAIL, EVE.domain), iprev=NAMED), False),
]


@pytest.mark.parametrize(("found", "is_told"), PROOFS)
def test_what_proves_a_sender(found: Authenticity | None, *, is_told: bool) -> None:
    message = held_message()
    facts = msgspec.structs.replace(message.facts, authenticity=found)
    message = msgspec.structs.replace(message, envelope=Envelope(EVE, (ANN,)), facts=facts)
    assert is_authentic(message, CLEAN) == is_told


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
