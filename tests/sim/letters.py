"""What people send in the simulator: unique messages of all shapes, known again by a token."""

import hashlib
from random import Random
from typing import NamedTuple

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
LONG_OCTETS = 160_000  # Over what a relay session writes at once with its dot.
# Local parts that exist in each served domain.
KNOWN = ("ann", "bob", "cid", "dan")


class Letter(NamedTuple):
    """One message as its sender wrote it. `content`: CRLF line ends, dots not stuffed."""

    token: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    is_spam: bool
    is_sent_twice: bool  # By a person who means it: two equal messages are two.

    @property
    def sha256(self) -> bytes:
        """Of the content."""
        return hashlib.sha256(self.content).digest()


def write(number: int, dice: Random, domains: list[str]) -> Letter:
    """A letter of that number."""
    token = f"t{number:04}-{dice.randrange(16**8):08x}"
    is_spam = dice.random() < 0.25
    lines = [
        f"From: <sender{number}@sender.example>".encode(),
        f"Subject: letter {token}".encode(),
        b"Message-ID: <" + token.encode() + b"@sender.example>",
        b"Date: Mon, 23 Nov 2026 10:00:00 +0000",
        b"To: you",
    ]
    if dice.random() < 0.1:
        lines.append(b"X-Katharion-Verdict: a forgery")
    lines += [b"", *_body(dice, is_spam=is_spam), b"end of " + token.encode(), b""]
    return Letter(
        token,
        f"sender{number}@sender.example" if dice.random() < 0.9 else "",
        tuple(_recipients(dice, domains)),
        b"\r\n".join(lines),
        is_spam,
        dice.random() < 0.1,
    )


def as_passed_on(content: bytes) -> bytes:
    """What must arrive behind our trace fields: headers that pretend to be ours are gone."""
    return content.replace(b"X-Katharion-Verdict: a forgery\r\n", b"", 1)


def _body(dice: Random, *, is_spam: bool) -> list[bytes]:
    lines = [b"hello"]
    if dice.random() < 0.4:
        lines += [b".", b"..", b".dot", b"", b"."]
    if dice.random() < 0.1:
        lines.append("grüße".encode())
    if dice.random() < 0.1:
        lines.append(b"x" * 1500)
    if dice.random() < 0.04:
        lines += [b"%070d" % n for n in range(LONG_OCTETS // 72)]
    if is_spam:
        lines.append(GTUBE)
    return lines


def _recipients(dice: Random, domains: list[str]) -> list[str]:
    home = dice.choice(domains)
    count = dice.choice((1, 1, 1, 2, 3))
    chosen = [f"{local}@{home}" for local in dice.sample(KNOWN, count)]
    if dice.random() < 0.1:
        chosen.append(f"nobody@{home}")
    if dice.random() < 0.15:  # Another tenant's: he comes in a transaction of his own.
        chosen.append(f"{dice.choice(KNOWN)}@{dice.choice(domains)}")
    return list(dict.fromkeys(chosen))
