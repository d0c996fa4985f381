"""Exim as the sender: the one common server that sends by BDAT (RFC 3030), and asks for PRDR."""

import os
import shutil
import signal
import smtplib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.fix_data import CACHE
from fixtures.fix_letters import letter
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import free_port, greets, wait_until
from fixtures.fix_sink import MailBox

# Unpacked aside by scripts/packages, for it conflicts with Postfix.
EXIM = CACHE / "exim" / "usr" / "sbin" / "exim4"

CONFIGURATION = """\
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
log_selector = +smtp_confirmation +received_recipients +pipelining
pid_file_path = {folder}/exim.pid
primary_hostname = mail.sender.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
exim_user = Debian-exim
exim_group = Debian-exim
exim_path = {exim}
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
accept_8bitmime = true
acl_smtp_rcpt = acl_all
acl_smtp_data = acl_all
begin acl
acl_all:
  accept
begin routers
on:
  driver = manualroute
  domains = *
  transport = on
  route_list = * 127.0.0.1::{relay_port} byname
  self = send
begin transports
on:
  driver = smtp
  port = {relay_port}
  allow_localhost = true
  hosts_try_fastopen =
  hosts_avoid_tls = *
  hosts_try_chunking = *
  hosts_try_prdr = *
begin retry
* * F,2h,15m
"""


class Exim:
    """One daemon, ended by its pid."""

    def __init__(self, relay_port: int) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="katharion-exim-", dir="/tmp"))
        self.folder.chmod(0o755)
        for inner in ("spool", "log"):
            (self.folder / inner).mkdir()
            shutil.chown(self.folder / inner, "Debian-exim", "Debian-exim")
        program = self.folder / "exim4"  # Where its own user can reach it.
        shutil.copy(EXIM, program)
        path = self.folder / "exim.conf"
        path.write_text(
            CONFIGURATION.format(
                folder=self.folder, port=self.port, exim=program, relay_port=relay_port
            )
        )
        self._child = subprocess.Popen(
            [str(program), "-C", str(path), "-bdf", "-q1m"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda: greets(self.port), what="Exim greets")

    def log(self) -> str:
        path = self.folder / "log" / "mainlog"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        self._child.send_signal(signal.SIGTERM)
        self._child.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def exim() -> Iterator[Callable[[int], Exim]]:
    if not EXIM.exists():
        pytest.skip("exim is not unpacked (scripts/packages does it)")
    if os.geteuid() != 0:
        pytest.skip("Exim's daemon needs root")
    running: list[Exim] = []

    def make(relay_port: int) -> Exim:
        running.append(Exim(relay_port))
        return running[-1]

    yield make
    for one in running:
        one.stop()


def test_exim_sends_by_bdat(
    exim: Callable[[int], Exim], node: Callable[[Plan], Node], mail_box: MailBox
) -> None:
    here = node(Plan(next_hops=(f"127.0.0.1:{mail_box.port}",)))
    sender = exim(here.port)
    body = b"Gr\xc3\xbc\xc3\x9fe.\r\n.dot\r\n.\r\n..\r\n" + b"0123456789" * 20 + b"\r\n"
    recipients = ["alice@customer.example", "bob@customer.example"]
    with smtplib.SMTP("127.0.0.1", sender.port, timeout=20) as session:
        session.sendmail("dora@sender.example", recipients, letter("in chunks", body * 50))
    arrived = mail_box.wait_for(1)[0]
    assert sorted(arrived.recipients) == recipients
    assert arrived.content.endswith(b"\r\n\r\n" + body * 50)
    wait_until(lambda: sender.log().count(" Completed") == 1, what="Exim is done")
    deliveries = [line for line in sender.log().splitlines() if " => " in line or " -> " in line]
    assert all(" K " in line for line in deliveries), deliveries  # Exim's mark for CHUNKING.
