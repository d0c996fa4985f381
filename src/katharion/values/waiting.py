"""What waits in the queue, as operators select it, act on it and are told of it.

Source: DESIGN section 3. Times are seconds since the epoch.
"""

from enum import Enum

import msgspec

from katharion.values.fate import State
from katharion.values.held import Lane


class Selection(msgspec.Struct, frozen=True):
    """Which waiting rows are meant: each given field must match one of its values.

    `routes` and `domains` together name destinations. `holders` are "node", "process" or
    "node/process": who held the mail. Nothing given is everything: who asks must mean it.
    """

    states: tuple[State, ...] = ()
    ids: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether no row is left out."""
        return self == Selection()


class Verb(Enum):
    """What a person does with waiting rows, in bulk."""

    RETRY = "retry"  # Due now.
    REROUTE = "reroute"  # By another route, now.
    PAUSE = "pause"  # These rows, until they are resumed.
    RESUME = "resume"
    EXPIRE = "expire"  # Given up as if its time were over, by the queue runner.
    DELETE = "delete"


class Act(msgspec.Struct, frozen=True):
    """One bulk verb. `note`: who and why, for a pause. `route`: where to, for a reroute."""

    verb: Verb
    selection: Selection
    note: str = ""
    route: str = ""
    is_dry: bool = False


class Done(msgspec.Struct, frozen=True):
    """What an act came to, in rows.

    `under_way`: leased just now, so that a delivery may still come. `left`: they match, but
    the verb does nothing to rows in their state. `fates`: message and recipient of each row
    that has a fate now.
    """

    changed: int = 0
    under_way: int = 0
    left: int = 0
    fates: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "Done") -> "Done":
        return Done(
            self.changed + other.changed,
            self.under_way + other.under_way,
            self.left + other.left,
            self.fates + other.fates,
        )


class Pause(msgspec.Struct, frozen=True):
    """A standing order: nothing goes by this route, to this domain, of this tenant.

    What is "" is anything; all that is given must match.
    """

    route: str = ""
    domain: str = ""
    tenant: str = ""
    owner: str = ""
    reason: str = ""
    at: float = 0.0

    def stops(self, lane: Lane) -> bool:
        """Whether rows of that lane have to wait."""
        pairs = zip(
            (self.tenant, self.route, self.domain),
            (lane.tenant, lane.route, lane.domain),
            strict=True,
        )
        return all(own in ("", theirs) for own, theirs in pairs)

    @property
    def sentence(self) -> str:
        """Who paused it, and why."""
        return f"paused by {self.owner}" + (f": {self.reason}" if self.reason else "")


class LaneCount(msgspec.Struct, frozen=True):
    """What waits in one lane."""

    lane: Lane
    waiting: int
    oldest_at: float
    next_at: float
    under_way: int = 0
    paused: int = 0
