"""CPU time and memory of a process and all that descend from it, from /proc."""

import os
from pathlib import Path
from typing import NamedTuple

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the name in parentheses (proc(5), numbered from there).
_PARENT, _TIMES = 1, slice(11, 15)


class Member(NamedTuple):
    """One process: its parent, and CPU seconds of its own and of its children that it reaped."""

    parent: int
    cpu_seconds: float


def _members() -> dict[int, Member]:
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue  # It has ended meanwhile; whoever reaped it has its time.
        fields = stat.rpartition(")")[2].split()
        ticks = sum(int(field) for field in fields[_TIMES])
        found[int(entry.name)] = Member(int(fields[_PARENT]), ticks / _TICKS_PER_SECOND)
    return found


def tree(pid: int) -> dict[int, Member]:
    """The process `pid` and its living descendants."""
    everyone = _members()
    inside = {pid}
    while True:
        more = {p for p, member in everyone.items() if member.parent in inside} - inside
        if not more:
            return {p: everyone[p] for p in inside if p in everyone}
        inside |= more


def cpu_seconds(pid: int) -> float:
    """CPU time spent so far by the tree, children that ended included (10 ms a step)."""
    return sum(member.cpu_seconds for member in tree(pid).values())


def memory_bytes(pid: int) -> int:
    """The tree's proportional memory (PSS): shared pages are counted once."""
    total = 0
    for member in tree(pid):
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total
