"""Whether a list may be believed: what it is asked for a test, and what its answers look like.

A list counts only while it is proven to be honest. Tests: what can't be listed must not be, what
is always listed must be (RFC 5782 sections 2.3, 5). Between the tests each answer to a real
question counts: one that is no listing, silence, or everybody listed, put the list under
suspicion, which takes it out of the score until the next test, made at once.
"""

from enum import Enum
from typing import NamedTuple

from katharion.sources.blocklist import Listing

PROBE_SECONDS = 20.0
PROBE_SECONDS_OUT, PROBE_SECONDS_OUT_MAX, PROBE_GROWTH = 5.0, 60.0, 1.5
# So many of the last different senders are listed: nobody's mail is like that.
WINDOW_COUNT = 20
LISTED_COUNT_MAX = 18
SILENT_COUNT_MAX = 3  # In a row.
# A site may really be under such an attack: after a passed test no new suspicion for so long.
CLEARED_SECONDS = 60.0


class State(Enum):
    """What a list is to us."""

    UNPROVEN = "unproven"  # Not tested yet.
    HEALTHY = "healthy"
    QUIET = "quiet"  # One test was not answered.
    SUSPECT = "suspect"  # Tested at once.
    OUT = "out"
    PROBATION = "probation"  # Passed one test after it was out.


class Event(Enum):
    """What happens to it."""

    HONEST = "honest"
    LIED = "lied"
    SILENT = "silent"
    SUSPECTED = "suspected"


COUNTED = frozenset({State.HEALTHY, State.QUIET})
TABLE = {
    (State.UNPROVEN, Event.HONEST): State.HEALTHY,
    (State.HEALTHY, Event.SILENT): State.QUIET,
    (State.HEALTHY, Event.SUSPECTED): State.SUSPECT,
    (State.QUIET, Event.HONEST): State.HEALTHY,
    (State.QUIET, Event.SILENT): State.OUT,
    (State.QUIET, Event.SUSPECTED): State.SUSPECT,
    (State.SUSPECT, Event.HONEST): State.HEALTHY,
    (State.SUSPECT, Event.SILENT): State.OUT,
    (State.OUT, Event.HONEST): State.PROBATION,
    (State.PROBATION, Event.HONEST): State.HEALTHY,
    (State.PROBATION, Event.SILENT): State.OUT,
} | {(state, Event.LIED): State.OUT for state in State}


class Probe(NamedTuple):
    """What a test's answers came to."""

    event: Event
    reason: str = ""


class ListHealth:
    """One list's. Times are of a clock that does not jump, in seconds."""

    def __init__(self) -> None:
        self.state = State.UNPROVEN
        self.reason = "it was not tested yet"
        self.next_probe_at = 0.0
        self._recent: dict[str, bool] = {}  # Whether it lists them; the oldest first.
        self._silent_count = self._failed_count = 0
        self._cleared_at = float("-inf")

    @property
    def is_counted(self) -> bool:
        """Whether its listings count."""
        return self.state in COUNTED

    @property
    def is_healthy(self) -> bool:
        """Whether nothing at all speaks against it."""
        return self.state is State.HEALTHY

    def heard(self, subject: str, listing: Listing, now: float) -> None:
        """The answer to a real question about `subject`."""
        if listing.lie:
            self.suspect(listing.lie, now)
            return
        self._silent_count = self._silent_count + 1 if listing.is_silent else 0
        if self._silent_count >= SILENT_COUNT_MAX:
            self.suspect("it does not answer", now)
        if listing.is_silent or subject in self._recent:
            return
        if len(self._recent) == WINDOW_COUNT:
            del self._recent[next(iter(self._recent))]
        self._recent[subject] = listing.is_listed
        listed_count = sum(self._recent.values()) if listing.is_listed else 0
        is_quiet = now - self._cleared_at < CLEARED_SECONDS
        if listed_count > LISTED_COUNT_MAX and not is_quiet:
            self.suspect("it lists nearly everybody", now)

    def probed(self, probe: Probe, now: float) -> State:
        """A test has ended; the state before it."""
        before = self.state
        if before is State.SUSPECT and probe.event is Event.HONEST:
            self._cleared_at = now
        self._go(probe.event, probe.reason)
        self._failed_count = self._failed_count + 1 if self.state is State.OUT else 0
        self.next_probe_at = now + self._wait_seconds
        return before

    @property
    def _wait_seconds(self) -> float:
        """Until the next test. Who is out for long is asked less often: it costs its owner."""
        if self.is_counted:
            return PROBE_SECONDS
        grown = PROBE_SECONDS_OUT * PROBE_GROWTH ** min(max(0, self._failed_count - 1), 20)
        return min(grown, PROBE_SECONDS_OUT_MAX)

    def suspect(self, reason: str, now: float) -> None:
        """Something speaks against it: have it tested now."""
        if (self.state, Event.SUSPECTED) in TABLE:
            self._go(Event.SUSPECTED, reason)
            self.next_probe_at = now
            self._recent.clear()
            self._silent_count = 0

    def _go(self, event: Event, reason: str) -> None:
        self.state = TABLE.get((self.state, event), self.state)
        self.reason = "" if self.is_counted else reason or self.reason


def judge_probe(good: dict[str, Listing], bad: dict[str, Listing]) -> Probe:
    """What the answers to a test say, by subject."""
    for subject, listing in {**good, **bad}.items():
        if listing.lie:
            return Probe(Event.LIED, f"{listing.lie} ({subject})")
    for subject, listing in good.items():
        if listing.is_listed:
            return Probe(Event.LIED, f"it lists {subject}, which is never listed")
    if any(listing.is_silent for listing in (*good.values(), *bad.values())):
        return Probe(Event.SILENT, "it does not answer")
    for subject, listing in bad.items():
        if not listing.is_listed:
            return Probe(Event.LIED, f"it does not list {subject}, which is always listed")
    return Probe(Event.HONEST)
