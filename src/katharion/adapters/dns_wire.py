"""One DNS server, on the wire: questions by UDP from changing ports, long answers by TCP.

Sources: RFC 1035 section 4.2; RFC 5452 section 9.2 (unpredictable ids and ports); RFC 7766 (TCP).
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import NamedTuple

from katharion.adapters import dns_message
from katharion.adapters.dns_message import Reply
from katharion.adapters.tasks import LoopTasks
from katharion.ports import Dice
from katharion.values.dns import Question

DNS_PORT = 53
SOCKETS_COUNT = 4
QUESTIONS_PER_SOCKET_MAX = 100  # Then it is another socket, with another port.
DATAGRAMS_AT_ONCE_MAX = 64
TCP_SECONDS_MAX = 1.5
UNDER_WAY_COUNT_MAX = 10_000  # Far fewer than there are ids.

Heard = Callable[[Reply | None], None]


class _Asked(NamedTuple):
    question: Question
    heard: Heard
    socket: "_Socket"


class _Socket:
    """A connected UDP socket: what comes from elsewhere, the kernel drops."""

    def __init__(self, wire: "Wire") -> None:
        self._wire = wire
        self.questions_count = self.waiting_count = 0
        self._inner = socket.socket(wire.family, socket.SOCK_DGRAM)
        self._inner.setblocking(False)  # noqa: FBT003 # The library's.
        self._inner.connect(wire.address)
        wire.loop.add_reader(self._inner.fileno(), self._read)

    def send(self, data: bytes) -> bool:
        """Whether it could be sent."""
        self.questions_count += 1
        try:
            return self._inner.send(data) == len(data)
        except OSError:  # Nobody listens there, or the buffer is full.
            return False

    def _read(self) -> None:
        for _ in range(DATAGRAMS_AT_ONCE_MAX):
            try:
                data = self._inner.recv(65_535)
            except BlockingIOError:
                return
            except OSError:  # The other host says that nobody listens.
                self._wire.refused(self)
                return
            self._wire.hear(self, data)

    def close(self) -> None:
        self._wire.loop.remove_reader(self._inner.fileno())
        self._inner.close()


class Wire:
    """Asks one server. To be made on a running loop."""

    def __init__(self, name: str, dice: Dice) -> None:
        """`name`: "address", "address:port" or "[IPv6]:port"."""
        self.loop = asyncio.get_running_loop()
        self.address = address_of(name)
        is_v6 = ip_address(self.address[0]).version == 6  # noqa: PLR2004 # IPv6.
        self.family = socket.AF_INET6 if is_v6 else socket.AF_INET
        self._dice = dice
        self._sockets: list[_Socket] = []
        self._asked: dict[int, _Asked] = {}
        self._tasks = LoopTasks(lambda _what, _error: None)  # Whoever asked is told by a time-out.

    def ask(self, question: Question, heard: Heard) -> int | None:
        """Ask; `heard` is called with the reply, or None where nobody listens.

        Returns what to `forget` where it is no longer waited for; None where it can't be asked.
        """
        number = self._number()
        data = dns_message.ask(number, question)
        if data is None or len(self._asked) >= UNDER_WAY_COUNT_MAX:
            return None
        chosen = self._socket()
        chosen.waiting_count += 1
        self._asked[number] = _Asked(question, heard, chosen)
        if not chosen.send(data):
            self.loop.call_soon(self.refused, chosen)
        return number

    def forget(self, number: int) -> None:
        """An answer to it would come too late."""
        asked = self._asked.pop(number, None)
        if asked is not None:
            asked.socket.waiting_count -= 1
            self._retire(asked.socket)

    def hear(self, where: _Socket, data: bytes) -> None:
        """A datagram has come."""
        number = dns_message.number_of(data)
        asked = self._asked.get(number)
        if asked is None or asked.socket is not where:
            return
        reply = dns_message.read(data, asked.question)
        if reply is None:
            return  # No answer to what was asked: the right one may still come.
        if reply.is_cut:
            self._tasks.start(self._ask_by_tcp(number, asked), "dns-tcp")
            return
        self.forget(number)
        asked.heard(reply)

    def refused(self, where: _Socket) -> None:
        """Nobody listens there: all that waits on this socket waits in vain."""
        for number, asked in [each for each in self._asked.items() if each[1].socket is where]:
            self.forget(number)
            asked.heard(None)

    async def _ask_by_tcp(self, number: int, asked: _Asked) -> None:
        reply: Reply | None = None
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(TCP_SECONDS_MAX):
                reply = await self._talk(number, asked.question)
        if self._asked.get(number) is asked:
            self.forget(number)
            asked.heard(reply)

    async def _talk(self, number: int, question: Question) -> Reply | None:
        reader, writer = await asyncio.open_connection(*self.address)
        try:
            data = dns_message.ask(number, question) or b""
            writer.write(len(data).to_bytes(2, "big") + data)
            length = int.from_bytes(await reader.readexactly(2), "big")
            answer = await reader.readexactly(length)
        finally:
            writer.close()
        is_it = dns_message.number_of(answer) == number
        return dns_message.read(answer, question) if is_it else None

    async def close(self) -> None:
        """Let go of the sockets; what was asked is not answered any more."""
        sockets = {*self._sockets, *(asked.socket for asked in self._asked.values())}
        self._asked.clear()
        self._sockets.clear()
        for each in sockets:
            each.close()
        await self._tasks.join(0.0)

    def _number(self) -> int:
        """An id that nobody can guess and that is not under way."""
        while True:
            number = int.from_bytes(self._dice.token(2), "big")
            if number not in self._asked:
                return number

    def _socket(self) -> _Socket:
        """One of a few, each for a while."""
        if len(self._sockets) < SOCKETS_COUNT:
            self._sockets.append(_Socket(self))
            return self._sockets[-1]
        at = self._dice.token(1)[0] % SOCKETS_COUNT
        chosen = self._sockets[at]
        if chosen.questions_count >= QUESTIONS_PER_SOCKET_MAX:
            self._sockets[at] = _Socket(self)
            self._retire(chosen)
        return self._sockets[at]

    def _retire(self, old: _Socket) -> None:
        """Close a socket that was replaced and waits for nothing more."""
        if old not in self._sockets and not old.waiting_count:
            old.close()


def address_of(name: str) -> tuple[str, int]:
    """Address and port; ValueError where it is neither."""
    host, colon, port = name.rpartition(":")
    if name.startswith("[") or (colon and host.count(":") == 0):
        host = host.removeprefix("[").removesuffix("]")
        if name.endswith("]"):
            host, port = name[1:-1], str(DNS_PORT)
        return str(ip_address(host)), int(port)
    return str(ip_address(name)), DNS_PORT
