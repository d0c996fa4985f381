"""The Relay port: finds the next hops of a route, and hands letters to their pools.

Sources: RFC 5321 sections 5.1 (MX, order of hosts) and 4.5.4.1; RFC 7505 (null MX).
"""

import asyncio
from collections.abc import Callable
from functools import partial

import msgspec

from katharion.adapters.dice import SystemDice
from katharion.adapters.relay.connect import Connector, connect_failed
from katharion.adapters.relay.destination import Destination, Key
from katharion.adapters.relay.job import Done, Job
from katharion.adapters.relay.letter import make_letter
from katharion.adapters.relay.options import RelayOptions
from katharion.adapters.relay.session import RelaySession
from katharion.ports import Attempt, Delivery, Dice, Resolver, Tasks
from katharion.protocols.smtp_client import SmtpClient, TlsWish
from katharion.values.attempt import Outcome, Words
from katharion.values.dns import DnsAnswer, DnsStatus
from katharion.values.snapshot import NextHop, Route, TlsDemand

SWEEP_SECONDS = 0.5
_WISHES = {
    TlsDemand.NONE: TlsWish.NEVER,
    TlsDemand.OPPORTUNISTIC: TlsWish.IF_OFFERED,
    TlsDemand.REQUIRED: TlsWish.ALWAYS,
    TlsDemand.VERIFIED: TlsWish.ALWAYS,
}
# The fields that seal a delivery, to be put before it (ARC); b"" where it is not to be sealed.
Seal = Callable[[Delivery], bytes]

NULL_MX = Words(556, "5.1.10", ("The domain takes no mail (null MX)",))


