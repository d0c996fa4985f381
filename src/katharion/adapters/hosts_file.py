"""The machine's own list of names: /etc/hosts, which operators expect to come first.

Source: hosts(5).
"""

from ipaddress import ip_address
from pathlib import Path

from katharion.ports import Clock

LOOK_SECONDS = 5.0  # A change is seen after this long at the latest.
LINES_COUNT_MAX = 20_000


class HostsFile:
    """Names and addresses of a file, which may change at any time."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._looked_at = float("-inf")
        self._mtime = 0.0
        self._names: dict[str, tuple[str, ...]] = {}

    def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of `name`; none where the file does not have it."""
        now = self._clock.monotonic()
        if now >= self._looked_at + LOOK_SECONDS:
            self._looked_at = now
            self._look()
        return self._names.get(name.lower(), ())

    def _look(self) -> None:
        try:
            mtime = self._path.stat().st_mtime
            if mtime != self._mtime:
                text = self._path.read_text(encoding="utf-8", errors="replace")
                self._names, self._mtime = _read(text), mtime
        except OSError:
            self._names, self._mtime = {}, 0.0


def _read(text: str) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines()[:LINES_COUNT_MAX]:
        address, *rest = line.partition("#")[0].split() or [""]
        try:
            written = str(ip_address(address))
        except ValueError:
            continue
        for name in rest:
            names[name.lower()] = (*names.get(name.lower(), ()), written)
    return names
