"""The machine's clock."""

import time


class SystemClock:
    """Implements ports.Clock."""

    def wall(self) -> float:
        """Seconds since the epoch."""
        return time.time()  # noqa: TID251 # This is the one place that may.

    def monotonic(self) -> float:
        """Seconds since some moment; never jumps."""
        return time.monotonic()  # noqa: TID251 # This is the one place that may.
