"""Replies that no client heard, shared by the filters of a node in the runtime folder.

One symbolic link each, whose target says what it is: made, read and taken away in one step,
in memory, and there for the next filter when this one is killed.
"""

from contextlib import suppress
from pathlib import Path

UNHEARD_COUNT_MAX = 20_000
COUNT_EVERY = 100  # Links made; then the folder is looked at.


class UnheardFolder:
    """Implements ports.UnheardReplies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made_count = 0
        self._is_full = False
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def remember(self, key: str, message_id: str, now: float) -> None:
        """Where that can't be done nothing is lost: a repeat is then delivered once more."""
        if self._made_count % COUNT_EVERY == 0:
            self._is_full = sum(1 for _ in self._folder.iterdir()) >= UNHEARD_COUNT_MAX
        self._made_count += 1
        if not self._is_full:
            with suppress(OSError):  # Also where it is there: known is known.
                (self._folder / key).symlink_to(f"{message_id} {now:.0f}")

    def take(self, key: str, since: float) -> str | None:
        """The message's id, once; None where there is none so young."""
        path = self._folder / key
        try:
            message_id, _, at = str(path.readlink()).partition(" ")
            path.unlink()  # Of several that ask, one has it.
        except OSError:
            return None
        return message_id if float(at) >= since else None

    def forget_before(self, at: float) -> int:
        """Drop what is older; returns how many."""
        dropped = 0
        for path in list(self._folder.iterdir()):
            with suppress(OSError, ValueError):  # Another has taken it, or it is none of ours.
                if float(str(path.readlink()).partition(" ")[2]) < at:
                    path.unlink()
                    dropped += 1
        return dropped
