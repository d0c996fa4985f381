"""The spool over several shards and processes: owners, orphans, shards out of reach."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from fixtures.fix_held import ANN, RECEIVED_AT, held_for, held_message
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.adapters.store.shard import own_shard
from katharion.adapters.store.spool import ShardedSpool, open_spool
from katharion.ports import SpoolUnavailableError
from katharion.values.fate import State
from katharion.values.held import Query, Settlement

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
