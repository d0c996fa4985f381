"""The sample mail of the demonstration: who sends what to whom, and what it shows."""

from collections.abc import Iterator
from email.utils import formatdate
from itertools import count
from typing import NamedTuple

CUSTOMER = "customer.example"
KNOWN = ("alice", "bob", "carol")
# The generic test for unsolicited bulk mail: a string that every filter is to call spam.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


class Kind(NamedTuple):
    """One kind of sample. `header` and `text` are what differs; `source` is where it comes from."""

    name: str
    sender: str
    recipients: tuple[str, ...]
    helo: str
    source: str
    subject: str
    text: str
    has_good_header: bool = True


class Sample(NamedTuple):
    """One message to be sent: `number` stands in its subject, and finds it again."""

    number: int
    kind: Kind
    content: bytes


_GOOD = ("mail.sender.example", "127.0.0.2")
# A liar: it calls itself by our own name, and its address has none.
_BAD = (f"mx.{CUSTOMER}", "127.0.0.9")
KINDS = (
    Kind(
        "clean",
        "dora@sender.example",
        ("alice@customer.example",),
        *_GOOD,
        "Minutes of Tuesday's meeting",
        "Dear Alice,\n\nthe minutes are on the shelf. We meet again on the 4th.\n\nDora",
    ),
    Kind(
        "spam",
        "win@prizes.example",
        ("bob@customer.example",),
        *_BAD,
        "You have won!!!",
        "Your prize waits. Answer today with your bank account.",
        has_good_header=False,
    ),
    Kind(
        "clean",
        "emil@sender.example",
        ("alice@customer.example", "bob@customer.example"),
        *_GOOD,
        "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_Wien?=",
        "Liebe Leute,\n\n.dots and umlauts äöü arrive as they were sent.\n\nEmil",
    ),
    Kind(
        "gtube",
        "test@sender.example",
        ("carol@customer.example",),
        *_GOOD,
        "A test that every filter knows",
        f"This message is a test.\n\n{GTUBE}\n",
    ),
    Kind(
        "unknown",
        "dora@sender.example",
        ("nobody-here@customer.example",),
        *_GOOD,
        "To somebody who is not there",
        "Nobody of this name works here; the sender is told so at once.",
    ),
    Kind(
        "clean",
        "frida@sender.example",
        ("carol@customer.example",),
        *_GOOD,
        "Parcel from the printers",
        "Dear Carol,\n\nit lies at the door.\n\nFrida",
    ),
)


def content(kind: Kind, number: int) -> bytes:
    """The message on the wire: CRLF line ends, not dot-stuffed."""
    lines = [f"From: <{kind.sender}>", f"Subject: {kind.subject} (sample {number})"]
    if kind.has_good_header:
        lines += [
            f"To: {', '.join(kind.recipients)}",
            f"Date: {formatdate()}",
            f"Message-ID: <sample.{number}@sender.example>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        ]
    # What a spammer's tool leaves out: the date, the Message-ID, and to whom it goes.
    lines += ["", *kind.text.split("\n"), ""]
    return "\r\n".join(lines).encode()


def samples() -> Iterator[Sample]:
    """Samples of all kinds in turn, without end."""
    for number in count(1):
        kind = KINDS[(number - 1) % len(KINDS)]
        yield Sample(number, kind, content(kind, number))
