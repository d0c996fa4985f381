"""Tables for people: aligned, cut to fit, no borders."""

from collections.abc import Sequence
from datetime import UTC, datetime

CELL_LENGTH_MAX = 60


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their head. Cells are cut, never wrapped."""
    cells = [[_cut(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(padded).rstrip())


def moment(at: float) -> str:
    """A time for people, in UTC; "-" where there is none."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S") if at else "-"


def ago(seconds: float) -> str:
    """A span of time for people: its two greatest units at most."""
    left, parts = max(0, round(seconds)), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2]) or "0 s"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= CELL_LENGTH_MAX else flat[: CELL_LENGTH_MAX - 1] + "…"
