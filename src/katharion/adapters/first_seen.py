"""When something was first seen, shared by the filters of a node in the runtime folder."""

from contextlib import suppress
from pathlib import Path

from katharion.adapters.link_folder import LinkFolder

SEEN_COUNT_MAX = 50_000


class FirstSeenFolder:
    """Implements ports.FirstSeen. A fact is a time."""

    def __init__(self, folder: Path, count_max: int = SEEN_COUNT_MAX) -> None:
        self._links = LinkFolder(folder, count_max)

    def first_at(self, key: str, now: float) -> float | None:
        """When `key` was first seen: now, where it never was. None: nobody can remember it."""
        found = self._time_of(key)
        if found is None:
            self._links.keep(key, f"{now:.3f}")  # Where another was faster his time counts.
            found = self._time_of(key)
        return found

    def forget(self, key: str) -> None:
        """It was never seen."""
        self._links.take(key)

    def forget_before(self, at: float) -> int:
        """Drop what is older; returns how many."""
        return self._links.drop(lambda fact: float(fact) < at)

    def _time_of(self, key: str) -> float | None:
        with suppress(ValueError):
            return float(self._links.read(key) or "")
        return None
