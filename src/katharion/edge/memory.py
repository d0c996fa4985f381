"""The bytes that contents may take in this process: so it is never killed for its memory."""

FIRST_SHARE_BYTES = 64 * 1024


class ContentBudget:
    """One number of bytes for all sessions."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self.bytes_used = 0

    def take(self, octets: int) -> bool:
        """Reserve `octets` more; False (and nothing is reserved) where there are not so many."""
        if self.bytes_used + octets > self._bytes_max:
            return False
        self.bytes_used += octets
        return True

    def give_back(self, octets: int) -> None:
        """Free what was reserved."""
        self.bytes_used -= octets
        assert self.bytes_used >= 0, "who gives back has taken"


class ContentShare:
    """What one content has reserved: SIZE as declared or a first share, then as it grows."""

    __slots__ = ("_budget", "_bytes_held", "_bytes_reserved")

    def __init__(self, budget: ContentBudget) -> None:
        self._budget = budget
        self._bytes_reserved = self._bytes_held = 0

    def begin(self, size_bytes_declared: int | None) -> bool:
        """Reserve for a content that is to come."""
        wanted = min(size_bytes_declared or FIRST_SHARE_BYTES, FIRST_SHARE_BYTES * 16)
        return self._reserve(wanted)

    def grow(self, octets: int) -> bool:
        """Hold `octets` more, reserving as needed."""
        self._bytes_held += octets
        missing = self._bytes_held - self._bytes_reserved
        return (
            missing <= 0 or self._reserve(max(missing, FIRST_SHARE_BYTES)) or self._reserve(missing)
        )

    def end(self) -> None:
        """Free all."""
        self._budget.give_back(self._bytes_reserved)
        self._bytes_reserved = self._bytes_held = 0

    def _reserve(self, octets: int) -> bool:
        if not self._budget.take(octets):
            return False
        self._bytes_reserved += octets
        return True
