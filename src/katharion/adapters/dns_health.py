"""How a DNS server does: how long it takes, and whether it is worth waiting for. Decisions only.

A server that stays silent several times in a row is out: nobody waits for it any more until a
probe has been answered. Any answer, even a refusal, shows that it is there.
"""

SILENCES_COUNT_MAX = 3
SMOOTHING = 0.2  # Of the newest measurement.
PATIENCE_FACTOR = 4.0  # About where all but the slowest answers have come.
PATIENCE_SECONDS_MIN, PATIENCE_SECONDS_MAX = 0.2, 0.6
LATENCY_SECONDS_FIRST = 0.05  # Before anything is known.


class Health:
    """What is known of one server."""

    def __init__(self) -> None:
        self.latency_seconds = LATENCY_SECONDS_FIRST
        self.silences_count = 0
        self.answers_count = 0

    @property
    def is_out(self) -> bool:
        """Whether it is not to be asked, but probed."""
        return self.silences_count >= SILENCES_COUNT_MAX

    @property
    def patience_seconds(self) -> float:
        """After how long another server is asked as well."""
        usual = self.latency_seconds * PATIENCE_FACTOR
        return min(max(usual, PATIENCE_SECONDS_MIN), PATIENCE_SECONDS_MAX)

    def answered(self, seconds: float) -> None:
        """It said something, after so long."""
        self.latency_seconds += SMOOTHING * (seconds - self.latency_seconds)
        self.silences_count = 0
        self.answers_count += 1

    def was_silent(self) -> None:
        """It said nothing in time."""
        self.silences_count += 1
