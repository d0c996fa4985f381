"""Several servers: who is asked, when another is, and what happens when nobody answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from dnslib import RCODE

from fakes.fake_dns import FakeDns
from katharion.adapters import dns_servers
from katharion.adapters.clock import SystemClock
from katharion.adapters.dice import SystemDice
from katharion.adapters.dns_message import Reply
from katharion.adapters.dns_servers import Servers, system_servers
from katharion.values.dns import DnsAnswer, DnsStatus, Question

ONE = Question("A", "one.example")
SECONDS_MAX = 1.0
Scene = Callable[[Servers, FakeDns, FakeDns], Awaitable[None]]


def play(scene: Scene) -> None:
    async def run() -> None:
        zone: dict[str, list[str] | int | None] = {"one.example A": ["192.0.2.1"]}
        async with FakeDns(dict(zone)) as first, FakeDns(dict(zone)) as second:
            names = [first.address, second.address]
            servers = Servers(names, SECONDS_MAX, SystemClock(), SystemDice())
            await asyncio.wait_for(scene(servers, first, second), 30)
            await servers.close()

    asyncio.run(run())


async def ask(servers: Servers, question: Question = ONE) -> tuple[DnsAnswer, float]:
    """The answer, and after how long it came."""
    began = time.monotonic()  # noqa: TID251 # A test measures.
    heard: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    servers.ask(question, heard.set_result)
    reply = await heard
    return reply.answer, time.monotonic() - began  # noqa: TID251 # Likewise.


def test_the_first_alone_where_it_answers() -> None:
    async def scene(servers: Servers, first: FakeDns, second: FakeDns) -> None:
        for _ in range(5):
            answer, seconds = await ask(servers)
            assert answer.records == ("192.0.2.1",)
            assert seconds < 0.15
        assert (first.asked.total() + second.asked.total()) == 5

    play(scene)


def test_another_where_the_first_hesitates() -> None:
    async def scene(servers: Servers, first: FakeDns, second: FakeDns) -> None:
        first.is_silent = True
        answer, seconds = await ask(servers)
        assert answer.status is DnsStatus.FOUND
        assert 0.15 < seconds < 0.6
        assert (first.asked.total(), second.asked.total()) == (1, 1)

    play(scene)


@pytest.mark.parametrize("rcode", [RCODE.SERVFAIL, RCODE.REFUSED])
def test_another_at_once_where_the_first_fails(rcode: int) -> None:
    async def scene(servers: Servers, first: FakeDns, second: FakeDns) -> None:
        first.zone["one.example A"] = rcode
        answer, seconds = await ask(servers)
        assert answer.status is DnsStatus.FOUND
        assert seconds < 0.15
        second.zone["one.example A"] = rcode
        answer, _ = await ask(servers)
        assert answer.status is DnsStatus.FAILED

    play(scene)


def test_a_lost_datagram_is_sent_again() -> None:
    async def scene(servers: Servers, first: FakeDns, second: FakeDns) -> None:
        first.is_silent = second.is_silent = True

        def speak() -> None:
            second.is_silent = False

        asyncio.get_running_loop().call_later(0.5, speak)
        answer, seconds = await ask(servers)
        assert answer.status is DnsStatus.FOUND
        assert 0.45 < seconds < SECONDS_MAX

    play(scene)


def test_a_slow_server_is_better_than_none() -> None:
    async def scene(servers: Servers, first: FakeDns, second: FakeDns) -> None:
        for _ in range(5):
            await ask(servers)  # What is usual is fast.
        first.delay_seconds = second.delay_seconds = 0.8
        answer, seconds = await ask(servers)
        assert answer.status is DnsStatus.FOUND
        assert 0.75 < seconds < 0.95

    play(scene)


def test_all_silent_cost_nobody_any_time_after_a_while_and_come_back_by_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dns_servers, "PROBE_SECONDS", 0.1)

    async def scene(servers: Servers, first: FakeDns, second: FakeDns) -> None:
        first.is_silent = second.is_silent = True
        questions = [Question("A", f"n{number}.example") for number in range(4)]
        answers = await asyncio.gather(*(ask(servers, each) for each in questions))
        assert all(answer.status is DnsStatus.FAILED for answer, _ in answers)
        assert all(SECONDS_MAX - 0.05 < seconds < SECONDS_MAX + 0.3 for _, seconds in answers)
        assert all(server.health.is_out for server in servers.servers)
        answer, seconds = await ask(servers)
        assert (answer.status, seconds < 0.01) == (DnsStatus.FAILED, True)
        await asyncio.sleep(0.3)
        assert first.asked["a.root-servers.net A"] >= 2
        first.is_silent = second.is_silent = False
        await asyncio.sleep(0.3)
        answer, _ = await ask(servers)
        assert answer.status is DnsStatus.FOUND
        assert not servers._probes

    play(scene)


def test_a_name_that_can_not_be_asked_for_fails_at_once() -> None:
    async def scene(servers: Servers, first: FakeDns, _: FakeDns) -> None:
        answer, seconds = await ask(servers, Question("A", "a..b"))
        assert (answer.status, seconds < 0.05) == (DnsStatus.FAILED, True)
        assert not first.asked

    play(scene)


def test_the_systems_servers(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    assert system_servers(path) == ["127.0.0.1"]
    path.write_text("search x\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nnameserver\n")
    assert system_servers(path) == ["192.0.2.1"]
    path.write_text("options edns0\n")
    assert system_servers(path) == ["127.0.0.1"]
