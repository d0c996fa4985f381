"""One shard: group commit, trouble of the engine, the lock."""

import asyncio
import resource
import signal
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from fixtures.fix_held import held_for, held_message
from katharion.adapters.store import rows
from katharion.adapters.store.migrate import StoreError, migrate, spool_path
from katharion.adapters.store.service import Hold, ask_shard
from katharion.adapters.store.shard import Shard, own_shard, read_only
from katharion.ports import SpoolUnavailableError
from katharion.values.held import HeldRow, Query


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(tmp_path, 1)
    return spool_path(tmp_path, 0)


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def owned(path: Path) -> Shard:
    shard = own_shard(path)
    assert shard is not None
    return shard


def held_rows(path: Path) -> list[HeldRow]:
    return read_only(path, lambda db: rows.search(db, "s", Query(limit=10_000)))


def hold(shard: Shard, number: int, content: bytes = b"x\r\n") -> Coroutine[Any, Any, Any]:
    return ask_shard(shard, Hold(held_message(number, content), (held_for(),)))


def test_many_holds_share_commits(path: Path) -> None:
    async def scene() -> None:
        shard = owned(path)
        await asyncio.gather(*(hold(shard, n) for n in range(500)))
        changes = await shard.run(lambda db: db.total_changes)
        assert len(held_rows(path)) == 500
        assert changes >= 1500
        await shard.close()
        assert len(held_rows(path)) == 500

    play(scene())


def test_the_mistake_of_one_does_not_undo_the_others(path: Path) -> None:
    async def scene() -> None:
        shard = owned(path)

        def wrong(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM held_message")
            db.execute("INSERT INTO held_content VALUES ('a', 1, NULL)")

        wish = [hold(shard, 1), shard.run(wrong), hold(shard, 2)]
        _, trouble, _ = await asyncio.gather(*wish, return_exceptions=True)
        assert isinstance(trouble, SpoolUnavailableError)
        assert len(held_rows(path)) == 2
        await shard.close()

    play(scene())


def test_trouble_of_the_engine_is_everybodys_and_passes(path: Path) -> None:
    async def scene() -> None:
        shard = owned(path)

        def broken(_db: sqlite3.Connection) -> None:
            raise sqlite3.DatabaseError("database disk image is malformed")

        wish = [hold(shard, 1), shard.run(broken)]
        results = await asyncio.gather(*wish, return_exceptions=True)
        assert [type(result) for result in results] == [SpoolUnavailableError] * 2
        await hold(shard, 2)
        assert [int(row.message_id) for row in held_rows(path)] == [2]
        await shard.close()

    play(scene())


def test_disk_full_is_said_and_nothing_is_acknowledged(path: Path) -> None:
    """FAULTS A 28: a file that may not grow stands for a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    async def scene() -> None:
        shard = owned(path)
        await hold(shard, 1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, limits[1]))
        held = [1]
        noise = bytes(i * i % 251 for i in range(20_000))
        for number in range(2, 80):
            try:
                await hold(shard, number, noise + noise[number:] + noise[: number * 7])
            except SpoolUnavailableError:
                continue
            held.append(number)
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert len(held) < 79, "the disk was full"
        await hold(shard, 1000)  # It recovers by itself.
        found = {int(row.message_id) for row in held_rows(path)}
        assert found >= {*held, 1000}
        await shard.close()

    try:
        play(scene())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_shard_has_one_owner(path: Path) -> None:
    async def scene() -> None:
        shard = owned(path)
        assert own_shard(path) is None
        await shard.close()
        with pytest.raises(SpoolUnavailableError):
            await hold(shard, 1)
        await owned(path).close()

    play(scene())


def test_a_wrong_schema_keeps_no_lock(path: Path) -> None:
    async def scene() -> None:
        with sqlite3.connect(path) as db:
            db.execute("UPDATE alembic_version SET version_num = 'spool_9999'")
        for _i in range(2):
            with pytest.raises(StoreError):
                own_shard(path)
        with sqlite3.connect(path) as db:
            db.execute("UPDATE alembic_version SET version_num = 'spool_0002'")
        await owned(path).close()

    play(scene())
