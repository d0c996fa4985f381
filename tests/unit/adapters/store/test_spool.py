"""The spool over several shards and processes: owners, orphans, shards out of reach."""

import asyncio
import math
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from fakes.fake_clock import FakeClock
from fixtures.fix_held import ANN, RECEIVED_AT, held_for, held_message
from katharion.adapters.store import service
from katharion.adapters.store.control import Control
from katharion.adapters.store.dating import Dating
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.adapters.store.shard import own_shard
from katharion.adapters.store.spool import ShardedSpool, open_spool
from katharion.ports import SpoolUnavailableError
from katharion.queue.attempt import is_expired
from katharion.queue.options import QueueOptions
from katharion.values.fate import State
from katharion.values.held import Query, Settlement
from katharion.values.waiting import Act, Selection, Verb

NOW = RECEIVED_AT + 10
LIVE = frozenset({0, 1})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    migrate(tmp_path / "s", 2)
    (tmp_path / "r").mkdir()
    return tmp_path / "s"


def opened(store: Path, slot: int | None, live: frozenset[int] | None = LIVE) -> ShardedSpool:
    return open_spool(store, store.parent / "r", slot, live)


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scene, 20))


async def closed(*spools: ShardedSpool) -> None:
    for spool in spools:
        await spool.close()


def test_each_holds_in_its_own_shard_and_all_see_all(store: Path) -> None:
    async def scene() -> None:
        filters = opened(store, 0), opened(store, 1)
        runner = opened(store, None)
        for spool in (*filters, runner):
            await spool.start()
        for number, spool in enumerate(filters):
            receipt = await spool.hold(held_message(number), [held_for()])
            assert receipt.shard == f"spool-0{number}"
        assert await runner.read(held_message(1).id) == held_message(1)
        claims = await runner.claim("runner", NOW, 10, 60.0)
        assert {claim.lease.shard for claim in claims} == {"spool-00", "spool-01"}
        assert await filters[0].claim("other", NOW, 10, 60.0) == []
        settled = await runner.settle([Settlement(c.lease, State.DELIVERED) for c in claims])
        assert settled == [True, True]
        assert await runner.read(held_message(1).id) is None, "delivered: its content is gone"
        assert [row.state for row in await filters[1].search(Query())] == [State.DELIVERED] * 2
        await closed(runner, *filters)

    play(scene())


def test_no_filter_is_overtaken_but_an_orphan_is_served(store: Path) -> None:
    """The shard of a live slot waits for its process; one whose slot is gone is adopted."""

    async def scene() -> None:
        for slot in (0, 1):
            await (spool := opened(store, slot)).start()
            await spool.hold(held_message(slot), [held_for()])
            await spool.close()
        runner = opened(store, None, frozenset({0}))
        await runner.start()
        both = await asyncio.gather(*(runner.claim(f"r{n}", NOW, 10, 60.0) for n in range(4)))
        assert [c.lease.shard for claims in both for c in claims] == ["spool-01"]
        assert own_shard(spool_path(store, 1)) is None
        await runner.close()

    play(scene())


def test_the_command_line_writes_where_nobody_runs(store: Path) -> None:
    async def scene() -> None:
        await (spool := opened(store, 0)).start()
        await spool.hold(held_message(), [held_for(state=State.QUARANTINED)])
        await spool.close()
        verb = opened(store, None, None)
        await verb.start()
        assert await verb.release(held_message().id, ANN, NOW)
        assert not await verb.release(held_message().id, ANN, NOW)
        assert await verb.undo(held_message().id, ANN, NOW)
        assert not await verb.delete("nothing", ANN, NOW)
        await verb.close()
        await (spool := opened(store, 0)).start()
        assert (await spool.search(Query()))[0].state is State.QUARANTINED
        await spool.close()

    play(scene())


def test_a_shard_out_of_reach_hides_no_other(store: Path) -> None:
    async def scene() -> None:
        await (spool := opened(store, 1)).start()
        await spool.hold(held_message(1), [held_for(state=State.QUARANTINED)])
        await spool.hold(held_message(2), [held_for()])
        spool_path(store, 0).write_bytes(b"no database" * 1000)
        assert await spool.read(held_message(1).id) == held_message(1)
        assert await spool.release(held_message(1).id, ANN, NOW)
        assert len(await spool.search(Query())) == 2
        with pytest.raises(SpoolUnavailableError):
            await spool.read("not found in those that could be read")
        await spool.close()

    play(scene())


