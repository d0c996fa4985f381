"""Delivers held mail that is due: looks, shares out, claims, attempts, settles.

What may not be served now (its destination rests, is paused, or has all that it may have) is
not claimed at all, however much of it there is.

A claim is a lease with a fencing token. Killed between the dot and the settlement, the row
is tried again when its lease is over: one possible duplicate, never a loss.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from math import inf

import msgspec

from katharion.ports import (
    Attempt,
    Clock,
    DamagedError,
    Directory,
    Journal,
    JournalFullError,
    Judge,
    Relay,
    Spool,
    SpoolUnavailableError,
    Tasks,
)
from katharion.queue.attempt import again, all_alike, decide, judged, later
from katharion.queue.bounce import Bouncer
from katharion.queue.destinations import Destinations, Trip, destination_of
from katharion.queue.letter import delivery, groups
from katharion.queue.notice import Notice
from katharion.queue.options import QueueOptions
from katharion.queue.share import Rota, Want
from katharion.values.attempt import AttemptResult, Outcome, Words
from katharion.values.fate import State
from katharion.values.held import (
    Claim,
    Grant,
    HeldMessage,
    Lane,
    LaneDue,
    Lease,
    Settlement,
)
from katharion.values.snapshot import Route
from katharion.values.track import TrackRecord
from katharion.values.waiting import Pause

IDLE_SECONDS = 1.0
LOOK_SECONDS = 0.5  # What is due is looked at again after.
LOOK_SECONDS_MIN = 0.1
SETTLE_AGAIN_SECONDS = 0.25
SETTLE_SECONDS_MAX = 30.0
UNSAID_COUNT_MAX = 10_000
PUT_OFF_SECONDS = 1.0  # Claimed, and yet its destination had no room.

GIVEN_UP_REASONS = ("undeliverable", "expired")  # As `decide` names them.
GIVEN_UP = Words(0, "", ("given up by a person",))


async def _no_pauses() -> Sequence[Pause]:
    return ()


class QueueRunner:
    """One worker. `owner` names it in leases; several may run, also on other nodes."""

    def __init__(self, owner: str, node: str, options: QueueOptions) -> None:
        self._owner = owner
        self._node = node
        self._unsaid: list[TrackRecord] = []  # For which the journal had no room.
        self._options = options
        self.destinations = Destinations(options)
        self._rota = Rota()
        self._due: dict[LaneDue, None] = {}
        self._pauses: Sequence[Pause] = ()
        self._looked_at = -inf
        self._count = 0
        self._changed = asyncio.Event()
        self.idle_seconds = IDLE_SECONDS  # Between looks where nothing is due.
        self.bouncer: Bouncer | None = None  # None: nobody is ever told.
        self.pauses: Callable[[], Awaitable[Sequence[Pause]]] = _no_pauses

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
            self._changed.clear()
            if not await self.run_once():
                await self._pause(stop)
        while self._count:
            self._changed.clear()
            await self._pause(None)

    async def run_once(self) -> int:
        """Claim what is due and start on it; returns how many rows were claimed."""
        now = self.clock.monotonic()
        is_new = now - self._looked_at >= LOOK_SECONDS or not self._due
        if is_new:
            await self._look(now)
        claimed = await self._claim()
        if (
            not claimed
            and not is_new
            and now - self._looked_at >= LOOK_SECONDS_MIN * bool(self._due)
        ):
            await self._look(now)
            claimed = await self._claim()
        return claimed

    async def _look(self, now: float) -> None:
        """What is due, and what is paused."""
        self._looked_at = now
        self._pauses = await self.pauses()
        self._due = dict.fromkeys(await self.spool.lanes(self.clock.wall()))
        self.destinations.forget(now)

    async def _claim(self) -> int:
        """Share out what is free, claim that much, and start on it."""
        now = self.clock.monotonic()
        grants = self._share(now)
        if not grants:
            return 0
        claims = await self.spool.claim(
            self._owner, self.clock.wall(), len(grants), self._options.lease_seconds, grants
        )
        self._drop_empty(grants, claims)
        messages: dict[tuple[str, LaneDue], list[Claim]] = {}
        for claim in claims:
            messages.setdefault((claim.lease.message_id, _due(claim)), []).append(claim)
        for group in messages.values():
            self._count += 1
            self.tasks.start(self._work_on(group, self._trip(group[0])), "queue-delivery")
        return len(claims)

    def _share(self, now: float) -> list[Grant]:
        on_trips = self.destinations.under_way
        free = self.destinations.free(now, others=self._count - on_trips)
        if not free.deliveries:
            return []
        wants, rooms = [], {}
        for due in self._due:
            if due.state is not State.QUEUED or due.is_given_up:
                wants.append(Want(due))  # Nobody is asked.
                continue
            if any(pause.stops(due.lane) for pause in self._pauses):
                continue
            name, route = self._destination(due.lane)
            if name not in rooms:
                rooms[name] = self.destinations.of(name, route, now).room(now)
            if rooms[name].deliveries:
                wants.append(Want(due, name))
        return self._rota.share(wants, free, rooms)

    def _drop_empty(self, grants: Sequence[Grant], claims: Sequence[Claim]) -> None:
        """A lane that gave less than it might has nothing more."""
        found: defaultdict[LaneDue, set[str]] = defaultdict(set)
        for claim in claims:
            found[_due(claim)].add(claim.lease.message_id)
        for grant in grants:
            if len(found[grant.due]) < grant.messages_max:
                self._due.pop(grant.due, None)

    def _destination(self, lane: Lane) -> tuple[str, Route | None]:
        route = self.directory.route(lane.route)
        return destination_of(lane, route), route

    def _trip(self, claim: Claim) -> Trip | None:
        """Said at once, so that the next claim knows of it; None where nobody is asked."""
        if claim.state is not State.QUEUED or claim.is_given_up:
            return None
        now = self.clock.monotonic()
        name, route = self._destination(_due(claim).lane)
        if route is None or not self.destinations.of(name, route, now).may_begin(now):
            return None
        return self.destinations.began(name, now)

    async def _pause(self, stop: asyncio.Event | None) -> None:
        """Wait for a delivery to end, or a while."""
        try:
            async with asyncio.timeout(self.idle_seconds):
                await (self._changed.wait() if self._count or stop is None else stop.wait())
        except TimeoutError:
            return

    async def _work_on(self, claims: list[Claim], trip: Trip | None) -> None:
        try:
            state = claims[0].state
            if state is State.UNCERTAIN:
                settlements = [again(claim, self.clock.wall()) for claim in claims]
                self._record("settled", settlements, None)
                await self._settle(settlements)
            elif state is State.UNJUDGED:
                await self._judge_late(claims)
            elif trip is not None:
                await self._deliver(claims, trip)
            else:
                await self._do_without(claims)
        finally:
            if trip is not None:
                self.destinations.ended(trip)
            self._count -= 1
            self._changed.set()

    # Deliveries.

    async def _deliver(self, claims: list[Claim], trip: Trip) -> None:
        """Deliver one message, to those that get the same together, one after the other."""
        route = self.directory.route(claims[0].route)
        assert route is not None, "a trip goes by a route"
        message = await self._read(claims)
        if message is None:
            return
        late_at = trip.began_at + self._options.lease_seconds - self._options.attempt_seconds_max
        left = groups(claims)
        while left and self.clock.monotonic() <= late_at:
            group = left.pop(0)
            attempt = await self._attempt(route, message, group)
            now = self.clock.monotonic()
            self.destinations.heard(trip, attempt.result, group[0].size_bytes, now)
            await self._conclude(group, attempt.result, message)
            if attempt.late is not None:
                self.tasks.start(self._hear_late(group, attempt.late, message), "queue-late-answer")
            if not attempt.result.was_connected:
                break
        due_at = self.clock.wall() + PUT_OFF_SECONDS
        rest = [later(claim, due_at) for group in left for claim in group]
        if rest:
            await self._settle(rest)

    async def _do_without(self, claims: list[Claim]) -> None:
        """Nobody is asked: a person gives it up, its route is gone, or there is no room."""
        name = claims[0].route
        if claims[0].is_given_up:
            result = all_alike(claims, Outcome.DEFERRED, GIVEN_UP)
            await self._conclude(claims, result, await self._read(claims), is_attempt=False)
        elif self.directory.route(name) is None:
            words = Words(0, "", (f"there is no route {name!r} any more",))
            await self._conclude(claims, all_alike(claims, Outcome.DEFERRED, words), None)
        else:
            due_at = self.clock.wall() + PUT_OFF_SECONDS
            await self._settle([later(claim, due_at) for claim in claims])

    async def _attempt(self, route: Route, message: HeldMessage, claims: list[Claim]) -> Attempt:
        seconds_max = self._options.attempt_seconds_max
        return await self.relay.deliver(
            route, delivery(message, claims, self.clock.wall()), seconds_max
        )

    async def _conclude(
        self,
        claims: list[Claim],
        result: AttemptResult,
        message: HeldMessage | None,
        *,
        is_attempt: bool = True,
    ) -> None:
        settlements = [
            msgspec.structs.replace(settlement, is_attempt=is_attempt)
            for settlement in self._decide(claims, result)
        ]
        notice: Notice | None = None
        if message is not None and self.bouncer is not None:
            settlements, notice = self._bounce(self.bouncer, claims, settlements, message)
        self._record("attempt" if is_attempt else "settled", settlements, message)
        settled = await self._settle(settlements, notice)
        if notice is not None and any(settled):
            held = Lease(notice.message.id, claims[0].lease.shard, notice.row.address, 0)
            why = f"about {claims[0].lease.message_id}"
            told = Settlement(held, State.QUEUED, reason=why, is_attempt=False)
            self._record("notice", [told], notice.message)

    def _bounce(
        self,
        bouncer: Bouncer,
        claims: list[Claim],
        settlements: list[Settlement],
        message: HeldMessage,
    ) -> tuple[list[Settlement], Notice | None]:
        """What is given up is told to who sent it, where that may be."""
        pairs = list(zip(claims, settlements, strict=True))
        given_up = [pair for pair in pairs if pair[1].reason in GIVEN_UP_REASONS]
        rest = [each for each in settlements if each.reason not in GIVEN_UP_REASONS]
        if not given_up:
            waiting = [pair for pair in pairs if pair[1].state is State.QUEUED]
            return settlements, bouncer.warn(message, waiting, self.clock.wall())
        bounced, notice = bouncer.bounce(message, given_up, self.clock.wall())
        return [*bounced, *rest], notice

    async def _hear_late(
        self, claims: list[Claim], late: Awaitable[AttemptResult], message: HeldMessage
    ) -> None:
        """What was uncertain is settled after all, unless somebody has taken it up again."""
        result = await late
        known = {r.recipient for r in result.results if r.outcome is not Outcome.UNCERTAIN}
        claims = [claim for claim in claims if claim.lease.recipient in known]
        settlements = [
            msgspec.structs.replace(settlement, is_attempt=False)  # It is counted already.
            for settlement in self._decide(claims, result)
        ]
        settled = await self._settle(settlements)
        done = [s for s, is_done in zip(settlements, settled, strict=False) if is_done]
        self._record("settled", done, message)

    def _decide(self, claims: list[Claim], result: AttemptResult) -> list[Settlement]:
        now = self.clock.wall()
        by_recipient = {each.recipient: each for each in result.results}
        return [
            decide(claim, by_recipient[claim.lease.recipient], result.next_hop, now, self._options)
            for claim in claims
        ]

    async def _read(self, claims: list[Claim]) -> HeldMessage | None:
        """The message; None where it can't be had: then its rows are settled."""
        lease = claims[0].lease
        try:
            message = await self.spool.read(lease.message_id, lease.shard)
        except DamagedError as error:
            await self._give_up(claims, str(error))
        except SpoolUnavailableError as error:
            await self._read_later(claims, str(error))
        else:
            if message is None:
                await self._give_up(claims, "its content is gone")
            return message
        return None

    async def _give_up(self, claims: list[Claim], reason: str) -> None:
        """What is damaged is never delivered: it is put before a person."""
        now, words = self.clock.wall(), Words(0, "", (reason,))
        settlements = [
            Settlement(claim.lease, State.QUARANTINED, now, words, "", "damaged")
            for claim in claims
        ]
        self._record("attempt", settlements, None)
        await self._settle(settlements)

    async def _read_later(self, claims: list[Claim], reason: str) -> None:
        """The store can't be read now, which says nothing of the message."""
        if claims[0].state is State.UNJUDGED:
            now = self.clock.wall()
            await self._settle([judged(claim, None, now) for claim in claims])
            return
        words = Words(0, "", (reason,))
        await self._conclude(claims, all_alike(claims, Outcome.DEFERRED, words), None)

    # Judgements.

    async def _judge_late(self, claims: list[Claim]) -> None:
        message = await self._read(claims)
        if message is None:
            return
        settlements = [
            judged(claim, await self.judge(message, claim.lease.recipient), self.clock.wall())
            for claim in claims
        ]
        self._record("judged", settlements, message)
        await self._settle(settlements)

    # Small parts.

    async def _settle(
        self, settlements: Sequence[Settlement], notice: Notice | None = None
    ) -> Sequence[bool]:
        """Whether each was recorded; nothing is said where the spool can't be reached.

        A shard's owner that restarts is back in a moment, and what is not recorded is sent again.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS_MAX):
                while True:
                    with suppress(SpoolUnavailableError):
                        if notice is not None:
                            return await self.spool.bounce(*notice, settlements)
                        return await self.spool.settle(settlements)
                    await asyncio.sleep(SETTLE_AGAIN_SECONDS)
        return ()  # The leases run out, and the rows are tried again.

    def _record(
        self, event: str, settlements: Sequence[Settlement], message: HeldMessage | None
    ) -> None:
        now = self.clock.wall()
        records = [
            TrackRecord(
                at=now,
                event=event,
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
        records = [*self._unsaid, *records]
        try:
            self.journal.append(records)
        except JournalFullError:
            # The row keeps its state for now; when it is purged the record is all there is.
            self._unsaid = records[-UNSAID_COUNT_MAX:]
        else:
            self._unsaid = []


def _due(claim: Claim) -> LaneDue:
    """Where it was claimed."""
    lane = Lane(claim.tenant, claim.route, claim.lease.recipient.domain)
    return LaneDue(claim.lease.shard, lane, claim.state, claim.is_given_up)
