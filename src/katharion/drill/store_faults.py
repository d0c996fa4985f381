"""What may go wrong with the store, and with the clock that it is written by.

Each runs while letters are begun, and mends what it broke before it ends, where it can be
mended: what is damaged stays so, and must be seen and named.
"""

import asyncio
import os
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

from katharion.adapters.store.shard import read_only
from katharion.demo.node import DemoError
from katharion.drill.faults import next_hop_dies, stop_in_order
from katharion.drill.house import House
from katharion.drill.stage import NotHereError, Stage

DISK_MEGABYTES = 16
PAGE_OCTETS = 4096
LOCK_SECONDS = 7.0  # Longer than a writer waits.
QUEUED_SECONDS = 2.0  # Until something is queued, while the next hop is down.
LIBRARIES = Path("/usr/lib")
LIBRARY = "faketime/libfaketime.so.1"
JUMPS = ("+1d", "-1d", "+3h", "+0")


# Disk full.


def small_disk(house: House) -> None:
    """The store on a tmpfs of its own."""
    if os.geteuid() != 0:
        raise NotHereError("it mounts a small tmpfs for the store, so it must be run as root")
    size = f"size={DISK_MEGABYTES}m,mode=0700"
    words = ["/bin/mount", "-t", "tmpfs", "-o", size, "katharion-drill", str(house.store)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 # Our own words.
    if done.returncode:
        raise NotHereError(f"a tmpfs can't be mounted for the store: {done.stderr.strip()}")
    house.at_end.append(lambda: _unmount(house.store))


def _unmount(folder: Path) -> None:
    subprocess.run(["/bin/umount", str(folder)], check=False)  # noqa: S603 # Our own words.


async def disk_full(stage: Stage) -> None:
    """Not an octet left for some seconds, again and again."""
    filler = stage.house.store / "filler"
    count = 0
    while stage.is_loading:
        await stage.pause(0.5, 1.0)
        stage.note("disk full")
        _fill(filler)
        count += 1
        await stage.pause(2.0, 3.0)
        filler.unlink()
    stage.details.append(f"{count} times full")


def _fill(filler: Path) -> None:
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(PAGE_OCTETS)):
            pass


# Store locked.


async def store_locked(stage: Stage) -> None:
    """An outside process holds each shard's write lock for longer than its owner waits."""
    count = 0
    while stage.is_loading:
        await stage.pause(0.5, 1.0)
        stage.note("store locked")
        locks = [await asyncio.to_thread(_lock, path) for path in stage.house.shards()]
        await asyncio.sleep(LOCK_SECONDS)
        for lock in locks:
            lock.close()
        count += 1
    stage.details.append(f"{count} times locked for {LOCK_SECONDS:.0f} s")


def _lock(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    db.execute("BEGIN EXCLUSIVE")
    return db


# Damage.


async def bits_flip(stage: Stage) -> None:
    """The stored content of something queued changes: it is never delivered, but put aside."""
    stage.hop.go_down()
    await asyncio.sleep(QUEUED_SECONDS)
    damaged = [one for path in stage.house.shards() for one in await asyncio.to_thread(_flip, path)]
    await stage.hop.come_up()
    stage.details.append(f"{len(damaged)} messages damaged")
    stage.at_end.append(lambda: _see_damaged(stage, damaged))
    await next_hop_dies(stage)


def _flip(path: Path) -> list[str]:
    """Flip a bit in the middle of one message's content; its id, where there was one."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as db:
        row = db.execute(
            "SELECT c.rowid, c.octets, c.message_id FROM held_content c"
            " JOIN held_recipient r ON r.message_id = c.message_id WHERE r.state = 'queued'"
            " ORDER BY r.due_at DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return []
        octets = bytearray(row[1])
        octets[len(octets) // 2] ^= 4
        db.execute("UPDATE held_content SET octets = ? WHERE rowid = ?", (bytes(octets), row[0]))
    return [str(row[2])]


def _see_damaged(stage: Stage, damaged: list[str]) -> None:
    if not damaged:
        stage.broken.append("nothing was queued that could be damaged")
    for message_id in damaged:
        rows = [row for path in stage.house.shards() for row in _states(path, message_id)]
        if set(rows) != {("quarantined", "damaged")}:
            stage.broken.append(f"damaged {message_id} is not put aside: {rows}")


def _states(path: Path, message_id: str) -> list[tuple[str, str]]:
    sql = "SELECT state, reason FROM held_recipient WHERE message_id = ?"
    return read_only(path, lambda db: db.execute(sql, (message_id,)).fetchall())


async def page_is_bad(stage: Stage) -> None:
    """A page of stored content is overwritten while the node is down; all else goes on."""
    stage.hop.go_down()
    await asyncio.sleep(QUEUED_SECONDS)
    await stop_in_order(stage)
    path = max(stage.house.shards(), key=lambda one: one.stat().st_size)
    page = await asyncio.to_thread(_spoil, path)
    stage.details.append(f"page {page} of {path.name} overwritten")
    try:
        await stage.house.start()
    except DemoError as error:
        stage.broken.append(f"it did not start on a bad page: {error}")
    await stage.hop.come_up()
    await next_hop_dies(stage)


def _spoil(path: Path) -> int:
    """Overwrite the first leaf of the contents; the node is down, so nobody looks."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute(
            "SELECT pageno FROM dbstat WHERE name = 'held_content' AND pagetype = 'leaf'"
            " ORDER BY path LIMIT 1"
        ).fetchone()
        (octets,) = db.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * octets)
        file.write(b"\xff" * octets)
    return int(page)


# The clock.


def faked_clock(house: House) -> None:
    """The node's wall clock is what a file says; its monotonic clock is the machine's."""
    library = next(iter(sorted(LIBRARIES.glob(f"*/{LIBRARY}"))), LIBRARIES / LIBRARY)
    if not library.exists():
        raise NotHereError("it needs libfaketime: apt-get install faketime, or scripts/packages")
    _set_clock(house, "+0")
    house.environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(house.home / "faketime"),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # Else it lets each wait for Python's own lock take a tenth of a second.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }


async def clock_jumps(stage: Stage) -> None:
    """A day on, a day back, some hours on, and right again; while there is a queue."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(next_hop_dies(stage))
        tasks.create_task(_jump(stage))


async def _jump(stage: Stage) -> None:
    count = 0
    while stage.is_loading:
        await stage.pause(1.0, 2.0)
        jump = JUMPS[count % len(JUMPS)]
        stage.note(f"clock {jump}")
        _set_clock(stage.house, jump)
        count += 1
    _set_clock(stage.house, "+0")
    stage.details.append(f"{count} jumps of the clock")


def _set_clock(house: House, jump: str) -> None:
    draft = house.home / "faketime.new"
    draft.write_text(f"{jump}\n")
    draft.rename(house.home / "faketime")
