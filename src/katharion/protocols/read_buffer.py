"""What was read and is not understood yet: lines and octets are taken from its front.

Source: RFC 5321 section 2.3.8 (lines); RFC 2920 (many commands may come in one read, so that
taking one must not copy the rest).
"""


class ReadBuffer:
    """Octets in order. Taking moves a mark; the rest is copied once a read, not once a line.

    What was taken is let go when no whole line is left: an idle connection keeps no old read.
    """

    __slots__ = ("_at", "_octets")

    def __init__(self) -> None:
        self._octets = b""
        self._at = 0

    def __len__(self) -> int:
        return len(self._octets) - self._at

    def add(self, octets: bytes) -> None:
        """Append what was read."""
        if self._at < len(self._octets):
            octets = self._octets[self._at :] + octets
        self._octets = octets
        self._at = 0

    def take_line(self) -> bytes | None:
        """The next line with its LF; None where none is whole."""
        end = self._octets.find(b"\n", self._at) + 1
        if not end:
            self._octets = self._octets[self._at :]
            self._at = 0
            return None
        line = self._octets[self._at : end]
        self._advance(end)
        return line

    def take(self, octets_max: int) -> bytes:
        """The next octets, as many as there are up to `octets_max`."""
        taken = self._octets[self._at : self._at + octets_max]
        self._advance(self._at + len(taken))
        return taken

    def take_all(self) -> bytes:
        """All that is there."""
        taken = self._octets[self._at :] if self._at else self._octets
        self.clear()
        return taken

    def clear(self) -> None:
        """Forget all."""
        self._octets = b""
        self._at = 0

    def _advance(self, at: int) -> None:
        if at == len(self._octets):
            self.clear()
        else:
            self._at = at
