"""The letters of a drill: each unique, and known again by the hash of its content."""

import hashlib
from typing import NamedTuple

from katharion.demo.samples import CUSTOMER, GTUBE

# The first field; what stands before it when it arrives is the node's own trace.
FIRST_FIELD = b"X-Drill: "
SENDER = "dora@sender.example"
KNOWN = tuple(f"{name}@{CUSTOMER}" for name in ("alice", "bob", "carol"))
UNKNOWN = f"nobody-here@{CUSTOMER}"
# Of each so many one is spam, for several, or also for somebody who is not there.
SPAM_EVERY, MANY_EVERY, UNKNOWN_EVERY = 10, 7, 13
BODY_LINES_MAX = 80

Digest = bytes
Key = tuple[Digest, str]  # The content's SHA-256, and a recipient.


class Letter(NamedTuple):
    """One message to be sent. `content`: CRLF line ends, not dot-stuffed."""

    number: int
    recipients: tuple[str, ...]
    content: bytes
    digest: Digest


def letter(number: int) -> Letter:
    """The letter of that number, the same each time."""
    recipients = KNOWN if number % MANY_EVERY == 0 else (KNOWN[number % len(KNOWN)],)
    if number % UNKNOWN_EVERY == 0:
        recipients = (*recipients, UNKNOWN)
    lines = [
        f"{FIRST_FIELD.decode()}{number}",
        f"From: <{SENDER}>",
        f"To: {', '.join(recipients)}",
        f"Subject: drill {number}",
        "Date: Mon, 23 Nov 2026 12:00:00 +0000",
        f"Message-ID: <drill.{number}@sender.example>",
        "",
        f"This is letter {number}.",
        *[f".{number:08} 0123456789 abcdef"] * (number % BODY_LINES_MAX),
        *([GTUBE] if number % SPAM_EVERY == 0 else []),
        "",
    ]
    content = "\r\n".join(lines).encode()
    return Letter(number, recipients, content, hashlib.sha256(content).digest())


def digest_of_arrival(content: bytes) -> Digest | None:
    """The hash of what was sent, of what arrived; None where it is no letter of ours."""
    at = 0 if content.startswith(FIRST_FIELD) else content.find(b"\n" + FIRST_FIELD) + 1
    return hashlib.sha256(content[at:]).digest() if at or content.startswith(FIRST_FIELD) else None
