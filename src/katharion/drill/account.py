"""The account of a drill: by hash and recipient, from what was seen outside. Pure.

Delivered is what the next hop has; queued and quarantined are rows of the spool; what was
acknowledged and stands nowhere is lost. A second copy must have a cause that is known.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

import msgspec

from katharion.drill.letters import Digest, Key
from katharion.values.fate import DUE, HELD, State


class Seen(msgspec.Struct, frozen=True):
    """All that was seen. Times are of one clock; `faults` are those that may double a message."""

    digests: AbstractSet[Digest]
    acknowledged: AbstractSet[Key]
    repeated: AbstractSet[Key]
    arrivals: Mapping[Key, Sequence[float]]
    unanswered: AbstractSet[Key]
    rows: Mapping[Key, State]
    faults: Sequence[tuple[float, str]] = ()


class Account(msgspec.Struct, frozen=True):
    """Recipients by fate; duplicates beside. `altered`: arrived with another content."""

    acked: int
    delivered: int
    queued: int
    quarantined: int
    bounced: int
    lost: int
    duplicates: int
    explained: int
    altered: int
    causes: Mapping[str, int]


def add_up(seen: Seen) -> Account:
    """What became of every recipient that was acknowledged."""
    fates = Counter(_fate(key, seen) for key in seen.acknowledged)
    causes = Counter(
        cause for key, times in seen.arrivals.items() for cause in _causes(key, times, seen)
    )
    duplicates = sum(causes.values())
    return Account(
        acked=len(seen.acknowledged),
        delivered=fates["delivered"],
        queued=fates["queued"],
        quarantined=fates["quarantined"],
        bounced=fates["bounced"],
        lost=fates["lost"],
        duplicates=duplicates,
        explained=duplicates - causes[""],
        altered=sum(key[0] not in seen.digests for key in seen.arrivals),
        causes=dict(causes),
    )


def lost_of(seen: Seen) -> list[Key]:
    """Those that were acknowledged and are nowhere."""
    return sorted(key for key in seen.acknowledged if _fate(key, seen) == "lost")


def _fate(key: Key, seen: Seen) -> str:
    state = seen.rows.get(key)
    if key in seen.arrivals:
        return "delivered"
    if state in DUE:
        return "queued"
    if state in HELD:
        return "quarantined"
    # Delivered by its row, and not arrived, is lost: the next hop's word counts, not ours.
    return "bounced" if state is State.BOUNCED else "lost"


def _causes(key: Key, times: Sequence[float], seen: Seen) -> list[str]:
    """Why each copy after the first came; "" where nobody knows."""
    causes = []
    for before, after in pairwise(times):
        if key in seen.repeated:
            causes.append("the sender's repeat")
        elif key in seen.unanswered:
            causes.append("no answer from the next hop")
        else:
            causes.append(next((what for at, what in seen.faults if before <= at <= after), ""))
    return causes
