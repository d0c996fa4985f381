"""Reports of others, taken out of the mail that carries them: parts, gzip and zip, all bounded.

No library of archives is asked: of a zip file the first member is read, whose header stands at
the begin; its size is what comes out, not what the header says.

Sources: RFC 9990 section 3.5.2 (gzip, XML); RFC 8460 section 5.3 (TLS reports by mail); RFC 2046
section 5.1.1 (boundaries); RFC 1952 (gzip); PKWARE APPNOTE section 4.3.7 (zip).
"""

import re
import struct
import zlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from itertools import islice

from katharion.authentication import aggregate_parse, tls_report
from katharion.authentication.aggregate_parse import ReportUnreadableError, printable_line
from katharion.mail.message import Message, decode_words
from katharion.values.dmarc_report import Received

REPORT_OCTETS_MAX = 4 * 1024 * 1024  # Unpacked.
MAIL_OCTETS_MAX = 4 * 1024 * 1024
PARTS_COUNT_MAX = 20
DEPTH_MAX = 3
REPORTS_COUNT_MAX = 4  # Of one mail; nobody sends more than one.

_BOUNDARY = re.compile(
    rb'boundary[ \t]*=[ \t]*(?:"([^"\r\n]{1,70})"|([^\s";]{1,70}))', re.IGNORECASE
)
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_ZIP_HEADER = struct.Struct("<4sHHHHHIIIHH")
_ENCRYPTED = 1
_STORED, _DEFLATED = 0, 8
_GZIP_WINDOW, _RAW_WINDOW = 31, -15


def reports_of(content: bytes) -> list[Received]:
    """The reports in a mail; one that is "unreadable", and says why, where there is none."""
    if len(content) > MAIL_OCTETS_MAX:
        return [_unreadable(content[:MAIL_OCTETS_MAX], "it is too large")]
    found: list[Received] = []
    faults: list[str] = []
    for part in islice(_parts(content, 0), PARTS_COUNT_MAX):
        try:
            text = unpacked(part)
            if text is not None:
                found.append(_parsed(text))
        except ReportUnreadableError as error:
            faults.append(str(error))
        if len(found) + len(faults) >= REPORTS_COUNT_MAX:
            break
    return found or [_unreadable(content, (faults or ["it has no report in it"])[0])]


def _unreadable(content: bytes, fault: str) -> Received:
    message = Message(content)
    return Received(
        kind="unreadable",
        reporter=printable_line(decode_words(message.first(b"from"))),
        report_id=printable_line(message.subject),
        fault=printable_line(fault),
    )


def _parsed(text: bytes) -> Received:
    return tls_report.parse(text) if text.startswith(b"{") else aggregate_parse.parse(text)


def _parts(content: bytes, depth: int) -> Iterator[bytes]:
    """The content of the parts that hold no parts, their transfer encoding undone."""
    message = Message(content)
    kind = message.first(b"content-type")
    body = content[message.body_start :]
    boundary = _BOUNDARY.search(kind) if kind.lower().startswith(b"multipart/") else None
    if boundary is None:
        yield _decoded(body, message.first(b"content-transfer-encoding").lower())
        return
    if depth >= DEPTH_MAX:
        return
    delimiter = b"\r\n--" + (boundary[1] or boundary[2])
    pieces = (b"\r\n" + body).split(delimiter, PARTS_COUNT_MAX + 1)
    for piece in pieces[1 : PARTS_COUNT_MAX + 1]:
        if piece.startswith(b"--"):
            return
        yield from _parts(piece.partition(b"\r\n")[2], depth + 1)


def _decoded(body: bytes, encoding: bytes) -> bytes:
    if encoding != b"base64":
        return body
    try:
        return b64decode(body)
    except Base64Error:
        return b""


def unpacked(part: bytes) -> bytes | None:
    """The text of a report; None where the part is nothing of the kind."""
    if part.startswith(_GZIP):
        text = _inflated(part, _GZIP_WINDOW)
    elif part.startswith(_ZIP):
        text = _first_member(part)
    else:
        text = part
    text = text[:REPORT_OCTETS_MAX].lstrip(b"\xef\xbb\xbf \t\r\n")
    return text if text.startswith((b"<?xml", b"<feedback", b"{")) else None


def _inflated(data: bytes, window: int) -> bytes:
    """Unpacked as far as the bound; what is larger is refused."""
    inflate = zlib.decompressobj(window)
    try:
        text = inflate.decompress(data, REPORT_OCTETS_MAX + 1)
    except zlib.error as error:
        raise ReportUnreadableError(f"it is damaged ({error})") from error
    if len(text) > REPORT_OCTETS_MAX:
        raise ReportUnreadableError(f"it is larger than {REPORT_OCTETS_MAX} octets when unpacked")
    if not inflate.eof:
        raise ReportUnreadableError("its end is missing")
    return text


def _first_member(data: bytes) -> bytes:
    if len(data) < _ZIP_HEADER.size:
        raise ReportUnreadableError("its end is missing")
    head = _ZIP_HEADER.unpack_from(data)
    flags, method, size, name_length, extra_length = head[2], head[3], head[7], head[9], head[10]
    start = _ZIP_HEADER.size + name_length + extra_length
    if flags & _ENCRYPTED:
        raise ReportUnreadableError("it is encrypted")
    if method == _STORED:
        return data[start : start + min(size, REPORT_OCTETS_MAX)]
    if method != _DEFLATED:
        raise ReportUnreadableError(f"it is packed in a way that is not known ({method})")
    return _inflated(data[start:], _RAW_WINDOW)
