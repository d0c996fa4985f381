"""clamd's protocol: what is sent to have octets scanned, and what its answers say.

Source: the clamd(8) manual, sections INSTREAM and VERSION.
"""

from collections.abc import Iterator
from typing import NamedTuple

CHUNK_OCTETS = 256 * 1024
ANSWER_OCTETS_MAX = 4096
NAME_LENGTH_MAX = 120
PING, PONG = b"zPING\0", b"PONG\0"
# Signatures that guess: they count, and decide nothing.
_GUESSES_BEGIN = ("heuristics.", "pua.", "sanesecurity.", "email.")
_GUESSES_HOLD = ("phish", "spam", ".scam")


class Scanned(NamedTuple):
    """One answer. `virus`: what was found; `trouble`: why nothing was scanned."""

    virus: str = ""
    trouble: str = ""

    @property
    def is_guess(self) -> bool:
        """Whether the signature is of a kind that guesses."""
        name = self.virus.lower()
        return name.startswith(_GUESSES_BEGIN) or any(word in name for word in _GUESSES_HOLD)


def request(content: bytes) -> Iterator[bytes]:
    """What is sent, in pieces: the command, chunks with their lengths, an empty one."""
    yield b"zINSTREAM\0"
    view = memoryview(content)
    for start in range(0, len(content), CHUNK_OCTETS):
        chunk = view[start : start + CHUNK_OCTETS]
        yield len(chunk).to_bytes(4)
        yield bytes(chunk)
    yield bytes(4)


def answer(octets: bytes) -> Scanned:
    """What an answer says. No octets raise."""
    text = octets.rstrip(b"\0\r\n").decode("utf-8", "replace")
    said = text.removeprefix("stream: ")
    if said == "OK" and said != text:
        return Scanned()
    if said.endswith(" FOUND") and said != text:
        return Scanned(virus=_shown(said.removesuffix(" FOUND")) or "unnamed")
    if "size limit exceeded" in said:
        return Scanned(trouble="the message is larger than clamd takes")
    return Scanned(trouble=f"clamd answered {_shown(said)!r}" if said else "clamd said nothing")


def _shown(text: str) -> str:
    return "".join(c for c in text[:NAME_LENGTH_MAX] if c.isprintable())
