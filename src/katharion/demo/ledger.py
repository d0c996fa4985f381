"""The demonstration's ledger: what became of each recipient, added up from what was seen.

Nothing is assumed: `delivered` is what the customer's server has, `quarantined` and `queued`
are rows of the spool, `refused` are replies that the sender heard, and what was answered
250 and stands nowhere is `lost`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from katharion.values.fate import DUE, HELD, State
from katharion.values.held import HeldRow

Key = tuple[int, str]  # The sample's number, and a recipient.

_NUMBER = re.compile(r"\(sample (\d+)\)")


class Figures(msgspec.Struct, frozen=True):
    """Recipients by fate. `deferred`: the sender heard 4xx or nothing, and still has it."""

    sent: int = 0
    delivered: int = 0
    quarantined: int = 0
    queued: int = 0
    refused: int = 0
    deferred: int = 0
    lost: int = 0
    duplicates: int = 0


def number_of(text: str) -> int | None:
    """The sample's number in a subject, or in the whole content; None for others' mail."""
    found = _NUMBER.search(text)
    return int(found[1]) if found else None


class Ledger:
    """Takes replies, arrivals and rows as they are seen; adds them up when asked."""

    def __init__(self) -> None:
        self.replies: dict[Key, int] = {}
        self.arrivals: Counter[Key] = Counter()
        self.states: dict[Key, State] = {}

    def saw_rows(self, rows: Iterable[HeldRow]) -> None:
        """The spool's rows as they stand now."""
        self.states = {
            (number, str(row.recipient)): row.state
            for row in rows
            if (number := number_of(row.subject)) is not None
        }

    def fate(self, key: Key) -> str:
        """The one fate of a recipient, as a name of Figures."""
        state = self.states.get(key)
        if self.arrivals[key]:
            return "delivered"
        if state in HELD:
            return "quarantined"
        if state in DUE:
            return "queued"
        code = self.replies.get(key, 0)
        if code >= 500:
            return "refused"
        return "lost" if 200 <= code < 300 else "deferred"

    def figures(self) -> Figures:
        """All recipients of all samples that were answered."""
        fates: Mapping[str, int] = Counter(self.fate(key) for key in self.replies)
        return Figures(
            sent=len(self.replies),
            duplicates=sum(max(0, self.arrivals[key] - 1) for key in self.replies),
            **fates,
        )
