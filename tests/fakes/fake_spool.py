"""Held mail in memory, with the transitions and fences of the real thing."""

from collections.abc import Sequence

import msgspec

from katharion.mail.address import Address
from katharion.ports import DamagedError, SpoolUnavailableError
from katharion.values.fate import DUE, ENTRY, HELD, SETTLED, TRANSITIONS, State
from katharion.values.held import (
    Claim,
    Grant,
    HeldMessage,
    HeldRecipient,
    HeldRow,
    Lane,
    LaneDue,
    Lease,
    Query,
    Receipt,
    Settlement,
)

SHARD = "spool-00"


class _Row(msgspec.Struct):
    held: HeldRecipient
    state: State
    due_at: float
    queued_at: float
    lease_until: float
    fence: int = 1
    attempts: int = 0
    changed_at: float = 0.0
    settlement: Settlement | None = None
    is_paused: bool = False
    is_given_up: bool = False
    is_fresh_release: bool = False  # Released, and taken up by nobody since.


class FakeSpool:
    """Implements ports.Spool in memory.

    `is_away`: it can make nothing durable; `is_unreadable`: nothing can be read from it now;
    of the next `lost_answers_count` holds nobody hears that they are durable; `damaged` are
    the ids of messages whose content is not what it was.
    """

    def __init__(self) -> None:
        self.is_away = False
        self.is_unreadable = False
        self.lost_answers_count = 0
        self.damaged: set[str] = set()
        self.looks = 0  # How often it was asked what is due.
        self.granted: list[Grant] = []
        self.messages: dict[str, HeldMessage] = {}
        self.rows: dict[tuple[str, Address], _Row] = {}

    async def hold(self, message: HeldMessage, recipients: Sequence[HeldRecipient]) -> Receipt:
        self._must_be_here()
        assert recipients, "a hold is for somebody"
        self.messages.setdefault(message.id, message)
        for held in recipients:
            assert held.state in ENTRY
            row = _Row(held, held.state, held.due_at, message.received_at, held.lease_until)
            self.rows.setdefault((message.id, held.address), row)
        if self.lost_answers_count:
            self.lost_answers_count -= 1
            raise SpoolUnavailableError("the answer was lost")
        return Receipt(message.id, SHARD, 1)

    async def withdraw(self, message_id: str) -> None:
        if self.is_away:
            raise SpoolUnavailableError("away")
        mine = [key for key in self.rows if key[0] == message_id]
        if all(self.rows[key].fence == 1 for key in mine):
            for key in mine:
                del self.rows[key]
            self.messages.pop(message_id, None)

    async def claim(
        self,
        owner: str,  # noqa: ARG002 # The fence tells the holders apart.
        now: float,
        limit: int,
        lease_seconds: float,
        grants: Sequence[Grant] | None = None,
    ) -> Sequence[Claim]:
        self._must_be_here()
        due = sorted(self._all_due(now), key=lambda d: d[1].due_at)
        if grants is None:
            due = due[:limit]
        else:
            self.granted += grants
            due = [each for grant in grants for each in self._granted(due, grant)]
        claims = []
        for (message_id, recipient), row in due:
            row.fence += 1
            row.lease_until = now + lease_seconds
            row.is_fresh_release = False
            message = self.messages[message_id]
            claims.append(
                Claim(
                    Lease(message_id, SHARD, recipient, row.fence),
                    row.state,
                    row.held.route,
                    self._reason(row),
                    row.attempts,
                    row.queued_at,
                    message.received_at,
                    len(message.content),
                    row.held.subject_tag,
                    row.held.verdict,
                    message.tenant,
                    row.is_given_up,
                )
            )
        return claims

    async def lanes(self, now: float) -> Sequence[LaneDue]:
        self._must_be_here()
        self.looks += 1
        return list(dict.fromkeys(self._due_lane(key, row) for key, row in self._all_due(now)))

    def _all_due(self, now: float) -> list[tuple[tuple[str, Address], _Row]]:
        return [
            (key, row)
            for key, row in self.rows.items()
            if row.state in DUE and max(row.due_at, row.lease_until) <= now and not row.is_paused
        ]

    def _due_lane(self, key: tuple[str, Address], row: _Row) -> LaneDue:
        lane = Lane(self.messages[key[0]].tenant, row.held.route, key[1].domain)
        return LaneDue(SHARD, lane, row.state, row.is_given_up)

    def _granted(
        self, due: list[tuple[tuple[str, Address], _Row]], grant: Grant
    ) -> list[tuple[tuple[str, Address], _Row]]:
        mine = [each for each in due if self._due_lane(*each) == grant.due]
        ids = list(dict.fromkeys(key[0] for key, _ in mine))[: grant.messages_max]
        return [each for each in mine if each[0][0] in ids]

    async def read(self, message_id: str, shard: str = "") -> HeldMessage | None:  # noqa: ARG002 # There is one.
        if self.is_unreadable:
            raise SpoolUnavailableError("unreadable")
        if message_id in self.damaged:
            raise DamagedError("damaged")
        return self.messages.get(message_id)

    async def settle(self, settlements: Sequence[Settlement]) -> Sequence[bool]:
        self._must_be_here()
        return [self._settle(settlement) for settlement in settlements]

    def _settle(self, settlement: Settlement) -> bool:
        lease = settlement.lease
        row = self.rows.get((lease.message_id, lease.recipient))
        if row is None or row.fence != lease.fence:
            return False
        if settlement.state is not row.state and settlement.state not in TRANSITIONS[row.state]:
            return False
        row.state, row.due_at, row.lease_until = settlement.state, settlement.due_at, 0.0
        row.attempts += settlement.is_attempt
        row.settlement = settlement
        return True

    async def bounce(
        self, message: HeldMessage, row: HeldRecipient, settlements: Sequence[Settlement]
    ) -> Sequence[bool]:
        self._must_be_here()
        settled = [self._settle(settlement) for settlement in settlements]
        if any(settled):
            await self.hold(message, [row])
        return settled

    async def search(self, query: Query) -> Sequence[HeldRow]:
        rows = [self._shown(key, row) for key, row in self.rows.items()]
        found = [
            row
            for row in rows
            if (not query.states or row.state in query.states)
            and query.message_id in ("", row.message_id)
            and query.recipient in ("", str(row.recipient))
        ]
        return found[query.offset : query.offset + query.limit]

    async def release(self, message_id: str, recipient: Address, now: float) -> bool:
        return self._move((message_id, recipient), HELD, State.QUEUED, now)

    async def delete(self, message_id: str, recipient: Address, now: float) -> bool:
        return self._move((message_id, recipient), HELD | {State.QUEUED}, State.DELETED, now)

    async def undo(self, message_id: str, recipient: Address, now: float) -> bool:
        row = self.rows.get((message_id, recipient))
        may_undo = (
            {State.DELETED, State.QUEUED} if row and row.is_fresh_release else {State.DELETED}
        )
        return self._move((message_id, recipient), frozenset(may_undo), State.QUARANTINED, now)

    async def expire(self, message_id: str, recipient: Address, now: float) -> bool:
        return self._move((message_id, recipient), HELD | {State.QUEUED}, State.EXPIRED, now)

    async def purge(self, now: float) -> int:  # noqa: ARG002 # Nothing can be undone here.
        alive = {
            message_id for (message_id, _), row in self.rows.items() if row.state not in SETTLED
        }
        dead = self.messages.keys() - alive
        for message_id in dead:
            del self.messages[message_id]
        return len(dead)

    def states(self) -> dict[str, State]:
        """Where each recipient stands, by address."""
        return {str(recipient): row.state for (_, recipient), row in self.rows.items()}

    def row(self, recipient: Address) -> _Row:
        """The one row of that recipient."""
        (row,) = (row for (_, address), row in self.rows.items() if address == recipient)
        return row

    def _must_be_here(self) -> None:
        if self.is_away:
            raise SpoolUnavailableError("away")

    def _move(
        self, key: tuple[str, Address], came_from: frozenset[State], to: State, now: float
    ) -> bool:
        row = self.rows.get(key)
        if row is None or row.state not in came_from:
            return False
        row.state, row.due_at, row.queued_at, row.changed_at = to, now, now, now
        row.fence += 1
        row.lease_until = 0.0
        row.is_fresh_release = to is State.QUEUED
        return True

    def _reason(self, row: _Row) -> str:
        return (row.settlement and row.settlement.reason) or row.held.reason

    def _shown(self, key: tuple[str, Address], row: _Row) -> HeldRow:
        message = self.messages[key[0]]
        words = row.settlement.words if row.settlement else row.held.words
        return HeldRow(
            message_id=key[0],
            shard=SHARD,
            recipient=key[1],
            state=row.state,
            route=row.held.route,
            tenant=message.tenant,
            sender=str(message.envelope.sender or ""),
            subject=message.subject,
            reason=self._reason(row),
            received_at=message.received_at,
            queued_at=row.queued_at,
            due_at=row.due_at,
            attempts=row.attempts,
            size_bytes=len(message.content),
            words=words,
            verdict=row.held.verdict,
            is_sender_told=row.held.is_sender_told,
            changed_at=row.changed_at or message.received_at,
        )
