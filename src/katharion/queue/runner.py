"""Delivers held mail that is due: claims, groups, attempts, settles.

A claim is a lease with a fencing token. Killed between the dot and the settlement, the row
is tried again when its lease is over: one possible duplicate, never a loss.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from katharion.mail.trace import date, tag_subject
from katharion.ports import (
    Clock,
    Delivery,
    Directory,
    Journal,
    JournalFullError,
    Judge,
    Relay,
    Spool,
    SpoolUnavailableError,
    Tasks,
)
from katharion.queue.attempt import decide
from katharion.queue.options import QueueOptions
from katharion.queue.schedule import Health
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.disposition import Hold
from katharion.values.fate import State
from katharion.values.held import Claim, HeldMessage, Settlement
from katharion.values.snapshot import Route
from katharion.values.track import TrackRecord

IDLE_SECONDS = 1.0
RESTING_SECONDS = 5.0  # A row whose destination rests is looked at again after.
JUDGE_AGAIN_SECONDS = 60.0
JUDGE_SECONDS_MAX = 3600.0  # Then it is held for a person (DESIGN section 2).


class QueueRunner:
    """One worker. `owner` names it in leases; several may run, also on other nodes."""

    def __init__(self, owner: str, node: str, options: QueueOptions) -> None:
        self._owner = owner
        self._node = node
        self._options = options
        self._health: defaultdict[str, Health] = defaultdict(Health)
        self._at_work: defaultdict[str, int] = defaultdict(int)
        self._count = 0
        self._changed = asyncio.Event()

    spool: Spool
    relay: Relay
    directory: Directory
    clock: Clock
    tasks: Tasks
    journal: Journal
    judge: Judge

    @property
    def at_work_count(self) -> int:
        """Deliveries under way."""
        return self._count

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is under way."""
        while not stop.is_set():
            claimed = await self.run_once()
            self._changed.clear()
            if not claimed or self._count >= self._options.deliveries_max:
                await self._pause(stop)
        while self._count:
            await self._pause(None)

    async def run_once(self) -> int:
        """Claim what is due and start on it; returns how many rows were claimed."""
        free = self._options.deliveries_max - self._count
        if free <= 0:
            return 0
        now = self.clock.wall()
        claims = await self.spool.claim(self._owner, now, free, self._options.lease_seconds)
        groups: dict[tuple[str, str, str, str], list[Claim]] = {}
        for claim in claims:
            key = (claim.lease.message_id, claim.route, claim.state.value, claim.subject_tag)
            groups.setdefault(key, []).append(claim)
        for group in groups.values():
            self._count += 1
            self.tasks.start(self._work_on(group), "queue-delivery")
        return len(claims)

    async def _pause(self, stop: asyncio.Event | None) -> None:
        """Wait for a delivery to end, or a second."""
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await (self._changed.wait() if self._count or stop is None else stop.wait())
        except TimeoutError:
            return

    async def _work_on(self, claims: list[Claim]) -> None:
        try:
            state = claims[0].state
            if state is State.UNCERTAIN:
                await self._settle([_again(claim, self.clock.wall()) for claim in claims])
            elif state is State.UNJUDGED:
                await self._judge_late(claims)
            else:
                await self._deliver(claims)
        finally:
            self._count -= 1
            self._changed.set()

    # Deliveries.

    async def _deliver(self, claims: list[Claim]) -> None:
        name = claims[0].route
        now = self.clock.wall()
        route = self.directory.route(name)
        if route is None:
            words = Words(0, "", (f"there is no route {name!r} any more",))
            await self._conclude(claims, _all(claims, Outcome.DEFERRED, words), None)
            return
        busy = self._at_work[name] >= self._options.deliveries_per_route_max
        if busy or not self._health[name].may_try(now):
            pause = 1.0 if busy else max(self._health[name].rests_until - now, 0) + RESTING_SECONDS
            await self._settle([_later(claim, now + pause) for claim in claims])
            return
        # Said before anything is waited for: of those that came together one is the probe.
        self._at_work[name] += 1
        self._health[name] = self._health[name].tried()
        try:
            message = await self._read(claims)
            if message is None:
                self._health[name] = self._health[name]._replace(is_probing=False)
                return
            result = await self._attempt(route, message, claims)
        finally:
            self._at_work[name] -= 1
        await self._conclude(claims, result, message)

    async def _attempt(
        self, route: Route, message: HeldMessage, claims: list[Claim]
    ) -> AttemptResult:
        seconds_max = self._options.attempt_seconds_max
        attempt = await self.relay.deliver(
            route, _delivery(message, claims, self.clock.wall()), seconds_max
        )
        result = attempt.result
        now = self.clock.wall()
        if result.was_connected:
            self._health[route.name] = self._health[route.name].reached()
        else:
            backoff = self._options.backoff_seconds_max
            self._health[route.name] = self._health[route.name].missed(now, backoff)
        return result

    async def _conclude(
        self, claims: list[Claim], result: AttemptResult, message: HeldMessage | None
    ) -> None:
        now = self.clock.wall()
        by_recipient = {each.recipient: each for each in result.results}
        settlements = [
            decide(claim, by_recipient[claim.lease.recipient], result.next_hop, now, self._options)
            for claim in claims
        ]
        self._record(settlements, message)
        await self._settle(settlements)

    async def _read(self, claims: list[Claim]) -> HeldMessage | None:
        """The message; where it is damaged or gone, its rows are put before a person."""
        lease = claims[0].lease
        try:
            message = await self.spool.read(lease.message_id, lease.shard)
            reason = "its content is gone"
        except SpoolUnavailableError as error:
            message, reason = None, str(error)
        if message is None:
            now = self.clock.wall()
            words = Words(0, "", (reason,))
            await self._settle(
                [
                    Settlement(claim.lease, State.QUARANTINED, now, words, "", "damaged")
                    for claim in claims
                ]
            )
        return message

    # Judgements.

    async def _judge_late(self, claims: list[Claim]) -> None:
        message = await self._read(claims)
        if message is None:
            return
        settlements = [
            _judged(claim, await self.judge(message, claim.lease.recipient), self.clock.wall())
            for claim in claims
        ]
        self._record(settlements, message)
        await self._settle(settlements)

    # Small parts.

    async def _settle(self, settlements: Sequence[Settlement]) -> None:
        try:
            await self.spool.settle(settlements)
        except SpoolUnavailableError:
            return  # The leases run out, and the rows are tried again.

    def _record(self, settlements: Sequence[Settlement], message: HeldMessage | None) -> None:
        now = self.clock.wall()
        records = [
            TrackRecord(
                at=now,
                event="attempt" if s.is_attempt else "judged",
                node=self._node,
                process=self._owner,
                message_id=s.lease.message_id,
                sender=str(message.envelope.sender or "") if message else "",
                recipient=str(s.lease.recipient),
                tenant=message.tenant if message else "",
                subject=message.subject if message else "",
                state=s.state.value,
                reason=s.reason,
                next_hop=s.next_hop,
                words=str(s.words or ""),
            )
            for s in settlements
        ]
        try:
            self.journal.append(records)
        except JournalFullError:
            return  # The row itself keeps the words; the record is what is lost.


