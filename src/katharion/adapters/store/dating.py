"""Between two clocks: rows are dated by the store's, and those who ask go by the machine's.

Each span of time keeps its length on the way, whatever the machine's clock says: what is due
in a minute is due in a minute, and a lease of a quarter of an hour lasts one.
"""

import math
from typing import Protocol

import msgspec

from katharion.adapters.store.rows import ClaimWish
from katharion.values.held import HeldRecipient, HeldRow, Moment, Settlement, moment_of


class StoreClock(Protocol):
    """The store's clock, as adapters/store/control.py keeps it."""

    def moment(self, wall: float) -> Moment:
        """The moment that the machine's clock calls `wall`, just now."""

    def agrees(self) -> bool:
        """Whether the machine's clock agrees with it."""


class Dating:
    """Dates what goes into a store, and what comes out. Without a clock all stays as it is."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock

    def moment(self, wall: float) -> Moment:
        """This moment by all clocks."""
        return moment_of(wall) if self._clock is None else self._clock.moment(wall)

    def wish(self, wish: ClaimWish) -> ClaimWish:
        """A claim. While the clocks disagree nothing is known of ages: none is old."""
        if self._clock is None:
            return wish
        moment = self.moment(wish.now)
        vouched = moment.vouched if self._clock.agrees() else -math.inf
        return msgspec.structs.replace(wish, now=moment.house, vouched=vouched)

    def stored(self, row: HeldRecipient, wall: float) -> HeldRecipient:
        """A row to be held."""
        if self._clock is None:
            return row
        moment = self.moment(wall)
        ahead = moment.house - moment.wall
        return msgspec.structs.replace(
            row,
            due_at=row.due_at + ahead if row.due_at else 0.0,
            lease_until=row.lease_until + ahead if row.lease_until else 0.0,
            vouched_at=moment.vouched,
        )

    def settled(self, settlement: Settlement, moment: Moment) -> Settlement:
        """A settlement at that moment."""
        due_at = settlement.due_at + moment.house - moment.wall
        return msgspec.structs.replace(settlement, due_at=due_at)

    def shown(self, row: HeldRow, wall: float) -> HeldRow:
        """A row as it is shown."""
        if self._clock is None:
            return row
        moment = self.moment(wall)
        ahead = moment.house - moment.wall
        is_known = self._clock.agrees()
        return msgspec.structs.replace(
            row,
            due_at=row.due_at - ahead,
            lease_until=row.lease_until - ahead if row.lease_until else 0.0,
            vouched_seconds=moment.vouched - (row.vouched_at or 0.0) if is_known else -math.inf,
        )
