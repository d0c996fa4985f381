"""When to try again: pure functions of counts and times.

Source: RFC 5321 section 4.5.4.1 (retry after 30 minutes at least, give up after 4 to 5 days;
the first tries may be closer).
"""

from typing import NamedTuple

JITTER_SHARE = 0.2
BACKOFF_FIRST_SECONDS = 5.0


def retry_seconds(steps: tuple[float, ...], attempts: int, chance: float) -> float:
    """Seconds until the next attempt, after `attempts` were made; `chance` is from 0 to 1."""
    step = steps[min(max(attempts, 1), len(steps)) - 1]
    return step * (1 - JITTER_SHARE / 2 + JITTER_SHARE * chance)


class Health(NamedTuple):
    """What is known of a route's destination: failures in a row, and until when it rests.

    `probing` is True while one delivery finds out for all whether it is back.
    """

    failures: int = 0
    rests_until: float = 0.0
    is_probing: bool = False

    def may_try(self, now: float) -> bool:
        """Whether a delivery may be tried now."""
        if not self.failures:
            return True
        return now >= self.rests_until and not self.is_probing

    def tried(self) -> "Health":
        """A delivery is on its way: of a destination in doubt it is the one probe."""
        return self._replace(is_probing=bool(self.failures))

    def ended(self) -> "Health":
        """A delivery is over, whatever it came to: it finds out nothing more for the others."""
        return self._replace(is_probing=False)

    def reached(self) -> "Health":
        """It answered."""
        return Health()

    def woken(self, now: float) -> "Health":
        """It need not rest any longer, and is in doubt as before."""
        return self._replace(rests_until=min(self.rests_until, now))

    def missed(self, now: float, backoff_seconds_max: float) -> "Health":
        """It could not be reached: it rests, longer each time.

        Several that were on their way together and missed are one failure, not many.
        """
        if now < self.rests_until:
            return self
        pause = min(BACKOFF_FIRST_SECONDS * 2.0**self.failures, backoff_seconds_max)
        return Health(min(self.failures + 1, 30), now + pause)
