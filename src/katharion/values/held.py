"""Held mail, as it goes into the spool and comes out of it.

Source: DESIGN section 3. Times are seconds since the epoch.
"""

from typing import NamedTuple

import msgspec

from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.values.attempt import Words
from katharion.values.facts import ClientFacts
from katharion.values.fate import State
from katharion.values.verdict import Verdict


class HeldMessage(msgspec.Struct, frozen=True):
    """One message to be held: stored once, whatever the number of its recipients.

    `id` is ours (26 characters, ordered by time). `content` is the message as it came:
    CRLF line ends, no dot-stuffing, without our trace headers; these are in `trace`, whole
    lines with CRLF, and go before it on each way out. `sha256` is of `content`.
    """

    id: str
    received_at: float
    tenant: str
    envelope: Envelope
    facts: ClientFacts
    trace: bytes
    content: bytes
    sha256: bytes
    subject: str = ""
    held_by: str = ""  # "node/process".


class HeldRecipient(msgspec.Struct, frozen=True):
    """One recipient's first row. `address` may differ from the envelope's (redirect).

    `route` names the route. `lease_owner` is set where the holder goes on to deliver it
    itself (until `lease_until`); `due_at` is when the queue runner may first take it.
    `vouched_at`: see Moment; set by the store.
    """

    address: Address
    state: State
    route: str
    reason: str
    verdict: Verdict | None = None
    due_at: float = 0.0
    lease_owner: str = ""
    lease_until: float = 0.0
    is_sender_told: bool = False
    subject_tag: str = ""
    next_hop: str = ""
    words: Words | None = None
    vouched_at: float | None = None


class Moment(NamedTuple):
    """One moment by three clocks.

    `wall` is the machine's, and may jump. `house` is the store's: it goes on evenly while the
    machine runs; what is due and what is leased goes by it. `vouched` leaves out what nobody
    saw pass (while the machine was off): mail is given up by the lesser of both ages.
    """

    wall: float
    house: float
    vouched: float


def moment_of(now: "float | Moment") -> Moment:
    """A moment of which one clock alone is known."""
    return now if isinstance(now, Moment) else Moment(now, now, now)


class Receipt(msgspec.Struct, frozen=True):
    """What a durable hold returns: where it lies, and the fencing token of the holder's lease."""

    message_id: str
    shard: str
    fence: int


class Lease(msgspec.Struct, frozen=True):
    """One recipient row leased to a worker: what must be named to settle it."""

    message_id: str
    shard: str
    recipient: Address
    fence: int


class Lane(NamedTuple):
    """Rows that wait in one line: of one tenant, by one route, to one domain."""

    tenant: str
    route: str
    domain: str


class LaneDue(NamedTuple):
    """A lane of a shard in which something is due, in that state."""

    shard: str
    lane: Lane
    state: State = State.QUEUED
    is_given_up: bool = False  # By a person: nobody is asked any more.


class Grant(NamedTuple):
    """How many messages may be claimed of a lane; at least `backlog_min` not of the fresh ones."""

    due: LaneDue
    messages_max: int
    backlog_min: int = 0


class Claim(msgspec.Struct, frozen=True):
    """One due row, claimed. `queued_at`: when it entered `queued`, from which it expires.

    `vouched_seconds`: for how long the store vouches that it has been in its state; None
    where the store keeps no clock of its own.
    """

    lease: Lease
    state: State
    route: str
    reason: str
    attempts: int
    queued_at: float
    received_at: float
    size_bytes: int
    subject_tag: str = ""
    verdict: Verdict | None = None
    tenant: str = ""
    is_given_up: bool = False
    vouched_seconds: float | None = None


class Settlement(msgspec.Struct, frozen=True):
    """What a worker found of its claim. `state` equal to the old one: tried, goes on waiting."""

    lease: Lease
    state: State
    due_at: float = 0.0
    words: Words | None = None
    next_hop: str = ""
    reason: str = ""
    verdict: Verdict | None = None
    subject_tag: str = ""
    is_attempt: bool = True


class HeldRow(msgspec.Struct, frozen=True):
    """One recipient row as lists show it. `changed_at`: the last attempt, or wish of a person.

    `paused` says who put it on hold, and why. `vouched_at`: when it entered its state, as in
    Moment; `vouched_seconds`: as in Claim.
    """

    message_id: str
    shard: str
    recipient: Address
    state: State
    route: str
    tenant: str
    sender: str
    subject: str
    reason: str
    received_at: float
    queued_at: float
    due_at: float
    attempts: int
    size_bytes: int
    words: Words | None
    verdict: Verdict | None
    is_sender_told: bool
    changed_at: float = 0.0
    lease_owner: str = ""  # Who has it under way, until `lease_until`.
    lease_until: float = 0.0
    paused: str = ""
    is_given_up: bool = False
    held_by: str = ""
    vouched_at: float | None = None
    vouched_seconds: float | None = None


class Query(msgspec.Struct, frozen=True):
    """Which held rows are meant: all given fields must match. `text`: in address or subject."""

    states: tuple[State, ...] = ()
    message_id: str = ""
    recipient: str = ""
    text: str = ""
    route: str = ""
    since: float = 0.0
    until: float = 0.0
    limit: int = 100
    offset: int = 0
