"""How many deliveries a second a destination gets: a bucket of tokens, pure."""

from typing import NamedTuple


class Pace(NamedTuple):
    """`tokens` at `at`; one a delivery. A second's worth may be saved, and at least one."""

    tokens: float = 1.0
    at: float = float("-inf")

    def at_time(self, now: float, per_second_max: float) -> "Pace":
        """What has come in since."""
        full = max(1.0, per_second_max)
        if self.at == float("-inf"):
            return Pace(full, now)
        return Pace(min(full, self.tokens + max(0.0, now - self.at) * per_second_max), now)

    def room(self, now: float, per_second_max: float) -> int:
        """How many may begin now."""
        return int(self.at_time(now, per_second_max).tokens + 1e-9)

    def began(self, now: float, per_second_max: float) -> "Pace":
        """One has begun."""
        pace = self.at_time(now, per_second_max)
        return pace._replace(tokens=pace.tokens - 1.0)
