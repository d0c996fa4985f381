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
    """`script` replaces GOOD by stage: a reply, CLOSE, RESET or STALL; `delay_seconds` before."""

    def __init__(self, host: str = "127.0.0.1", **script: bytes) -> None:
        self.host = host
        self.script = {**GOOD, **script}
        self.delay_seconds: dict[str, float] = {}
        self.connections_count = 0
        self.letters: list[bytes] = []
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
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
                await self._answer(_STAGES.get(verb, verb.decode().lower()), writer)
                if verb == b"DATA" and self.script["data"].startswith(b"354"):
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
        writer.write(reply)
        await writer.drain()
