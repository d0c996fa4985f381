"""Real processes that look into files, and what becomes of them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fix_files import EXE, file_of, zipped
from katharion.adapters.examiner import NOT_EXAMINED, TOO_COSTLY, WorkerExaminer
from katharion.content.attachments.options import MEBIOCTET, Rules, Settings
from katharion.values.examination import Examination, File

ZIP = file_of(zipped({"setup.exe": EXE}), "a.zip")


def run(
    work: Callable[[WorkerExaminer], Awaitable[None]],
    *,
    count: int = 1,
    seconds_max: float = 20.0,
    memory_octets_max: int = 1024 * MEBIOCTET,
) -> None:
    told = Settings(Rules(), memory_octets_max, cpu_seconds_max=10)

    async def all_of_it() -> None:
        examiner = WorkerExaminer(
            msgspec.json.encode(told).decode(), count=count, seconds_max=seconds_max
        )
        try:
            await work(examiner)
        finally:
            examiner.close()

    asyncio.run(all_of_it())


def names(found: Examination) -> list[str]:
    return [finding.name for finding in found.findings]


def test_one_process_answers_again_and_again() -> None:
    async def work(examiner: WorkerExaminer) -> None:
        assert examiner.pids == ()  # Nobody is started before he is needed.
        assert names(await examiner.examine([ZIP])) == ["FILE_REFUSED"]
        pids = examiner.pids
        asked = [examiner.examine([ZIP]) for _ in range(20)]
        assert all(names(found) == ["FILE_REFUSED"] for found in await asyncio.gather(*asked))
        assert examiner.pids == pids
        assert examiner.states["examined"] == 21

    run(work)


def test_a_death_is_a_finding_and_the_next_gets_a_new_process() -> None:
    async def work(examiner: WorkerExaminer) -> None:
        await examiner.examine([ZIP])
        pid = examiner.pids[0]
        os.kill(pid, signal.SIGSTOP)
        asked = asyncio.ensure_future(examiner.examine([ZIP]))  # noqa: TID251 # Killed while it waits.
        await asyncio.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        assert (await asked).findings == (TOO_COSTLY,)
        assert examiner.states["deaths"] == 1
        assert names(await examiner.examine([ZIP])) == ["FILE_REFUSED"]
        assert pid not in examiner.pids

    run(work)


def test_a_death_between_messages_costs_nobody_anything() -> None:
    async def work(examiner: WorkerExaminer) -> None:
        await examiner.examine([ZIP])
        os.kill(examiner.pids[0], signal.SIGKILL)
        os.waitid(os.P_PID, examiner.pids[0], os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 # It ends at once.
        assert names(await examiner.examine([ZIP])) == ["FILE_REFUSED"]

    run(work)


def test_who_takes_too_long_is_killed() -> None:
    async def work(examiner: WorkerExaminer) -> None:
        await examiner.examine([ZIP])
        pid = examiner.pids[0]
        os.kill(pid, signal.SIGSTOP)
        busy = asyncio.gather(examiner.examine([ZIP]), examiner.examine([ZIP]))
        found = await busy
        assert {each.findings[0].name for each in found} >= {TOO_COSTLY.name}
        assert examiner.states["late"] >= 1
        assert pid not in examiner.pids

    run(work, seconds_max=2.0)


def test_who_waits_in_vain_is_told_that_nobody_had_time() -> None:
    async def work(examiner: WorkerExaminer) -> None:
        assert (await examiner.examine([ZIP])).findings == (NOT_EXAMINED,)

    run(work, count=0, seconds_max=0.05)


def test_a_start_that_fails_is_no_messages_fault_and_not_tried_at_once_again() -> None:
    async def play() -> None:
        examiner = WorkerExaminer("no settings", count=1, seconds_max=20.0)
        assert (await examiner.examine([ZIP])).findings == (NOT_EXAMINED,)
        assert (await examiner.examine([ZIP])).findings == (NOT_EXAMINED,)
        assert examiner.states["failed_starts"] == 2
        assert examiner.pids == ()

    asyncio.run(play())


def test_who_asks_and_goes_leaves_a_place_for_the_next() -> None:
    async def work(examiner: WorkerExaminer) -> None:
        await examiner.examine([ZIP])
        os.kill(examiner.pids[0], signal.SIGSTOP)
        asked = asyncio.ensure_future(examiner.examine([ZIP]))  # noqa: TID251 # It is cancelled.
        await asyncio.sleep(0.05)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert names(await examiner.examine([ZIP])) == ["FILE_REFUSED"]

    run(work)


def test_more_memory_than_allowed_ends_the_process_alone() -> None:
    async def work(examiner: WorkerExaminer) -> None:
        large = File("2", "a", "text", bytes(300 * MEBIOCTET))
        assert (await examiner.examine([large])).findings == (TOO_COSTLY,)
        assert names(await examiner.examine([ZIP])) == ["FILE_REFUSED"]

    run(work, memory_octets_max=256 * MEBIOCTET)


_CONFINED = """
import socket, sys
from katharion.processes import examiner
from katharion.content.attachments.options import Rules, Settings
examiner._confine(Settings(Rules(), 1 << 30, 1))
for what in (lambda: open("/etc/passwd"), socket.socket):
    try:
        what()
    except OSError as error:
        print(error.errno, flush=True)
examiner._allow_cpu(1)
while True:
    pass
"""


def test_it_opens_nothing_and_its_cpu_time_is_counted() -> None:
    found = subprocess.run(
        [sys.executable, "-c", _CONFINED], capture_output=True, text=True, timeout=30, check=False
    )
    assert found.stdout.split() == ["24", "24"]  # EMFILE.
    assert found.returncode == -signal.SIGXCPU


def test_it_ends_with_whoever_started_it() -> None:
    async def work(examiner: WorkerExaminer) -> None:
        await examiner.examine([ZIP])
        pid = examiner.pids[0]
        next(iter(examiner._workers))._socket.close()
        for _ in range(200):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it still runs")

    run(work)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.binary(max_size=100), max_size=5))
def test_any_files_are_answered(contents: list[bytes]) -> None:
    async def work(examiner: WorkerExaminer) -> None:
        files = [File("2", "a", kind, c) for c in contents for kind in ("zip", "rar", "html")]
        found = await examiner.examine(files)
        assert TOO_COSTLY not in found.findings

    run(work)
