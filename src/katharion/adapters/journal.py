"""The tracking journal: appended by each process in the runtime folder, drained into the store.

The folder is in memory (tmpfs): a record survives its process, and costs no disk. A file is
appended until it is large enough, then closed by its name; whole files are drained and
removed, the open one is drained as far as it has whole lines.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec

from katharion.adapters.dice import SystemDice
from katharion.ports import JournalFullError
from katharion.values.track import TrackRecord

_encode = msgspec.json.Encoder().encode
# Refusals before there is a message: at half of the cap they become counters.
_SMALL_EVENTS = frozenset({"connect-refused", "mail-refused", "rcpt-refused"})


class TrackingOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tracking of every recipient's fate."""

    journal_bytes_max: Annotated[
        int,
        msgspec.Meta(
            description="Bytes that the journal may take in memory; full means 451.", ge=1_000_000
        ),
    ] = 268_435_456
    journal_file_bytes_max: Annotated[
        int, msgspec.Meta(description="Bytes of one journal file.", ge=100_000)
    ] = 8_388_608
    keep_days: Annotated[
        int, msgspec.Meta(description="Days that tracking records are kept.", ge=1)
    ] = 90
    audit_hours: Annotated[
        int,
        msgspec.Meta(
            description="Hours that the ledger is added up over each minute.", ge=1, le=168
        ),
    ] = 6


class FileJournal:
    """Implements ports.Journal: one line of JSON a record, one write an append."""

    def __init__(self, folder: Path, process: str, options: TrackingOptions) -> None:
        self._folder = folder
        self._options = options
        # After a start of the machine or container the process ids come again, and the
        # store remembers by name how far it has read: no name may come twice.
        self._prefix = f"{process}-{os.getpid()}-{SystemDice().token(8).hex()}"
        self._is_torn = False
        self._number = 0
        self._fd = -1
        self._file_bytes = 0
        self._folder_bytes = 0
        self.collapsed_count = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._next_file()

    def append(self, records: Sequence[TrackRecord]) -> None:
        """Append all, or raise JournalFullError."""
        if self._folder_bytes >= self._options.journal_bytes_max // 2:
            kept = [r for r in records if r.event not in _SMALL_EVENTS]
            self.collapsed_count += len(records) - len(kept)
            records = kept
            if self._folder_bytes >= self._options.journal_bytes_max:
                self._measure()
                if self._folder_bytes >= self._options.journal_bytes_max:
                    raise JournalFullError(f"{self._folder} is full")
        if not records:
            return
        lines = b"".join([_encode(record) + b"\n" for record in records])
        if self._is_torn:
            lines = b"\n" + lines  # What is torn is a line of its own, and is passed over.
        try:
            written = os.write(self._fd, lines)
        except OSError as error:
            raise JournalFullError(f"{self._folder}: {error.strerror}") from error
        self._is_torn = written != len(lines)
        if self._is_torn:
            raise JournalFullError(f"{self._folder}: no room for a whole record")
        self._file_bytes += written
        self._folder_bytes += written
        if self._file_bytes >= self._options.journal_file_bytes_max:
            self._next_file()

    def has_room(self) -> bool:
        """Whether a transaction may begin; near the cap the folder is measured anew."""
        bytes_max = self._options.journal_bytes_max - self._options.journal_file_bytes_max
        if self._folder_bytes >= bytes_max:
            self._measure()
        return self._folder_bytes < bytes_max

    def close(self) -> None:
        """Let the drain have the last file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _next_file(self) -> None:
        self.close()
        self._measure()
        path = self._folder / f"{self._prefix}-{self._number:08}.journal"
        self._number += 1
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._file_bytes = 0

    def _measure(self) -> None:
        total = 0
        for path in self._folder.glob("*.journal"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        self._folder_bytes = total
