"""The ledger: what was acknowledged, beside what has a fate. Pure.

The conservation law (DESIGN section 2): every recipient that we said 250 to has exactly one
standing fate at any time. Whom it is of:

* delivered, where any record says that a next hop took it;
* else the state of its row in the spool, where there is one;
* else what the last record says, where that is the end of a row (bounced, expired, deleted):
  rows are purged when nobody can want them back;
* else none: it is named.

The order of looking makes this right while mail flows. Claims are heard first, then rows are
seen: a row is durable before its record is written, so a claim that was heard has its row by
then. A row goes only after the record of its end, so of what is missing the records are
heard once more, last of all.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from katharion.values.fate import SETTLED, State
from katharion.values.track import TrackMark

HOUR_SECONDS = 3600.0
# What a filter writes of a recipient when the reply to the content is known.
ENDINGS = frozenset({"delivered", "held", "rejected", "deferred"})
TAKEN = frozenset({"delivered", "held"})
# No row comes back out of these: what stands there need not be looked at again.
FINAL = SETTLED - {State.DELETED}
_STATES = {state.value: state for state in State}
_ENDS = frozenset(state.value for state in SETTLED)
ACCEPTED = "accepted"

Key = tuple[str, str]  # Our message id, and the recipient of the row.


class Figures(msgspec.Struct, frozen=True):
    """Recipients by fate. `difference`: acknowledged, and without any."""

    accepted: int = 0
    delivered: int = 0
    queued: int = 0
    unjudged: int = 0
    uncertain: int = 0
    quarantined: int = 0
    discarded: int = 0
    bounced: int = 0
    expired: int = 0
    deleted: int = 0
    difference: int = 0


class Account(msgspec.Struct, frozen=True):
    """The figures of one node in one hour, `hour_at` its begin."""

    node: str
    hour_at: float
    figures: Figures


class Missing(msgspec.Struct, frozen=True):
    """One recipient that does not add up, for people."""

    message_id: str
    recipient: str
    node: str
    at: float
    said: str
    recorded: str
    missing: str
    remedy: str


class Balance(msgspec.Struct, frozen=True):
    """The whole answer. `unwatched`: too many were held to look after the oldest of them."""

    figures: Figures
    accounts: tuple[Account, ...]
    missing: tuple[Missing, ...]
    unwatched: int = 0


class Claim(NamedTuple):
    """One recipient that was acknowledged and not delivered at once."""

    at: float
    node: str
    recipient: str
    event: str
    state: str
    reason: str
    reply: str

    @property
    def place(self) -> tuple[str, float]:
        """Node and hour that it is counted in."""
        return self.node, self.at - self.at % HOUR_SECONDS


class Ledger:
    """Hears records, sees rows, adds up.

    `open_count_max` bounds the memory: the oldest claims beyond it are given up unwatched.
    """

    def __init__(self, since: float, until: float, open_count_max: int) -> None:
        self.since = since
        self._until = until
        self._open_count_max = open_count_max
        # Two recipients that are redirected to one address stand by one row.
        self._open: dict[Key, tuple[Claim, ...]] = {}
        self._last: dict[Key, tuple[float, str]] = {}
        self._standing: dict[Key, State] = {}
        self._counts: dict[tuple[str, float], Counter[str]] = {}
        self._unwatched = 0

    # Looking, in this order.

    def hear(self, marks: Iterable[TrackMark]) -> None:
        """First: records, each once. Those of a fate may also tell of messages before our time."""
        for mark in marks:
            if mark.event in ENDINGS:
                self._accept(mark)
            elif mark.state:
                self._note(mark)

    def span(self) -> tuple[str, str] | None:
        """The lowest and the highest message id whose rows are to be seen."""
        if not self._open:
            return None
        return min(self._open)[0], max(self._open)[0]

    def see(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Then: message id, recipient and state of all rows of that span."""
        self._standing = {}
        for message_id, recipient, state in rows:
            key = (message_id, recipient)
            if key not in self._open:
                continue
            if _STATES[state] in FINAL:
                self._close(key, state)
            else:
                self._standing[key] = _STATES[state]

    def unseen(self) -> set[str]:
        """The ids of messages of which a row is missing."""
        return {key[0] for key in self._open if key not in self._standing}

    def hear_again(self, marks: Iterable[TrackMark]) -> None:
        """Last: all records of those messages; claims among them were heard before."""
        for mark in marks:
            if mark.event not in ENDINGS and mark.state:
                self._note(mark)

    # Adding up.

    def balance(self) -> Balance:
        """What it comes to."""
        counts = {place: Counter(count) for place, count in self._counts.items()}
        missing: list[Missing] = []
        for key, claims in self._open.items():
            fate = self._fate(key)
            for claim in claims:
                if fate is None:
                    missing.append(_missing(key, claim, self._last.get(key)))
                counts[claim.place][fate.value if fate else "difference"] += 1
        accounts = tuple(
            Account(node, hour_at, Figures(**count))
            for (node, hour_at), count in sorted(counts.items())
        )
        missing.sort(key=lambda one: (one.at, one.message_id, one.recipient))
        figures = Figures(**sum(counts.values(), Counter[str]()))
        return Balance(figures, accounts, tuple(missing), self._unwatched)

    def forget_before(self, at: float) -> None:
        """The past before `at`, a whole hour, is looked at no more."""
        self.since = at
        for place in [place for place in self._counts if place[1] < at]:
            del self._counts[place]
        for key in [key for key, claims in self._open.items() if claims[0].at < at]:
            self._drop(key)

    # Small parts.

    def _accept(self, mark: TrackMark) -> None:
        if not self.since <= mark.at < self._until or not _is_ours(mark):
            return
        claim = Claim(
            mark.at, mark.node, mark.recipient, mark.event, mark.state, mark.reason, mark.reply
        )
        self._counts.setdefault(claim.place, Counter())[ACCEPTED] += 1
        if mark.event == State.DELIVERED.value:
            self._counts[claim.place][State.DELIVERED.value] += 1
            return
        key = (mark.message_id, mark.redirected_to or mark.recipient)
        self._open[key] = (*self._open.get(key, ()), claim)
        while len(self._open) > self._open_count_max:
            self._give_up(next(iter(self._open)))

    def _give_up(self, key: Key) -> None:
        for claim in self._open[key]:
            self._counts[claim.place][ACCEPTED] -= 1
            self._unwatched += 1
        self._drop(key)

    def _note(self, mark: TrackMark) -> None:
        key = (mark.message_id, mark.recipient)
        if key not in self._open:
            return
        if mark.state == State.DELIVERED.value:
            self._close(key, mark.state)
        elif mark.at >= self._last.get(key, (0.0, ""))[0]:
            self._last[key] = (mark.at, mark.state)

    def _close(self, key: Key, state: str) -> None:
        for claim in self._open[key]:
            self._counts[claim.place][state] += 1
        self._drop(key)

    def _drop(self, key: Key) -> None:
        del self._open[key]
        self._last.pop(key, None)
        self._standing.pop(key, None)

    def _fate(self, key: Key) -> State | None:
        standing = self._standing.get(key)
        last = self._last.get(key, (0.0, ""))[1]
        return standing or (State(last) if last in _ENDS else None)


def _is_ours(mark: TrackMark) -> bool:
    """Whether we answer for it: a positive reply, or one that a client did not stay to hear.

    The client's repeat of the latter is answered 250 without another delivery.
    """
    if mark.event in TAKEN and mark.reply.startswith("("):
        return True
    return mark.reply.startswith("2")


def _missing(key: Key, claim: Claim, last: tuple[float, str] | None) -> Missing:
    recorded = f"{claim.event} → {claim.state}" if claim.state else claim.event
    if claim.reason:
        recorded += f" ({claim.reason})"
    if last is not None:
        recorded += f", then {last[1]}"
    if claim.event == "held":
        what = f"no shard has its row ({key[1]}), and no record says what became of it"
        remedy = (
            f"look for {key[0]} in the newest backup of the store's spool-*.db; else ask the"
            f" sender, whom `katharion trace {key[0]}` names, to send it again"
        )
    else:
        what = "it was acknowledged, and neither delivered nor held"
        remedy = (
            f"ask the sender, whom `katharion trace {key[0]}` names, to send it again;"
            " this is a fault of katharion: report it with that story"
        )
    return Missing(
        key[0], claim.recipient, claim.node, claim.at, claim.reply, recorded, what, remedy
    )
