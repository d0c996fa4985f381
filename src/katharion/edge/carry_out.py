"""Carry a plan out: holds are committed first, delivery comes last, and only then the reply.

Source: DESIGN section 2 (order of effects, one reply for many recipients); RFC 5321 section
6.1 (responsibility); RFC 1047 (no answer after the final dot).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from katharion.edge.case import Case
from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.pipeline.disposition import Fate, after_attempt
from katharion.ports import Clock, Relay, Spool, SpoolUnavailableError, Tasks
from katharion.values.attempt import AttemptResult, Outcome, Words
from katharion.values.disposition import Defer, Deliver, Disposition, Hold, Plan, Reject
from katharion.values.fate import State
from katharion.values.held import HeldRecipient, Lease, Receipt, Settlement

OWN_LEASE_SECONDS = 900.0  # Longer than any attempt of ours may take.
ANSWER_SECONDS_MIN = 5.0  # With less time left a next hop is not asked any more.
UNCERTAIN_SECONDS = 660.0  # The next hop may work on it for 600 (RFC 5321 4.5.3.2.6).
HOLD_PAUSES_SECONDS = (0.0, 0.2, 1.0)  # Before each try to hold.
NEW_ROW_SECONDS = 60.0  # Nobody takes up what may have to be withdrawn.
WITHDRAW_SECONDS_MAX, WITHDRAW_AGAIN_SECONDS = 60.0, 1.0

_NO_WORDS = Words(0, "", ("",))


class Ending(NamedTuple):
    """What became of one recipient: in fact, not in hope. `left` None: delivered."""

    recipient: Address
    left: Hold | Reject | Defer | None
    words: Words
    next_hop: str
    tls: str


class Effects:
    """The ports that a plan is carried out by."""

    def __init__(self, owner: str, spool: Spool, relay: Relay, clock: Clock, tasks: Tasks) -> None:
        """`owner` names this process in leases."""
        self._owner = owner
        # What a next hop refused for now is tried again after.
        self.first_retry_seconds = 60.0
        self._spool = spool
        self._relay = relay
        self._clock = clock
        self._tasks = tasks
        self.failed_settles_count = 0  # Each a possible duplicate.
        self.hold_pauses_seconds = HOLD_PAUSES_SECONDS
        # Told what a late answer settled, for the journal.
        self.tell_late: Callable[[Sequence[Settlement]], None] = lambda _: None

    async def carry_out(self, case: Case, plan: Plan, *, is_prdr: bool) -> list[Ending]:
        """Carry out; returns one ending a recipient, when all are facts."""
        endings = [
            Ending(recipient, d, _NO_WORDS, "", "")
            for d in plan.dispositions
            if isinstance(d, Reject | Defer)
            for recipient in d.recipients
        ]
        # Two deliveries are two facts: if the second can't be had, the first must stand.
        needs_commit = bool(plan.holds) or len(plan.deliveries) > 1
        receipt: Receipt | None = None
        if needs_commit:
            receipt = await self._commit(case, plan)
            if receipt is None:
                return endings + _all_deferred((*plan.holds, *plan.deliveries))
            endings += [
                Ending(recipient, hold, _NO_WORDS, "", "")
                for hold in plan.holds
                for recipient in hold.recipients
            ]
        for deliver in plan.deliveries:
            endings += await self._deliver(case, deliver, receipt, is_prdr=is_prdr)
        return endings

    async def _deliver(
        self, case: Case, deliver: Deliver, receipt: Receipt | None, *, is_prdr: bool
    ) -> list[Ending]:
        route = case.domain.route
        # From the client's dot, for all deliveries together: its patience is one.
        seconds_left = case.ended_at + route.answer_seconds - self._clock.monotonic()
        if receipt is not None and seconds_left < ANSWER_SECONDS_MIN:
            return await self._leave_queued(receipt, deliver)
        answer_seconds = max(seconds_left, ANSWER_SECONDS_MIN)
        delivery = case.delivery(deliver.recipients, deliver.verdict, deliver.subject_tag)
        attempt = await self._relay.deliver(route, delivery, answer_seconds)
        result = attempt.result
        fates = after_attempt(deliver, result, route, is_alone=receipt is None, is_prdr=is_prdr)
        if receipt is not None:
            fates = await self._settle(receipt, fates, result)
        else:
            receipt, fates = await self._hold_left(case, fates, result.next_hop, is_prdr=is_prdr)
        if attempt.late is not None and receipt is not None:
            uncertain = {r.recipient for r in result.results if r.outcome is Outcome.UNCERTAIN}
            self._tasks.start(self._watch_late(receipt, uncertain, attempt.late), "late-answer")
        return [Ending(f.recipient, f.left, f.words, result.next_hop, result.tls) for f in fates]

    # Before a delivery: every recipient is committed.

    async def _commit(self, case: Case, plan: Plan) -> Receipt | None:
        now = self._clock.wall()
        due_at = now + NEW_ROW_SECONDS
        rows = [row for hold in plan.holds for row in case.held_rows(hold, due_at)]
        for deliver in plan.deliveries:
            queued = Hold(
                deliver.recipients,
                State.QUEUED,
                "delivering",
                deliver.verdict,
                subject_tag=deliver.subject_tag,
            )
            rows += [self._leased(row, now) for row in case.held_rows(queued, now)]
        return await self._hold(case, rows)

    async def _leave_queued(self, receipt: Receipt, deliver: Deliver) -> list[Ending]:
        """No time is left to ask the next hop: the queue does it, at once."""
        now = self._clock.wall()
        left = Hold(deliver.recipients, State.QUEUED, "no time left", deliver.verdict)
        await self._settle_all(
            [
                Settlement(
                    _lease(receipt, recipient),
                    State.QUEUED,
                    now,
                    reason=left.reason,
                    is_attempt=False,
                )
                for recipient in deliver.recipients
            ]
        )
        return [Ending(recipient, left, _NO_WORDS, "", "") for recipient in deliver.recipients]

    async def _settle(
        self, receipt: Receipt, fates: Sequence[Fate], result: AttemptResult
    ) -> tuple[Fate, ...]:
        """Settle the committed rows; returns the fates as they then are."""
        now = self._clock.wall()
        settlements = []
        for fate in fates:
            state, due_at, reason = State.DELIVERED, 0.0, ""
            if isinstance(fate.left, Hold):
                # A committed row is queued already; uncertain ones wait longer there.
                is_uncertain = fate.left.state is State.UNCERTAIN
                state = State.QUEUED if is_uncertain else fate.left.state
                due_at = now + (UNCERTAIN_SECONDS if is_uncertain else self.first_retry_seconds)
                reason = fate.left.reason
            elif fate.left is not None:
                state = State.DELETED  # PRDR: this recipient's own reply refuses it.
            lease = _lease(receipt, fate.recipient)
            settlements.append(
                Settlement(lease, state, due_at, fate.words, result.next_hop, reason)
            )
        settled = await self._settle_all(settlements)
        return tuple(
            fate if is_settled or fate.left is None else _still_queued(fate)
            for fate, is_settled in zip(fates, settled, strict=True)
        )

    # After a delivery that touched no store: what is left is held now.

    async def _hold_left(
        self, case: Case, fates: tuple[Fate, ...], next_hop: str, *, is_prdr: bool
    ) -> tuple[Receipt | None, tuple[Fate, ...]]:
        now = self._clock.wall()
        rows: list[HeldRecipient] = []
        for fate in fates:
            if isinstance(fate.left, Hold):
                is_uncertain = fate.left.state is State.UNCERTAIN
                delay = UNCERTAIN_SECONDS if is_uncertain else self.first_retry_seconds
                held = [
                    msgspec.structs.replace(row, next_hop=next_hop, words=fate.words)
                    for row in case.held_rows(fate.left, now + delay)
                ]
                rows += [self._leased(row, now) for row in held] if is_uncertain else held
        if not rows:
            return None, fates
        receipt = await self._hold(case, rows)
        if receipt is not None:
            return receipt, fates
        # What is not held may not be acknowledged. With one reply for all, the sender's
        # repeat brings those who have it a second copy: possible, and better than a loss.
        self.failed_settles_count += 0 if is_prdr else sum(f.left is None for f in fates)
        defer = Defer(tuple(f.recipient for f in fates), replies.STORE_AWAY)
        return None, tuple(
            fate if is_prdr and not isinstance(fate.left, Hold) else fate._replace(left=defer)
            for fate in fates
        )

    async def _watch_late(
        self, receipt: Receipt, uncertain: set[Address], late: Awaitable[AttemptResult]
    ) -> None:
        """A late answer settles what was uncertain, and only that."""
        result = await late
        now = self._clock.wall()
        known = [
            each
            for each in result.results
            # Of those still uncertain nobody will ever know: the queue tries again when due.
            if each.recipient in uncertain and each.outcome is not Outcome.UNCERTAIN
        ]
        settlements = [
            Settlement(
                _lease(receipt, each.recipient),
                State.DELIVERED if each.outcome is Outcome.ACCEPTED else State.QUEUED,
                now,
                each.words,
                result.next_hop,
            )
            for each in known
        ]
        settled = await self._settle_all(settlements)
        self.tell_late([s for s, ok in zip(settlements, settled, strict=True) if ok])

    # Small parts.

    async def _hold(self, case: Case, rows: Sequence[HeldRecipient]) -> Receipt | None:
        """The receipt; None where none was had: then the sender keeps the message.

        Asked again with the same id, which is the same hold: a commit whose outcome is not
        known may have been one.
        """
        message = case.held_message()
        for pause_seconds in self.hold_pauses_seconds:
            if pause_seconds:
                await asyncio.sleep(pause_seconds)
            with suppress(SpoolUnavailableError):
                return await self._spool.hold(message, rows)
        self._tasks.start(self._withdraw(message.id), "withdraw")
        return None

    async def _withdraw(self, message_id: str) -> None:
        """It may be held all the same: what the sender keeps is not to be ours too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(WITHDRAW_SECONDS_MAX):
                while True:
                    with suppress(SpoolUnavailableError):
                        return await self._spool.withdraw(message_id)
                    await asyncio.sleep(WITHDRAW_AGAIN_SECONDS)

    async def _settle_all(self, settlements: Sequence[Settlement]) -> Sequence[bool]:
        try:
            settled = await self._spool.settle(settlements)
        except SpoolUnavailableError:
            settled = [False] * len(settlements)
        self.failed_settles_count += sum(not ok for ok in settled)
        return settled

    def _leased(self, row: HeldRecipient, now: float) -> HeldRecipient:
        return msgspec.structs.replace(
            row, lease_owner=self._owner, lease_until=now + OWN_LEASE_SECONDS
        )


def _all_deferred(dispositions: Sequence[Disposition]) -> list[Ending]:
    """The store is away: the sender keeps it all."""
    return [
        Ending(recipient, Defer((recipient,), replies.STORE_AWAY), _NO_WORDS, "", "")
        for disposition in dispositions
        for recipient in disposition.recipients
    ]


def _lease(receipt: Receipt, recipient: Address) -> Lease:
    return Lease(receipt.message_id, receipt.shard, recipient, receipt.fence)


def _still_queued(fate: Fate) -> Fate:
    """Its row could not be settled, so it stands as it was committed: never refuse that."""
    return fate._replace(left=Hold((fate.recipient,), State.QUEUED, "not settled", None))
