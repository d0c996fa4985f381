"""The doors to the world: what the outside can do for us stands in this one file.

Each port has a real adapter in `adapters/` and one honest in-memory fake in `tests/fakes`,
which unit tests and the simulator share. Times of `Clock.wall` are seconds since the epoch;
those of `Clock.monotonic` are for durations only.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, Protocol

import msgspec

from katharion.mail.address import Address
from katharion.protocols.clamd import Scanned
from katharion.values.attempt import AttemptResult
from katharion.values.authenticity import Authenticity
from katharion.values.campaign import Campaign
from katharion.values.disposition import Hold
from katharion.values.dns import DnsAnswer, Question
from katharion.values.examination import Examination, File
from katharion.values.held import (
    Claim,
    Grant,
    HeldMessage,
    HeldRecipient,
    HeldRow,
    LaneDue,
    Query,
    Receipt,
    Settlement,
)
from katharion.values.history import Past
from katharion.values.snapshot import Route, ServedDomain
from katharion.values.track import TrackRecord


class Clock(Protocol):
    """What time it is."""

    def wall(self) -> float:
        """Seconds since the epoch; may jump."""

    def monotonic(self) -> float:
        """Seconds since some moment; never jumps."""


class Dice(Protocol):
    """Chance, so that a test can hold it."""

    def token(self, octets: int) -> bytes:
        """Unguessable octets."""

    def uniform(self, low: float, high: float) -> float:
        """A number between the two, for jitter."""


class Tasks(Protocol):
    """Runs coroutines beside the caller; none is lost, and a failing one is logged."""

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` beside the caller. `name` is for the log."""


class Resolver(Protocol):
    """DNS. Never raises; a time-out is FAILED."""

    def known(self, question: Question) -> DnsAnswer | None:
        """The answer where it is in memory, without waiting."""

    async def ask(self, question: Question) -> DnsAnswer:
        """The answer, however long it takes (bounded by the adapter)."""

    async def addresses(self, name: str) -> DnsAnswer:
        """AAAA and A of `name`; a literal address answers itself."""

    async def mail_exchangers(self, domain: str) -> DnsAnswer:
        """MX hosts, best first. A null MX (RFC 7505) answers FOUND with the one record ""."""

    async def names(self, address: str) -> DnsAnswer:
        """PTR of an IPv4 or IPv6 address."""


class Suspects(Protocol):
    """Messages under judgement, so that those which end a process are known to the next."""

    def enter(self, fingerprint: bytes) -> int:
        """The judgement of a message begins; its slot."""

    def leave(self, slot: int) -> None:
        """It has ended."""

    def deaths_count(self, fingerprint: bytes) -> int:
        """How many processes have died lately while they judged it."""


class History(Protocol):
    """What is remembered of sources, as `sources/memory.py` names them. Never waits."""

    def look_up(self, sources: Sequence[str]) -> dict[str, Past] | None:
        """Those that are known; None where the memory is away, and nobody can say."""


class Campaigns(Protocol):
    """What is remembered of messages that are nearly the same. Never waits."""

    def campaigns_of(self, prints: Sequence[str]) -> dict[str, Campaign] | None:
        """By fingerprint those that are known; None where the memory is away."""


class FirstSeen(Protocol):
    """When something was first seen, by any filter of the node."""

    def first_at(self, key: str, now: float) -> float | None:
        """When `key` was first seen: now, where it never was. None: nobody can remember it."""

    def forget(self, key: str) -> None:
        """It was never seen."""

    def forget_before(self, at: float) -> int:
        """Drop what is older; returns how many."""


class Scanner(Protocol):
    """Scans for viruses. Never raises: that nobody could scan is an answer."""

    async def scan(self, content: bytes) -> Scanned:
        """What is known of `content`, however long it takes (bounded by the adapter)."""


class Examiner(Protocol):
    """Looks into files. Never raises: a process that died over them is a finding."""

    async def examine(self, files: Sequence[File]) -> Examination:
        """What is in `files`, however long it takes (bounded by the adapter)."""


