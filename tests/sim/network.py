"""TCP in memory: pairs of transports between hosts, with the time it takes and all that breaks.

Octets of one direction keep their order, and no two arrivals have the same time. A cut holds
them back, as retransmission does, and for too long it breaks the connection. A process that
is killed leaves to its kernel what it has written, and its peer sees an end or a reset.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from sim.loop import NOBODY, Process, SimLoop, current_process

RETRANSMIT_SECONDS_MAX = 900.0
WINDOW_OCTETS = 65_536
TICK = 1e-7
Factory = Callable[[], Any]


class Listening:
    """One address that is listened on. While `process` is None clients wait for a successor."""

    def __init__(self) -> None:
        self.process: Process | None = None
        self.make: Factory | None = None
        self.is_open = True  # False: who connects is refused.
        self.waiting: deque[Endpoint] = deque()


class Endpoint:
    """One end of a connection; shaped like asyncio's transports."""

    def __init__(self, net: "Network", process: Process, names: tuple[str, str]) -> None:
        """`names`: our host and the peer's."""
        self.net, self.process, self.names = net, process, names
        self.peer: Endpoint | None = None
        self.protocol: Any = None
        self.is_closed = False  # By us: nothing more comes to the protocol.
        self.is_gone = False  # The connection is over for us.
        self.is_paused = False
        self.is_choked = False
        self._last_at = 0.0
        self._octets_under_way = 0
        self._unread: deque[tuple[str, bytes, Callable[[], None] | None]] = deque()
        self._high, self._low = WINDOW_OCTETS, WINDOW_OCTETS // 4

    # What a protocol may ask of its transport.

    def write(self, data: bytes, heard: Callable[[], None] | None = None) -> None:
        """Send; `heard` is called when a living peer has read it (actors ask for that)."""
        if self.is_gone or self.is_closed or self.process.is_dead or not data:
            return
        self._octets_under_way += len(data)
        for piece in self.net.pieces(bytes(data)):
            self._send("data", piece, heard)
        if self._octets_under_way > self._high and not self.is_choked:
            self.is_choked = True
            self.protocol.pause_writing()
        self.net.after_write(self)

    def writelines(self, parts: list[bytes]) -> None:
        self.write(b"".join(parts))

    def write_eof(self) -> None:
        self._send("eof")

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        if self.is_closed or self.is_gone or self.process.is_dead:
            return
        self.is_closed = True
        self._send("end")
        self._lose(None)

    def abort(self) -> None:
        if self.is_gone or self.process.is_dead:
            return
        self.is_closed = True
        self.reset_peer()
        self._lose(None)

    def is_closing(self) -> bool:
        return self.is_closed or self.is_gone

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False
        while self._unread and not self.is_paused and not self.is_gone:
            self._take(*self._unread.popleft())

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = WINDOW_OCTETS + (high or 0)
        self._low = WINDOW_OCTETS // 4 if low is None else max(low, 1)

    def get_write_buffer_size(self) -> int:
        return max(0, self._octets_under_way - WINDOW_OCTETS)

    @property
    def is_unheard(self) -> bool:
        """Whether something that was written has not come to the other host."""
        return self._octets_under_way > 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self.names[1], 40_000) if name == "peername" else default

    # What the network does.

    def reset_peer(self) -> None:
        """The peer hears of a reset; what was on its way to it is lost."""
        peer = self.peer
        assert peer is not None
        self._last_at = -1.0  # Overtakes: what arrives later finds the connection gone.
        self.net.loop.call_as(
            peer.process, self.net.arrival(self, peer), lambda: peer.break_off("reset by peer")
        )

    def break_off(self, reason: str) -> None:
        """The connection is broken for this end."""
        if not self.is_gone:
            self._lose(None if self.is_closed else ConnectionResetError(reason))

    def abandon(self) -> None:
        """Our process was killed: its kernel closes the connection."""
        if self.is_gone or self.is_closed:
            return
        self.is_gone = True
        self.net.open_ends.pop(self, None)
        if self.net.dice.random() < self.net.reset_at_death_share:
            self.reset_peer()
        else:
            self._send("end")

    def _send(self, kind: str, data: bytes = b"", heard: Callable[[], None] | None = None) -> None:
        peer = self.peer
        assert peer is not None
        self._last_at = at = self.net.arrival(self, peer)
        self.net.loop.call_as(NOBODY, at, lambda: self._arrive(kind, data, heard))

    def _arrive(self, kind: str, data: bytes, heard: Callable[[], None] | None) -> None:
        peer = self.peer
        assert peer is not None
        self.net.frames_count += 1
        cut_until = self.net.cut_until(self, peer)
        if cut_until > self.net.loop.now:
            if cut_until - self.net.loop.now > RETRANSMIT_SECONDS_MAX:
                self.net.as_owner(self, lambda: self.break_off("timed out"))
            else:
                self._last_at = max(self._last_at, cut_until + TICK)
                self.net.loop.call_as(
                    NOBODY, cut_until + TICK, lambda: self._arrive(kind, data, heard)
                )
            return
        if peer.is_gone or peer.is_closed:
            if kind == "data" and not self.is_gone:
                self.net.as_owner(self, lambda: self.break_off("reset by peer"))
            return
        self._octets_under_way -= len(data)
        owner = peer.process
        if owner.is_frozen or peer.protocol is None:
            self.net.as_owner(peer, lambda: peer._take(kind, data, heard))
        elif not owner.is_dead:
            owner.context.run(peer._take, kind, data, heard)
        if self.is_choked and self._octets_under_way <= self._low and not self.is_gone:
            self.is_choked = False
            self.net.as_owner(self, self.protocol.resume_writing)

    def _take(self, kind: str, data: bytes, heard: Callable[[], None] | None) -> None:
        if self.is_gone or self.is_closed:
            return
        if self.is_paused or self.protocol is None:
            self._unread.append((kind, data, heard))
        elif kind == "data":
            if heard is not None:
                heard()
            self.protocol.data_received(data)
        elif not self.protocol.eof_received():
            self.close()

    def _lose(self, error: Exception | None) -> None:
        self.is_gone = True
        self.net.open_ends.pop(self, None)
        self.net.as_owner(self, lambda: self.protocol and self.protocol.connection_lost(error))


