"""The store for the simulator: the real statements on SQLite in memory, and what disks do to them.

A shard outlives the processes; what is committed is durable. Others than its owner reach it
through the owner, as in life: while that is dead they can't.
"""

import asyncio
import math
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

from katharion.adapters.store import rows
from katharion.adapters.store.dating import Dating
from katharion.adapters.store.lanes import lanes
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.mail.address import Address
from katharion.ports import Clock, SpoolUnavailableError
from katharion.values.fate import HELD, State
from katharion.values.held import (
    Claim,
    Grant,
    HeldMessage,
    HeldRecipient,
    HeldRow,
    LaneDue,
    Moment,
    Query,
    Receipt,
    Settlement,
)
from sim.faults import Faults
from sim.loop import EPOCH_SECONDS, Process, SimLoop, current_process

ANSWER_SECONDS_MAX = 30.0  # As adapters/store/service has it.
SLOW_SECONDS_MAX = 20.0
HELD_SECONDS_MIN = 660.0  # A holder may wait so long for an answer to its dot.
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


@cache
def _template() -> bytes:
    """An empty shard with today's schema."""
    with TemporaryDirectory() as folder:
        migrate(Path(folder), 1)
        db = sqlite3.connect(spool_path(Path(folder), 0))
        db.execute("PRAGMA journal_mode=DELETE")
        data = db.serialize()
        db.close()
        return data


class Holder(NamedTuple):
    """Who has a row, by which fence, and since when."""

    fence: int
    process: Process
    since: float


class _Looked(NamedTuple):
    """What was due in a shard from one moment until another, so long as nothing changes."""

    changes_count: int
    at: float
    until: float
    found: tuple[LaneDue, ...]


_NEXT_DUE = "SELECT min(due_at) FROM held_recipient WHERE due_at > ?"


class Shard:
    """One shard's disk, and who owns it now. `leased` is kept beside it, for the checkers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.deserialize(_template())
        self.db.execute("PRAGMA synchronous=OFF")
        self.owner: Process | None = None
        self._looked = _Looked(-1, 0.0, 0.0, ())

    def lanes(self, now: float) -> Sequence[LaneDue]:
        """Asked anew only where something has changed, or has become due."""
        seen = self._looked
        is_same = seen.changes_count == self.db.total_changes and seen.at <= now < seen.until
        if not is_same:
            found = tuple(lanes(self.db, self.name, now))
            (until,) = self.db.execute(_NEXT_DUE, (now,)).fetchone()
            seen = self._looked = _Looked(self.db.total_changes, now, until or math.inf, found)
        return seen.found


class Disks:
    """All shards of one store. `crash` is called where a process is to die on the spot."""

    def __init__(self, loop: SimLoop, faults: Faults, slots_count: int) -> None:
        self.loop, self.faults = loop, faults
        self.shards = [Shard(f"spool-{slot:02}") for slot in range(slots_count)]
        self.is_away = False
        self.is_full = False
        self.crash: Callable[[Process], None] = lambda _process: None
        # Of each message, what may have gone wrong with its rows without our being told.
        self.troubles: dict[str, list[str]] = {}
        # Holds whose writer was not told that they are durable, and the writer.
        self.unknown: dict[str, Process] = {}
        # Who holds each row by which fence, and which of them have settled it.
        self.holders: dict[tuple[str, Address], Holder] = {}
        self.settled: dict[tuple[str, Address], int] = {}
        self.wrong: list[str] = []

    async def write(self, shard: Shard, kind: str, ids: Sequence[str], work: Work[T]) -> T:
        """A transaction, with all that may happen to it."""
        await self._reach(shard)
        faults = self.faults
        if self.is_away or (self.is_full and kind == "hold"):
            self.note(ids, "away")
            raise SpoolUnavailableError("the disk is away" if self.is_away else "the disk is full")
        if faults.happens("crash-before-commit"):
            await self._die()
        if faults.happens("commit-torn"):
            self.note(ids, "torn")
            raise SpoolUnavailableError("the commit failed")
        result = self.commit(shard, work)
        if faults.happens("crash-after-commit"):
            await self._die()
        await self._pass_time()
        if faults.happens("commit-unknown"):
            self.note(ids, "unknown")
            if kind == "hold":
                self.unknown.update(dict.fromkeys(ids, current_process()))
            raise SpoolUnavailableError("the commit's answer was lost")
        return result

    def commit(self, shard: Shard, work: Work[T]) -> T:
        """What SQLite does in one go."""
        shard.db.execute("BEGIN")
        try:
            result = work(shard.db)
        except BaseException:
            shard.db.execute("ROLLBACK")
            raise
        shard.db.execute("COMMIT")
        return result

    def forsake(self, process: Process) -> None:
        """A process is gone: what it did with the rows that it holds nobody was told."""
        for key, holder in self.holders.items():
            if holder.process is process and self.settled.get(key) != holder.fence:
                self.note([key[0]], "forsaken")

    def note(self, ids: Sequence[str], what: str) -> None:
        """Something that may explain a second copy of these messages."""
        for message_id in ids:
            self.troubles.setdefault(message_id, []).append(what)

    def has_rows(self, states: frozenset[State]) -> bool:
        """Whether any row is in one of the states."""
        values = ",".join(f"'{state.value}'" for state in states)
        question = f"SELECT EXISTS (SELECT 1 FROM held_recipient WHERE state IN ({values}))"  # noqa: S608 # Ours.
        return any(shard.db.execute(question).fetchone()[0] for shard in self.shards)

    def state_of(self, message_id: str, recipient: str) -> State | None:
        """Where a row stands; None where there is none."""
        query = Query(message_id=message_id, recipient=recipient)
        found = [r for s in self.shards for r in rows.search(s.db, s.name, query)]
        return found[0].state if found else None

    def rows(self) -> list[HeldRow]:
        """Every row of every shard, as it stands."""
        everything = Query(limit=1_000_000)
        return [
            row for shard in self.shards for row in rows.search(shard.db, shard.name, everything)
        ]

    async def _reach(self, shard: Shard) -> None:
        await self._pass_time()
        owner, waited_until = shard.owner, self.loop.now + ANSWER_SECONDS_MAX
        while owner is not None and owner.is_frozen and owner is not current_process():
            if self.loop.now >= waited_until:
                raise SpoolUnavailableError("nobody answers")
            await asyncio.sleep(1.0)
        if shard.owner is None or shard.owner.is_dead:
            raise SpoolUnavailableError("its owner is gone")

    async def _pass_time(self) -> None:
        dice = self.faults.dice
        await asyncio.sleep(dice.uniform(0.0002, 0.004))
        if self.faults.happens("commit-slow"):
            await asyncio.sleep(dice.uniform(0.5, SLOW_SECONDS_MAX))

    async def _die(self) -> None:
        self.crash(current_process())
        await asyncio.sleep(1e9)  # Never comes back.


class SimStoreClock:
    """The store's clock: it does not jump with those of the processes."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def moment(self, wall: float) -> Moment:
        house = EPOCH_SECONDS + self._loop.now
        return Moment(wall, house, house)

    def agrees(self) -> bool:
        return True


