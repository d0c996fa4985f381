"""The machine's clock."""

import time
from functools import cache
from pathlib import Path


class SystemClock:
    """Implements ports.Clock."""

    def wall(self) -> float:
        """Seconds since the epoch."""
        return time.time()  # noqa: TID251 # This is the one place that may.

    def monotonic(self) -> float:
        """Seconds since some moment; never jumps."""
        return time.monotonic()  # noqa: TID251 # This is the one place that may.

    def boot(self) -> float:
        """Seconds since the machine started, sleep included; the same for all its processes."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot_id(self) -> str:
        """Names this run of the machine: `boot` begins anew with the next."""
        return _boot_id()


@cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
