"""How many deliveries a destination gets at once: pure.

After an outage a server has ten thousand messages before it, and often is not well yet. So it
begins with one at a time, gets one more for each round that it answers quickly, and half as
many when it says 4xx, answers slowly or not at all (additive increase, multiplicative
decrease, as TCP does against congestion: RFC 5681 section 3.1).
"""

from enum import Enum
from typing import NamedTuple

from katharion.mail.answer import Outcome, RecipientResult
from katharion.values.attempt import AttemptResult

QUICK_SECONDS = 2.0
SLOW_SECONDS = 15.0
_MAILBOX_BUSY = 450  # RFC 5321 section 4.2.3.
OCTETS_PER_SECOND = 100_000.0  # What a big message may take longer.


class Answer(Enum):
    """How a destination took a delivery."""

    QUICK = "quick"
    SLOW = "slow"  # Neither: nothing changes.
    PRESSED = "pressed"  # It asks for less.


class Drain(NamedTuple):
    """`window` deliveries at once; what began before `halved_at` has had its say."""

    window: float
    halved_at: float = float("-inf")

    @property
    def deliveries_max(self) -> int:
        """How many at once."""
        return max(1, int(self.window))

    def ended(self, answer: Answer, began_at: float, now: float, window_max: int) -> "Drain":
        """A delivery is over."""
        if answer is Answer.PRESSED:
            if began_at < self.halved_at:
                return self  # It was on its way when we slowed down already.
            return Drain(max(1.0, self.window / 2), now)
        if answer is Answer.QUICK:
            return self._replace(window=min(self.window + 1 / self.window, float(window_max)))
        return self

    def is_gentle(self, window_max: int) -> bool:
        """Whether it gets less than it might."""
        return self.deliveries_max < window_max


def answer_of(result: AttemptResult, size_bytes: int) -> Answer:
    """How the destination took it. A mailbox's own trouble says nothing of the server."""
    extra_seconds = size_bytes / OCTETS_PER_SECOND
    if any(map(_is_pressed, result.results)) or result.took_seconds > SLOW_SECONDS + extra_seconds:
        return Answer.PRESSED
    return Answer.QUICK if result.took_seconds <= QUICK_SECONDS + extra_seconds else Answer.SLOW


def _is_pressed(result: RecipientResult) -> bool:
    if result.outcome is Outcome.UNCERTAIN:
        return True
    # RFC 3463 section 3.3: X.2.Y is about the mailbox; X.1.Y about the address.
    is_own = result.words.enhanced.startswith(("4.1.", "4.2."))
    is_own = is_own or result.words.code == _MAILBOX_BUSY
    return result.outcome is Outcome.DEFERRED and not is_own
