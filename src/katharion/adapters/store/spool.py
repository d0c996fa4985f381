"""The Spool port over all shards in the store folder: own shard first, the others by socket.

A process owns its own shard and serves it; the shards of others it reaches by their socket.
A shard that nobody owns (its process is gone, or nothing runs) is written under its lock.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.store import bulk, rows, service
from katharion.adapters.store.control import Control
from katharion.adapters.store.dating import Dating
from katharion.adapters.store.lanes import lanes
from katharion.adapters.store.migrate import StoreError, spool_path
from katharion.adapters.store.shard import Shard, own_shard, own_shard_soon, read_only
from katharion.mail.address import Address
from katharion.ports import Clock, DamagedError, SpoolUnavailableError
from katharion.values.fate import State
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
from katharion.values.waiting import Act, Done, LaneCount, Selection

T = TypeVar("T")
LOCK_SECONDS_MAX = 10.0
PURGE_COUNT_MAX = 1000


class ShardedSpool:
    """Implements ports.Spool. `own_slot` None: this process has no shard of its own.

    `live_slots` are the slots whose processes will come back: a long-lived process leaves
    their shards alone. None: a short-lived one, which may write any shard that lies free.
    """

    def __init__(
        self,
        store: Path,
        runtime: Path,
        clock: Clock,
        own_slot: int | None = None,
        live_slots: frozenset[int] | None = None,
    ) -> None:
        self.dating = Dating()  # By the machine's clock, unless the store keeps one.
        self.held_by = ""  # "node/process", written beside what is held.
        self._store = store
        self._runtime = runtime
        self._clock = clock
        self._own_slot = own_slot
        self._live = None if live_slots is None else {spool_path(store, s).stem for s in live_slots}
        self._own: Shard | None = None
        self._adopted: dict[str, Shard] = {}
        self._servers: dict[str, asyncio.Server] = {}

    async def start(self) -> None:
        """Own our shard, and serve it."""
        if self._own_slot is not None:
            path = spool_path(self._store, self._own_slot)
            self._own = await own_shard_soon(path, LOCK_SECONDS_MAX)
            await self._serve(self._own)

    async def close(self) -> None:
        """Let go of all shards, after what is under way."""
        for server in self._servers.values():
            server.close()
        for shard in (*self._adopted.values(), *([self._own] if self._own else [])):
            await shard.close()
        self._adopted, self._own = {}, None

    async def hold(self, message: HeldMessage, recipients: Sequence[HeldRecipient]) -> Receipt:
        """Make durable, or raise SpoolUnavailableError. The same id again is the same hold."""
        wall = self._clock.wall()
        if self.held_by:
            message = msgspec.structs.replace(message, held_by=self.held_by)
        question = service.Hold(message, tuple(self.dating.stored(row, wall) for row in recipients))
        failure = SpoolUnavailableError(f"no shard in {self._store}")
        for name in [self._own.name] if self._own is not None else self._names():
            try:
                receipt = (await self._ask(name, question)).receipt
            except SpoolUnavailableError as error:
                failure = error
            else:
                assert receipt is not None, "a hold is answered by its receipt"
                return receipt
        raise failure

    async def withdraw(self, message_id: str) -> None:
        """Take back a hold of ours whose receipt never came."""
        for name in [self._own.name] if self._own is not None else self._names():
            await self._ask(name, service.Withdraw(message_id))

    async def lanes(self, now: float) -> Sequence[LaneDue]:
        """The lanes in which something is due, of all shards; asked by reading alone."""
        house = self.dating.moment(now).house

        return await self._read_all(lambda db, name: lanes(db, name, house))

    async def claim(
        self,
        owner: str,
        now: float,
        limit: int,
        lease_seconds: float,
        grants: Sequence[Grant] | None = None,
    ) -> Sequence[Claim]:
        """Lease due rows (states of fate.DUE) to `owner`; each gets a new fencing token."""
        if grants is None:
            names = list(dict.fromkeys(due.shard for due in await self.lanes(now)))
        else:
            names = list(dict.fromkeys(grant.due.shard for grant in grants))
        wish = self.dating.wish(rows.ClaimWish(owner, now, limit, lease_seconds))
        claims: list[Claim] = []
        for name in names:
            if grants is not None:
                mine = tuple(grant for grant in grants if grant.due.shard == name)
                wish = msgspec.structs.replace(wish, grants=mine)
            else:
                wish = msgspec.structs.replace(wish, limit=limit - len(claims))
            with suppress(SpoolUnavailableError):
                claims += (await self._ask(name, service.Claiming(wish))).claims
        return claims

    async def read(self, message_id: str, shard: str = "") -> HeldMessage | None:
        """The whole message; DamagedError where its content does not match its hash."""
        failure: SpoolUnavailableError | None = None
        for name in [shard] if shard else self._names():
            path = self._path(name)
            try:
                found = await asyncio.to_thread(
                    read_only, path, lambda db: rows.read(db, message_id)
                )
            except DamagedError:
                raise
            except SpoolUnavailableError as error:
                failure = error
                continue
            if found is not None:
                return found
        if failure is not None:
            raise failure  # It may lie there.
        return None

    async def settle(self, settlements: Sequence[Settlement]) -> Sequence[bool]:
        """Record what was found; False where the fence is old or the state forbids it.

        Where a shard can't be reached, those of the others are recorded before this raises.
        """
        failure: SpoolUnavailableError | None = None
        results: dict[int, bool] = {}
        for name in sorted({settlement.lease.shard for settlement in settlements}):
            mine = [(n, s) for n, s in enumerate(settlements) if s.lease.shard == name]
            moment = self.dating.moment(self._clock.wall())
            question = service.Settle(
                tuple(self.dating.settled(s, moment) for _, s in mine), moment
            )
            try:
                settled = (await self._ask(name, question)).settled
            except SpoolUnavailableError as error:
                failure = error
                continue
            results.update({n: ok for (n, _), ok in zip(mine, settled, strict=True)})
        if failure is not None:
            raise failure
        return [results[number] for number in range(len(settlements))]

    async def bounce(
        self, message: HeldMessage, row: HeldRecipient, settlements: Sequence[Settlement]
    ) -> Sequence[bool]:
        """Settle rows of one message and hold the notification about it, both or neither."""
        wall = self._clock.wall()
        moment = self.dating.moment(wall)
        question = service.Bounce(
            message,
            self.dating.stored(row, wall),
            tuple(self.dating.settled(s, moment) for s in settlements),
            moment,
        )
        return (await self._ask(settlements[0].lease.shard, question)).settled

    async def search(self, query: Query) -> Sequence[HeldRow]:
        """Rows that match, newest first."""
        found: list[HeldRow] = []
        for name in self._names():
            with suppress(SpoolUnavailableError):
                found += await asyncio.to_thread(self._search_shard, name, query)
        wall = self._clock.wall()
        found = [self.dating.shown(row, wall) for row in found]
        found.sort(key=lambda row: row.message_id, reverse=True)
        return found[query.offset : query.offset + query.limit]

    async def release(self, message_id: str, recipient: Address, now: float) -> bool:
        """From quarantined or discarded to queued, due now; False where it is in neither."""
        return await self._move(message_id, recipient, State.QUEUED, now)

    async def delete(self, message_id: str, recipient: Address, now: float) -> bool:
        """By a person: to deleted; content goes when the undo time is over."""
        return await self._move(message_id, recipient, State.DELETED, now)

    async def undo(self, message_id: str, recipient: Address, now: float) -> bool:
        """Back to quarantined: a deletion, or a release that nobody has taken up."""
        return await self._move(message_id, recipient, State.QUARANTINED, now)

    async def expire(self, message_id: str, recipient: Address, now: float) -> bool:
        """Its time in the quarantine is over."""
        return await self._move(message_id, recipient, State.EXPIRED, now)

    async def purge(self, now: float) -> int:
        """Drop messages none of whose rows can come back; returns how many."""
        purged = 0
        moment = self.dating.moment(now)
        for name in self._names():
            with suppress(SpoolUnavailableError):
                # Looked at first, as for a claim: so that nothing is written for nothing.
                path = self._path(name)
                if await asyncio.to_thread(read_only, path, lambda db: rows.over(db, moment, 1)):
                    question = service.Purge(moment, PURGE_COUNT_MAX)
                    purged += (await self._ask(name, question)).purged
        return purged

    async def retire_empty(self) -> list[str]:
        """Remove shards whose slot is gone and in which nothing is left; returns their names."""
        retired = []
        for name in self._names() if self._live is not None else ():
            if name in (self._live or ()) or (self._own is not None and name == self._own.name):
                continue
            with suppress(SpoolUnavailableError):
                shard = await self._adopt(name)
                if shard is not None and await shard.run(rows.is_empty):
                    del self._adopted[name]
                    self._servers.pop(name).close()
                    self._socket(name).unlink(missing_ok=True)
                    await shard.remove()
                    retired.append(name)
        return retired

    # What operators ask and do, in bulk.

    async def waiting(self, selection: Selection, limit: int) -> Sequence[HeldRow]:
        """Waiting rows of a selection, those that are tried next first."""
        wall, found = (
            self._clock.wall(),
            await self._read_all(lambda db, name: rows.waiting(db, name, selection, limit)),
        )
        found.sort(key=lambda row: row.due_at)
        return [self.dating.shown(row, wall) for row in found[:limit]]

    async def lane_counts(self) -> Sequence[LaneCount]:
        """What waits in each lane of each shard."""
        moment = self.dating.moment(self._clock.wall())
        ahead = moment.house - moment.wall
        found = await self._read_all(lambda db, _: bulk.lane_counts(db, moment.house))
        return [msgspec.structs.replace(each, next_at=each.next_at - ahead) for each in found]

    async def act(self, wanted: Act) -> tuple[Done, list[str]]:
        """Do it in each shard that can be reached; also says which could not, and why."""
        question = service.Acting(wanted, self.dating.moment(self._clock.wall()))
        sum_of_all, failures = Done(), []
        for name in self._names():
            try:
                done = (await self._ask(name, question)).done
            except SpoolUnavailableError as error:
                failures.append(f"{name}: {error}")
                continue
            assert done is not None, "an act is answered by what it came to"
            sum_of_all += done
        return sum_of_all, failures

    async def _read_all(self, work: Callable[[sqlite3.Connection, str], list[T]]) -> list[T]:
        """What all shards that can be read answer."""
        found: list[T] = []
        for name in self._names():
            with suppress(SpoolUnavailableError):
                found += await asyncio.to_thread(
                    read_only, self._path(name), lambda db, name=name: work(db, name)
                )
        return found

    # Shards.

    def _names(self) -> list[str]:
        found = sorted(path.stem for path in self._store.glob("spool-*.db"))
        own = [self._own.name] if self._own is not None else []
        return own + [name for name in found if name not in own]

    def _path(self, name: str) -> Path:
        return self._store / f"{name}.db"

    def _search_shard(self, name: str, query: Query) -> list[HeldRow]:
        whole = msgspec.structs.replace(query, offset=0, limit=query.offset + query.limit)
        return read_only(self._path(name), lambda db: rows.search(db, name, whole))

    async def _move(self, message_id: str, recipient: Address, to: State, now: float) -> bool:
        question = service.Move(message_id, str(recipient), to, self.dating.moment(now))
        query = Query(message_id=message_id, recipient=str(recipient))
        failure: SpoolUnavailableError | None = None
        for name in self._names():
            try:
                held = await asyncio.to_thread(self._search_shard, name, query)
            except SpoolUnavailableError as error:
                failure = error
                continue
            if held:
                return (await self._ask(name, question)).is_moved
        if failure is not None:
            raise failure  # It may lie there.
        return False

    async def _ask(self, name: str, question: service.Question) -> service.Answer:
        if self._own is not None and self._own.name == name:
            return await service.ask_shard(self._own, question)
        if name in self._adopted:
            return await service.ask_shard(self._adopted[name], question)
        try:
            return await service.ask_socket(self._socket(name), question)
        except SpoolUnavailableError:
            shard = await self._adopt(name)
            if shard is None:
                raise
            return await service.ask_shard(shard, question)

    async def _adopt(self, name: str) -> Shard | None:
        """Own a shard that lies free, where its own process is not about to come back."""
        if name in self._adopted:
            return self._adopted[name]  # While we asked for its socket.
        if self._live is not None and name in self._live:
            return None
        try:
            shard = own_shard(self._path(name))
        except StoreError as error:
            raise SpoolUnavailableError(str(error)) from error
        if shard is not None:
            self._adopted[name] = shard
            if self._live is not None:
                await self._serve(shard)
        return shard

    async def _serve(self, shard: Shard) -> None:
        self._servers[shard.name] = await service.serve_shard(shard, self._socket(shard.name))

    def _socket(self, name: str) -> Path:
        return self._runtime / f"{name}.sock"


def open_spool(
    store: Path,
    runtime: Path,
    own_slot: int | None = None,
    live_slots: frozenset[int] | None = None,
) -> ShardedSpool:
    """The spool as the command line and the processes use it; `start` it first."""
    spool = ShardedSpool(store, runtime, SystemClock(), own_slot, live_slots)
    spool.dating = Dating(Control(store, SystemClock()))
    return spool
