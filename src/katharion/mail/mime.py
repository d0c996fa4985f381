"""The parts of a message: found once, within bounds, each with where it begins and ends.

No octets raise. What two mail programs could read in two ways is told as an oddity, by its
name. Nothing is copied but what stands in a transfer encoding and holds parts itself.

Sources: RFC 2045 (headers of a part), RFC 2046 sections 5.1 (multipart: boundaries, preamble,
epilogue) and 5.2.1 (message/rfc822), RFC 2183 (disposition), RFC 3501 section 6.4.5 (numbers).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from katharion.mail.message import Message
from katharion.mail.parameters import Structured, structured
from katharion.mail.transfer import KNOWN, decode

PARTS_COUNT_MAX = 500
TAIL_PARTS_COUNT = 20  # Of more, so many of the last are looked at.
DEPTH_MAX = 20
PART_HEADER_OCTETS_MAX = 32 * 1024
HEADERS_OCTETS_MAX = 256 * 1024  # Of all parts; the headers of later parts are not looked at.
READINGS_COUNT_MAX = 8  # Second ones, of parts that can be read in two ways.
BOUNDARY_OCTETS_MAX = 996  # A line's. RFC 2046 has 70; longer ones are sent, and read.
BOUNDARY_OCTETS_LEGAL = 70

TYPE, ENCODING, DISPOSITION = (
    b"content-type",
    b"content-transfer-encoding",
    b"content-disposition",
)
_WANTED = (TYPE, ENCODING, DISPOSITION)


class Part(NamedTuple):
    """One part. `path` as IMAP numbers it ("" is a multipart that is the whole message).

    The header is source[header_start:body_start], the body source[body_start:end]; `source` is
    the message's content, or the decoded octets of a part that held this one. `encoding` and
    `media_type` are in lower case; `name` is decoded. A leaf holds no parts.
    """

    path: str
    depth: int
    media_type: str
    parameters: Mapping[str, str]
    encoding: str
    disposition: str
    name: str
    source: bytes
    header_start: int
    body_start: int
    end: int
    is_leaf: bool

    def raw(self) -> bytes:
        """The body as it was sent."""
        return self.source[self.body_start : self.end]

    def content(self) -> bytes:
        """The body without its transfer encoding."""
        return decode(self.raw(), self.encoding)


class Structure(NamedTuple):
    """The parts in their order, holders before what they hold; names of `oddities`, each once."""

    parts: tuple[Part, ...]
    oddities: tuple[str, ...] = ()
    is_cut: bool = False


class _Span(NamedTuple):
    """Where an entity stands; `number` is what its parts are numbered under."""

    source: bytes
    start: int
    end: int
    path: str
    depth: int
    default: str = "text/plain"
    is_nested: bool = False  # It is a message inside of one, and its path that of its holder.


def parse(message: Message) -> Structure:
    """The parts of the message."""
    return _Parser().parse(message)


class _Parser:
    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._oddities: dict[str, None] = {}
        self._headers_octets = 0
        self._readings_left = READINGS_COUNT_MAX
        self._is_cut = False

    def parse(self, message: Message) -> Structure:
        content = message.content
        wanted: dict[bytes, list[bytes]] = {}
        for field in message.fields:
            if field.name in _WANTED:
                wanted.setdefault(field.name, []).append(field.value)
        root = _Span(content, 0, len(content), "", 0)
        waiting = self._entity(root, wanted, message.body_start)
        waiting.reverse()
        while waiting:
            span = waiting.pop()
            if len(self._parts) >= PARTS_COUNT_MAX:
                self._cut("PARTS_MANY")
                break
            wanted, body_start = self._header(span)
            found = self._entity(span, wanted, body_start)
            found.reverse()
            waiting += found
        return Structure(tuple(self._parts), tuple(self._oddities), self._is_cut)

    def _cut(self, oddity: str) -> None:
        self._oddities[oddity] = None
        self._is_cut = True

    def _header(self, span: _Span) -> tuple[dict[bytes, list[bytes]], int]:
        """The header fields of a part that count, and where its body begins."""
        source, start, end, *_ = span
        if source.startswith(b"\r\n", start) or start >= end:
            return {}, min(start + 2, end)
        found = source.find(b"\r\n\r\n", start, end)
        if found < 0:
            first, colon, _ = source[start : min(start + 1000, end)].partition(b":")
            if not colon or b" " in first.strip() or b"\n" in first:
                # No empty line, and no header: some programs take all of it for the body.
                self._oddities["HEADER_MISSING"] = None
                return {}, start
            found = end
        octets = min(found - start, PART_HEADER_OCTETS_MAX)
        if found - start > octets or self._headers_octets > HEADERS_OCTETS_MAX:
            self._cut("HEADERS_LONG")
            octets = octets if self._headers_octets <= HEADERS_OCTETS_MAX else 0
        self._headers_octets += octets
        return _fields(source[start : start + octets]), min(found + 4, end)

    def _entity(
        self, span: _Span, wanted: dict[bytes, list[bytes]], body_start: int
    ) -> list[_Span]:
        """Note the part that stands there, in all its readings; the spans of those it holds."""
        declared = self._structured(wanted.get(TYPE), span.default)
        part = self._part(span, wanted, declared)._replace(body_start=body_start)
        held: list[_Span] = []
        for reading in (part, *self._read_otherwise(part, wanted, declared)):
            at = len(self._parts)
            self._parts.append(reading)
            spans = self._held_by(reading, span)
            if spans:
                self._parts[at] = reading._replace(is_leaf=False)
            held += spans
        return held

    def _part(self, span: _Span, wanted: dict[bytes, list[bytes]], declared: Structured) -> Part:
        is_multipart = declared.word.startswith("multipart/")
        encoding = structured(wanted[ENCODING][0]).word if ENCODING in wanted else ""
        if encoding not in KNOWN:
            self._oddities["ENCODING_UNKNOWN"] = None
        laid = structured(wanted[DISPOSITION][0]) if DISPOSITION in wanted else Structured()
        path = span.path or ("" if is_multipart else "1")
        if span.is_nested and not is_multipart:
            path = f"{span.path}.1" if span.path else "1"
        return Part(
            path,
            span.depth,
            declared.word,
            declared.parameters,
            encoding,
            laid.word,
            self._name(declared, laid),
            span.source,
            span.start,
            span.start,
            span.end,
            is_leaf=True,
        )

    def _read_otherwise(
        self, part: Part, wanted: dict[bytes, list[bytes]], declared: Structured
    ) -> list[Part]:
        """The part as other programs read it: by the second of two fields or parameters."""
        if not declared.others and max(map(len, wanted.values()), default=0) <= 1:
            return []
        found = []
        if declared.others:
            self._oddities["PARAMETER_TWICE"] = None
            parameters = {**declared.parameters, **declared.others}
            if declared.word.startswith("multipart/"):
                found.append(part._replace(parameters=parameters))
        if any(len(values) > 1 for values in wanted.values()):
            self._oddities["PART_FIELD_TWICE"] = None
        for value in wanted.get(TYPE, [])[1:2]:
            second = structured(value)
            found.append(part._replace(media_type=second.word, parameters=second.parameters))
        encodings = [structured(value).word for value in wanted.get(ENCODING, [])[1:2]]
        found += [part._replace(encoding=encoding) for encoding in encodings]
        found = [other for other in found if other != part][: self._readings_left]
        self._readings_left -= len(found)
        return found

    def _structured(self, values: list[bytes] | None, default: str) -> Structured:
        if not values:
            return Structured(default)
        declared = structured(values[0])
        if "/" not in declared.word:
            # RFC 2045 section 5.2: what can't be read is plain text.
            self._oddities["TYPE_MALFORMED"] = None
            return declared._replace(word="text/plain")
        return declared

    def _name(self, declared: Structured, laid: Structured) -> str:
        """The file's name; programs differ in which of two they show."""
        first = laid.parameters.get("filename", "")
        second = declared.parameters.get("name", "")
        if first and second and first != second and _ending(first) != _ending(second):
            self._oddities["NAMES_DISAGREE"] = None
        return first or second

    def _held_by(self, part: Part, span: _Span) -> list[_Span]:
        if part.media_type.startswith("multipart/"):
            return self._of_multipart(part)
        if part.media_type not in ("message/rfc822", "message/global"):
            return []
        if part.depth >= DEPTH_MAX:
            self._cut("DEPTH_GREAT")
            return []
        source, start, end = part.source, part.body_start, part.end
        if part.encoding in ("base64", "quoted-printable"):
            # RFC 2046 section 5.2.1 forbids it; many programs write it, and read it.
            source = with_crlf(part.content())
            start, end = 0, len(source)
        path = part.path if part.path or not span.is_nested else span.path
        return [_Span(source, start, end, path, part.depth + 1, is_nested=True)]

    def _of_multipart(self, part: Part) -> list[_Span]:
        if part.depth >= DEPTH_MAX:
            self._cut("DEPTH_GREAT")
            return []
        source, start, end = part.source, part.body_start, part.end
        boundary = self._boundary(part)
        spans = self._split(source, start, end, boundary) if boundary else []
        if not spans and part.encoding in ("base64", "quoted-printable") and boundary:
            self._oddities["MULTIPART_ENCODED"] = None
            source = b"\r\n" + with_crlf(part.content())
            spans = self._split(source, 2, len(source), boundary)
        if not spans:
            self._oddities["BOUNDARY_UNUSED" if boundary else "BOUNDARY_MISSING"] = None
            boundary = _guess(part)
            source = part.source
            spans = self._split(source, start, end, boundary) if boundary else []
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        above = f"{part.path}." if part.path else ""
        return [
            _Span(source, *where, f"{above}{number}", part.depth + 1, default)
            for number, where in enumerate(spans, 1)
        ]

    def _boundary(self, part: Part) -> bytes:
        boundary = part.parameters.get("boundary", "").rstrip()
        octets = boundary.encode("latin-1", "replace")
        if len(octets) > BOUNDARY_OCTETS_LEGAL:
            self._oddities["BOUNDARY_LONG"] = None
        return octets if len(octets) <= BOUNDARY_OCTETS_MAX else b""

    def _split(self, source: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
        """Where the parts between the delimiters begin and end."""
        delimiter = b"\r\n--" + boundary
        spans: list[tuple[int, int]] = []
        begin = -1
        for found, behind, is_last in _delimiters(source, start, end, delimiter):
            if begin >= 0:
                spans.append((begin, max(found, begin)))
            begin = behind
            if is_last:
                if source.find(delimiter, behind, end) < 0:
                    return spans
                # Behind the end goes another part: some programs show it.
                self._oddities["PART_BEHIND_END"] = None
                begin = -1
            if len(spans) >= PARTS_COUNT_MAX:
                self._cut("PARTS_MANY")
                return spans + _last(source, behind, end, delimiter)
        if begin >= 0:
            self._oddities["BOUNDARY_UNCLOSED"] = None
            if begin < end:
                spans.append((begin, end))
        return spans


def _delimiters(
    source: bytes, start: int, end: int, delimiter: bytes
) -> Iterator[tuple[int, int, bool]]:
    """Each line that is a delimiter: where the part before it ends, the next begins, if last."""
    # The line end before the body belongs to a delimiter that the body begins with.
    at = start - 2 if source[max(start - 2, 0) : start] == b"\r\n" else start
    if at == start and source.startswith(delimiter[2:], start):
        at = start - 2
    while True:
        found = source.find(delimiter, at, end) if at >= 0 else -1
        if at < 0:
            found, at = -2, 0  # The source itself begins with it.
        elif found < 0:
            return
        behind = found + len(delimiter)
        is_last = source.startswith(b"--", behind)
        line_end = behind + 2 * is_last
        if not source.startswith(b"\r\n", line_end):
            if not is_last and source[behind : behind + 1] not in (b" ", b"\t", b""):
                at = behind  # The line of a longer boundary: that of a part within, mostly.
                continue
            line_end = source.find(b"\r\n", line_end, end)
            line_end = line_end if line_end >= 0 else end
        yield found, min(line_end + 2, end), is_last
        at = line_end


def _last(source: bytes, start: int, end: int, delimiter: bytes) -> list[tuple[int, int]]:
    """The last parts of too many."""
    spans = []
    stop = end
    for _ in range(TAIL_PARTS_COUNT):
        found = source.rfind(delimiter, start, stop)
        if found < 0:
            break
        begin = source.find(b"\r\n", found + len(delimiter), stop)
        if begin >= 0 and not source.startswith(b"--", found + len(delimiter)):
            spans.append((begin + 2, stop))
        stop = found
    spans.reverse()
    return spans


def _fields(header: bytes) -> dict[bytes, list[bytes]]:
    """The values of the fields that count, unfolded."""
    if b"\r\n " in header or b"\r\n\t" in header:
        header = header.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    wanted: dict[bytes, list[bytes]] = {}
    for line in header.split(b"\r\n"):
        if line[:1] in b"cC":
            name, colon, value = line.partition(b":")
            name = name.rstrip().lower()
            if colon and name in _WANTED:
                wanted.setdefault(name, []).append(value.strip())
    return wanted


def _guess(part: Part) -> bytes:
    """What seems to be the boundary: the first line that begins with two hyphens."""
    head = part.source[part.body_start : min(part.body_start + 4096, part.end)]
    for line in head.split(b"\r\n")[:20]:
        if line.startswith(b"--") and 2 < len(line) <= BOUNDARY_OCTETS_MAX:
            return line[2:].rstrip()
    return b""


def _ending(name: str) -> str:
    return name.rpartition(".")[2].strip().lower()


def with_crlf(octets: bytes) -> bytes:
    """Octets with CRLF line ends, whatever they had."""
    if octets.count(b"\n") == octets.count(b"\r\n"):
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
