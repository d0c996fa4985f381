"""A folder of small facts in memory, shared by the filters of a node.

One symbolic link each, whose target says what it is: made, read and taken away in one step, and
there for the next filter when this one is killed.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

COUNT_EVERY = 100  # Links made; then the folder is looked at.


class LinkFolder:
    """Facts by key. What can't be kept, or read, is simply not there."""

    def __init__(self, folder: Path, count_max: int, count_every: int = COUNT_EVERY) -> None:
        self._folder = folder
        self._count_max = count_max
        self._count_every = count_every
        self._made_count = 0
        self._is_full = False
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, key: str, fact: str) -> None:
        """Known is known: a fact that is there stays. In a full folder nothing new is kept."""
        if self._made_count % self._count_every == 0:
            with suppress(OSError):
                self._is_full = sum(1 for _ in self._folder.iterdir()) >= self._count_max
        self._made_count += 1
        if not self._is_full:
            with suppress(OSError):
                (self._folder / key).symlink_to(fact)

    def read(self, key: str) -> str | None:
        """The fact; None where there is none."""
        try:
            return str((self._folder / key).readlink())
        except OSError:
            return None

    def take(self, key: str) -> str | None:
        """The fact, once: of several that ask, one has it."""
        fact = self.read(key)
        try:
            (self._folder / key).unlink()
        except OSError:
            return None
        return fact

    def drop(self, is_old: Callable[[str], bool]) -> int:
        """Take away what is old; ValueError of `is_old` leaves what is none of ours. How many."""
        dropped = 0
        for path in list(self._folder.iterdir()):
            with suppress(OSError, ValueError):  # Another has taken it, or it is none of ours.
                if is_old(str(path.readlink())):
                    path.unlink()
                    dropped += 1
        return dropped
