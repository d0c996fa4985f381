"""The control socket: one line asked, one answered."""

import asyncio
from pathlib import Path

from katharion.adapters.control import ask_control, serve_control


def test_a_verb_is_answered_and_others_are_not_known(tmp_path: Path) -> None:
    async def play() -> None:
        path = tmp_path / "p.sock"
        server = await serve_control(path, {"ping": lambda: {"pid": 7}})
        assert await ask_control(path, "ping", 2) == {"pid": 7}
        assert "error" in (await ask_control(path, "x" * 5000, 2) or {})
        assert path.stat().st_mode & 0o777 == 0o600
        server.close()

    asyncio.run(play())


def test_nobody_there_is_none(tmp_path: Path) -> None:
    assert asyncio.run(ask_control(tmp_path / "none.sock", "ping", 0.5)) is None