class RecipientStatus(Enum):
    """Whether we take mail for an address."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    NOT_SERVED = "not served"  # Not our domain: relaying is refused.
    UNAVAILABLE = "unavailable"  # The directory can't say now: 451, never 550.


class Directory(Protocol):
    """The served domains and their recipients."""

    def domain(self, name: str) -> ServedDomain | None:
        """The served domain of that (lower-case) name."""

    def route(self, name: str) -> Route | None:
        """The route of that name."""

    def find(self, recipient: Address) -> RecipientStatus | None:
        """What is known at once; None where it must be asked."""

    async def ask(self, recipient: Address) -> RecipientStatus:
        """Find out, however long it takes (bounded by the adapter)."""


class SpoolUnavailableError(Exception):
    """The spool could not make it durable: nothing may be acknowledged. Says why, for people."""


class DamagedError(SpoolUnavailableError):
    """The content does not have the hash that was stored with it: never to be delivered."""


class Spool(Protocol):
    """Held mail: queue and quarantine. `hold` returns only when it is durable (fsynced).

    Every method but `hold` reaches all shards that can be reached.
    """

    async def hold(self, message: HeldMessage, recipients: Sequence[HeldRecipient]) -> Receipt:
        """Make durable, or raise SpoolUnavailableError. The same id again is the same hold."""

    async def withdraw(self, message_id: str) -> None:
        """Take back a hold whose receipt never came: its sender was told that we have nothing.

        What somebody has taken up meanwhile stays. SpoolUnavailableError: nobody knows.
        """

    async def lanes(self, now: float) -> Sequence[LaneDue]:
        """The lanes in which something is due, of all shards; asked by reading alone."""

    async def claim(
        self,
        owner: str,
        now: float,
        limit: int,
        lease_seconds: float,
        grants: Sequence[Grant] | None = None,
    ) -> Sequence[Claim]:
        """Lease due rows (states of fate.DUE) to `owner`; each gets a new fencing token.

        With `grants` only of these lanes, and whole messages, so that it may be more rows.
        """

    async def read(self, message_id: str, shard: str = "") -> HeldMessage | None:
        """The whole message; DamagedError where its content does not match its hash."""

    async def settle(self, settlements: Sequence[Settlement]) -> Sequence[bool]:
        """Record what was found; False where the fence is old or the state forbids it."""

    async def bounce(
        self, message: HeldMessage, row: HeldRecipient, settlements: Sequence[Settlement]
    ) -> Sequence[bool]:
        """Settle rows of one message and hold the notification about it, both or neither.

        It is held only where at least one of the settlements is recorded.
        """

    async def search(self, query: Query) -> Sequence[HeldRow]:
        """Rows that match, newest first."""

    async def release(self, message_id: str, recipient: Address, now: float) -> bool:
        """From quarantined or discarded to queued, due now; False where it is in neither."""

    async def delete(self, message_id: str, recipient: Address, now: float) -> bool:
        """By a person: to deleted; content goes when the undo time is over."""

    async def undo(self, message_id: str, recipient: Address, now: float) -> bool:
        """Back to quarantined: a deletion, or a release that nobody has taken up."""

    async def expire(self, message_id: str, recipient: Address, now: float) -> bool:
        """Its time in the quarantine is over."""

    async def purge(self, now: float) -> int:
        """Drop messages none of whose rows can come back; returns how many."""


class Delivery(msgspec.Struct, frozen=True):
    """What goes to a next hop: `trace` (whole header lines) and then `content`, CRLF, unstuffed.

    `found`: of its sender; None for our own mail, and where nobody has looked.
    """

    sender: Address | None
    recipients: tuple[Address, ...]
    trace: bytes
    content: bytes
    is_8bit: bool = False
    is_smtputf8: bool = False
    found: Authenticity | None = None


class Attempt(msgspec.Struct):
    """The result; `late`, where recipients are UNCERTAIN, comes true when more is known.

    `late` never raises; it answers a result whose outcomes are final, or UNCERTAIN still.
    """

    result: AttemptResult
    late: Awaitable[AttemptResult] | None = None


class Relay(Protocol):
    """Delivers over pooled sessions. Never raises: a failure is a result."""

    async def deliver(self, route: Route, delivery: Delivery, answer_seconds: float) -> Attempt:
        """Try the route's next hops in order; the answer to the dot within `answer_seconds`."""

    def deliver_soon(
        self,
        route: Route,
        delivery: Delivery,
        answer_seconds: float,
        done: Callable[[Attempt], None],
    ) -> None:
        """The same; `done` is called once, perhaps before this returns."""


class JournalFullError(Exception):
    """The tracking journal may not grow: nothing may be acknowledged."""


class Journal(Protocol):
    """The tracking journal in the runtime folder: appended before we answer."""

    def append(self, records: Sequence[TrackRecord]) -> None:
        """Append all, or raise JournalFullError."""

    def has_room(self) -> bool:
        """Whether a transaction may begin: what it comes to can be recorded."""


class UnheardReplies(Protocol):
    """250s that no client heard: kept in memory, shared by the filters of a node."""

    def remember(self, key: str, message_id: str, now: float) -> None:
        """The 250 to `message_id` was lost; `key` tells its repeat. May be forgotten."""

    def take(self, key: str, since: float) -> str | None:
        """The id of the message that `key` repeats, once; None where nothing so young is known."""


class Peer(Protocol):
    """One byte stream to a peer, as asyncio's transports are. `write` never blocks."""

    def write(self, data: bytes) -> None:
        """Send later what can't be sent now."""

    def write_eof(self) -> None:
        """Send what is left, and say that no more comes; the connection stays."""

    def close(self) -> None:
        """Send what is left, then close."""

    def abort(self) -> None:
        """Close at once."""

    def pause_reading(self) -> None:
        """Take no more from the peer for now."""

    def resume_reading(self) -> None:
        """Go on."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 # asyncio's.
        """Facts of the connection, by asyncio's names."""


# Judges one recipient of a held message late; None where that could not be done now.
Judge = Callable[[HeldMessage, Address], Awaitable[Hold | None]]