class Network:
    """All hosts and what lies between them. Chances are from 0 to 1; 0: it never happens."""

    def __init__(self, loop: SimLoop, dice: Random) -> None:
        self.loop, self.dice = loop, dice
        self.frames_count = 0
        self.open_ends: dict[Endpoint, None] = {}
        self.listening: dict[tuple[str, int], list[Listening]] = {}
        self.cuts: dict[tuple[str, str], float] = {}  # From, to: until.
        self.latency_seconds = (0.0005, 0.01)
        self.reset_at_death_share = 0.5
        self.pieces_share = 0.1
        self.spike_share = 0.0
        self.spike_seconds_max = 30.0
        self.reset_share = 0.0  # Of writes: the connection breaks under them.
        self.on_write: Callable[[Process], None] = lambda _process: None
        loop.open_connection_by = self.connect

    # Who listens.

    def listen(self, host: str, port: int, places_count: int = 1) -> list[Listening]:
        """The listening sockets of an address, one a process that is to serve it."""
        places = [Listening() for _ in range(places_count)]
        self.listening[host, port] = places
        return places

    def serve(self, place: Listening, process: Process, make: Factory) -> None:
        """`process` accepts now, also those who wait."""
        place.process, place.make, place.is_open = process, make, True
        while place.waiting:
            self._accept(place, place.waiting.popleft())

    async def connect(self, factory: Factory, host: str, port: int) -> tuple[Endpoint, Any]:
        """As a loop's create_connection."""
        process = current_process()
        done = self.loop.create_future()
        client = Endpoint(self, process, (process.host, host))
        server = Endpoint(self, NOBODY, (host, process.host))
        client.peer, server.peer = server, client

        def knock() -> None:
            until = max(self.cut_until(client, server), self.cut_until(server, client))
            if until > self.loop.now:
                self.loop.call_as(NOBODY, until + TICK, knock)  # Its SYN is sent again.
                return
            place = self._place(host, port)
            if done.done():
                return  # It has given up.
            if place is None:
                done.set_exception(ConnectionRefusedError(111, "Connection refused"))
                return
            if process.is_dead:
                return
            done.set_result(None)
            if place.process is None or place.process.is_dead:
                place.waiting.append(server)
            else:
                self._accept(place, server)

        self.loop.call_as(NOBODY, self.arrival(client, server), knock)
        try:
            await done
        except asyncio.CancelledError:
            client.is_gone = True  # Who no longer wants it closes it.
            client.reset_peer()
            raise
        client.protocol = factory()
        self.open_ends[client] = None
        client.protocol.connection_made(client)
        client.resume_reading()
        return client, client.protocol

    def _place(self, host: str, port: int) -> Listening | None:
        places = [place for place in self.listening.get((host, port), ()) if place.is_open]
        return self.dice.choice(places) if places else None

    def _accept(self, place: Listening, server: Endpoint) -> None:
        process, make = place.process, place.make
        assert process is not None
        assert make is not None
        server.process = process

        def made() -> None:
            server.protocol = make()
            self.open_ends[server] = None
            server.protocol.connection_made(server)
            server.resume_reading()  # What came while nobody had accepted it.
            if server.peer is not None and server.peer.is_gone:
                server.break_off("reset by peer")

        self.as_owner(server, made)

    # What may happen.

    def arrival(self, sender: Endpoint, receiver: Endpoint) -> float:
        """When something sent now arrives: always after what was sent before it."""
        seconds = self.dice.uniform(*self.latency_seconds)
        if self.spike_share and self.dice.random() < self.spike_share:
            seconds += self.dice.uniform(0, self.spike_seconds_max)
        until = self.cut_until(sender, receiver)
        return max(self.loop.now + seconds, sender._last_at + TICK, until + TICK)

    def pieces(self, data: bytes) -> list[bytes]:
        """Written at once, read in pieces."""
        if len(data) < 2 or self.dice.random() >= self.pieces_share:
            return [data]
        at = self.dice.randrange(1, len(data))
        return [data[:at], data[at:]]

    def after_write(self, end: Endpoint) -> None:
        """What a write may break."""
        self.on_write(end.process)
        if self.reset_share and self.dice.random() < self.reset_share:
            self.reset(end)

    def reset(self, end: Endpoint) -> None:
        """The connection breaks for both ends."""
        assert end.peer is not None
        for each in (end, end.peer):
            self.loop.call_as(
                each.process, self.loop.now + TICK, lambda each=each: each.break_off("reset")
            )

    def cut(self, one: str, other: str, seconds: float) -> None:
        """Nothing goes from `one` to `other` for some time."""
        self.cuts[one, other] = self.loop.now + seconds

    def cut_until(self, sender: Endpoint, receiver: Endpoint) -> float:
        return self.cuts.get((sender.names[0], receiver.names[0]), 0.0) if self.cuts else 0.0

    def abandon(self, process: Process) -> None:
        """A process was killed: its connections end, its sockets wait for a successor."""
        for end in [end for end in self.open_ends if end.process is process]:
            end.abandon()
        for places in self.listening.values():
            for place in places:
                if place.process is process:
                    place.process = None

    def as_owner(self, end: Endpoint, work: Callable[[], object]) -> None:
        """Do something at once as the process of an end; not at all where that is dead."""
        self.loop.soon_as(end.process, work)