def _delivery(message: HeldMessage, claims: list[Claim], now: float) -> Delivery:
    first = claims[0]
    trace = message.trace
    if first.verdict is not None:
        trace += first.verdict.trace_line(message.id)
    if first.reason == "released":
        trace = f"X-Katharion-Released: {date(now)}\r\n".encode() + trace
    content = message.content
    if first.subject_tag:
        content = tag_subject(content, first.subject_tag)
    return Delivery(
        message.envelope.sender,
        tuple(claim.lease.recipient for claim in claims),
        trace,
        content,
        message.envelope.is_8bit,
        message.envelope.is_smtputf8,
    )


def _again(claim: Claim, now: float) -> Settlement:
    """What was uncertain is queued: nobody has spoken in time."""
    return Settlement(claim.lease, State.QUEUED, now, reason="no answer", is_attempt=False)


def _later(claim: Claim, due_at: float) -> Settlement:
    """The row waits on, as it is."""
    return Settlement(claim.lease, claim.state, due_at, is_attempt=False)


def _judged(claim: Claim, hold: Hold | None, now: float) -> Settlement:
    """What a late judgement comes to for one row."""
    lease = claim.lease
    if hold is None or hold.state is State.UNJUDGED:
        if now - claim.received_at < JUDGE_SECONDS_MAX:
            return _later(claim, now + JUDGE_AGAIN_SECONDS)
        return Settlement(lease, State.QUARANTINED, now, reason="not checked", is_attempt=False)
    if hold.redirect_to is not None:
        # The row keeps its recipient, so a person sends it on.
        return Settlement(lease, State.QUARANTINED, now, reason="redirect", is_attempt=False)
    return Settlement(
        lease,
        hold.state,
        now,
        reason=hold.reason,
        verdict=hold.verdict,
        subject_tag=hold.subject_tag,
        is_attempt=False,
    )


def _all(claims: list[Claim], outcome: Outcome, words: Words) -> AttemptResult:
    results = tuple(RecipientResult(c.lease.recipient, outcome, words, "route") for c in claims)
    return AttemptResult(results, "", was_connected=False)
