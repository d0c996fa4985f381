"""What is remembered of a source of mail."""

from typing import NamedTuple

HALF_LIFE_SECONDS = 7 * 86_400.0
RECENT_HALF_LIFE_SECONDS = 3600.0


class Past(NamedTuple):
    """Counts of messages that fade: half of them are left after a week, of `recent` after an hour.

    `clean` and `spam` as we judged them; `unknown`: recipients that do not exist. As of `last_at`;
    times in seconds since the epoch.
    """

    clean: float
    spam: float
    unknown: float
    recent: float
    first_at: float
    last_at: float

    def at(self, now: float) -> "Past":
        """What is left of it."""
        age = max(0.0, now - self.last_at)
        left, left_recent = (
            0.5 ** (age / HALF_LIFE_SECONDS),
            0.5 ** (age / RECENT_HALF_LIFE_SECONDS),
        )
        return Past(
            self.clean * left,
            self.spam * left,
            self.unknown * left,
            self.recent * left_recent,
            self.first_at,
            max(now, self.last_at),
        )

    @property
    def judged(self) -> float:
        """How many messages count."""
        return self.clean + self.spam

    @property
    def spam_share(self) -> float:
        """0 where there is none."""
        return self.spam / self.judged if self.judged else 0.0
