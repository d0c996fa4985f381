"""The verdict: findings, their weights, the band, and the reasons in words."""

from enum import Enum

import msgspec

from katharion.mail.trace import verdict_header

BULK_LISTED = "BULK_LISTED"  # The finding that makes a class of its own of clean mail.


class Band(Enum):
    """How sure we are."""

    CLEAN = "clean"
    PROBABLE = "probable"
    DEFINITE = "definite"


class Force(Enum):
    """Named policies that decide alone, apart from the score (DESIGN section 2)."""

    GTUBE = "gtube"
    BLOCKED = "blocked"  # The tenant's own block list.
    ALLOWED = "allowed"  # The tenant's own allow list; never excuses a virus.
    VIRUS = "virus"
    DMARC_REJECT = "dmarc reject"  # The author's domain asks for it, and the tenant follows.
    DMARC_QUARANTINE = "dmarc quarantine"
    UNSCANNABLE = "unscannable"  # Processes died over it: held, and never judged again.
    GREYLISTED = "greylisted"  # Clean, but of nobody known: asked to come again.
    LOOP = "loop"  # Refused: it would come again for ever.


class Finding(msgspec.Struct, frozen=True):
    """What one check saw. `weight` in points (negative: speaks for the message).

    `name` is stable, in capitals (`HELO_NOT_FQDN`); `sentence` is for people; `evidence` is
    the exact value seen, printable, at most 200 characters. `was_checked` False: the check
    could not be done, and `sentence` says why ("not checked: …").
    """

    name: str
    weight: float
    sentence: str
    evidence: str = ""
    was_checked: bool = True
    force: Force | None = None


class Verdict(msgspec.Struct, frozen=True):
    """The judgement of one message under one policy; `findings` heaviest first."""

    score: float
    band: Band
    force: Force | None
    findings: tuple[Finding, ...]

    def trace_line(self, message_id: str) -> bytes:
        """Our verdict field for the message, with its CRLF."""
        names = tuple(finding.name for finding in self.findings)
        return verdict_header(
            self.band.value, self.score, names, message_id, mail_class=self.mail_class
        )

    @property
    def mail_class(self) -> str:
        """What kind of mail it is that is no spam: "bulk" where it is listed, else empty."""
        is_bulk = any(finding.name == BULK_LISTED for finding in self.findings)
        return "bulk" if is_bulk and self.band is Band.CLEAN else ""

    @property
    def unchecked(self) -> tuple[Finding, ...]:
        """The checks that could not be done."""
        return tuple(finding for finding in self.findings if not finding.was_checked)
