"""What a server said to us, and what that means for a recipient.

Source: RFC 5321 section 4.2 (replies), RFC 3463 (enhanced status codes).
"""

from enum import Enum

import msgspec

from katharion.mail.address import Address


class Outcome(Enum):
    """What an attempt came to for one recipient."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # For good: 5xx.
    DEFERRED = "deferred"  # For now: 4xx, no connection, time-out, nonsense.
    UNCERTAIN = "uncertain"  # The final dot was sent, and no answer came: nobody knows.


class Words(msgspec.Struct, frozen=True):
    """A server's exact words; `code` 0 where there were none, then `lines` says what failed."""

    code: int
    enhanced: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        head = f"{self.code} {self.enhanced}".strip() if self.code else ""
        return f"{head} {' / '.join(self.lines)}".strip()

    @property
    def outcome(self) -> Outcome:
        """What they mean. Without a code: temporary (unknown means temporary)."""
        kind = self.code // 100
        if kind == 2:
            return Outcome.ACCEPTED
        return Outcome.REFUSED if kind == 5 else Outcome.DEFERRED


class RecipientResult(msgspec.Struct, frozen=True):
    """What became of one recipient in an attempt, and in which stage (connect, rcpt, dot, …)."""

    recipient: Address
    outcome: Outcome
    words: Words
    stage: str
