"""What may go wrong, and how often: drawn for each seed.

Swarm: some seeds have no fault at all, some have one kind only, often; the others a handful.
A fault that is mixed with all others is seldom aimed at what it could break.
"""

from collections import Counter
from random import Random

# Faults of one moment: the chance each time that they might happen, low and high.
MOMENTS: dict[str, tuple[float, float]] = {
    "commit-torn": (0.02, 0.4),  # Nothing is stored, and we are told so.
    "commit-unknown": (0.02, 0.4),  # It is stored, and we are told that it is not.
    "commit-slow": (0.02, 0.3),
    "crash-before-commit": (0.01, 0.1),
    "crash-after-commit": (0.01, 0.1),
    "crash-at-write": (0.001, 0.02),  # A process dies as it writes to the network.
    "net-reset": (0.001, 0.03),
    "net-spike": (0.005, 0.1),
    "client-drops": (0.02, 0.4),
    "client-drops-after-dot": (0.02, 0.5),
    "client-half-closes": (0.05, 0.5),
    "client-stalls": (0.02, 0.2),
    "hop-4xx": (0.02, 0.4),
    "hop-5xx": (0.01, 0.15),
    "hop-partial": (0.1, 0.6),
    "hop-drops": (0.01, 0.2),
    "hop-stalls": (0.01, 0.1),
    "hop-slow": (0.05, 0.4),
    "hop-drops-after-dot": (0.05, 0.6),
    "hop-accepts-then-drops": (0.05, 0.6),
    "hop-accepts-then-stalls": (0.05, 0.5),
    "hop-answers-late": (0.05, 0.6),
    "dns-fails": (0.05, 0.6),
    "dns-slow": (0.05, 0.5),
    "scanner-slow": (0.05, 0.5),
    "operator-twice": (0.2, 1.0),
}
# Faults that begin at a time and last: how many times in the safety phase.
SPELLS: dict[str, tuple[int, int]] = {
    "crash-filter": (1, 8),
    "crash-runner": (1, 8),
    "crash-node": (1, 3),
    "freeze": (1, 6),
    "reload": (1, 4),
    "disk-away": (1, 5),
    "disk-full": (1, 4),
    "hop-away": (1, 6),
    "cut": (1, 8),
    "clock-jump": (1, 4),
    "journal-full": (1, 3),
}
KINDS = (*MOMENTS, *SPELLS)


class Faults:
    """The faults of one seed. `counts`: what happened, by kind."""

    def __init__(self, dice: Random, only: tuple[str, ...] | None = None) -> None:
        """`only`: these kinds and no others (a directed scenario)."""
        self.dice = dice
        self.counts: Counter[str] = Counter()
        kinds = _draw_kinds(dice) if only is None else only
        is_often = len(kinds) == 1
        self.shares = {
            kind: high if is_often else dice.uniform(low, high)
            for kind, (low, high) in MOMENTS.items()
            if kind in kinds
        }
        self.spells = {
            kind: most if is_often else dice.randint(least, most)
            for kind, (least, most) in SPELLS.items()
            if kind in kinds
        }
        self.is_over = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """What this seed may do."""
        return (*self.shares, *self.spells)

    def happens(self, kind: str) -> bool:
        """Whether it happens now."""
        share = self.shares.get(kind, 0.0)
        if self.is_over or not share or self.dice.random() >= share:
            return False
        self.counts[kind] += 1
        return True


def _draw_kinds(dice: Random) -> tuple[str, ...]:
    chance = dice.random()
    if chance < 0.05:
        return ()
    if chance < 0.45:
        return (dice.choice(KINDS),)
    return tuple(kind for kind in KINDS if dice.random() < 0.25)
