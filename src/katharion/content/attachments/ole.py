"""Office documents of the old form (OLE2), and what lies in the new ones: macros, programs, DDE.

Sources: [MS-CFB]; [MS-OLEDS] 2.3.6 (OLENativeStream); [MS-XLS] 2.4.28 (BoundSheet8), 2.4.150
(Lbl); [MS-OFFCRYPTO] 2.3 (encryption); [MS-DOC] 2.8.25 (fields).
"""

import re
from collections.abc import Iterator
from io import BytesIO

from olefile import OleFileIO

from katharion.content.attachments.values import File, Inspected
from katharion.content.attachments.vba import SOURCE_OCTETS_MAX, judge_macros, sources_of
from katharion.mail.message import printable
from katharion.values.verdict import Finding

STREAMS_COUNT_MAX = 500
STREAM_OCTETS_MAX = 32 * 1024 * 1024
STREAMS_OCTETS_MAX = 64 * 1024 * 1024
RECORDS_COUNT_MAX = 20_000
FIELD_OCTETS_MAX = 300
LINKS_COUNT_MAX = 50
CARRIED_COUNT_MAX = 20
EVIDENCE_LENGTH_MAX = 200
EQUATION = bytes.fromhex("02ce020000000000c000000000000046")
_LINK = re.compile(rb"https?://[\x21-\x7e]{3,1000}", re.IGNORECASE)
_WIDE_LINK = re.compile(rb"h\0t\0t\0p\0(?:s\0)?:\0/\0/\0(?:[\x21-\x7e]\0){3,1000}", re.IGNORECASE)
_DDE = re.compile(rb"\x13\s{0,9}DDE(?:AUTO)?\s[^\x14\x15]{0,300}", re.IGNORECASE)
_BOUNDSHEET, _NAME, _FILEPASS = 0x0085, 0x0018, 0x002F
_MACRO_SHEET, _BUILT_IN, _AUTO_OPEN = 1, 0x20, 1
_NAME_AT = 15  # Behind the fixed fields and the flag of its character set.


def inspect_ole(file: File) -> Inspected:
    """Documents of Word, Excel and PowerPoint up to 2003, and encrypted ones of any year."""
    streams = dict(_streams(file.content))
    where = printable(file.path)[:EVIDENCE_LENGTH_MAX]
    is_encrypted = any(_last(name) == "encryptedpackage" for name in streams)
    found = list(_macros(streams, where))
    carried = []
    links: dict[str, None] = {}
    for name, content in streams.items():
        last = _last(name)
        if last == "\x01ole10native":
            carried.append(native_file(content))
        if last in ("workbook", "book"):
            found += _sheets(content, where)
            is_encrypted |= any(kind == _FILEPASS for kind, _ in _records(content))
        if last == "worddocument":
            found += _fields(content, where)
            is_encrypted |= bool(int.from_bytes(content[10:12], "little") & 0x0100)
        links.update(dict.fromkeys(_links(content)))
    if EQUATION in file.content or any(_last(name) == "equation native" for name in streams):
        found.append(equation(where))
    return Inspected(
        tuple(found),
        tuple(links)[:LINKS_COUNT_MAX],
        tuple(carried[:CARRIED_COUNT_MAX]),
        is_encrypted=is_encrypted,
    )


def equation(where: str) -> Finding:
    """An object for the old equation editor, which nobody has needed since 2018."""
    sentence = "A document calls an old program known for its holes (the equation editor)."
    return Finding("FILE_EQUATION", 3.5, sentence, where)


def native_file(content: bytes) -> tuple[str, bytes]:
    """Name and content of a packaged file ([MS-OLEDS] 2.3.6, and what Packager writes)."""
    label_end = content.find(b"\x00", 6)
    path_end = content.find(b"\x00", label_end + 1)
    if label_end < 0 or path_end < 0 or path_end > 2 * FIELD_OCTETS_MAX:
        return "object", content[4:]
    name = content[6:label_end].decode("latin-1")
    at = path_end + 1 + 4  # Two words follow, then the length of another path.
    at += 4 + int.from_bytes(content[at : at + 4], "little")
    size = int.from_bytes(content[at : at + 4], "little")
    body = content[at + 4 : at + 4 + size]
    return (name or "object", body) if body else ("object", content[4:])


