"""A shard's socket: answers to questions, and nonsense that makes nobody wait."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fixtures.fix_held import held_for, held_message
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.adapters.store.rows import ClaimWish
from katharion.adapters.store.service import Claiming, Hold, Purge, ask_socket, serve_shard
from katharion.adapters.store.shard import own_shard
from katharion.ports import SpoolUnavailableError

Scene = Callable[[Path], Awaitable[None]]


def play(folder: Path, scene: Scene) -> None:
    async def run() -> None:
        migrate(folder, 1)
        shard = own_shard(spool_path(folder, 0))
        assert shard is not None
        server = await serve_shard(shard, folder / "s.sock")
        await asyncio.wait_for(scene(folder / "s.sock"), 10)
        server.close()
        await shard.close()

    asyncio.run(run())


def test_questions_are_answered(tmp_path: Path) -> None:
    async def scene(socket: Path) -> None:
        assert socket.stat().st_mode & 0o777 == 0o600
        big = held_message(content=bytes(range(256)) * 10_000)
        answer = await ask_socket(socket, Hold(big, (held_for(),)))
        assert answer.receipt is not None
        wish = ClaimWish("me", big.received_at, 10, 60.0)
        assert len((await ask_socket(socket, Claiming(wish))).claims) == 1
        assert (await ask_socket(socket, Purge(0.0, 10))).purged == 0

    play(tmp_path, scene)


@pytest.mark.parametrize(
    "nonsense", [b"\xff\xff\xff\xff", b"\0\0\0\3abc", b"\0\0\0\1\xc1", b"\0\0\0\5\x81\xa4type"]
)
def test_nonsense_ends_the_connection_and_nothing_else(tmp_path: Path, nonsense: bytes) -> None:
    async def scene(socket: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(nonsense)
        assert await reader.read() == b""
        writer.close()
        assert (await ask_socket(socket, Purge(0.0, 10))).purged == 0

    play(tmp_path, scene)


def test_where_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(SpoolUnavailableError, match="nobody answers"):
        asyncio.run(ask_socket(tmp_path / "s.sock", Purge(0.0, 10)))
