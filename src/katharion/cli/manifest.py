"""A manifest of labelled mail: JSON lines with `id` (a path beside it), `label`, and more."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from katharion.content.reading import read
from katharion.mail.message import Message
from katharion.mail.trace import strip_own
from katharion.values.reading import Reading

# The senders' terms do not allow that a model is made of these and given away.
NOT_FOR_TRAINING = frozenset(("phishing_pot",))
COPIES_COUNT_MAX = 2  # Of one text; more would teach the campaign, not the kind.


class ManifestError(Exception):
    """It can't be read. Says why, for people."""


class Line(msgspec.Struct, frozen=True):
    """What is used of a line."""

    id: str
    label: str
    set: str = "unnamed"
    copy: int = 1
    mail_from: str | None = None
    client_ip: str | None = None
    helo: str | None = None


class Mail(NamedTuple):
    """One labelled message of a manifest."""

    line: Line
    folder: Path

    @property
    def is_spam(self) -> bool:
        """Else it is wanted, or backscatter."""
        return self.line.label == "spam"

    def message(self) -> Message:
        """The message, as it would have come over SMTP."""
        try:
            octets = (self.folder / self.line.id).read_bytes()
        except OSError as error:
            raise ManifestError(f"{self.line.id} can't be read: {error.strerror}.") from None
        octets = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return Message(strip_own(octets))

    def reading(self) -> Reading:
        """What it says."""
        return read(self.message())


def mails(manifest: Path) -> Iterator[Mail]:
    """All mail that is ham, spam or backscatter, in the manifest's order."""
    try:
        text = manifest.read_bytes()
    except OSError as error:
        raise ManifestError(f"{manifest} can't be read: {error.strerror}.") from None
    for number, octets in enumerate(text.splitlines(), 1):
        if not octets.strip():
            continue
        try:
            line = msgspec.json.decode(octets, type=Line)
        except msgspec.MsgspecError as error:
            raise ManifestError(f"{manifest}, line {number}: {error}.") from None
        if line.label not in ("ham", "spam", "backscatter"):
            raise ManifestError(f"{manifest}, line {number}: {line.label!r} is no label.")
        yield Mail(line, manifest.parent)


def training_mails(manifest: Path) -> Iterator[Mail]:
    """Those that a model may be made of."""
    for mail in mails(manifest):
        line = mail.line
        is_allowed = line.set not in NOT_FOR_TRAINING and line.label != "backscatter"
        if is_allowed and line.copy <= COPIES_COUNT_MAX:
            yield mail
