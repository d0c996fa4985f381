"""Short drills: a few hundred letters each, something breaks, and the mail adds up."""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from katharion.drill.plans import DRILLS

AMOUNT = ("--messages", "300", "--seconds", "4", "--rate", "60")


def drill(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "katharion", "drill", *words],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def read(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout or "null") or pytest.fail(done.stderr)
    assert done.returncode == 0, found["broken"]
    assert found["broken"] == []
    return found


def left_over() -> set[Path]:
    tops = (tempfile.gettempdir(), "/dev/shm", "/run")  # noqa: S108 # Only looked at.
    return {path for top in tops for path in Path(top).glob("katharion-drill-*")}


def test_the_mail_adds_up_whatever_fails() -> None:
    """All at once: they wait more than they work."""
    names = ("kill-any", "freeze-queue-runner", "hop-takes-and-drops", "bit-flip", "store-locked")
    before = left_over()
    with ThreadPoolExecutor(len(names)) as pool:
        outcomes = [read(done) for done in pool.map(lambda n: drill(n, "--json", *AMOUNT), names)]
    for outcome in outcomes:
        account = outcome["account"]
        fates = ("delivered", "queued", "quarantined", "bounced", "lost")
        assert account["acked"] == sum(account[fate] for fate in fates)
        assert (account["lost"], account["altered"]) == (0, 0)
        assert account["duplicates"] == account["explained"]
        assert min(account["delivered"], account["quarantined"]) > 0
    assert left_over() == before


def test_a_killed_filter_is_back_within_two_seconds() -> None:
    (measured,) = [
        s for s in read(drill("filter-back", "--json", *AMOUNT))["details"] if "back" in s
    ]
    print(measured)


def test_what_needs_more_than_there_is_says_so() -> None:
    """A full disk needs a disk to fill: as root it is tried, else the reason is said."""
    if os.geteuid() == 0:
        done = drill("disk-full", *AMOUNT)
        assert done.returncode == 0 or "can't be mounted" in done.stderr, done.stdout
        return
    done = drill("disk-full")
    assert done.returncode == 2
    assert "root" in done.stderr


def test_the_list_names_them_all_and_a_wrong_name_is_told() -> None:
    said = drill("--list").stdout
    assert [line.split()[0] for line in said.splitlines()] == [one.name for one in DRILLS]
    for words in ((), ("kill-everybody",)):
        done = drill(*words)
        assert done.returncode == 2
        assert "--list" in done.stderr