class PooledRelay:
    """Delivers over sessions that are kept. To be made and used on one running loop."""

    def __init__(
        self,
        hostname: str,
        options: RelayOptions,
        resolver: Resolver,
        tasks: Tasks,
        dice: Dice | None = None,
    ) -> None:
        self._hostname = hostname
        self._options = options
        self._resolver = resolver
        self._tasks = tasks
        self._dice: Dice = dice or SystemDice()
        self.seal: Seal | None = None
        self.sweep_seconds = SWEEP_SECONDS
        self._is_closing = False
        self._connector = Connector(options, resolver)
        self._destinations: dict[Key, Destination] = {}
        self._loop = asyncio.get_running_loop()
        self._sweeper: asyncio.TimerHandle | None = None
        # Destinations whose TLS failed where it was not demanded: once more without.
        self._plain_next: set[Key] = set()

    async def deliver(self, route: Route, delivery: Delivery, answer_seconds: float) -> Attempt:
        """Try the route's next hops in order; the answer to the dot within `answer_seconds`."""
        future: asyncio.Future[Attempt] = self._loop.create_future()
        self.deliver_soon(route, delivery, answer_seconds, partial(_set_unless_done, future))
        return await future

    def deliver_soon(
        self, route: Route, delivery: Delivery, answer_seconds: float, done: Done
    ) -> None:
        """The same with a callback, which may come at once: no task where nothing is waited for."""
        if self.seal is not None:
            trace = self.seal(delivery) + delivery.trace
            delivery = msgspec.structs.replace(delivery, trace=trace)
        letter = make_letter(delivery, is_8bit_refused=route.is_8bit_refused)
        job = Job(letter, self._loop.time(), answer_seconds, done)
        if route.is_mx:
            self._tasks.start(self._deliver_by_mx(job, route), "relay-mx")
        else:
            self._offer(job, route, list(route.next_hops))

    async def close(self, seconds_max: float = 0.0) -> bool:
        """Let go of sessions as they become idle; wait until none is left, or the time is over.

        Letters on their way keep their deadlines, also after this has returned. Says whether
        nothing is left.
        """
        self._is_closing = True
        self._sweep_now()
        deadline = self._loop.time() + seconds_max
        while self._destinations and self._loop.time() < deadline:  # noqa: ASYNC110 # At an end.
            await asyncio.sleep(min(self.sweep_seconds, seconds_max))
        return not self._destinations

    # Which hop.

    async def _deliver_by_mx(self, job: Job, route: Route) -> None:
        domain = route.mx_domain or job.letter.recipients[0].domain
        answer = await self._resolver.mail_exchangers(domain)
        if answer.status is DnsStatus.FOUND and answer.records == ("",):
            job.fail(NULL_MX, "mx", self._loop.time(), Outcome.REFUSED)
        elif answer.status is DnsStatus.FAILED:
            job.fail(Words(0, "", (f"no MX answer for {domain}",)), "mx", self._loop.time())
        else:
            # No MX: the domain itself is the host (RFC 5321 section 5.1).
            hosts = self._in_order(answer)[: self._options.exchangers_count_max] or [domain]
            self._offer(job, route, [NextHop(host) for host in hosts])

    def _in_order(self, answer: DnsAnswer) -> list[str]:
        """Hosts of equal preference in an order by chance (RFC 5321 section 5.1: MUST)."""
        if len(answer.preferences) != len(answer.records):
            return list(answer.records)
        chances = [self._dice.uniform(0.0, 1.0) for _ in answer.records]
        ordered = sorted(zip(answer.preferences, chances, answer.records, strict=True))
        return [host for _, _, host in ordered]

    def _offer(self, job: Job, route: Route, hops: list[NextHop]) -> None:
        """Try the first of `hops`, and the others where it can't be reached."""
        key = Key(hops[0], route.tls)
        destination = self._destinations.get(key)
        if destination is None:
            destination = self._make_destination(key)
        job.go_on = partial(self._offer, job, route, hops[1:]) if len(hops) > 1 else None
        destination.take(job, route.sessions_max)

    def _make_destination(self, key: Key) -> Destination:
        destination = Destination(key, self._options, self._open, self._try_next)
        destination.upgrade = partial(self._upgrade, destination)
        self._destinations[key] = destination
        # Here and not where a letter comes: its hops may be known only after DNS has answered.
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(self.sweep_seconds, self._sweep)
        return destination

    def _try_next(self, job: Job, words: Words, stage: str) -> None:
        if job.go_on is not None and self._loop.time() < job.answer_deadline:
            job.go_on()
        else:
            job.fail(words, stage, self._loop.time())

    # Sessions.

    def _open(self, destination: Destination) -> None:
        self._tasks.start(self._connect(destination), "relay-connect")

    async def _connect(self, destination: Destination) -> None:
        wish = _WISHES[destination.key.tls]
        if destination.key in self._plain_next:
            self._plain_next.discard(destination.key)
            wish = TlsWish.NEVER

        def make() -> RelaySession:
            hop = destination.key.hop
            core = SmtpClient(self._hostname, is_lmtp=hop.is_lmtp, tls=wish)
            return RelaySession(core, destination, destination.set_deadline)

        failure = await self._connector.connect(destination.key.hop, make)
        if failure is not None:
            destination.opening_failed(failure)

    def _upgrade(self, destination: Destination, session: RelaySession) -> None:
        self._tasks.start(self._start_tls(destination, session), "relay-tls")

    async def _start_tls(self, destination: Destination, session: RelaySession) -> None:
        key = destination.key
        context = self._connector.tls_context(is_verified=key.tls is TlsDemand.VERIFIED)
        assert session.transport is not None
        try:
            transport = await self._loop.start_tls(
                session.transport,
                session,
                context,
                server_hostname=key.hop.host,
                ssl_handshake_timeout=self._options.connect_seconds_max,
            )
        except (OSError, ValueError) as error:  # ValueError: no name for a certificate.
            if key.tls is TlsDemand.OPPORTUNISTIC:
                self._plain_next.add(key)
                session.is_tls_broken = True
            session.give_up(f"TLS handshake failed: {connect_failed(error)}")
            return
        if transport is None:
            session.give_up("TLS handshake failed: connection lost")
            return
        session.upgrade(transport)

    def _sweep(self) -> None:
        self._sweep_now()
        self._sweeper = None
        if self._destinations:
            self._sweeper = self._loop.call_later(self.sweep_seconds, self._sweep)

    def _sweep_now(self) -> None:
        now = self._loop.time()
        for key, destination in list(self._destinations.items()):
            destination.sweep(now)
            if self._is_closing:
                destination.close()
            if destination.is_forgettable(now) or (self._is_closing and destination.is_empty):
                del self._destinations[key]


def _set_unless_done(future: "asyncio.Future[Attempt]", attempt: Attempt) -> None:
    if not future.done():
        future.set_result(attempt)
