"""The machine's chance."""

import os
import random  # noqa: TID251 # This is the one place that may.


class SystemDice:
    """Implements ports.Dice."""

    def token(self, octets: int) -> bytes:
        """Unguessable octets."""
        return os.urandom(octets)

    def uniform(self, low: float, high: float) -> float:
        """A number between the two, for jitter."""
        return random.uniform(low, high)  # noqa: S311 # Jitter is no secret.