def _streams(content: bytes) -> Iterator[tuple[str, bytes]]:
    """By their paths in lower case. What olefile can't read is missing."""
    try:
        ole = OleFileIO(BytesIO(content))
        names = ole.listdir()[:STREAMS_COUNT_MAX]
    except (OSError, ValueError, IndexError, TypeError, AttributeError, RecursionError):
        return
    left = STREAMS_OCTETS_MAX
    for index, name in enumerate(names):
        try:
            stream = ole.openstream(name).read(min(STREAM_OCTETS_MAX, left))
        except (OSError, ValueError, IndexError, TypeError, AttributeError):
            continue
        left -= len(stream)
        path = "/".join(name).lower()
        yield (f"{index}/{path}", stream)
        if left <= 0:
            return


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _macros(streams: dict[str, bytes], where: str) -> Iterator[Finding]:
    """VBA: by streams of a storage of that name."""
    project = [stream for path, stream in streams.items() if "vba/" in path]
    if not project:
        return
    source = b"\n".join(sources_of(stream) for stream in project)[:SOURCE_OCTETS_MAX].strip()
    yield judge_macros(source, where)


def _records(workbook: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(RECORDS_COUNT_MAX):
        if at + 4 > len(workbook):
            return
        length = int.from_bytes(workbook[at + 2 : at + 4], "little")
        yield int.from_bytes(workbook[at : at + 2], "little"), workbook[at + 4 : at + 4 + length]
        at += 4 + length


def _sheets(workbook: bytes, where: str) -> Iterator[Finding]:
    """Sheets of Excel 4 macros, and whether one begins by itself."""
    is_auto = has_sheet = is_hidden = False
    for kind, record in _records(workbook):
        if kind == _BOUNDSHEET and record[5:6] == bytes([_MACRO_SHEET]):
            has_sheet = True
            is_hidden |= bool(record[4] & 3)
        elif kind == _NAME and len(record) > _NAME_AT:
            is_built_in = bool(record[0] & _BUILT_IN) and record[3] == 1
            is_auto |= is_built_in and record[_NAME_AT] == _AUTO_OPEN
    if has_sheet:
        yield old_macros(where, is_worse=is_auto or is_hidden)


def old_macros(where: str, *, is_worse: bool) -> Finding:
    """Excel 4 macros; worse where they are hidden or begin by themselves."""
    sentence = "A table has macros of an old kind that hardly anything but malware uses."
    return Finding("FILE_MACRO_OLD", 4.5 if is_worse else 3.0, sentence, where)


def _fields(document: bytes, where: str) -> Iterator[Finding]:
    """Word's fields: their text is in one octet a character or in two."""
    for text in (document, document.replace(b"\x00", b"")):
        found = _DDE.search(text)
        if found:
            yield dde(where, found[0][1:].decode("latin-1"))
            return


def dde(where: str, shown: str) -> Finding:
    """A field or formula that starts another program."""
    evidence = printable(f"{where}: {' '.join(shown.split())}")[:EVIDENCE_LENGTH_MAX]
    sentence = "A document asks another program to do something when it is opened (DDE)."
    return Finding("FILE_DDE", 4.0, sentence, evidence)


def _links(content: bytes) -> Iterator[str]:
    narrow = _LINK.finditer(content)
    wide = _WIDE_LINK.finditer(content)
    for found, _ in zip(narrow, range(LINKS_COUNT_MAX), strict=False):
        yield found[0].decode("latin-1")
    for found, _ in zip(wide, range(LINKS_COUNT_MAX), strict=False):
        yield found[0].replace(b"\x00", b"").decode("latin-1")