def test_settlements_of_a_shard_in_reach_are_recorded_all_the_same(store: Path) -> None:
    async def scene() -> None:
        filters = opened(store, 0), opened(store, 1)
        runner = opened(store, None)
        for number, spool in enumerate(filters):
            await spool.start()
            await spool.hold(held_message(number), [held_for()])
        claims = await runner.claim("runner", NOW, 10, 60.0)
        await filters[0].close()
        with pytest.raises(SpoolUnavailableError):
            await runner.settle([Settlement(c.lease, State.DELIVERED) for c in claims])
        states = {row.shard: row.state for row in await runner.search(Query())}
        assert states == {"spool-00": State.QUEUED, "spool-01": State.DELIVERED}
        await closed(runner, filters[1])

    play(scene())


def test_a_store_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        with pytest.raises(SpoolUnavailableError):
            await opened(tmp_path / "s", None).hold(held_message(), [held_for()])

    play(scene())


def test_a_shard_whose_slot_is_gone_is_removed_when_it_is_empty(store: Path) -> None:
    async def scene() -> None:
        await (spool := opened(store, 1)).start()
        await spool.hold(held_message(), [held_for(state=State.QUARANTINED)])
        await spool.close()
        runner = opened(store, None, frozenset({0}))
        assert await runner.retire_empty() == []
        await runner.delete(held_message().id, ANN, NOW)
        assert await runner.retire_empty() == [], "a deletion can be undone"
        await runner._ask("spool-01", service.Purge(RECEIVED_AT + 1e12, 10))
        assert await runner.retire_empty() == ["spool-01"]
        assert not list(store.glob("spool-01*"))
        assert not (store.parent / "r/spool-01.sock").exists()
        assert [path.stem for path in store.glob("spool-*.db")] == ["spool-00"], "a live one stays"
        await runner.close()

    play(scene())


def test_bulk_verbs_reach_all_shards_and_say_which_they_could_not(store: Path) -> None:
    async def scene() -> None:
        filters = opened(store, 0), opened(store, 1)
        for number, spool in enumerate(filters):
            await spool.start()
            await spool.hold(held_message(number), [held_for(due_at=2e9)])
        runner = opened(store, None)
        done, failures = await runner.act(Act(Verb.EXPIRE, Selection()))
        assert (done.changed, failures) == (2, [])
        assert [count.waiting for count in await runner.lane_counts()] == [1, 1]
        await filters[0].close()
        done, failures = await runner.act(Act(Verb.DELETE, Selection()))
        assert done.changed == 1
        assert [failure.partition(":")[0] for failure in failures] == ["spool-00"]
        assert len(await runner.waiting(Selection(), 10)) == 1
        await closed(runner, filters[1])

    play(scene())


def test_a_clock_that_jumps_a_day_breaks_no_lease_and_expires_nothing(store: Path) -> None:
    async def scene() -> None:
        clock = FakeClock()
        spool = ShardedSpool(store, store.parent / "r", clock, 0, LIVE)
        spool.dating = Dating(Control(store, clock))
        await spool.start()
        for number in (1, 2):
            await spool.hold(held_message(number), [held_for(due_at=clock.wall() + 60 * number)])
        clock.advance(61)
        (first,) = await spool.claim("runner", clock.wall(), 10, 900.0)
        for jump_seconds in (86_400.0, -2 * 86_400.0):
            clock.wall_seconds += jump_seconds
            assert await spool.claim("thief", clock.wall(), 10, 900.0) == []
            (row,) = [r for r in await spool.search(Query()) if r.lease_owner == "runner"]
            assert row.due_at == pytest.approx(clock.wall() + 900.0), "as far as ever"
            assert row.vouched_seconds == -math.inf
        clock.advance(60)
        (second,) = await spool.claim("runner", clock.wall(), 10, 900.0)
        assert second.vouched_seconds == -math.inf, "no age while the clocks disagree"
        assert not is_expired(second, clock.wall() + 1e9, QueueOptions())
        assert await spool.settle([Settlement(first.lease, State.DELIVERED)]) == [True]
        await spool.close()

    play(scene())
