"""The result of one attempt to deliver, as a value.

Source: RFC 5321 sections 4.2 and 4.5.3.2; RFC 1047 (no answer after the final dot).
"""

import msgspec

from katharion.mail.answer import Outcome, RecipientResult, Words

__all__ = ["AttemptResult", "Outcome", "RecipientResult", "Words"]


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

    @property
    def is_accepted(self) -> bool:
        """Whether every recipient was accepted."""
        return all(result.outcome is Outcome.ACCEPTED for result in self.results)