class SimSpool:
    """Implements ports.Spool for one process. `own`: the shard that it holds into."""

    def __init__(self, disks: Disks, process: Process, clock: Clock, own_slot: int | None) -> None:
        self._disks, self._process, self._clock = disks, process, clock
        self._dating = Dating(SimStoreClock(disks.loop))
        self._own = None if own_slot is None else disks.shards[own_slot]
        if self._own is not None:
            self._own.owner = process

    async def close(self) -> None:
        """Let go of the shard."""
        if self._own is not None and self._own.owner is self._process:
            self._own.owner = None

    async def hold(self, message: HeldMessage, recipients: Sequence[HeldRecipient]) -> Receipt:
        assert self._own is not None, "filters hold"
        shard, pieces = self._own, rows.compress(message.content)
        wall = self._clock.wall()
        recipients = [self._dating.stored(row, wall) for row in recipients]
        receipt = await self._disks.write(
            shard,
            "hold",
            [message.id],
            lambda db: rows.hold(db, shard.name, message, recipients, pieces),
        )
        self._disks.unknown.pop(message.id, None)
        holder = Holder(receipt.fence, self._process, self._disks.loop.now)
        for recipient in recipients:
            if recipient.lease_owner:
                self._disks.holders.setdefault((message.id, recipient.address), holder)
        return receipt

    async def withdraw(self, message_id: str) -> None:
        assert self._own is not None, "filters hold"
        await self._disks.write(self._own, "withdraw", [], lambda db: rows.withdraw(db, message_id))
        self._disks.unknown.pop(message_id, None)

    async def lanes(self, now: float) -> Sequence[LaneDue]:
        house = self._dating.moment(now).house
        return [due for shard in self._disks.shards for due in shard.lanes(house)]

    async def claim(
        self,
        owner: str,
        now: float,
        limit: int,
        lease_seconds: float,
        grants: Sequence[Grant] | None = None,
    ) -> Sequence[Claim]:
        claims: list[Claim] = []
        for shard in self._disks.shards:
            mine = tuple(g for g in grants or () if g.due.shard == shard.name)
            wish = self._dating.wish(
                rows.ClaimWish(
                    owner, now, limit - len(claims), lease_seconds, None if grants is None else mine
                )
            )
            if wish.limit <= 0 if grants is None else not mine:
                continue
            with suppress(SpoolUnavailableError):
                claims += await self._disks.write(
                    shard, "claim", [], lambda db, s=shard, w=wish: self._claim(db, s, w)
                )
        return claims

    def _claim(self, db: sqlite3.Connection, shard: Shard, wish: rows.ClaimWish) -> list[Claim]:
        claims = rows.claim(db, shard.name, wish)
        for claim in claims:
            key = (claim.lease.message_id, claim.lease.recipient)
            self._check_takeover(key)
            now = self._disks.loop.now
            self._disks.holders[key] = Holder(claim.lease.fence, self._process, now)
        return claims

    def _check_takeover(self, key: tuple[str, Address]) -> None:
        before = self._disks.holders.get(key)
        if before is None or self._disks.settled.get(key) == before.fence:
            return
        # Somebody had it, and did not settle it: what he did nobody was told.
        self._disks.note([key[0]], "taken over")
        is_well = not (before.process.is_dead or before.process.was_frozen)
        if is_well and self._disks.loop.now < before.since + HELD_SECONDS_MIN:
            self._disks.wrong.append(f"I8 {key} was taken from {before.process.name} too soon")

    async def read(self, message_id: str, shard: str = "") -> HeldMessage | None:
        await asyncio.sleep(self._disks.faults.dice.uniform(0.0002, 0.004))
        if self._disks.is_away:
            raise SpoolUnavailableError("the disk is away")
        for each in self._disks.shards:
            if shard in ("", each.name):
                found = rows.read(each.db, message_id)
                if found is not None:
                    return found
        return None

    async def settle(self, settlements: Sequence[Settlement]) -> Sequence[bool]:
        results: dict[int, bool] = {}
        failure: SpoolUnavailableError | None = None
        for shard in self._disks.shards:
            mine = [(n, s) for n, s in enumerate(settlements) if s.lease.shard == shard.name]
            if not mine:
                continue
            try:
                settled = await self._disks.write(
                    shard,
                    "settle",
                    [s.lease.message_id for _, s in mine],
                    lambda db, mine=mine: self._settle(db, [s for _, s in mine]),
                )
            except SpoolUnavailableError as error:
                failure = error
                continue
            results.update({n: done for (n, _), done in zip(mine, settled, strict=True)})
        if failure is not None:
            raise failure
        return [results[n] for n in range(len(settlements))]

    def _settle(self, db: sqlite3.Connection, settlements: Sequence[Settlement]) -> list[bool]:
        moment = self._dating.moment(self._clock.wall())
        dated = [self._dating.settled(settlement, moment) for settlement in settlements]
        settled = rows.settle(db, dated, moment)
        for settlement, is_done in zip(settlements, settled, strict=True):
            lease = settlement.lease
            key = (lease.message_id, lease.recipient)
            holder = self._disks.holders.get(key)
            is_his = holder is None or holder[:2] == (lease.fence, self._process)
            if is_done and holder is not None and not is_his:
                self._disks.wrong.append(
                    f"I8 {self._process.name} settled {lease}, which {holder.process.name} holds"
                )
            if is_done:
                self._disks.settled[key] = lease.fence
            else:
                self._disks.note([lease.message_id], "settled by nobody")
        return settled

    async def bounce(
        self, message: HeldMessage, row: HeldRecipient, settlements: Sequence[Settlement]
    ) -> Sequence[bool]:
        (shard,) = [s for s in self._disks.shards if s.name == settlements[0].lease.shard]
        wall = self._clock.wall()
        stored = self._dating.stored(row, wall)
        pieces = rows.compress(message.content)

        def work(db: sqlite3.Connection) -> list[bool]:
            settled = self._settle(db, settlements)
            if any(settled):
                rows.hold(db, shard.name, message, [stored], pieces)
            return settled

        return await self._disks.write(
            shard, "bounce", [s.lease.message_id for s in settlements], work
        )

    async def search(self, query: Query) -> Sequence[HeldRow]:
        await asyncio.sleep(0.001)
        return [r for s in self._disks.shards for r in rows.search(s.db, s.name, query)]

    async def release(self, message_id: str, recipient: Address, _now: float) -> bool:
        return await self._move(message_id, recipient, State.QUEUED)

    async def delete(self, message_id: str, recipient: Address, _now: float) -> bool:
        return await self._move(message_id, recipient, State.DELETED)

    async def undo(self, message_id: str, recipient: Address, _now: float) -> bool:
        return await self._move(message_id, recipient, State.QUARANTINED)

    async def expire(self, message_id: str, recipient: Address, _now: float) -> bool:
        return await self._move(message_id, recipient, State.EXPIRED)

    async def purge(self, now: float) -> int:
        return sum(
            [rows.purge(shard.db, self._dating.moment(now), 1000) for shard in self._disks.shards]
        )

    async def _move(self, message_id: str, recipient: Address, to: State) -> bool:
        query = Query(message_id=message_id, recipient=str(recipient))
        for shard in self._disks.shards:
            if rows.search(shard.db, shard.name, query):
                return await self._disks.write(
                    shard,
                    "move",
                    [],
                    lambda db: self._move_row(db, (message_id, str(recipient)), to),
                )
        return False

    def _move_row(self, db: sqlite3.Connection, key: tuple[str, str], to: State) -> bool:
        before = self._disks.state_of(*key)
        is_moved = rows.move(db, *key, to, self._dating.moment(self._clock.wall()))
        if is_moved and to is State.QUEUED and before not in HELD:
            self._disks.wrong.append(f"I7 {key} was released, and was {before}")
        return is_moved
