"""A real node that looks into files: what is held, and what goes on when an examiner is killed."""

import os
import signal
import smtplib
from base64 import encodebytes
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fixtures.fix_files import EICAR, EXE, MEBIOCTET, zipped
from fixtures.fix_node import Node, Plan
from fixtures.fix_ports import wait_until
from fixtures.fix_sink import MailBox

TOLERANT = "probable_score = 8.0\ndefinite_score = 20.0"  # So that findings are seen to arrive.


def with_file(subject: str, content: bytes) -> bytes:
    encoded = encodebytes(content).replace(b"\n", b"\r\n")
    return (
        b"From: <dora@sender.example>\r\nTo: <alice@customer.example>\r\n"
        b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <"
        + subject.encode()
        + b"@s.example>"
        b"\r\nSubject: " + subject.encode() + b"\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: application/zip; name="a.zip"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded
    )


def examiners_of(pid: int) -> list[int]:
    """The processes that a filter has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def send(here: Node, content: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", here.port, timeout=20) as session:
        session.sendmail("dora@sender.example", ["alice@customer.example"], content)


def found_in(box: MailBox, subject: str) -> bytes:
    """The message of that subject, once it has arrived."""
    wanted = f"Subject: {subject}\r\n".encode()
    wait_until(lambda: any(wanted in m.content for m in box.letters), what=f"{subject} arrives")
    return next(m.content for m in box.letters if wanted in m.content)


def test_files_are_looked_into_and_a_killed_examiner_is_replaced(
    node: Callable[[Plan], Node], mail_box: MailBox
) -> None:
    here = node(Plan((f"127.0.0.1:{mail_box.port}",), policy=TOLERANT))
    send(here, with_file("first", zipped({"a.exe": EXE})))
    assert b"FILE_REFUSED" in found_in(mail_box, "first")
    filter_pid = here.pid_of("filter-00")
    for pid in examiners_of(filter_pid):
        os.kill(pid, signal.SIGKILL)
    send(here, with_file("second", zipped({"zeros": bytes(60 * MEBIOCTET)})))
    assert b"ARCHIVE_BOMB" in found_in(mail_box, "second")
    with suppress(smtplib.SMTPResponseException):
        send(here, with_file("virus", zipped({"eicar.com": EICAR})))
    assert not any(b"Subject: virus" in m.content for m in mail_box.letters)
    assert len(examiners_of(filter_pid)) == 1


def test_examiners_end_with_their_filter(node: Callable[[Plan], Node], mail_box: MailBox) -> None:
    here = node(Plan((f"127.0.0.1:{mail_box.port}",), policy=TOLERANT))
    send(here, with_file("first", zipped({"a.exe": EXE})))
    found_in(mail_box, "first")
    (examiner,) = examiners_of(here.pid_of("filter-00"))
    here.kill("filter-00")
    wait_until(lambda: not Path(f"/proc/{examiner}").exists(), what="the examiner has ended")
