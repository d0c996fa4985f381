"""Sessions over real sockets, on both loops: what a transport in memory can't show."""

import asyncio
import smtplib
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from fixtures.fix_edge import CLEAN, House
from katharion.adapters.listen import is_broken, is_unheard
from katharion.adapters.tls_server import Certificates, self_signed
from katharion.edge.front import Listener
from katharion.edge.options import ListenerOptions

RUNNERS = [asyncio.run, uvloop.run]
Scene = Callable[[House, int], Awaitable[None]]


@asynccontextmanager
async def serving(house: House, folder: Path) -> AsyncIterator[int]:
    """The house on a loopback port."""
    house.front.start_tls = Certificates(self_signed(folder, "mx.example"), {}).start_tls
    listener = Listener("public", ListenerOptions(), has_tls=True)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: house.broken.append(str(context)))
    server = await loop.create_server(
        lambda: house.front.session(listener),  # type: ignore[arg-type,return-value] # Its shape.
        "127.0.0.1",
        0,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 # What it asks has no event.
            await asyncio.sleep(0.005)


@pytest.fixture(params=RUNNERS, ids=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], None]:
    """Run a scene on one of the loops; nothing may break, and nobody may stay."""

    def play_one(scene: Scene) -> None:
        async def run() -> None:
            house = House()
            async with serving(house, tmp_path) as port:
                await asyncio.wait_for(scene(house, port), 30)
                await until(lambda: not house.front.sessions)
            assert house.front.admission.count == 0
            assert house.front.budget.bytes_used == 0
            assert house.tasks.failed == []
            assert house.broken == []

        request.param(run())

    return play_one


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_smtplib_over_starttls(play: Callable[[Scene], None]) -> None:
    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            client.starttls(context=context)
            refused = client.sendmail("s@x.example", ["ann@customer.example"], CLEAN)
            assert refused == {}

    async def scene(house: House, port: int) -> None:
        await asyncio.to_thread(send, port)
        (delivery,) = house.relay.delivered
        assert delivery.content == CLEAN
        assert b"with ESMTPS" in delivery.trace
        assert house.journal.records[0].tls.startswith("TLSv1.3 ")

    play(scene)


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01\x02\x00\x01", b"MAIL FROM:<>\r\n"])
@pytest.mark.parametrize("is_reset", [True, False])
def test_client_gone_in_the_handshake(
    play: Callable[[Scene], None], hello: bytes, *, is_reset: bool
) -> None:
    def speak(port: int) -> None:
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.sendall(b"EHLO c\r\nSTARTTLS\r\n")
        heard = b""
        while b"220 2.0.0" not in heard:
            heard += connection.recv(4096)
        if hello:
            connection.sendall(hello)
        if is_reset:
            _reset(connection)
        else:
            connection.close()

    async def scene(house: House, port: int) -> None:
        await asyncio.to_thread(speak, port)
        await until(lambda: "starttls" in house.tasks.started)

    play(scene)


def test_half_close_after_the_dot_is_answered_then_closed(play: Callable[[Scene], None]) -> None:
    async def scene(house: House, port: int) -> None:
        house.relay.gate = asyncio.Event()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<ann@customer.example>\r\nDATA\r\n")
        await reader.readuntil(b"354 ")
        writer.write(b"x\r\n.\r\n")
        writer.write_eof()
        await until(lambda: bool(house.relay.routes))
        await asyncio.sleep(0.05)  # The end of the stream has come by now.
        house.relay.gate.set()
        assert b"250 2.0.0 Accepted" in await reader.read()
        writer.close()
        house.clock.advance(1)
        house.front.sweep()

    play(scene)


@pytest.mark.parametrize("is_reset", [False, True])
def test_a2_a_client_that_gave_up_does_not_get_its_mail_delivered_twice(
    play: Callable[[Scene], None], *, is_reset: bool
) -> None:
    """FAULTS A 2: it closed before our 250, as one whose time is over, and comes again."""

    def speak(port: int, *, stays: bool) -> bytes:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(
                b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<ann@customer.example>\r\nDATA\r\n"
            )
            heard = b""
            while b"354 " not in heard:
                heard += connection.recv(4096)
            connection.sendall(b"x\r\n.\r\n")
            if stays:
                return connection.recv(4096)
            time.sleep(0.2)  # The dot is on its way before the end.
            if is_reset:
                _reset(connection)
        return b""

    async def scene(house: House, port: int) -> None:
        house.front.is_unheard, house.front.is_broken = is_unheard, is_broken
        house.relay.gate = asyncio.Event()
        await asyncio.to_thread(speak, port, stays=False)
        await until(lambda: bool(house.relay.routes))
        await asyncio.sleep(0.05)  # Its end has come by now.
        house.relay.gate.set()
        await until(lambda: bool(house.journal.records))
        await asyncio.sleep(0.05)
        house.clock.advance(1)
        house.front.sweep()
        await until(lambda: bool(house.unheard.known))
        assert b"250 2.0.0" in await asyncio.to_thread(speak, port, stays=True)
        assert len(house.relay.delivered) == 1
        assert house.journal.told()[-1] == ("repeated", "ann@customer.example")
        # Once: what comes now is another message.
        assert b"250 2.0.0" in await asyncio.to_thread(speak, port, stays=True)
        assert len(house.relay.delivered) == 2
        await asyncio.sleep(0.05)
        house.clock.advance(1)
        house.front.sweep()
        assert not house.unheard.known

    play(scene)


def test_client_that_never_reads_is_cut_off(play: Callable[[Scene], None]) -> None:
    async def scene(house: House, port: int) -> None:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", port))
        try:
            async with asyncio.timeout(1):
                while True:
                    await loop.sock_sendall(connection, b"EHLO c\r\n" * 4000)
        except (TimeoutError, OSError):
            pass
        for _ in range(4):
            house.clock.advance(400)
            house.front.sweep()
            await asyncio.sleep(0.01)
        await until(lambda: not house.front.sessions)
        connection.close()

    play(scene)


def test_many_clients_at_once(play: Callable[[Scene], None]) -> None:
    async def one(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO c\r\n")
        for _ in range(5):
            writer.write(b"MAIL FROM:<>\r\nRCPT TO:<ann@customer.example>\r\nDATA\r\n")
            await reader.readuntil(b"354 ")
            writer.write(CLEAN.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        writer.write(b"QUIT\r\n")
        heard = await reader.read()
        writer.close()
        return heard

    async def scene(house: House, port: int) -> None:
        heard = await asyncio.gather(*(one(port) for _ in range(40)))
        assert all(b"250 2.0.0 Accepted" in each for each in heard)
        assert len(house.relay.delivered) == 200
        assert all(delivery.content == CLEAN for delivery in house.relay.delivered)

    play(scene)
