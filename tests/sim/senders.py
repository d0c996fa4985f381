"""The senders: they speak SMTP as strangers do, try again, and remember each word they heard."""

import asyncio
import re
from random import Random
from typing import NamedTuple

from sim.faults import Faults
from sim.letters import Letter
from sim.loop import SimLoop
from sim.network import Endpoint

CONNECT_SECONDS_MAX = 60.0
REPLY_SECONDS_MAX = 300.0
DOT_SECONDS_MAX = 600.0
AGAIN_SECONDS = (30.0, 600.0)
# What may be said to which command (RFC 5321 section 4.3.2), by first digit.
_DIGITS = {
    "greeting": "245",
    "ehlo": "245",
    "mail": "245",
    "rcpt": "245",
    "data": "345",
    "dot": "245",
}
_REFERENCE = re.compile(r"\(reference ([0-9A-Z]{26})\)")


class Attempt(NamedTuple):
    """One transaction. `code`: the reply to the dot; 0 where none was heard.

    `recipients` were accepted at RCPT.
    """

    recipients: tuple[str, ...]
    code: int
    reference: str = ""


class Cut(Exception):  # noqa: N818 # It is how a conversation ends, not an error.
    """The conversation is over before its time."""


class Line(NamedTuple):
    """A whole reply."""

    code: int
    text: str


