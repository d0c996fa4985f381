"""Chance from a seed."""

import random  # noqa: TID251 # Seeded: the same throws in each run.


class FakeDice:
    """Implements ports.Dice; the same seed throws the same."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 # A test's chance is no secret.

    def token(self, octets: int) -> bytes:
        return self._random.randbytes(octets)

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)
