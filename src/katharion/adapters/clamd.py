"""clamd: one or more of them, asked one after the other until one answers.

A connection a message: clamd forks no process for it, and one that hangs is left behind. Who
fails is not asked for a while, but where nobody else is left.
"""

import asyncio
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any

import msgspec

from katharion.ports import Clock
from katharion.protocols.clamd import ANSWER_OCTETS_MAX, PING, PONG, Scanned, answer, request

REST_SECONDS = 10.0  # After a failure.
CLOSED = (OSError, EOFError)


class ClamdOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scanning for viruses by clamd."""

    servers: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description='Where clamd listens, as "unix:/run/clamav/clamd.ctl" or "host:port";'
            " empty: nothing is scanned.",
            max_length=16,
        ),
    ] = ()
    seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds for a message, at all servers.", gt=0, le=60)
    ] = 10.0
    octets_max: Annotated[
        int,
        msgspec.Meta(description="Octets that clamd takes (its StreamMaxLength).", ge=1024),
    ] = 25 * 1024 * 1024
    connections_max: Annotated[
        int, msgspec.Meta(description="Scans at the same time, of each filter.", ge=1, le=100)
    ] = 10


class Clamd:
    """Implements ports.Scanner."""

    def __init__(self, options: ClamdOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._rests_until = dict.fromkeys(options.servers, 0.0)
        self._places = asyncio.Semaphore(options.connections_max)
        self.scanned_count = self.failed_count = 0

    @property
    def states(self) -> dict[str, object]:
        """For whoever asks how it goes."""
        now = self._clock.monotonic()
        resting = [server for server, until in self._rests_until.items() if until > now]
        return {"scanned": self.scanned_count, "failed": self.failed_count, "resting": resting}

    async def scan(self, content: bytes) -> Scanned:
        """What clamd says of `content`. Never raises."""
        if len(content) > self._options.octets_max:
            return Scanned(trouble="the message is larger than clamd takes")
        last = Scanned(trouble="no clamd can be reached")
        try:
            async with asyncio.timeout(self._options.seconds_max), self._places:
                for server in self._in_turn():
                    try:
                        found = answer(await _say(server, request(content)))
                    except CLOSED as error:
                        self._failed(server)
                        last = Scanned(trouble=f"clamd at {server}: {error}")
                        continue
                    self.scanned_count += 1
                    return found
        except TimeoutError:
            self.failed_count += 1
            return Scanned(trouble=f"clamd took more than {self._options.seconds_max:g} s")
        return last

    async def ping(self, server: str) -> bool:
        """Whether it answers."""
        try:
            async with asyncio.timeout(self._options.seconds_max):
                return await _say(server, (PING,)) == PONG
        except (TimeoutError, *CLOSED):
            return False

    def _in_turn(self) -> list[str]:
        """Those that did not fail of late first; then the others."""
        now = self._clock.monotonic()
        return sorted(self._rests_until, key=lambda server: self._rests_until[server] > now)

    def _failed(self, server: str) -> None:
        self.failed_count += 1
        self._rests_until[server] = self._clock.monotonic() + REST_SECONDS


def make_scanner(options: ClamdOptions, clock: Clock) -> Clamd | None:
    """Whoever scans; None where no server is named."""
    return Clamd(options, clock) if options.servers else None


async def _say(server: str, pieces: Iterable[bytes]) -> bytes:
    """What a server answers to all pieces."""
    loop = asyncio.get_running_loop()
    with await _connect(server) as peer:
        # Who takes no more has said why before.
        with suppress(ConnectionError):
            for piece in pieces:
                await loop.sock_sendall(peer, piece)
        said = b""
        while not said.endswith(b"\0"):
            more = await loop.sock_recv(peer, ANSWER_OCTETS_MAX)
            if not more or len(said) > ANSWER_OCTETS_MAX:
                raise EOFError("it hung up" if not more else "it talks for ever")
            said += more
        return said


async def _connect(server: str) -> socket.socket:
    loop = asyncio.get_running_loop()
    if server.startswith("unix:"):
        peer = socket.socket(socket.AF_UNIX)
        place: Any = server.removeprefix("unix:")
    else:
        host, _, port = server.rpartition(":")
        found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        family, _, _, _, place = found[0]
        peer = socket.socket(family)
    try:
        peer.settimeout(0)
        await loop.sock_connect(peer, place)
    except BaseException:
        peer.close()
        raise
    return peer
