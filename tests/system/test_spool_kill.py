"""kill -9 of who holds, and of who drains the journal: nothing acknowledged is lost or doubled."""

import os
import random  # noqa: TID251 # Seeded: when to kill.
import signal
import subprocess
import sys
import time
from pathlib import Path

from fixtures.fix_held import RECEIVED_AT
from katharion.adapters.journal import FileJournal, TrackingOptions
from katharion.adapters.store import rows
from katharion.adapters.store.migrate import migrate, spool_path
from katharion.adapters.store.shard import read_only
from katharion.adapters.store.tracking import JournalDrain, TrackingStore
from katharion.values.held import Query
from katharion.values.track import TrackRecord

ROUNDS = 20
ROOT = Path(__file__).parents[2]
HOLDER = """
import asyncio, os, sys
from pathlib import Path
from fixtures.fix_held import held_for, held_message
from katharion.adapters.store.spool import open_spool

async def hold(spool, first):
    for number in range(first, first + 100_000):
        await spool.hold(held_message(number, os.urandom(3000)), [held_for()])
        os.write(1, b"%d\\n" % number)

async def run():
    spool = open_spool(Path(sys.argv[1]), Path(sys.argv[1]), 0, frozenset({0}))
    await spool.start()
    first = int(sys.argv[2])
    await asyncio.gather(*(hold(spool, first + worker * 100_000) for worker in range(8)))

asyncio.run(run())
"""
DRAINER = """
import sys
from pathlib import Path
from katharion.adapters.store import tracking
from katharion.adapters.store.tracking import JournalDrain
tracking.READ_OCTETS_MAX = 4000  # Many small transactions.
print("go", flush=True)
JournalDrain(Path(sys.argv[1]), Path(sys.argv[2])).run_once()
"""


def start(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT / "src")])
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )


def kill_after_first_line(child: subprocess.Popen[bytes], seconds: float) -> bytes:
    """What it printed until it was killed."""
    assert child.stdout is not None
    printed = child.stdout.readline()
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    printed += child.stdout.read()
    child.stdout.close()
    child.wait()
    return printed


def test_every_acknowledged_id_is_there_and_whole(tmp_path: Path) -> None:
    migrate(tmp_path, 1)
    dice = random.Random(7)  # noqa: S311 # Seeded: a test's chance is no secret.
    acknowledged: set[int] = set()
    for number in range(ROUNDS):
        child = start(HOLDER, tmp_path, number * 1_000_000)
        printed = kill_after_first_line(child, dice.uniform(0.0, 0.15))
        acknowledged |= {int(line) for line in printed.split(b"\n")[:-1]}
    path = spool_path(tmp_path, 0)
    held = read_only(path, lambda db: rows.search(db, "s", Query(limit=1_000_000)))
    found = {int(row.message_id) for row in held}
    assert len(acknowledged) > ROUNDS * 8
    assert acknowledged <= found
    for number in dice.sample(sorted(found), 100):
        message = read_only(path, lambda db, n=number: rows.read(db, f"{n:026}"))
        assert message is not None
        assert message.received_at == RECEIVED_AT


def test_drain_killed_in_the_middle_neither_loses_nor_doubles(tmp_path: Path) -> None:
    migrate(tmp_path / "store", 1)
    folder = tmp_path / "journal"
    dice = random.Random(7)  # noqa: S311 # Seeded: a test's chance is no secret.
    written = 0
    journal = FileJournal(folder, "filter-00", TrackingOptions(journal_file_bytes_max=100_000))
    for _ in range(ROUNDS):
        for _i in range(1000):
            journal.append([TrackRecord(float(written), "delivered", message_id=f"m{written}")])
            written += 1
        child = start(DRAINER, folder, tmp_path / "store")
        kill_after_first_line(child, dice.uniform(0.0, 0.05))
    JournalDrain(folder, tmp_path / "store").run_once()
    records = TrackingStore(tmp_path / "store").between(0.0, 1e9, 1_000_000)
    assert [int(record.at) for record in records] == list(range(written))
