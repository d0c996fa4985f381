"""Several DNS servers as one: the best is asked first, another where it hesitates.

A datagram may get lost, so a question goes out again after a while, to the next server or to
the same; an answer to any of them counts, for a slow server is better than none.

Source: RFC 1035 section 7.2 (sending the queries).
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from katharion.adapters.dns_health import Health
from katharion.adapters.dns_message import Reply
from katharion.adapters.dns_wire import Wire
from katharion.ports import Clock, Dice
from katharion.values.dns import DnsAnswer, DnsStatus, Question

ASKED_COUNT_MAX = 5  # Datagrams for one question.
PATIENCE_GROWTH = 1.5
PROBE_SECONDS = 1.0
PROBE = Question("A", "a.root-servers.net")
RESOLV_CONF = Path("/etc/resolv.conf")
LOCAL = "127.0.0.1"  # Where resolv.conf names nobody (resolv.conf(5)).

FAILED_REPLY = Reply(DnsAnswer(DnsStatus.FAILED))
Done = Callable[[Reply], None]


class Server:
    """One server, and how it does."""

    def __init__(self, name: str, dice: Dice) -> None:
        self.name = name
        self.health = Health()
        self.wire = Wire(name, dice)


class Servers:
    """All servers that may be asked. To be made on a running loop."""

    def __init__(self, names: Sequence[str], seconds_max: float, clock: Clock, dice: Dice) -> None:
        """`names`: addresses, with ports or without; empty: the system's."""
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self.seconds_max = seconds_max
        self.servers = [Server(name, dice) for name in names or system_servers()]
        self._probes: dict[Server, asyncio.TimerHandle] = {}

    def ask(self, question: Question, done: Done) -> None:
        """Ask; `done` is called once, perhaps before this returns."""
        usable = [server for server in self.servers if not server.health.is_out]
        if not usable:  # Nobody is there: whoever asks need not wait to hear so.
            done(FAILED_REPLY)
            return
        if len(usable) > 1:
            usable.sort(key=lambda server: server.health.latency_seconds)
        _Race(self, question, usable, done).ask_next()

    async def close(self) -> None:
        """Let go of all."""
        for timer in self._probes.values():
            timer.cancel()
        self._probes.clear()
        for server in self.servers:
            await server.wire.close()

    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()

    def later(self, seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back after a while."""
        return self._loop.call_later(seconds, call)

    def note_silence(self, server: Server) -> None:
        """It said nothing; from some time on it is probed."""
        server.health.was_silent()
        if server.health.is_out and server not in self._probes:
            self._probes[server] = self._loop.call_later(PROBE_SECONDS, self._probe, server, None)

    def _probe(self, server: Server, last: int | None) -> None:
        """Ask something that every server can answer; any answer will do."""
        if last is not None:
            server.wire.forget(last)
        asked_at = self.now()

        def heard(reply: Reply | None) -> None:
            if reply is not None and server in self._probes:
                self._probes.pop(server).cancel()
                server.health.answered(self.now() - asked_at)

        number = server.wire.ask(PROBE, heard)
        self._probes[server] = self._loop.call_later(PROBE_SECONDS, self._probe, server, number)


class _Race:
    """One question on its way, to one server or several: the first good answer is the answer."""

    def __init__(
        self, servers: Servers, question: Question, usable: Sequence[Server], done: Done
    ) -> None:
        self._servers, self._question, self._done = servers, question, done
        self._usable = usable
        self._asked_count = 0
        self._waiting: dict[int, tuple[Server, int, float]] = {}  # Its id, and since when.
        self._failed: set[Server] = set()
        self._is_over = False
        self._next: asyncio.TimerHandle | None = None
        self._end = servers.later(servers.seconds_max, self._give_up)

    def ask_next(self) -> None:
        """Ask the next server, or the first once more."""
        self._next = None
        left = [server for server in self._usable if server not in self._failed]
        if self._is_over or not left or self._asked_count >= ASKED_COUNT_MAX:
            return
        turn = self._asked_count
        self._asked_count += 1
        server = left[turn % len(left)]
        number = server.wire.ask(self._question, lambda reply: self._heard(turn, reply))
        if number is None:  # No name that could be asked for.
            self._finish(FAILED_REPLY)
            return
        self._waiting[turn] = (server, number, self._servers.now())
        patience = server.health.patience_seconds * PATIENCE_GROWTH**turn
        self._next = self._servers.later(patience, self.ask_next)

    def _heard(self, turn: int, reply: Reply | None) -> None:
        server, _, asked_at = self._waiting.pop(turn)
        if reply is None:
            self._servers.note_silence(server)
        else:
            server.health.answered(self._servers.now() - asked_at)
            if reply.answer.status is not DnsStatus.FAILED:
                self._finish(reply)
                return
        # It has failed: nobody asks it again, and another is asked at once.
        self._failed.add(server)
        if len(self._failed) == len(self._usable):
            self._finish(FAILED_REPLY)
        elif not any(other not in self._failed for other, _, _ in self._waiting.values()):
            if self._next is not None:
                self._next.cancel()
            self.ask_next()

    def _give_up(self) -> None:
        for server in {server for server, _, _ in self._waiting.values()}:
            self._servers.note_silence(server)
        self._finish(FAILED_REPLY)

    def _finish(self, reply: Reply) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._end.cancel()
        if self._next is not None:
            self._next.cancel()
        for server, number, _ in self._waiting.values():
            server.wire.forget(number)
        self._waiting.clear()
        self._done(reply)


def system_servers(path: Path = RESOLV_CONF) -> list[str]:
    """Those of this machine (resolv.conf(5))."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return [LOCAL]
    words = [line.split() for line in lines if line.startswith("nameserver")]
    # An address with a zone (fe80::1%eth0) is left out: sockets here are made without one.
    return [found[1] for found in words if len(found) > 1 and "%" not in found[1]] or [LOCAL]
