"""An honest scanner in memory: knows what it is given."""

from collections.abc import Mapping

from katharion.protocols.clamd import Scanned


class FakeScanner:
    """Finds each of `known` by the octets that it has; `trouble`: it is away."""

    def __init__(self, known: Mapping[bytes, str], trouble: str = "") -> None:
        self._known = known
        self.trouble = trouble

    async def scan(self, content: bytes) -> Scanned:
        """Implements ports.Scanner."""
        if self.trouble:
            return Scanned(trouble=self.trouble)
        return Scanned(next((name for part, name in self._known.items() if part in content), ""))
