"""When something was first seen, shared by the filters of a node in the runtime folder.

One symbolic link each, whose target is the time: made, read and taken away in one step, in
memory, and there for the next filter when this one is killed.
"""

from contextlib import suppress
from pathlib import Path

SEEN_COUNT_MAX = 50_000
COUNT_EVERY = 100  # Links made; then the folder is looked at.


class FirstSeenFolder:
    """Implements ports.FirstSeen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made_count = 0
        self._is_full = False
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def first_at(self, key: str, now: float) -> float | None:
        """When `key` was first seen: now, where it never was. None: nobody can remember it."""
        path = self._folder / key
        found = _time_of(path)
        if found is not None:
            return found
        if not self._has_room():
            return None
        with suppress(OSError):  # Where another was faster his time counts.
            path.symlink_to(f"{now:.3f}")
        return _time_of(path)

    def forget(self, key: str) -> None:
        """It was never seen."""
        (self._folder / key).unlink(missing_ok=True)

    def forget_before(self, at: float) -> int:
        """Drop what is older; returns how many."""
        dropped = 0
        for path in list(self._folder.iterdir()):
            with suppress(OSError, ValueError):  # Another has taken it, or it is none of ours.
                if float(str(path.readlink())) < at:
                    path.unlink()
                    dropped += 1
        return dropped

    def _has_room(self) -> bool:
        if self._made_count % COUNT_EVERY == 0:
            self._is_full = sum(1 for _ in self._folder.iterdir()) >= SEEN_COUNT_MAX
        self._made_count += 1
        return not self._is_full


def _time_of(path: Path) -> float | None:
    try:
        return float(str(path.readlink()))
    except (OSError, ValueError):
        return None
