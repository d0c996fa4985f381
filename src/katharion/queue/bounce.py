"""Whether the sender of what could not be delivered may be told: pure.

A notification to a sender who was forged is backscatter: it goes to one who has sent nothing.
So it goes only where the sender is authentic, and never without bound. Who may not be told is
not forgotten: the mail is put into quarantine as undeliverable, and somebody is alarmed.

Sources: DESIGN section 2 (one reply, many recipients); RFC 5321 sections 4.5.5 and 6.2.
"""

from collections import deque

from katharion.values.held import Claim, HeldMessage
from katharion.values.verdict import Band, Verdict

HOUR_SECONDS = 3600.0
PTR_CONFIRMED = "PTR_CONFIRMED"  # The finding of the PTR check.
RELEASED = "released"


def why_not(message: HeldMessage, claim: Claim) -> str:
    """Why the sender may not be told; "" where he may."""
    if message.envelope.sender is None:
        return "the sender is null: a notification is never answered"
    if claim.reason == RELEASED:
        return "it was released: the one who released it is told"
    if not is_authentic(claim.verdict):
        return "the sender may be forged"
    return ""


def is_authentic(verdict: Verdict | None) -> bool:
    """Whether the sender is who he says, as far as we know.

    Without SPF and DMARC (not judged yet): clean mail of a server whose name leads back to it.
    """
    if verdict is None or verdict.band is not Band.CLEAN or verdict.force is not None:
        return False
    return any(finding.name == PTR_CONFIRMED for finding in verdict.findings)


class Allowance:
    """How many notifications may be sent in an hour: in all, and to one domain."""

    def __init__(self, per_hour_max: int, per_domain_hour_max: int) -> None:
        self._per_hour_max = per_hour_max
        self._per_domain_max = per_domain_hour_max
        self._sent: deque[tuple[float, str]] = deque()

    def take(self, domain: str, now: float) -> bool:
        """Count one to `domain`; False (and none is counted) where it would be too many."""
        while self._sent and self._sent[0][0] <= now - HOUR_SECONDS:
            self._sent.popleft()
        to_domain = sum(1 for _, each in self._sent if each == domain)
        if len(self._sent) >= self._per_hour_max or to_domain >= self._per_domain_max:
            return False
        self._sent.append((now, domain))
        return True
