"""One connection to a client, in memory."""

from typing import Any


class FakePeer:
    """Implements ports.Peer. `sent` is what the client would have read."""

    def __init__(self, address: str = "192.0.2.7", port: int = 40_000) -> None:
        self.sent = b""
        self.is_closed = self.is_aborted = self.is_ended = False
        self.is_reading = True
        self._facts = {"peername": (address, port)}

    def write(self, data: bytes) -> None:
        assert not self.is_closed, "nothing is said after the end"
        assert data, "a write says something"
        self.sent += data

    def write_eof(self) -> None:
        self.is_ended = True

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._facts.get(name, default)

    def take(self) -> bytes:
        """What was sent since the last time."""
        sent, self.sent = self.sent, b""
        return sent
