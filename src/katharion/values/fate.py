"""The states of a held recipient, and which may follow which: the one source.

Source: DESIGN section 3 (held mail: one model for queue and quarantine).
"""

from enum import Enum


class State(Enum):
    """Where a held recipient stands."""

    UNJUDGED = "unjudged"
    UNCERTAIN = "uncertain"
    QUEUED = "queued"
    QUARANTINED = "quarantined"
    DISCARDED = "discarded"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    DELETED = "deleted"


_ = State
ENTRY = frozenset({_.UNJUDGED, _.UNCERTAIN, _.QUEUED, _.QUARANTINED, _.DISCARDED})
# From each state to those that may follow. A settled state has none but an undo.
TRANSITIONS: dict[State, frozenset[State]] = {
    _.UNJUDGED: frozenset({_.QUEUED, _.QUARANTINED, _.DISCARDED}),
    _.UNCERTAIN: frozenset({_.DELIVERED, _.QUEUED}),
    _.QUEUED: frozenset({_.DELIVERED, _.BOUNCED, _.QUARANTINED, _.EXPIRED, _.DELETED}),
    _.QUARANTINED: frozenset({_.QUEUED, _.DELETED, _.EXPIRED}),
    _.DISCARDED: frozenset({_.QUEUED, _.DELETED, _.EXPIRED}),
    _.DELIVERED: frozenset(),
    _.BOUNCED: frozenset(),
    _.EXPIRED: frozenset(),
    _.DELETED: frozenset({_.QUARANTINED}),  # Undo, 7 days.
}
SETTLED = frozenset({_.DELIVERED, _.BOUNCED, _.EXPIRED, _.DELETED})
DUE = frozenset({_.UNJUDGED, _.UNCERTAIN, _.QUEUED})  # The queue runner's.
HELD = frozenset({_.QUARANTINED, _.DISCARDED})  # The people's.
del _
