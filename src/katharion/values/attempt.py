"""The result of one attempt to deliver, as a value.

Source: RFC 5321 sections 4.2 and 4.5.3.2; RFC 1047 (no answer after the final dot).
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
    """The next hop's exact words; `code` 0 where there were none, then `lines` says what failed."""

    code: int
    enhanced: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        head = f"{self.code} {self.enhanced}".strip() if self.code else ""
        return f"{head} {' / '.join(self.lines)}".strip()


class RecipientResult(msgspec.Struct, frozen=True):
    """What became of one recipient in an attempt, and in which stage (connect, rcpt, dot, …)."""

    recipient: Address
    outcome: Outcome
    words: Words
    stage: str


class AttemptResult(msgspec.Struct, frozen=True):
    """One attempt. `next_hop` is "host:port" as dialled, "" where none was reached.

    `results` has one entry a recipient, in the order given. `was_connected` is False where
    no session was had: the destination, not the message, is the trouble.
    """

    results: tuple[RecipientResult, ...]
    next_hop: str
    was_connected: bool
    tls: str = ""
    took_seconds: float = 0.0
