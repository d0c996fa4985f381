"""The customer's server of the drills: writes down all that arrives, by hash; may misbehave.

Of its own make, so that no mistake is shared with the node. Source: RFC 5321.
"""

import asyncio
import json
from collections import defaultdict
from enum import Enum
from pathlib import Path
from typing import cast

import msgspec

from katharion.drill.letters import Key, digest_of_arrival

GREETING = b"220 mail.customer.example ESMTP\r\n"
HELLO = b"250-mail.customer.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n"
END = b"\r\n.\r\n"


class Drop(Enum):
    """What becomes of a message whose dot gets no answer: the connection is cut."""

    NEVER = "never"
    LOST = "not taken"
    TAKEN = "taken all the same"


class Mood(msgspec.Struct, frozen=True):
    """How it behaves. `slow_every`, `drop_every`: of so many messages, one."""

    answer_seconds: float = 0.0
    slow_every: int = 10
    drop: Drop = Drop.NEVER
    drop_every: int = 5


class NextHop:
    """Can go down and come back on the same port. Its account is appended to `book`."""

    def __init__(self, book: Path) -> None:
        self.mood = Mood()
        self.arrivals: defaultdict[Key, list[float]] = defaultdict(list)
        self.unanswered: set[Key] = set()
        self.strange_count = 0  # Arrivals that are no letter of a drill.
        self.sessions: set[_Session] = set()
        self._book = book.open("a", encoding="ascii")
        self._server: asyncio.Server | None = None
        self.port = 0
        self.taken_count = 0

    async def come_up(self) -> None:
        """Listen on loopback, on the same port each time."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", self.port)
            self.port = int(self._server.sockets[0].getsockname()[1])

    def go_down(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._server is not None:
            self._server.close()
        self._server = None
        for session in tuple(self.sessions):
            session.cut()

    def close(self) -> None:
        """The end."""
        self.go_down()
        self._book.close()

    def take(self, content: bytes, recipients: tuple[str, ...]) -> bool:
        """One message is complete; says whether its dot is to be answered."""
        digest = digest_of_arrival(content)
        if digest is None:
            self.strange_count += 1
            return True
        self.taken_count += 1
        mood = self.mood
        is_dropped = mood.drop is not Drop.NEVER and self.taken_count % mood.drop_every == 0
        keys = [(digest, recipient) for recipient in recipients]
        if is_dropped:
            self.unanswered.update(keys)
        if not (is_dropped and mood.drop is Drop.LOST):
            now = asyncio.get_running_loop().time()
            for key in keys:
                self.arrivals[key].append(now)
            print(json.dumps([now, digest.hex(), *recipients]), file=self._book, flush=True)
        return not is_dropped


class _Session(asyncio.Protocol):
    """One connection of the node."""

    def __init__(self, hop: NextHop) -> None:
        self._hop = hop
        self._buffer = b""
        self._recipients: list[str] = []
        self._is_content = False
        self._is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not all loops' transports have the abstract class among their parents.
        self._transport = cast("asyncio.Transport", transport)
        self._hop.sessions.add(self)
        self._transport.write(GREETING)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # asyncio's signature.
        self._hop.sessions.discard(self)

    def cut(self) -> None:
        """Say nothing more."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def _go_on(self) -> None:
        while not self._is_waiting and not self._transport.is_closing():
            end = END if self._is_content else b"\r\n"
            part, found, rest = self._buffer.partition(end)
            if not found:
                return
            self._buffer = rest
            if self._is_content:
                self._take(part + b"\r\n")
            else:
                self._transport.write(self._answer(part))

    def _take(self, wire: bytes) -> None:
        self._is_content = False
        content = wire.replace(b"\r\n..", b"\r\n.")
        if not self._hop.take(content, tuple(self._recipients)):
            self.cut()
            return
        mood = self._hop.mood
        if not mood.answer_seconds or self._hop.taken_count % mood.slow_every:
            self._transport.write(b"250 2.0.0 Kept\r\n")
            return
        self._is_waiting = True
        asyncio.get_running_loop().call_later(mood.answer_seconds, self._answer_late)

    def _answer_late(self) -> None:
        self._is_waiting = False
        if not self._transport.is_closing():
            self._transport.write(b"250 2.0.0 Kept\r\n")
            self._go_on()

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._recipients = []
        elif verb == b"RCPT":
            self._recipients.append(line.partition(b"<")[2].partition(b">")[0].decode())
        elif verb == b"DATA":
            self._is_content = True
            return b"354 Go ahead\r\n"
        elif verb == b"EHLO":
            return HELLO
        elif verb == b"QUIT":
            self._transport.write(b"221 2.0.0 Bye\r\n")
            self._transport.close()
            return b""
        return b"250 2.0.0 OK\r\n"
