"""The auditor: asks the ledger, once for a person, or each minute in the supervisor.

It runs in the supervisor because that has just moved the records into the store, and because
it is the one process that neither takes mail nor sends any: it judges nobody's work but others'.

Job: looks at records, then rows, then records again; says who has no fate.
Trust: the supervisor's, or the person's; reads store and journal, writes nothing.
Talks to: the tracking store, the shards' files, the journal folder.
Holds: what was acknowledged in the last hours and is held still, to a number.
Dies: with its process; the next one reads the last hours again.
Standards: none.
"""

from pathlib import Path

from katharion.adapters.store.census import census
from katharion.adapters.store.marks import TrackMarks
from katharion.ports import Clock
from katharion.tracking.ledger import HOUR_SECONDS, Balance, Ledger

# About 700 octets each: at worst 140 MB for the minute's auditor, and four times that once.
WATCHED_COUNT_MAX = 200_000
ASKED_COUNT_MAX = 800_000


def ask_ledger(journal: Path, store: Path, since: float, until: float) -> Balance:
    """What a span of time comes to now. StoreError and SpoolUnavailableError: can't be asked."""
    marks = TrackMarks(journal, store)
    ledger = Ledger(since, until, ASKED_COUNT_MAX)
    ledger.hear(marks.since(since))
    return _balance(ledger, marks, store)


def _balance(ledger: Ledger, marks: TrackMarks, store: Path) -> Balance:
    """Claims were heard; now rows, then the records of what is missing."""
    span = ledger.span()
    if span is not None:
        ledger.see(census(store, *span))
        ledger.hear_again(marks.of(ledger.unseen()))
    return ledger.balance()


class Auditor:
    """The continuous one: each record is heard once, each standing row seen each time."""

    def __init__(self, journal: Path, store: Path, hours: int, clock: Clock) -> None:
        self._marks = TrackMarks(journal, store)
        self._store = store
        self._hours = hours
        self._clock = clock
        self._number = 0
        self._ledger = self._fresh()
        self._named: set[tuple[str, str]] = set()

    def look(self) -> tuple[Balance, list[str]]:
        """The balance of the last hours, and a sentence for each who is newly missing."""
        last = self._marks.last_number()
        if last < self._number:  # Another tracking store, or one that was emptied.
            self._number, self._ledger = 0, self._fresh()
        else:
            self._ledger.forget_before(self._since())
        self._ledger.hear(self._marks.stored(self._number, last, self._ledger.since))
        self._number = last
        balance = _balance(self._ledger, self._marks, self._store)
        names = {(one.message_id, one.recipient) for one in balance.missing}
        new = [one for one in balance.missing if (one.message_id, one.recipient) not in self._named]
        self._named = names
        return balance, [
            f"{one.message_id} <{one.recipient}>: we said {one.said!r}; {one.recorded};"
            f" {one.missing}: {one.remedy}"
            for one in new
        ]

    def _fresh(self) -> Ledger:
        return Ledger(self._since(), float("inf"), WATCHED_COUNT_MAX)

    def _since(self) -> float:
        now = self._clock.wall()
        return now - now % HOUR_SECONDS - self._hours * HOUR_SECONDS
