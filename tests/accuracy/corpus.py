"""The labelled mail that is measured: a manifest's lines, and the same octets for every filter.

What other filters thought of a message when it came is taken out, or a filter would learn their
opinion; so is the mbox line, for it is no part of the message.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PREPARED = "mail-1"  # The folder of prepared mail; another when `stripped` does another thing.
LABELS = ("ham", "spam")  # Backscatter is neither.
# Names of header fields in which a filter, a scanner or a gateway left what it thought.
OPINION = re.compile(
    rb"^(?:x-ms-|arc-|received-spf|(?:x-)?authentication-results)"
    rb"|spam|virus|score|bogosity|mailscanner|barracuda|proofpoint|ironport|x-vade|x-rspamd"
)


class Mail(NamedTuple):
    """One message: what the manifest says of it, and the prepared file."""

    id: str
    label: str
    set: str
    key: str
    year: int
    mail_from: str
    path: Path

    @property
    def is_spam(self) -> bool:
        """Else it is wanted."""
        return self.label == "spam"


def stripped(octets: bytes) -> bytes:
    """The message with LF line ends, without an mbox line and without others' opinions."""
    octets = octets.replace(b"\r\n", b"\n")
    if octets.startswith((b"From ", b">From ")):
        octets = octets.partition(b"\n")[2]
    header, gap, body = octets.partition(b"\n\n")
    kept: list[bytes] = []
    is_kept = True
    for line in header.split(b"\n"):
        if not line.startswith((b" ", b"\t")):
            is_kept = not OPINION.search(line.partition(b":")[0].strip().lower())
        if is_kept:
            kept.append(line)
    return b"\n".join(kept) + gap + body


def listed(folder: Path, prepared: Path) -> list[Mail]:
    """All ham and spam of `folder`/manifest.jsonl, in its order."""
    rows = map(json.loads, (folder / "manifest.jsonl").read_text().splitlines())
    return [_mail(row, prepared) for row in rows if row["label"] in LABELS]


def _mail(row: dict[str, object], prepared: Path) -> Mail:
    year = row.get("year")
    return Mail(
        str(row["id"]),
        str(row["label"]),
        str(row["set"]),
        str(row["key"]),
        year if isinstance(year, int) else 0,
        str(row.get("mail_from") or ""),
        prepared / str(row["id"]),
    )


def prepare(mails: Iterable[Mail], folder: Path) -> None:
    """Write the stripped messages that are not there yet."""
    for mail in mails:
        if not mail.path.exists():
            mail.path.parent.mkdir(parents=True, exist_ok=True)
            mail.path.write_bytes(stripped((folder / mail.id).read_bytes()))
