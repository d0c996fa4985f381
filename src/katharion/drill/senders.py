"""The senders of the drills: a steady load over several connections, pipelined.

As senders do, they send again what had no final answer, or a 4xx. Of its own make, so that
no mistake is shared with the node. Source: RFC 5321, RFC 2920 (pipelining).
"""

import asyncio
from collections import deque
from collections.abc import Sequence

import msgspec

from katharion.drill.letters import SENDER, Key, Letter, letter

CONNECTIONS = 8
ANSWER_SECONDS_MAX = 60.0
AGAIN_SECONDS = 0.3
LETTERS_MAX = 20  # On one connection: so that there are always new ones.


class Refused(msgspec.Struct, frozen=True):
    """A connection that could not be had: when, and why."""

    at: float
    reason: str


class Senders:
    """Sends letters number `first` and following; knows what was acknowledged."""

    def __init__(self, port: int, first: int, count: int, rate: float) -> None:
        self._port = port
        self._waiting: deque[tuple[int, tuple[str, ...]]] = deque()
        self._next = first
        self._end = first + count
        self._rate = rate
        self._at_work = 0
        self._is_over = False
        self.sent_count = 0
        self.acknowledged: set[Key] = set()
        self.refused: set[Key] = set()  # For good.
        # Sent once more after no answer or a 4xx: a second copy is then the sender's.
        self.repeated: set[Key] = set()
        self.digests: set[bytes] = set()
        self.connections_refused: list[Refused] = []

    @property
    def is_done(self) -> bool:
        """Whether all letters have their final answer."""
        return self._next >= self._end and not self._waiting and not self._at_work

    @property
    def unsent_count(self) -> int:
        """Letters that are still the senders' own."""
        return len(self._waiting) + self._at_work

    async def run(self, seconds: float) -> None:
        """Begin letters for that long at most; then send on what is left, until `stop`."""
        loop = asyncio.get_running_loop()
        self._began_at = loop.time()
        self._begin_until = self._began_at + seconds
        self._begun_count = 0
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CONNECTIONS):
                tasks.create_task(self._work())

    def stop(self) -> None:
        """What is not acknowledged by now, the senders keep."""
        self._is_over = True

    @property
    def is_loading(self) -> bool:
        """Whether new letters are begun still."""
        now = asyncio.get_running_loop().time()
        return not self._is_over and self._next < self._end and now < self._begin_until

    def _take_next(self) -> tuple[int, tuple[str, ...]] | None:
        """What to send now: a new letter at its time, else one that was sent before."""
        now = asyncio.get_running_loop().time()
        if self.is_loading and self._begun_count <= (now - self._began_at) * self._rate:
            self._begun_count += 1
            self.sent_count += 1
            number = self._next
            self._next += 1
            return number, letter(number).recipients
        if now >= self._begin_until:
            self._next = self._end
        return self._waiting.popleft() if self._waiting else None

    async def _work(self) -> None:
        """One connection after the other."""
        session: Session | None = None
        while not self._is_over and not (self.is_done and not self.is_loading):
            job = self._take_next()
            if job is None:
                await asyncio.sleep(0.005)
                continue
            self._at_work += 1
            try:
                session = await self._send(session, *job)
            finally:
                self._at_work -= 1
            if session is None and self._waiting:
                await asyncio.sleep(AGAIN_SECONDS)
        if session is not None:
            session.close()

    async def _send(
        self, session: "Session | None", number: int, recipients: tuple[str, ...]
    ) -> "Session | None":
        """One transaction; the session, where it may be used again."""
        one = letter(number)
        self.digests.add(one.digest)
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                session = session or await Session.open(self._port)
                codes = await session.send(one, recipients)
        except (OSError, EOFError, TimeoutError) as error:
            if session is None:
                now = asyncio.get_running_loop().time()
                self.connections_refused.append(Refused(now, repr(error)))
            else:
                self.repeated.update((one.digest, recipient) for recipient in recipients)
                session.close()
            self._waiting.append((number, recipients))
            return None
        return self._conclude(session, one, codes)

    def _conclude(self, session: "Session", one: Letter, codes: dict[str, int]) -> "Session | None":
        again = []
        for recipient, code in codes.items():
            key = (one.digest, recipient)
            if 200 <= code < 300:
                self.acknowledged.add(key)
            elif code >= 500:
                self.refused.add(key)
            else:
                self.repeated.add(key)
                again.append(recipient)
        session.letters_count += 1
        if not again and session.letters_count < LETTERS_MAX:
            return session
        if not again:
            session.quit()
            return None
        self._waiting.append((one.number, tuple(again)))
        session.close()
        return None


class Session:
    """One connection, greeted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.letters_count = 0

    @classmethod
    async def open(cls, port: int) -> "Session":
        """Connect and say EHLO. OSError or EOFError where it can't be."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        session = cls(reader, writer)
        try:
            await session._expect(220)
            writer.write(b"EHLO mail.sender.example\r\n")
            await session._expect(250)
        except BaseException:
            writer.close()
            raise
        return session

    async def send(self, one: Letter, recipients: Sequence[str]) -> dict[str, int]:
        """The final code for each recipient. EOFError: the connection broke, nobody knows."""
        rcpts = b"".join(b"RCPT TO:<%s>\r\n" % r.encode() for r in recipients)
        self._writer.write(b"MAIL FROM:<%s>\r\n" % SENDER.encode() + rcpts + b"DATA\r\n")
        mail = await self._reply()
        codes = {recipient: await self._reply() for recipient in recipients}
        data = await self._reply()
        if data != 354:
            worst = mail if mail >= 400 else data
            return {r: code if code >= 400 else worst for r, code in codes.items()}
        text = one.content.replace(b"\r\n.", b"\r\n..")
        self._writer.write(text + b".\r\n")
        final = await self._reply()
        return {r: final if code < 400 else code for r, code in codes.items()}

    def quit(self) -> None:
        """Say goodbye, and do not wait for the answer."""
        self._writer.write(b"QUIT\r\n")
        self._writer.close()

    def close(self) -> None:
        """Say no more."""
        self._writer.close()

    async def _expect(self, code: int) -> None:
        heard = await self._reply()
        if heard != code:
            raise EOFError(f"{heard} instead of {code}")

    async def _reply(self) -> int:
        while True:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise EOFError("the connection was closed")
            if line[3:4] != b"-":
                return int(line[:3])
