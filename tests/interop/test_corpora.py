"""Real mail arrives byte for byte, but for our trace; what must not pass is refused by name.

Bare CR and NUL: 550 5.6.0, and the connection is closed. A bare LF is made CRLF.
"""

import hashlib
import json
import re
import smtplib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from fixtures.fix_letters import stuffed, without_trace
from fixtures.fix_node import Node, Plan
from fixtures.fix_sink import MailBox

LETTERS = 2000
SESSIONS = 3
BARE_LF = re.compile(rb"(?<!\r)\n")
BARE_CR = re.compile(rb"\r(?!\n)")
# All is passed on, whatever the verdict: here the bytes are the matter.
POLICY = 'probable_action = "deliver"\ndefinite_action = "deliver"'
WORDS = b"5.6.0"


class Real(NamedTuple):
    """One message of the corpora as its client sends it, and what is to become of it."""

    number: int
    wire: bytes
    is_refused: bool
    arrives: bytes


def real_letters(corpora: Path) -> Iterator[Real]:
    """The same 2,000 each time: those whose names hash lowest."""
    rows = map(json.loads, (corpora / "manifest.jsonl").read_text().splitlines())
    names = sorted(
        (row["id"] for row in rows if row["copy"] == 1),
        key=lambda name: hashlib.sha256(name.encode()).digest(),
    )
    for number, name in enumerate(names[:LETTERS]):
        yield as_sent(number, (corpora / name).read_bytes())


def as_sent(number: int, stored: bytes) -> Real:
    """A file with the line ends of its machine is sent with CRLF; a mixed one as it is."""
    wire = stored if b"\r\n" in stored else stored.replace(b"\n", b"\r\n")
    is_refused = b"\0" in wire or BARE_CR.search(wire) is not None
    arrives = BARE_LF.sub(b"\r\n", wire)
    if not arrives.endswith(b"\r\n"):
        arrives += b"\r\n"  # DATA ends a last line that has no end (RFC 5321 4.1.1.4).
    return Real(number, wire, is_refused, without_own(arrives))


def without_own(content: bytes) -> bytes:
    """No corpus has header fields of ours; so nothing is to be taken out."""
    assert b"\r\nx-katharion-" not in content.lower()
    return content


def send(port: int, letters: list[Real]) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Send all over kept sessions; gives the reply to each, by number."""
    session = smtplib.SMTP("127.0.0.1", port, "mail.sender.example", timeout=60)
    session.ehlo()
    for real in letters:
        session.mail("s@sender.example", ["BODY=8BITMIME"])
        session.rcpt(f"r{real.number}@customer.example")
        session.docmd("DATA")
        session.send(stuffed(real.wire))
        yield real.number, session.getreply()
        if real.is_refused:
            # Where the message ended is in dispute: nothing more may be read here.
            assert session.sock is not None
            assert session.sock.recv(1) == b""
            session.close()
            session.connect("127.0.0.1", port)
            session.ehlo()
    session.quit()


def test_real_mail_arrives_byte_for_byte(
    corpora: Path, node: Callable[[Plan], Node], mail_box: MailBox
) -> None:
    limits = "commands_count_max = 100000\ntransactions_count_max = 100000"
    plan = Plan(next_hops=(f"127.0.0.1:{mail_box.port}",), policy=POLICY, limits=limits)
    here = node(plan)
    letters = list(real_letters(corpora))
    shares = [letters[start::SESSIONS] for start in range(SESSIONS)]
    with ThreadPoolExecutor(SESSIONS) as pool:
        replies = dict(
            pair for share in pool.map(lambda s: list(send(here.port, s)), shares) for pair in share
        )
    arrived = {letter.recipients[0]: letter.content for letter in mail_box.letters}
    assert len(arrived) == len(mail_box.letters)
    seen: Counter[str] = Counter()
    for real in letters:
        code, words = replies[real.number]
        content = arrived.get(f"r{real.number}@customer.example")
        if real.is_refused:
            seen["bare CR or NUL, refused"] += 1
            assert (code, words[:5], content) == (550, WORDS, None), real.number
            continue
        seen["bare LF, mended" if BARE_LF.search(real.wire) else "as it was"] += 1
        assert code == 250, (real.number, words)
        assert content is not None
        assert without_trace(content) == real.arrives, real.number
    print(dict(seen))
    assert all(seen[kind] for kind in ("bare CR or NUL, refused", "bare LF, mended", "as it was"))
