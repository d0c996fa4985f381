"""Planted bugs: each breaks the real code in one place, and must be caught within 300 seeds.

A simulator that finds nothing proves nothing. Here is what it would find.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import msgspec

from katharion.adapters.relay import pool
from katharion.adapters.relay.letter import make_letter
from katharion.adapters.store import rows
from katharion.edge import carry_out, front, memory, session
from katharion.edge.carry_out import Effects, Ending
from katharion.edge.case import Case
from katharion.edge.front import FrontDoor
from katharion.edge.repeat import Said, key_of
from katharion.mail.message import Message
from katharion.pipeline import disposition
from katharion.ports import Delivery
from katharion.protocols import smtp_client, smtp_server
from katharion.queue import attempt, bounce, runner
from katharion.queue.bounce import Bouncer
from katharion.values.attempt import Outcome
from katharion.values.disposition import Deliver, Plan
from katharion.values.fate import State
from katharion.values.held import HeldMessage, Receipt, Settlement
from sim import house

Patch = tuple[Any, str, Any]  # Where, which name, and what it becomes.


def _no_stuffing() -> list[Patch]:
    def unstuffed(delivery: Delivery, *, is_8bit_refused: bool) -> smtp_client.Letter:
        letter = make_letter(delivery, is_8bit_refused=is_8bit_refused)
        parts = tuple(part.replace(b"\r\n..", b"\r\n.") for part in letter.parts)
        return letter._replace(parts=parts)

    return [(pool, "make_letter", unstuffed)]


def _ack_before_delivery() -> list[Patch]:
    whole = Effects.carry_out

    async def hasty(self: Effects, case: Case, plan: Plan, *, is_prdr: bool) -> list[Ending]:
        async def really() -> None:
            await whole(self, case, plan, is_prdr=is_prdr)

        self._tasks.start(really(), "later")
        return [
            Ending(r, None, carry_out._NO_WORDS, "", "")
            for d in plan.dispositions
            for r in d.recipients
        ]

    return [(Effects, "carry_out", hasty)]


def _ack_before_commit() -> list[Patch]:
    async def hasty(self: Effects, case: Case, held: Any) -> Receipt:
        message = case.held_message()

        async def really() -> None:
            with suppress(Exception):  # That is the bug.
                await self._spool.hold(message, held)

        self._tasks.start(really(), "later")
        return Receipt(message.id, self._spool._own.name, 1)

    return [(Effects, "_hold", hasty)]


def _failed_commit_taken_for_one() -> list[Patch]:
    whole = Effects._hold

    async def careless(self: Effects, case: Case, held: Any) -> Receipt:
        receipt = await whole(self, case, held)
        return receipt or Receipt(case.id, self._spool._own.name, 1)

    return [(Effects, "_hold", careless)]


def _silence_taken_for_delivery() -> list[Patch]:
    whole = disposition.after_attempt

    def trusting(deliver: Deliver, result: Any, route: Any, **rest: Any) -> Any:
        results = tuple(
            msgspec.structs.replace(r, outcome=Outcome.ACCEPTED)
            if r.outcome is Outcome.UNCERTAIN
            else r
            for r in result.results
        )
        return whole(deliver, msgspec.structs.replace(result, results=results), route, **rest)

    return [(carry_out, "after_attempt", trusting)]


def _partial_failure_ignored() -> list[Patch]:
    whole = disposition.after_attempt

    def generous(deliver: Deliver, result: Any, route: Any, **rest: Any) -> Any:
        fates = whole(deliver, result, route, **rest)
        if any(fate.left is None for fate in fates):
            return tuple(fate._replace(left=None) for fate in fates)
        return fates

    return [(carry_out, "after_attempt", generous)]


def _lease_never_ends() -> list[Patch]:
    whole = rows.claim

    def for_ever(db: Any, shard: str, wish: Any) -> Any:
        return whole(db, shard, msgspec.structs.replace(wish, lease_seconds=1e9))

    return [(rows, "claim", for_ever)]


def _fence_ignored() -> list[Patch]:
    whole = rows._settle

    def blind(db: Any, settlement: Settlement, now: float) -> bool:
        lease = settlement.lease
        row = db.execute(
            "SELECT fence FROM held_recipient WHERE message_id = ? AND recipient = ?",
            (lease.message_id, str(lease.recipient)),
        ).fetchone()
        if row is None:
            return False
        now_lease = msgspec.structs.replace(lease, fence=row[0])
        return whole(db, msgspec.structs.replace(settlement, lease=now_lease), now)

    return [(rows, "_settle", blind)]


def _deferred_taken_for_delivered() -> list[Patch]:
    whole = attempt.decide

    def hopeful(claim: Any, result: Any, *rest: Any) -> Settlement:
        settlement = whole(claim, result, *rest)
        if result.words.code // 100 == 4:
            return msgspec.structs.replace(settlement, state=State.DELIVERED)
        return settlement

    return [(runner, "decide", hopeful)]


def _refused_is_forgotten() -> list[Patch]:
    whole = attempt.decide

    def forgetful(claim: Any, result: Any, *rest: Any) -> Settlement:
        settlement = whole(claim, result, *rest)
        if result.outcome is Outcome.REFUSED:
            return msgspec.structs.replace(settlement, state=State.DELIVERED)
        return settlement

    return [(runner, "decide", forgetful)]


def _uncertain_is_sent_again_at_once() -> list[Patch]:
    return [(carry_out, "UNCERTAIN_SECONDS", 1.0), (carry_out, "OWN_LEASE_SECONDS", 1.0)]


def _cut_content_is_taken() -> list[Patch]:
    whole = session.Session.connection_lost

    def greedy(self: session.Session, error: Exception | None) -> None:
        if self._parts and not self.is_at_work and self._core.is_in_content:
            case = self._make_case()
            self._work(self._treat(case, Said(key_of(case), case.id), ()), "message")
        whole(self, error)

    return [(session.Session, "connection_lost", greedy)]


def _forged_headers_stay() -> list[Patch]:
    return [(front, "clean_message", lambda content, _hostname: Message(content))]


def _records_are_skipped() -> list[Patch]:
    return [(FrontDoor, "record", lambda _self, _records: None)]


def _memory_is_not_given_back() -> list[Patch]:
    return [(memory.ContentShare, "end", lambda _self: None)]


def _content_of_another() -> list[Patch]:
    whole = Effects.carry_out
    kept: list[Case] = []

    async def mixed(self: Effects, case: Case, plan: Plan, *, is_prdr: bool) -> list[Ending]:
        kept.append(case)
        old = kept[-2] if len(kept) > 1 and len(kept) % 7 == 0 else case
        return await whole(self, case._replace(message=old.message), plan, is_prdr=is_prdr)

    return [(Effects, "carry_out", mixed)]


def _release_twice() -> list[Patch]:
    whole = rows.move

    def eager(db: Any, message_id: str, recipient: str, to: State, now: float) -> bool:
        if to is State.QUEUED:
            db.execute(
                "UPDATE held_recipient SET state = 'quarantined', lease_until = 0"
                " WHERE message_id = ? AND recipient = ? AND state IN ('queued', 'delivered')",
                (message_id, recipient),
            )
        return whole(db, message_id, recipient, to, now)

    return [(rows, "move", eager)]


def _settled_before_sent() -> list[Patch]:
    whole = runner.QueueRunner._attempt

    async def hasty(self: Any, route: Any, message: HeldMessage, claims: Any) -> Any:
        now = self.clock.wall()
        await self._settle([Settlement(c.lease, State.DELIVERED, now) for c in claims])
        return await whole(self, route, message, claims)

    return [(runner.QueueRunner, "_attempt", hasty)]


def _reply_to_nobody() -> list[Patch]:
    whole = smtp_server.SmtpServer.answer

    def chatty(self: Any, reply: Any) -> Any:
        result = whole(self, reply)
        if reply.code == 452:
            whole(self, reply)
        return result

    return [(smtp_server.SmtpServer, "answer", chatty)]


def _unknown_commit_is_left() -> list[Patch]:
    async def forgetful(_self: Effects, _message_id: str) -> None:
        return

    return [(Effects, "_withdraw", forgetful), (carry_out, "HOLD_PAUSES_SECONDS", (0.0,))]


def _crash_loses_the_filter() -> list[Patch]:
    return [(house, "restart_delay", lambda _deaths, _now: 1e9)]


def _every_equal_message_is_a_repeat() -> list[Patch]:
    whole = session.Session._conclude

    def eager(self: session.Session, case: Case, said: Said, treatment: Any) -> None:
        whole(self, case, said, treatment)
        if all(ending.left is None for ending in treatment.endings):
            self._front.unsaid(said)

    return [(session.Session, "_conclude", eager)]


def _bounced_and_nobody_told() -> list[Patch]:
    whole = Bouncer.bounce

    def silent(self: Bouncer, *about: Any) -> Any:
        return whole(self, *about)[0], None

    return [(Bouncer, "bounce", silent)]


def _anybody_is_told() -> list[Patch]:
    return [(bounce, "is_authentic", lambda _message, _verdict: True)]


MUTANTS: dict[str, Callable[[], list[Patch]]] = {
    "no dot-stuffing": _no_stuffing,
    "250 before the delivery": _ack_before_delivery,
    "250 before the commit": _ack_before_commit,
    "a failed commit taken for one": _failed_commit_taken_for_one,
    "silence after the dot taken for a delivery": _silence_taken_for_delivery,
    "partial failure ignored": _partial_failure_ignored,
    "a lease that never ends": _lease_never_ends,
    "the fencing token ignored": _fence_ignored,
    "4xx in the queue taken for a delivery": _deferred_taken_for_delivered,
    "5xx in the queue forgotten": _refused_is_forgotten,
    "uncertain mail sent again at once": _uncertain_is_sent_again_at_once,
    "a content that was cut off is taken": _cut_content_is_taken,
    "headers that pretend to be ours stay": _forged_headers_stay,
    "no records": _records_are_skipped,
    "memory is not given back": _memory_is_not_given_back,
    "a commit of unknown outcome is left as it is": _unknown_commit_is_left,
    "contents mixed up": _content_of_another,
    "a release twice": _release_twice,
    "settled before it is sent": _settled_before_sent,
    "every equal message taken for a repeat": _every_equal_message_is_a_repeat,
    "bounced, and nobody is told": _bounced_and_nobody_told,
    "forged senders are told": _anybody_is_told,
    "one reply too many": _reply_to_nobody,
    "a dead process stays dead": _crash_loses_the_filter,
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """With one bug in the code."""
    with ExitStack() as stack:
        for where, what, instead in MUTANTS[name]():
            before = getattr(where, what)
            setattr(where, what, instead)
            stack.callback(setattr, where, what, before)
        yield