class Wire(asyncio.Protocol):
    """A connection as replies to be waited for."""

    def __init__(self) -> None:
        self.transport: Endpoint | None = None
        self.is_over = False
        self.surplus_count = 0  # Replies that came without a command.
        self.expected_count = 1  # The greeting.
        self._buffer = b""
        self._lines: list[str] = []
        self._replies: list[Line] = []
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: Endpoint) -> None:  # type: ignore[override] # Ours.
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\r\n")
        for line in lines:
            text = line.decode("latin-1")
            self._lines.append(text[4:])
            if text[3:4] != "-":
                self._replies.append(Line(int(text[:3]), " ".join(self._lines)))
                self._lines = []
                self.expected_count -= 1
                if self.expected_count < 0 and not text.startswith("421"):
                    self.surplus_count += 1
        self._wake()

    def eof_received(self) -> bool:
        self.is_over = True
        self._wake()
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_over = True
        self._wake()

    def say(self, text: str, replies_count: int = 1) -> None:
        """Send a command, or several that are answered one by one."""
        assert self.transport is not None
        self.expected_count += replies_count
        self.transport.write(text.encode("latin-1"))

    @property
    def has_reply(self) -> bool:
        """Whether one is there to be read."""
        return bool(self._replies)

    async def reply(self, command: str, seconds_max: float = REPLY_SECONDS_MAX) -> Line:
        """The next reply, to that command."""
        try:
            async with asyncio.timeout(seconds_max):
                while not self._replies:
                    if self.is_over:
                        raise Cut
                    self._waiter = asyncio.get_running_loop().create_future()
                    await self._waiter
        except TimeoutError:
            raise Cut from None
        return self._taken(command)

    def _taken(self, command: str) -> Line:
        line = self._replies.pop(0)
        if str(line.code)[0] not in _DIGITS[command]:
            raise AssertionError(f"I6 {line} to {command}")
        if line.code == 421:
            raise Cut
        return line

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Sender:
    """One person with one letter, at a host of his own."""

    def __init__(self, letter: Letter, loop: SimLoop, dice: Random, faults: Faults) -> None:
        self.letter = letter
        self.attempts: list[Attempt] = []
        self.refused: set[str] = set()  # Recipients that were refused for good at RCPT.
        self.left = list(letter.recipients)  # Not yet said 250 to, nor 5xx.
        self.wrong: list[str] = []
        self.is_done = False
        self._loop, self._dice, self._faults = loop, dice, faults

    async def run(self, addresses: list[str], starts_in_seconds: float) -> None:
        """Send until all recipients are answered for good."""
        await asyncio.sleep(starts_in_seconds)
        await self._send_all(addresses)
        if self.letter.is_sent_twice:
            await asyncio.sleep(self._dice.uniform(1, 60))
            self.left = [r for r in self.letter.recipients if r not in self.refused]
            await self._send_all(addresses)
        self.is_done = True

    async def _send_all(self, addresses: list[str]) -> None:
        while self.left:
            try:
                await self._try(self._dice.choice(addresses))
            except (Cut, OSError, TimeoutError):
                await asyncio.sleep(self._dice.uniform(*AGAIN_SECONDS))
            except AssertionError as error:
                self.wrong.append(str(error))
                await asyncio.sleep(self._dice.uniform(*AGAIN_SECONDS))

    async def _try(self, address: str) -> None:
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            _, wire = await self._loop.create_connection(Wire, address, 25)
        try:
            await self._talk(wire)
        finally:
            if wire.surplus_count:
                self.wrong.append(f"I6 {wire.surplus_count} replies without a command")
            if wire.transport is not None:
                wire.transport.close()

    async def _talk(self, wire: Wire) -> None:
        if (await wire.reply("greeting")).code >= 400:
            raise Cut
        wire.say("EHLO mail.sender.example\r\n")
        if (await wire.reply("ehlo")).code >= 400:
            raise Cut
        is_pipelined = self._dice.random() < 0.5
        while self.left:
            accepted = await self._envelope(wire, is_pipelined=is_pipelined)
            if accepted:
                await self._content(wire, accepted)
            elif self.left:
                raise Cut  # All of them later.
        wire.say("QUIT\r\n")

    async def _envelope(self, wire: Wire, *, is_pipelined: bool) -> list[str]:
        """MAIL and RCPT; returns whom the server takes now."""
        self._perhaps_drop(wire, "client-drops")
        wanted = list(self.left)
        commands = [f"MAIL FROM:<{self.letter.sender}> BODY=8BITMIME\r\n"]
        commands += [f"RCPT TO:<{recipient}>\r\n" for recipient in wanted]
        if is_pipelined:
            wire.say("".join(commands), len(commands))
        else:
            wire.say(commands[0])
        if (await wire.reply("mail")).code >= 400:
            raise Cut
        accepted = []
        for recipient, command in zip(wanted, commands[1:], strict=True):
            if not is_pipelined:
                wire.say(command)
            code = (await wire.reply("rcpt")).code
            if code < 300:
                accepted.append(recipient)
            elif code >= 500:
                self.left.remove(recipient)
                self.refused.add(recipient)
        return accepted

    async def _content(self, wire: Wire, accepted: list[str]) -> None:
        transport = wire.transport
        assert transport is not None
        wire.say("DATA\r\n")
        if (await wire.reply("data")).code != 354:
            raise Cut
        stuffed = self.letter.content.replace(b"\r\n.", b"\r\n..")
        if self._faults.happens("client-drops"):
            transport.write(stuffed[: self._dice.randrange(len(stuffed))])
            raise Cut
        if self._faults.happens("client-stalls"):
            transport.write(stuffed[:50])
            stuffed = stuffed[50:]
            await asyncio.sleep(self._dice.uniform(1, 400))
        wire.expected_count += 1
        transport.write(stuffed)
        transport.write(b".\r\n")
        if self._faults.happens("client-half-closes"):
            transport.write_eof()
        code, reference = 0, ""
        try:
            if self._faults.happens("client-drops-after-dot"):
                await asyncio.sleep(self._dice.uniform(0, 0.1))
                if not wire.has_reply:
                    raise Cut
            line = await wire.reply("dot", DOT_SECONDS_MAX)
            found = _REFERENCE.search(line.text)
            code, reference = line.code, found[1] if found else ""
        finally:
            self.attempts.append(Attempt(tuple(accepted), code, reference))
        if code >= 500 or code < 300:
            self.left = [each for each in self.left if each not in accepted]
        if code >= 400:
            raise Cut

    def _perhaps_drop(self, wire: Wire, kind: str) -> None:
        if self._faults.happens(kind):
            assert wire.transport is not None
            wire.transport.abort()
            raise Cut
