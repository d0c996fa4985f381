"""The tracking journal in memory."""

from collections.abc import Sequence

from katharion.ports import JournalFullError
from katharion.values.track import TrackRecord


class FakeJournal:
    """Implements ports.Journal. `is_full`: nothing more goes in; `is_tight`: no room to begin."""

    def __init__(self) -> None:
        self.records: list[TrackRecord] = []
        self.is_full = False
        self.is_tight = False

    def append(self, records: Sequence[TrackRecord]) -> None:
        if self.is_full:
            raise JournalFullError("full")
        self.records += records

    def has_room(self) -> bool:
        return not (self.is_tight or self.is_full)

    def told(self) -> list[tuple[str, str]]:
        """Event and recipient of each record."""
        return [(record.event, record.recipient) for record in self.records]
