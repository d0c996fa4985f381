"""Delivers held mail that is due: claims, groups, attempts, settles.

A claim is a lease with a fencing token. Killed between the dot and the settlement, the row
is tried again when its lease is over: one possible duplicate, never a loss.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from contextlib import suppress

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
from katharion.queue.letter import Alike, alike, delivery
from katharion.queue.options import QueueOptions
from katharion.queue.schedule import Health, Turns
from katharion.values.attempt import AttemptResult, Outcome, Words
from katharion.values.fate import State
from katharion.values.held import Claim, HeldMessage, Settlement
from katharion.values.snapshot import Route
from katharion.values.track import TrackRecord

IDLE_SECONDS = 1.0
SETTLE_AGAIN_SECONDS = 0.25
SETTLE_SECONDS_MAX = 30.0
RESTING_SECONDS = 5.0  # A row whose destination rests is looked at again after.


class QueueRunner:
    """One worker. `owner` names it in leases; several may run, also on other nodes."""

    def __init__(self, owner: str, node: str, options: QueueOptions) -> None:
        self._owner = owner
        self._node = node
        self._options = options
        self._health: defaultdict[str, Health] = defaultdict(Health)
        self._turns: defaultdict[str, Turns] = defaultdict(Turns)
        self._at_work: defaultdict[str, int] = defaultdict(int)
        self._count = 0
        self._changed = asyncio.Event()
        self.idle_seconds = IDLE_SECONDS  # Between looks where nothing is due.

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
        groups: dict[Alike, list[Claim]] = {}
        for claim in claims:
            groups.setdefault(alike(claim), []).append(claim)
        for group in groups.values():
            self._count += 1
            self.tasks.start(self._work_on(group), "queue-delivery")
        return len(claims)

    async def _pause(self, stop: asyncio.Event | None) -> None:
        """Wait for a delivery to end, or a while."""
        try:
            async with asyncio.timeout(self.idle_seconds):
                await (self._changed.wait() if self._count or stop is None else stop.wait())
        except TimeoutError:
            return

    async def _work_on(self, claims: list[Claim]) -> None:
        try:
            state = claims[0].state
            if state is State.UNCERTAIN:
                settlements = [again(claim, self.clock.wall()) for claim in claims]
                self._record("settled", settlements, None)
                await self._settle(settlements)
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
            await self._conclude(claims, all_alike(claims, Outcome.DEFERRED, words), None)
            return
        due_at = self._wait_until(name, now)
        if due_at:
            await self._settle([later(claim, due_at) for claim in claims])
            return
        # Said before anything is waited for: of those that came together one is the probe.
        self._at_work[name] += 1
        self._health[name] = self._health[name].tried()
        try:
            message = await self._read(claims)
            if message is None:
                return
            attempt = await self._attempt(route, message, claims)
        finally:
            self._at_work[name] -= 1
            self._health[name] = self._health[name].ended()
        await self._conclude(claims, attempt.result, message)
        if attempt.late is not None:
            self.tasks.start(self._hear_late(claims, attempt.late, message), "queue-late-answer")

    def _wait_until(self, name: str, now: float) -> float:
        """When rows of a route may be looked at again; 0 where they may be tried now."""
        health, per_route_max = self._health[name], self._options.deliveries_per_route_max
        if not health.may_try(now):
            return max(health.rests_until, now) + RESTING_SECONDS
        if self._at_work[name] < per_route_max:
            return 0.0
        self._turns[name] = self._turns[name].put_off(now, per_route_max)
        return self._turns[name].last_at

    async def _attempt(self, route: Route, message: HeldMessage, claims: list[Claim]) -> Attempt:
        seconds_max = self._options.attempt_seconds_max
        attempt = await self.relay.deliver(
            route, delivery(message, claims, self.clock.wall()), seconds_max
        )
        result = attempt.result
        now = self.clock.wall()
        if result.was_connected:
            self._health[route.name] = self._health[route.name].reached()
            self._turns[route.name] = self._turns[route.name].took(result.took_seconds)
        else:
            backoff = self._options.backoff_seconds_max
            self._health[route.name] = self._health[route.name].missed(now, backoff)
        return attempt

    async def _conclude(
        self, claims: list[Claim], result: AttemptResult, message: HeldMessage | None
    ) -> None:
        settlements = self._decide(claims, result)
        self._record("attempt", settlements, message)
        await self._settle(settlements)

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

    async def _settle(self, settlements: Sequence[Settlement]) -> Sequence[bool]:
        """Whether each was recorded; nothing is said where the spool can't be reached.

        A shard's owner that restarts is back in a moment, and what is not recorded is sent again.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS_MAX):
                while True:
                    with suppress(SpoolUnavailableError):
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
        try:
            self.journal.append(records)
        except JournalFullError:
            return  # The row itself keeps the words; the record is what is lost.
