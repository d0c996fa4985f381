"""clamd asked: peers that hang, hang up and talk nonsense; and Debian's own."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable

import pytest

from fakes.fake_clock import FakeClock
from fixtures.fix_clamd import SECRET
from katharion.adapters.clamd import Clamd, ClamdOptions, make_scanner
from katharion.adapters.clock import SystemClock
from katharion.protocols.clamd import Scanned

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def scanned(talk: Talk, content: bytes = b"hello", **options: float) -> tuple[Scanned, Clamd]:
    """What a peer that talks so leads to."""

    async def run() -> tuple[Scanned, Clamd]:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/s"
            server = await asyncio.start_unix_server(talk, path)
            given = {"seconds_max": 0.3} | options
            clamd = Clamd(ClamdOptions(servers=(f"unix:{path}",), **given), FakeClock())  # type: ignore[arg-type] # Numbers.
            async with server:
                return await clamd.scan(content), clamd

    return asyncio.run(run())


async def says_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert (await reader.readuntil(b"\0\0\0\0")).startswith(b"zINSTREAM\0")
    writer.write(b"stream: OK\0")
    await writer.drain()
    writer.close()


async def hangs(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


async def hangs_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def says_half(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"stream: ")
    writer.close()


async def talks_for_ever(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"x" * 100_000)
    await writer.drain()


@pytest.mark.parametrize(
    ("talk", "trouble"),
    [
        (says_ok, ""),
        (hangs, "clamd took more than 0.3 s"),
        (hangs_up, "clamd at unix:"),
        (says_half, "clamd at unix:"),
        (talks_for_ever, "clamd at unix:"),
    ],
)
def test_whatever_a_peer_does_is_an_answer(talk: Talk, trouble: str) -> None:
    found, clamd = scanned(talk)
    assert found.trouble.startswith(trouble)
    assert bool(found.trouble) is bool(trouble)
    assert (clamd.scanned_count, clamd.failed_count) == ((0, 1) if trouble else (1, 0))


def test_too_large_a_message_is_not_sent() -> None:
    found, _ = scanned(hangs, b"x" * 2000, octets_max=1024)
    assert found.trouble == "the message is larger than clamd takes"


def test_the_next_server_is_asked_and_the_one_that_failed_rests() -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            good, bad = f"unix:{folder}/good", f"unix:{folder}/bad"
            server = await asyncio.start_unix_server(says_ok, f"{folder}/good")
            clock = FakeClock()
            clamd = Clamd(ClamdOptions(servers=(bad, good)), clock)
            async with server:
                for _ in range(3):
                    assert await clamd.scan(b"x") == Scanned()
                assert clamd.states == {"scanned": 3, "failed": 1, "resting": [bad]}

    asyncio.run(run())


def test_without_servers_nothing_is_scanned() -> None:
    assert make_scanner(ClamdOptions(), FakeClock()) is None


@pytest.mark.parametrize(
    ("content", "scanned"),
    [
        (b"Subject: x\r\n\r\nhello\r\n", Scanned()),
        (b"Subject: x\r\n\r\n" + SECRET, Scanned("Katharion.Test.UNOFFICIAL")),
        (b"x" * 2_000_000, Scanned(trouble="the message is larger than clamd takes")),
    ],
)
def test_debians_clamd(clamd: str, content: bytes, scanned: Scanned) -> None:
    async def run() -> None:
        asked = Clamd(ClamdOptions(servers=(clamd,)), SystemClock())
        assert await asked.ping(clamd)
        assert await asked.scan(content) == scanned

    asyncio.run(run())


def test_nobody_there_does_not_answer_a_ping() -> None:
    clamd = Clamd(ClamdOptions(servers=("127.0.0.1:1",), seconds_max=1.0), FakeClock())
    assert not asyncio.run(clamd.ping("127.0.0.1:1"))
