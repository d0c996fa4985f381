"""When to try again: pure functions of counts and times.

Source: RFC 5321 section 4.5.4.1 (retry after 30 minutes at least, give up after 4 to 5 days;
the first tries may be closer).
"""

from typing import NamedTuple

JITTER_SHARE = 0.2
BACKOFF_FIRST_SECONDS = 5.0
TURN_SECONDS_MIN, TURN_SECONDS_MAX = 1.0, 60.0
DELIVERY_SECONDS_MIN = 0.05


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

    def missed(self, now: float, backoff_seconds_max: float) -> "Health":
        """It could not be reached: it rests, longer each time.

        Several that were on their way together and missed are one failure, not many.
        """
        if now < self.rests_until:
            return self
        pause = min(BACKOFF_FIRST_SECONDS * 2.0**self.failures, backoff_seconds_max)
        return Health(min(self.failures + 1, 30), now + pause)


class Turns(NamedTuple):
    """When rows that find their route at work come up again: one behind the other.

    Put off by the same second, a long queue would be claimed and put off as a whole each second.
    `delivery_seconds` is what a delivery took of late.
    """

    last_at: float = 0.0
    delivery_seconds: float = 1.0

    def put_off(self, now: float, deliveries_max: int) -> "Turns":
        """One row more waits for its turn, which is `last_at` of what is returned."""
        seconds = max(self.delivery_seconds, DELIVERY_SECONDS_MIN)
        at = max(self.last_at, now + TURN_SECONDS_MIN) + seconds / deliveries_max
        return self._replace(last_at=min(at, now + TURN_SECONDS_MAX))

    def took(self, seconds: float) -> "Turns":
        """A delivery took so long."""
        return self._replace(delivery_seconds=0.8 * self.delivery_seconds + 0.2 * seconds)
