"""Where in a TOML text a key stands, so that a mistake can be pointed at."""

import re
from collections.abc import Iterator

_TABLE = re.compile(r"\s*\[\[?\s*(.+?)\s*\]\]?\s*(?:#.*)?\Z")
_NAME = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*\.?""")

Path = tuple[str, ...]


def index_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of each key path and table of a TOML text.

    Good enough to point with: a line within a string of many lines may be taken for a key.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        match = _TABLE.match(line)
        if match and "=" not in match[1]:
            table = _parts(match[1])
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], number)
            continue
        match = _KEY.match(line)
        if match:
            found.setdefault((*table, *_parts(match[1])), number)
    return found


def line_of(lines: dict[Path, int], path: Path) -> int | None:
    """The line of a path, or of the nearest thing above it that is written down."""
    for candidate in _upwards(path):
        if candidate in lines:
            return lines[candidate]
    return None


def _upwards(path: Path) -> Iterator[Path]:
    for length in range(len(path), 0, -1):
        yield path[:length]


def _parts(text: str) -> Path:
    return tuple(
        next(group for group in match.groups() if group is not None)
        for match in _PART.finditer(text)
    )
