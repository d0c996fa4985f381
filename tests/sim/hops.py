"""The customers' servers: good ones, and all that servers do when they are not."""

import asyncio
from collections.abc import Callable
from random import Random

from sim.faults import Faults
from sim.loop import Process, SimLoop
from sim.network import Endpoint

GREETING = b"220 sink ready\r\n"
EHLO_BARE = b"250-sink\r\n250 8BITMIME\r\n"
EHLO_PIPELINING = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
SLOW_SECONDS_MAX = 60.0
LATE_SECONDS = (95.0, 560.0)


class Copy:
    """One message that a server has taken. `is_heard`: its 250 reached who sent it.

    `waited_until`: when that was said, or the connection ended; till then it is still to come.
    """

    def __init__(self, hop: str, at: float, recipients: tuple[str, ...], content: bytes) -> None:
        self.hop, self.at, self.recipients, self.content = hop, at, recipients, content
        self.is_heard = False
        self.waited_until = float("inf")

    def hear(self) -> None:
        """The sender has read our 250."""
        self.is_heard = True


class Hop:
    """One server. What it has taken it has for good."""

    def __init__(self, process: Process, loop: SimLoop, dice: Random, faults: Faults) -> None:
        self.process = process
        self.copies: list[Copy] = []
        self.is_pipelining = dice.random() < 0.7
        self.script: dict[str, str] = {}  # By stage: "4xx", "5xx", "drop" or "stall".
        self._loop, self.dice, self.faults = loop, dice, faults

    def session(self) -> "HopSession":
        """For a client that has come."""
        return HopSession(self)

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something after a while."""
        self._loop.call_as(self.process, self._loop.now + seconds, work)

    @property
    def now(self) -> float:
        """Virtual seconds."""
        return self._loop.now


class HopSession(asyncio.Protocol):
    """One connection to the server."""

    def __init__(self, hop: Hop) -> None:
        self._hop = hop
        self._buffer = b""
        self._recipients: list[str] = []
        self._content: bytes | None = None  # None: commands are read.
        self._is_busy = False
        self._is_over = False
        self._open: list[Copy] = []
        self._has_mail = False

    def connection_made(self, transport: Endpoint) -> None:  # type: ignore[override] # Ours.
        self._transport = transport
        self._answer("greeting", GREETING)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        self._is_over = True
        for copy in self._open:
            copy.waited_until = min(copy.waited_until, self._hop.now)

    def _go_on(self) -> None:
        while not self._is_busy and not self._is_over:
            if self._content is not None:
                head, end, rest = (b"\r\n" + self._buffer).partition(b"\r\n.\r\n")
                if not end:
                    return
                self._buffer, self._content = rest, None
                self._take(head[2:] + b"\r\n" if head else b"")
                continue
            line, end, rest = self._buffer.partition(b"\r\n")
            if not end:
                return
            self._buffer = rest
            self._command(line)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        is_out_of_order = (
            (verb == b"MAIL" and self._has_mail)
            or (verb == b"RCPT" and not self._has_mail)
            or (verb == b"DATA" and not self._recipients)
        )
        if is_out_of_order:
            self._say(b"503 5.5.1 not now\r\n")
        elif verb in (b"EHLO", b"HELO"):
            self._forget()
            self._answer("ehlo", EHLO_PIPELINING if self._hop.is_pipelining else EHLO_BARE)
        elif verb == b"MAIL":
            self._answer("mail", b"250 2.1.0 ok\r\n", self._begin)
        elif verb == b"RCPT":
            self._hear_rcpt(line[line.index(b"<") + 1 : line.index(b">")].decode("latin-1"))
        elif verb == b"DATA":
            self._answer("data", b"354 go\r\n", self._begin_content)
        elif verb == b"RSET":
            self._forget()
            self._answer("rset", b"250 2.0.0 ok\r\n")
        elif verb == b"QUIT":
            self._say(b"221 2.0.0 bye\r\n")
            self._transport.close()
            self._is_over = True
        else:
            self._say(b"500 5.5.2 what?\r\n")

    def _hear_rcpt(self, recipient: str) -> None:
        if self._hop.faults.happens("hop-partial"):
            kind = b"450 4.2.1 later" if self._hop.dice.random() < 0.7 else b"550 5.1.1 no"
            self._say(kind + b"\r\n")
        else:
            self._answer("rcpt", b"250 2.1.5 ok\r\n", lambda: self._recipients.append(recipient))

    def _begin(self) -> None:
        self._has_mail = True

    def _forget(self) -> None:
        self._has_mail = False
        self._recipients.clear()

    def _begin_content(self) -> None:
        self._content = b""

    def _take(self, stuffed: bytes) -> None:
        """The dot has come."""
        hop, faults = self._hop, self._hop.faults
        lines = stuffed.split(b"\r\n")
        content = b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)
        recipients = tuple(self._recipients)
        self._forget()
        if self._happens("hop-drops-after-dot", "dot", "drop"):
            self._drop()
            return
        if self._refuses("dot"):
            return
        copy = Copy(hop.process.host, hop.now, recipients, content)
        hop.copies.append(copy)
        self._open.append(copy)
        if faults.happens("hop-accepts-then-drops"):
            self._drop()
            return
        if faults.happens("hop-accepts-then-stalls"):
            self._is_busy = True
            return
        seconds = 0.0
        if faults.happens("hop-answers-late"):
            seconds = hop.dice.uniform(*LATE_SECONDS)
        self._say_later(seconds, b"250 2.0.0 kept\r\n", copy)

    def _answer(self, stage: str, reply: bytes, meant: Callable[[], None] | None = None) -> None:
        """Say it, if nothing comes between; `meant` is what the good reply means."""
        if self._happens("hop-drops", stage, "drop"):
            self._drop()
        elif self._happens("hop-stalls", stage, "stall"):
            self._is_busy = True
        elif not self._refuses(stage):
            if meant is not None:
                meant()
            is_slow = self._hop.faults.happens("hop-slow")
            self._say_later(self._hop.dice.uniform(0, SLOW_SECONDS_MAX) if is_slow else 0, reply)

    def _happens(self, kind: str, stage: str, how: str) -> bool:
        return self._hop.script.get(stage) == how or self._hop.faults.happens(kind)

    def _refuses(self, stage: str) -> bool:
        if self._happens("hop-4xx", stage, "4xx"):
            self._say(b"451 4.3.0 later\r\n")
        elif self._happens("hop-5xx", stage, "5xx"):
            self._say(b"554 5.0.0 never\r\n")
        else:
            return False
        return True

    def _say_later(self, seconds: float, reply: bytes, copy: Copy | None = None) -> None:
        if not seconds:
            self._say(reply, copy)
            return
        self._is_busy = True

        def speak() -> None:
            self._is_busy = False
            self._say(reply, copy)
            self._go_on()

        self._hop.later(seconds, speak)

    def _say(self, reply: bytes, copy: Copy | None = None) -> None:
        if self._is_over:
            return
        if copy is not None:
            copy.waited_until = self._hop.now
        self._transport.write(reply, copy.hear if copy is not None else None)

    def _drop(self) -> None:
        self._is_over = True
        self._transport.abort()
