"""One server on the wire: lies, cut answers, changing ports, nobody listening."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from fakes.fake_dns import FakeDns
from katharion.adapters import dns_wire
from katharion.adapters.dice import SystemDice
from katharion.adapters.dns_message import Reply
from katharion.adapters.dns_wire import Wire, address_of
from katharion.values.dns import DnsStatus, Question

ONE = Question("A", "one.example")
ZONE: dict[str, list[str] | int | None] = {"one.example A": ["192.0.2.1"], "none.example A": None}
Scene = Callable[[Wire, FakeDns], Awaitable[None]]


def play(scene: Scene) -> None:
    async def run() -> None:
        async with FakeDns(ZONE) as dns:
            wire = Wire(dns.address, SystemDice())
            await asyncio.wait_for(scene(wire, dns), 20)
            await wire.close()

    asyncio.run(run())


async def ask(wire: Wire, question: Question = ONE) -> Reply | None:
    heard: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
    assert wire.ask(question, heard.set_result) is not None
    return await asyncio.wait_for(heard, 5)


def records(reply: Reply | None) -> tuple[str, ...]:
    assert reply is not None
    return reply.answer.records


def test_lies_are_not_taken() -> None:
    async def scene(wire: Wire, dns: FakeDns) -> None:
        dns.is_lying = True
        assert records(await ask(wire)) == ("192.0.2.1",)

    play(scene)


def test_what_comes_from_elsewhere_is_not_heard() -> None:
    async def scene(wire: Wire, dns: FakeDns) -> None:
        heard: list[Reply | None] = []
        number = wire.ask(Question("A", "none.example"), heard.append)
        assert number is not None
        (inner,) = (each._inner for each in wire._sockets)
        answer = dns.reply(__import__("dnslib").DNSRecord.question("none.example")) or b"\0" * 20
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(bytes(answer), inner.getsockname())
        await asyncio.sleep(0.05)
        assert heard == []
        wire.forget(number)

    play(scene)


def test_a_cut_answer_comes_by_tcp() -> None:
    async def scene(wire: Wire, dns: FakeDns) -> None:
        dns.cut = {"one.example"}
        assert records(await ask(wire)) == ("192.0.2.1",)
        assert dns.by_tcp["one.example"] == 1
        dns.cuts_tcp = True
        assert await ask(wire) is None

    play(scene)


def test_ports_change() -> None:
    async def scene(wire: Wire, _: FakeDns) -> None:
        ports = set()
        for _count in range(dns_wire.SOCKETS_COUNT * dns_wire.QUESTIONS_PER_SOCKET_MAX * 2):
            assert records(await ask(wire)) == ("192.0.2.1",)
            ports |= {each._inner.getsockname()[1] for each in wire._sockets}
        assert len(ports) > dns_wire.SOCKETS_COUNT
        assert len(wire._sockets) == dns_wire.SOCKETS_COUNT

    play(scene)


def test_nobody_listens() -> None:
    async def scene() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            name = f"127.0.0.1:{taken.getsockname()[1]}"
        wire = Wire(name, SystemDice())
        assert await ask(wire) is None
        await wire.close()

    asyncio.run(scene())


def test_what_can_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(wire: Wire, _: FakeDns) -> None:
        heard: list[Reply | None] = []
        assert wire.ask(Question("A", "a..b"), heard.append) is None
        monkeypatch.setattr(dns_wire, "UNDER_WAY_COUNT_MAX", 1)
        number = wire.ask(Question("A", "none.example"), heard.append)
        assert number is not None
        assert wire.ask(ONE, heard.append) is None
        wire.forget(number)
        assert (await ask(wire) or Reply(None)).answer.status is DnsStatus.FOUND  # type: ignore[arg-type] # Not reached.
        assert heard == []

    play(scene)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
    ],
)
def test_addresses(name: str, wanted: tuple[str, int]) -> None:
    assert address_of(name) == wanted


@pytest.mark.parametrize("name", ["", "ns.example", "1.2.3", "1.2.3.4:x", "[::1"])
def test_no_addresses(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        address_of(name)
