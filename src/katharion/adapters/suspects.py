"""Messages whose judgement ended a process: noted while they are judged, in memory for all.

Each process has a file of slots in the runtime folder, mapped into its memory: the fingerprint
of a message stands in one as long as it is judged. Who dies leaves its slots behind, and its
lock; whoever starts next takes them for deaths.
"""

import fcntl
import mmap
import os
from contextlib import suppress
from pathlib import Path

from katharion.ports import Clock

SLOTS_COUNT = 512
FINGERPRINT_OCTETS = 16
DEATHS_SECONDS = 86_400.0  # For so long a death is held against a message.
DEATHS_COUNT_MAX = 10_000

_EMPTY = bytes(FINGERPRINT_OCTETS)
NO_SLOT = -1


class SuspectFiles:
    """Implements ports.Suspects."""

    def __init__(self, folder: Path, process: str, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clock = clock
        self._deaths_file = folder / "deaths"
        self._seen_size = -1
        self._deaths: dict[bytes, int] = {}
        for left in folder.glob("*.slots"):
            self._take(left)
        self._path = folder / f"{process}-{os.getpid()}.slots"
        self._file = self._path.open("w+b")
        self._file.truncate(SLOTS_COUNT * FINGERPRINT_OCTETS)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._slots = mmap.mmap(self._file.fileno(), 0)
        self._free = list(range(SLOTS_COUNT))
        self.refresh()

    def enter(self, fingerprint: bytes) -> int:
        """The judgement of a message begins; the slot that it has, or NO_SLOT."""
        if not self._free:
            return NO_SLOT
        slot = self._free.pop()
        at = slot * FINGERPRINT_OCTETS
        self._slots[at : at + FINGERPRINT_OCTETS] = fingerprint
        return slot

    def leave(self, slot: int) -> None:
        """It has ended, in whatever way."""
        if slot != NO_SLOT:
            at = slot * FINGERPRINT_OCTETS
            self._slots[at : at + FINGERPRINT_OCTETS] = _EMPTY
            self._free.append(slot)

    def deaths_count(self, fingerprint: bytes) -> int:
        """How many processes have died lately while they judged it."""
        return self._deaths.get(fingerprint, 0)

    def refresh(self) -> None:
        """Hear of deaths that others have seen; called about once a second."""
        try:
            size = self._deaths_file.stat().st_size
        except FileNotFoundError:
            return
        if size == self._seen_size:
            return
        self._seen_size = size
        self._deaths = {}
        since = self._clock.wall() - DEATHS_SECONDS
        for line in self._deaths_file.read_text().splitlines()[-DEATHS_COUNT_MAX:]:
            fingerprint, _, at = line.partition(" ")
            with suppress(ValueError):  # A line that was cut.
                if float(at) >= since:
                    key = bytes.fromhex(fingerprint)
                    self._deaths[key] = self._deaths.get(key, 0) + 1

    def close(self) -> None:
        """An end in order leaves nothing behind."""
        self._path.unlink(missing_ok=True)
        self._slots.close()
        self._file.close()

    def _take(self, left: Path) -> None:
        """What a dead process had before it; a living one holds its lock."""
        with suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(file.fileno()).st_nlink:
                return  # Another has taken it.
            octets = file.read()
            left.unlink()
            found = (octets[at : at + FINGERPRINT_OCTETS] for at in range(0, len(octets), 16))
            lines = [f"{one.hex()} {self._clock.wall():.0f}\n" for one in found if one != _EMPTY]
            with self._deaths_file.open("a") as deaths:
                deaths.write("".join(lines))
