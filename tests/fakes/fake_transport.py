"""A transport in memory: keeps what was written, and whether it was closed."""

import asyncio
from collections.abc import Iterable


class FakeTransport(asyncio.Transport):
    """`room_octets`: what the network takes at once; the rest waits until `drain`."""

    def __init__(self, room_octets: int = 1 << 40) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = self.is_aborted = False
        self.room_octets = room_octets
        self.waiting_octets = 0
        self.protocol: asyncio.Protocol | None = None
        self._high = 64 * 1024

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data
        self.waiting_octets += max(len(data) - self.room_octets, 0)
        if self.waiting_octets > self._high and self.protocol is not None:
            self.protocol.pause_writing()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def drain(self) -> None:
        """All that was written has left."""
        self.waiting_octets = 0
        if self.protocol is not None:
            self.protocol.resume_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert low == 0
        self._high = high or 0

    def get_write_buffer_size(self) -> int:
        return self.waiting_octets

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True
