"""A next hop on loopback that does what its script says, at the stage named."""

import asyncio
from typing import Self

GOOD = {
    "greeting": b"220 hi\r\n",
    "hello": b"250-mail\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    "mail": b"250 ok\r\n",
    "rcpt": b"250 ok\r\n",
    "data": b"354 go\r\n",
    "dot": b"250 2.0.0 kept\r\n",
    "rset": b"250 ok\r\n",
    "quit": b"221 bye\r\n",
}
CLOSE, RESET, STALL = b"close", b"reset", b"stall"
_STAGES = {b"EHLO": "hello", b"LHLO": "hello", b"HELO": "hello"}


class FakeNextHop:
    """`script` replaces GOOD by stage: a reply, CLOSE, RESET or STALL; `delay_seconds` before.

    `content_octets_max`: what it reads of a content before it does what `script["content"]` says.
    """

    def __init__(self, host: str = "127.0.0.1", **script: bytes) -> None:
        self.host = host
        self.script = {**GOOD, **script}
        self.delay_seconds: dict[str, float] = {}
        self.octet_seconds = 0.0  # Before each octet that it says.
        self.content_octets_max = 0
        self.verbs: list[bytes] = []
        self.connections_count = 0
        self.letters: list[bytes] = []
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, self.host, self.port, limit=64 * 1024 * 1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Reset all connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_count += 1
        self._writers.add(writer)
        try:
            await self._answer("greeting", writer)
            while line := await reader.readline():
                verb = line[:4].upper().strip()
                self.verbs.append(verb)
                await self._answer(_STAGES.get(verb, verb.decode().lower()), writer)
                if verb == b"DATA" and self.script["data"].startswith(b"354"):
                    if self.content_octets_max:
                        await reader.readexactly(self.content_octets_max)
                        writer.transport.pause_reading()
                        await self._answer("content", writer)
                    self.letters.append(await reader.readuntil(b"\r\n.\r\n"))
                    await self._answer("dot", writer)
        except (OSError, EOFError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, stage: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.delay_seconds.get(stage, 0))
        reply = self.script[stage]
        if reply == STALL:
            await asyncio.sleep(3600)
        if reply == RESET:
            writer.transport.abort()
        if reply in (CLOSE, RESET):
            raise EOFError
        for octet in reply if self.octet_seconds else ():
            writer.write(bytes((octet,)))
            await asyncio.sleep(self.octet_seconds)
        writer.write(b"" if self.octet_seconds else reply)
        await writer.drain()
