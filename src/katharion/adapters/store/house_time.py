"""The store's own clock: it goes on evenly whatever becomes of the machine's.

The machine's clock may jump: by a wrong setting, a dead battery, a time server that lies.
What is due and what is leased must not jump with it. So the store counts from a reference by
the seconds since the machine started, which are the same for all processes and never jump.
When the machine was off nobody can say for how long: then the machine's clock is believed for
what is due, and not at all for ages (`vouched`), so that mail is given up late, never early.

Source: DESIGN section 3 (two clocks).
"""

from typing import NamedTuple, Protocol

from katharion.values.held import Moment

JUMP_SECONDS_MAX = 600.0


class BootClock(Protocol):
    """The machine's clock, and how long it has been on."""

    def wall(self) -> float:
        """Seconds since the epoch; may jump."""

    def boot(self) -> float:
        """Seconds since the machine started."""

    def boot_id(self) -> str:
        """Names this run of the machine."""


class Reference(NamedTuple):
    """Where the store's clock stood, and when.

    `skipped_seconds` in all that nobody saw pass. `offset_seconds`: by how much the machine's
    clock may be ahead of ours, as a person has confirmed. `seen_seconds`: how far ours had
    gone when last written.
    """

    boot_id: str
    boot_seconds: float
    house_seconds: float
    skipped_seconds: float = 0.0
    offset_seconds: float = 0.0
    seen_seconds: float = 0.0

    def house(self, boot_seconds: float) -> float:
        """The store's clock, within the same run of the machine."""
        return self.house_seconds + boot_seconds - self.boot_seconds

    def moment(self, wall: float, boot_seconds: float) -> Moment:
        """This moment by all clocks."""
        house = self.house(boot_seconds)
        return Moment(wall, house, house - self.skipped_seconds)

    def jump_seconds(self, wall: float, boot_seconds: float) -> float:
        """By how much the machine's clock is ahead of what was confirmed."""
        return wall - self.house(boot_seconds) - self.offset_seconds


def anchored(old: Reference | None, clock: BootClock) -> Reference:
    """The reference for this run of the machine; `old` is of this run, or of one before."""
    wall, boot, boot_id = clock.wall(), clock.boot(), clock.boot_id()
    if old is None:
        return Reference(boot_id, boot, wall, seen_seconds=wall)
    if old.boot_id == boot_id:
        return old
    # Never back: what was leased or due then is in the past now.
    house = max(wall, old.seen_seconds)
    skipped = old.skipped_seconds + house - old.seen_seconds
    return Reference(boot_id, boot, house, skipped, 0.0, house)
