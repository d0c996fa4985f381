"""Canonicalization: a message's octets as signatures see them, and the hashes of its body.

All of it is replacing and finding, which are C loops: a regular expression that replaces costs
ten times more. Large bodies are taken in chunks, so that the octets stay in the processor's
cache, no copy of the body is made, and others have their turn in between.

Sources: RFC 6376 sections 3.4 (simple and relaxed), 3.4.5 and 3.5 (l=), 3.7 (hashes), 5.4.2
(which of several fields of a name).
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from katharion.mail.message import Message
from katharion.values.dns import Asking

CHUNK_OCTETS = 64 * 1024
# Between two turns of others: about 2 ms of work, 10 where somebody wants it to be slow.
TURN_CHUNKS_COUNT = 16

_CRLF = b"\r\n"
_SPACE = b" \t"
# Literals, which `re` finds in a third of the time that `in` needs.
_SPACES = re.compile(b"  ")
_SPACE_AT_END = re.compile(b" \r\n")


class Extent(NamedTuple):
    """What of a body is signed: its canonical form, and how many octets of that (l=)."""

    is_relaxed: bool
    length: int | None = None


class BodyHash(NamedTuple):
    """SHA-256 of an extent, b"" where the body is shorter; the octets of the whole body."""

    digest: bytes
    size_octets: int


def relaxed_field(field: bytes) -> bytes:
    """A header field by section 3.4.2, with its CRLF."""
    name, _, value = field.replace(_CRLF, b"").partition(b":")
    return b"%b:%b\r\n" % (name.strip(_SPACE).lower(), _spaced_once(value).strip(_SPACE))


def simple_field(field: bytes) -> bytes:
    """A header field by section 3.4.1: as it is."""
    return field if field.endswith(_CRLF) else field + _CRLF


class Header:
    """The header of a message, of which signatures choose fields by name, from below."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._places: dict[bytes, list[int]] = {}
        for place, field in enumerate(message.fields):
            self._places.setdefault(field.name, []).append(place)
        self._relaxed: dict[int, bytes] = {}

    def count(self, name: bytes) -> int:
        """How many fields have that (lower-case) name."""
        return len(self._places.get(name, ()))

    def raw(self, place: int) -> bytes:
        """The field at that place, as it came."""
        field = self._message.fields[place]
        return self._message.content[field.start : field.end]

    def relaxed(self, place: int) -> bytes:
        """The field at that place, relaxed; done once, however many signatures cover it."""
        found = self._relaxed.get(place)
        if found is None:
            found = self._relaxed[place] = relaxed_field(self.raw(place))
        return found

    def chosen(
        self, names: Sequence[bytes], *, own_place: int = -1, is_relaxed: bool = True
    ) -> bytes:
        """The fields that h= names, the last of a name first; what is not there is nothing.

        A signature never covers itself in this way: section 3.5 forbids it in h=.
        """
        left: dict[bytes, list[int]] = {}
        chosen: list[int] = []
        for name in names:
            places = left.get(name)
            if places is None:
                places = left[name] = [p for p in self._places.get(name, ()) if p != own_place]
            if places:
                chosen.append(places.pop())
        if is_relaxed:
            return b"".join(map(self.relaxed, chosen))
        return b"".join(simple_field(self.raw(place)) for place in chosen)


def hash_body(
    message: Message, extents: Collection[Extent], *, chunk_octets: int = CHUNK_OCTETS
) -> Asking[dict[Extent, BodyHash]]:
    """The hashes of all extents, in one pass a canonical form.

    Asks nothing: its rounds are empty, and give others their turn while a large body is hashed.
    """
    found: dict[Extent, BodyHash] = {}
    for is_relaxed in {extent.is_relaxed for extent in extents}:
        wanted = {extent.length for extent in extents if extent.is_relaxed == is_relaxed}
        lengths = sorted(length for length in wanted if length is not None)
        digests: dict[int | None, bytes] = {}
        whole, size = hashlib.sha256(), 0
        body_of = _relaxed_body if is_relaxed else _simple_body
        for count, piece in enumerate(body_of(message, chunk_octets), 1):
            while lengths and lengths[0] <= size + len(piece):
                part = whole.copy()
                part.update(piece[: lengths[0] - size])
                digests[lengths.pop(0)] = part.digest()
            whole.update(piece)
            size += len(piece)
            if count % TURN_CHUNKS_COUNT == 0:
                yield ()
        digests[None] = whole.digest()
        if lengths[:1] == [size]:  # An empty body has no piece in which l=0 could end.
            digests[size] = digests[None]
        for length in wanted:
            found[Extent(is_relaxed, length)] = BodyHash(digests.get(length, b""), size)
    return found


def body_digest(message: Message) -> bytes:
    """SHA-256 of the whole relaxed body, for those who sign."""
    extent = Extent(is_relaxed=True)
    hashing = hash_body(message, (extent,))
    while True:
        try:
            next(hashing)
        except StopIteration as end:
            found: dict[Extent, BodyHash] = end.value
            return found[extent].digest


def _simple_body(message: Message, chunk_octets: int) -> Iterator[bytes]:
    """Section 3.4.3: empty lines at the end are one line end, and so is no body at all."""
    content, start = message.content, message.body_start
    end = _end(content, start, _CRLF, chunk_octets=chunk_octets)
    # Of what is left of line ends at the end only whole ones are empty lines.
    pairs = content[end:]
    if pairs != _CRLF * (len(pairs) // 2):
        end += max(pairs.rfind(b"\r\r"), pairs.rfind(b"\n\n")) + 1
        end += content[end:].startswith(b"\n")
        end = len(content) if content.endswith(b"\r") else end
    for at in range(start, end, chunk_octets):
        yield content[at : min(at + chunk_octets, end)]
    yield _CRLF


def _relaxed_body(message: Message, chunk_octets: int) -> Iterator[bytes]:
    """Section 3.4.4: white space once, none at the end of lines; no empty lines at the end."""
    content, start = message.content, message.body_start
    end = _end(content, start, b" \t\r\n", chunk_octets=chunk_octets)
    # A lone CR or LF there is no line end, so the line that it stands in is not empty.
    rest = content[end:].replace(_CRLF, b"  ")
    end += max(rest.rfind(b"\r"), rest.rfind(b"\n")) + 1
    held = b""
    for at in range(start, end, chunk_octets):
        until = min(at + chunk_octets, end)
        piece = _spaced_once(held + content[at:until])
        if _SPACE_AT_END.search(piece):
            piece = _CRLF.join(piece.split(b" \r\n"))
        if until < end:
            # What the next chunk may shorten is kept for it.
            held = next(filter(piece.endswith, (b" \r", b" ", b"\r")), b"")
            piece = piece.removesuffix(held)
        yield piece
    if end > start:
        yield _CRLF


def _end(content: bytes, start: int, octets: bytes, *, chunk_octets: int) -> int:
    """Where the content would end without such octets at its end; not before `start`."""
    end = len(content)
    while end > start:
        tail = content[max(start, end - chunk_octets) : end]
        kept = tail.rstrip(octets)
        end -= len(tail) - len(kept)
        if kept:
            break
    return end


def _spaced_once(text: bytes) -> bytes:
    """Each run of spaces and tabs as one space."""
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    # What is split and joined is read once, what is replaced twice.
    while _SPACES.search(text):
        text = b" ".join(text.split(b"  "))
    return text
