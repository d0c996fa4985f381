"""The front door: what all sessions of a process share, and the sweep over them.

It makes sessions, counts them, ends the slow ones, and drains.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import msgspec

from katharion.authentication.look_back import Networks, is_in
from katharion.edge.account import Account
from katharion.edge.admission import Admission
from katharion.edge.carry_out import Effects, Ending
from katharion.edge.case import Case, clean_message
from katharion.edge.memory import ContentBudget
from katharion.edge.options import EdgeOptions, ListenerOptions
from katharion.edge.repeat import REPEAT_SECONDS_MAX, Said
from katharion.edge.session import Session
from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.mail.message_id import TOKEN_OCTETS, make_id
from katharion.mail.reply import Reply
from katharion.pipeline.checks.lists import allows_client
from katharion.pipeline.doorman import Doorman
from katharion.pipeline.run import Pipeline
from katharion.ports import (
    Clock,
    Dice,
    Directory,
    History,
    Journal,
    JournalFullError,
    Peer,
    RecipientStatus,
    Tasks,
    UnheardReplies,
)
from katharion.protocols.smtp_events import Extensions, ServerLimits
from katharion.sources.memory import of_address
from katharion.values.disposition import Hold, Reject
from katharion.values.facts import ClientFacts, TlsFacts
from katharion.values.held import Settlement
from katharion.values.policy import EffectivePolicy
from katharion.values.snapshot import ServedDomain
from katharion.values.track import TrackRecord

KNOWN_COUNT_MIN = 0.5  # Good messages lately: one is enough.

# Upgrades a connection; None where the handshake failed (then it is closed).
StartTls = Callable[[Peer, Session], Awaitable[tuple[Peer, TlsFacts] | None]]


ALWAYS_REACHED = frozenset(("postmaster", "abuse"))


class Listener:
    """One address that clients come by."""

    def __init__(self, name: str, options: ListenerOptions, *, has_tls: bool) -> None:
        self.name = name
        self.extensions = Extensions(
            has_starttls=options.starttls and has_tls, is_bare_lf_refused=options.refuse_bare_lf
        )
        self.proxy_networks: tuple[IPv4Network | IPv6Network, ...] = tuple(
            ip_network(text, strict=False) for text in options.proxy_from
        )

    def is_balancer(self, address: str) -> bool:
        """Whether a PROXY header is believed from there."""
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self.proxy_networks)


class FrontDoor:
    """What sessions share. The wiring sets every attribute before the first client comes."""

    hostname: str
    postmaster: Address
    limits: ServerLimits
    clock: Clock
    dice: Dice
    tasks: Tasks
    directory: Directory
    journal: Journal
    pipeline: Pipeline
    effects: Effects
    account: Account
    start_tls: StartTls
    unheard: UnheardReplies
    history: History | None  # None: nothing is remembered.
    is_unheard: Callable[[Peer], bool]  # Whether the client's host lacks some of our words.
    is_broken: Callable[[Peer], bool]  # Whether the connection is known to be lost.

    def __init__(self, options: EdgeOptions) -> None:
        self.options = options
        self.admission = Admission(options)
        self.budget = ContentBudget(options.content_bytes_max)
        self.doorman: Doorman | None = None
        self.relays: Networks = ()  # In front of us: they wait for nobody's sake.
        self.sessions: dict[Session, None] = {}  # In the order they came.
        self.is_draining = False
        self.lost_records_count = self.repeats_count = 0
        self.fates: dict[str, int] = {"delivered": 0, "held": 0, "rejected": 0, "deferred": 0}

    def session(self, listener: Listener) -> Session:
        """A session for a client that has just come."""
        return Session(self, listener)

    def make_id(self, wall_seconds: float) -> str:
        """An id for a message."""
        return make_id(wall_seconds, self.dice.token(TOKEN_OCTETS))

    def make_case(
        self, facts: ClientFacts, envelope: Envelope, domain: ServedDomain, content: bytes
    ) -> Case:
        """A message whose end has just come."""
        now = self.clock.wall()
        return Case(
            self.make_id(now),
            self.hostname,
            msgspec.structs.replace(facts, received_at=now),
            envelope,
            clean_message(content, self.hostname),
            domain,
            self.clock.monotonic(),
        )

    def home(self, recipient: Address) -> Address:
        """Bare <postmaster> is whom the operator names for it (RFC 5321 section 4.5.1)."""
        return recipient if recipient.domain else self.postmaster

    async def find(self, recipient: Address) -> RecipientStatus:
        """Whether we take mail for it, however long that takes to be known."""
        return self.directory.find(recipient) or await self.directory.ask(recipient)

    def knows(self, client: str) -> bool:
        """Whether lists that decide alone need not be asked about a client."""
        return self.doorman is None or self.doorman.known(client) is not None

    async def ask_lists(self, client: str) -> None:
        """Ask them."""
        if self.doorman is not None:
            await self.doorman.ask(client)

    def listed(self, client: str, recipient: Address) -> Reply | None:
        """The refusal by a list that decides alone, if any; postmasters hear everybody.

        Those who are refused by mistake have to reach somebody (RFC 5321 section 4.5.1).
        """
        zone = self.doorman.known(client) if self.doorman is not None else ""
        if not zone or recipient.local.lower() in ALWAYS_REACHED:
            return None
        domain = self.directory.domain(recipient.domain)
        is_let_in = domain is not None and allows_client(domain.policy, client)
        return None if is_let_in else replies.listed(zone)

    def policy(self, recipient: Address, fallback: ServedDomain) -> EffectivePolicy:
        """The recipient's effective policy."""
        return (self.directory.domain(recipient.domain) or fallback).policy

    def record_refusal(
        self,
        event: str,
        reply: Reply,
        facts: ClientFacts,
        sender: str,
        recipients: Sequence[Address],
    ) -> None:
        """A refusal before there was a message: one record a recipient, or one."""
        at = self.clock.wall()
        for to in map(str, recipients or ("",)):
            self.record([self.account.refusal(event, at, facts, reply, (sender, to))])

    def greeting_seconds(self, address: str) -> float:
        """Until a client is greeted: 0 for those that have sent good mail lately, and our own."""
        seconds = self.options.greet_seconds
        if not seconds:
            return 0.0
        sources = of_address(address, lambda _: "")
        if not sources:
            return 0.0  # A balancer that looks whether we are there, a relay inside.
        known = self.history.look_up(sources) if self.history else {}
        if known is None or is_in(address, self.relays):
            return 0.0
        now = self.clock.wall()
        is_good = any(past.at(now).clean >= KNOWN_COUNT_MIN for past in known.values())
        return 0.0 if is_good else seconds

    def sweep(self) -> None:
        """End the sessions that took too long; called about each second."""
        now = self.clock.monotonic()
        slow = [s for s in self.sessions if s.deadline <= now and not s.is_at_work]
        for session in slow:
            session.time_out()

    def repeated(self, key: str) -> str | None:
        """The id of the message that this one repeats, for nobody heard our 250 to it."""
        found = self.unheard.take(key, self.clock.wall() - REPEAT_SECONDS_MAX)
        self.repeats_count += found is not None
        return found

    def say_end(self, peer: Peer) -> None:
        """No more comes from us; to a client that had not half closed but gone it can't be said."""
        with suppress(OSError):
            peer.write_eof()

    def may_yet_hear(self, peer: Peer, began_at: float) -> bool:
        """Whether a client that sends no more may still read: it lacks words, and has time."""
        is_over = self.clock.monotonic() >= began_at + self.options.connection_seconds_max
        return not is_over and self.is_unheard(peer)

    def unsaid(self, said: Said) -> None:
        """A 250 was lost."""
        self.unheard.remember(said.key, said.message_id, self.clock.wall())

    def drain(self) -> None:
        """Let nobody in, say goodbye to the idle; what is in flight is finished."""
        self.is_draining = True
        for session in tuple(self.sessions):
            session.drain()

    def record(self, records: Sequence[TrackRecord]) -> None:
        """Into the journal. Full: the effects are facts all the same; what is lost is counted."""
        try:
            self.journal.append(records)
        except JournalFullError:
            self.lost_records_count += len(records)

    def record_late(self, settlements: Sequence[Settlement]) -> None:
        """What late answers of next hops settled."""
        self.record(self.account.late(self.clock.wall(), settlements))

    def count(self, endings: Sequence[Ending]) -> None:
        """Count what became of recipients."""
        for ending in endings:
            if ending.left is None:
                kind = "delivered"
            elif isinstance(ending.left, Hold):
                kind = "held"
            else:
                kind = "rejected" if isinstance(ending.left, Reject) else "deferred"
            self.fates[kind] += 1
