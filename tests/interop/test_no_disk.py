"""A clean or refused message touches no disk: the filter's system calls, counted by target."""

import os
import re
import shutil
import smtplib
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.fix_letters import letter
from fixtures.fix_node import Node, Plan
from fixtures.fix_sink import MailBox

LETTERS = 60
LETTER_OCTETS = 200_000
SECTOR_OCTETS = 512
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
TRACED = "write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,rename,openat"
# strace -y names what a descriptor is: 5</path>, 7<socket:[…]>, 3<anon_inode:[…]>.
CALL = re.compile(r"(?P<call>\w+)\((?P<first>\w+)<(?P<target>[^>]*)>")
OPENED_TO_WRITE = re.compile(r'openat\([^"]*"(?P<path>[^"]*)", [^,)]*O_(?:WRONLY|RDWR|CREAT)')
MEMORY = ("socket:", "TCP:", "UNIX", "pipe:", "anon_inode:", "/dev/null")


@contextmanager
def traced(pid: int, out: Path) -> Iterator[None]:
    strace = subprocess.Popen(
        ["strace", "-f", "-y", "-e", f"trace={TRACED}", "-o", str(out), "-p", str(pid)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert strace.stderr is not None
    if "attached" not in strace.stderr.readline():
        pytest.skip("strace may not attach to a process here")
    try:
        yield
    finally:
        strace.terminate()
        strace.wait(10)


def targets(trace: str) -> Counter[tuple[str, str]]:
    """Calls by name and target: a path, or a kind of thing that lies in memory."""
    counted: Counter[tuple[str, str]] = Counter()
    for line in trace.splitlines():
        if opened := OPENED_TO_WRITE.search(line):
            counted["openat", opened["path"]] += 1
        elif (call := CALL.search(line)) and call["call"] != "openat":
            target = call["target"]
            kind = next((kind for kind in MEMORY if target.startswith(kind)), target)
            counted[call["call"], kind] += 1
    return counted


def write_octets(pid: int) -> int:
    """What the process has caused to be written to a device (proc(5), io)."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))


def device_octets(folder: Path) -> int | None:
    """What the device under `folder` has written, by the kernel's own account."""
    number = folder.stat().st_dev
    path = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
    os.sync()
    return int(path.read_text().split()[6]) * SECTOR_OCTETS if path.exists() else None


def send(port: int) -> None:
    """Clean mail, mail for an unknown recipient, and mail that is refused for its content."""
    body = (b"x" * 76 + b"\r\n") * (LETTER_OCTETS // 78)
    with smtplib.SMTP("127.0.0.1", port, "mail.sender.example", timeout=30) as session:
        for number in range(LETTERS):
            refused = number % 3 == 2
            text = letter(f"no disk {number}", body + (GTUBE if refused else b""))
            session.ehlo_or_helo_if_needed()
            session.mail("dora@sender.example")
            assert session.rcpt("nobody@customer.example")[0] == 550
            assert session.rcpt("alice@customer.example")[0] == 250
            assert session.data(text)[0] == (550 if refused else 250)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_filter_writes_no_content_to_a_disk(
    node: Callable[[Plan], Node], mail_box: MailBox, tmp_path: Path
) -> None:
    plan = Plan(
        next_hops=(f"127.0.0.1:{mail_box.port}",),
        recipients='["alice"]',
        policy='definite_action = "reject"',
    )
    here = node(plan)
    pid = here.pid_of("filter-00")
    out = tmp_path / "strace"
    before, device_before = write_octets(pid), device_octets(here.store)
    with traced(pid, out):
        send(here.port)
        time.sleep(1.5)  # What is written late, is written by now.
    written, device_after = write_octets(pid) - before, device_octets(here.store)
    counted = targets(out.read_text())
    for (call, target), times in sorted(counted.items()):
        print(f"{call:10} {times:6}  {target}")
    elsewhere = {
        key: times
        for key, times in counted.items()
        if key[1] not in MEMORY and not key[1].startswith(str(here.runtime))
    }
    assert not elsewhere, "the filter writes to its journal in memory, and to nothing else"
    assert not [key for key in counted if "sync" in key[0]]
    assert counted, "strace saw nothing: it can't show anything"
    assert written == 0
    assert not here.rows("SELECT id FROM held_message")
    assert len(mail_box.letters) == LETTERS * 2 // 3
    if device_before is not None and device_after is not None:
        device = device_after - device_before
        print(f"the device wrote {device} octets, the content was {LETTERS * LETTER_OCTETS}")
        assert device < LETTERS * LETTER_OCTETS / 2
