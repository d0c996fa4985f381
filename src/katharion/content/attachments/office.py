"""Office documents of the new form (OOXML), tables in text, and RTF.

Sources: ECMA-376 part 1, 17.16 (fields), 18.14 (external links); part 2, 9 (relationships);
the RTF specification 1.9.1 (objects, templates).
"""

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from itertools import pairwise
from zipfile import BadZipFile, ZipFile
from zlib import error as zlib_error

from katharion.content.attachments.ole import EQUATION, dde, equation, inspect_ole, old_macros
from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

PARTS_COUNT_MAX = 2000
PART_OCTETS_MAX = 16 * 1024 * 1024
PARTS_OCTETS_MAX = 64 * 1024 * 1024
RELATIONS_COUNT_MAX = 2000
LINKS_COUNT_MAX = 50
CARRIED_COUNT_MAX = 20
TEXT_OCTETS_MAX = 4 * 1024 * 1024
RTF_OCTETS_MAX = 16 * 1024 * 1024
OBJECTS_COUNT_MAX = 20
EVIDENCE_LENGTH_MAX = 200
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RELATION = re.compile(rb"<(?:\w{1,20}:)?Relationship\s([^>]{1,4000})>")
_ATTRIBUTE = re.compile(rb"(\w{1,30})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)')")
_INSTRUCTION = re.compile(
    rb"<w:instrText(?:\s[^>]{0,200})?>([^<]{0,2000})<|w:instr\s{0,9}=\s{0,9}\"([^\"]{0,2000})\""
)
_DDE_FIELD = re.compile(r"(?:^|[\s\"])DDE(?:AUTO)?\s.{0,300}", re.IGNORECASE | re.DOTALL)
_DDE_LINK = re.compile(rb"<ddeLink\s([^>]{0,1000})>")
_DDE_FORMULA = re.compile(
    rb"(?:^|[,;\t\"'])[ ]{0,9}[=+\-@][^\n|]{0,200}\|\s{0,9}'[^'\n]{1,500}'\s{0,9}!",
    re.MULTILINE,
)
_LOADING = {"attachedTemplate", "oleObject", "frame", "subDocument", "altChunk", "aFChunk"}
_OBJECT = re.compile(rb"\\objdata\b")
_CONTROL = re.compile(rb"\\\*|\\[a-zA-Z]{1,32}-?\d{0,10} ?|\\'[0-9a-fA-F]{2}|[^0-9a-fA-F]+")
_TEMPLATE = re.compile(rb"\\template\s{0,9}([^}\\]{1,1000})")
_RTF_LINK = re.compile(rb"HYPERLINK\s{1,9}\"([^\"]{3,1000})\"", re.IGNORECASE)


def inspect_package(file: File) -> Inspected:
    """Documents, tables and presentations in zip files."""
    where = printable(file.path)[:EVIDENCE_LENGTH_MAX]
    found: list[Finding] = []
    links: dict[str, None] = {}
    carried: list[tuple[str, bytes]] = []
    for name, content in _parts(file.content):
        low = name.lower()
        if low.endswith(".rels"):
            for kind, target in _relations(content):
                links.setdefault(target)
                found += _loaded(kind, target, where)
        elif content.startswith(_OLE):
            inner = inspect_ole(File(f"{file.path}/{name}", name, "ole", content))
            found += inner.findings
            carried += inner.files
        elif "/embeddings/" in low:
            carried.append((name, content))
        elif low.endswith((".xml", ".bin")):
            found += _of_part(low, content, where)
    return Inspected(
        tuple(found), tuple(links)[:LINKS_COUNT_MAX], tuple(carried[:CARRIED_COUNT_MAX])
    )


def inspect_table(file: File) -> Inspected:
    """Text that a table's program may open: formulas that start another program."""
    match = _DDE_FORMULA.search(file.content[:TEXT_OCTETS_MAX])
    if not match or not file.name.lower().endswith((".csv", ".tsv", ".slk", ".iqy", ".txt")):
        return Inspected()
    return Inspected((dde(printable(file.path), match[0].decode("latin-1")),))


def inspect_rtf(file: File) -> Inspected:
    """Objects in RTF are hexadecimal, with anything between the digits that readers skip."""
    text = file.content[:RTF_OCTETS_MAX]
    where = printable(file.path)[:EVIDENCE_LENGTH_MAX]
    found: list[Finding] = []
    carried: list[tuple[str, bytes]] = []
    links = [match[1].decode("latin-1") for match in _RTF_LINK.finditer(text)]
    for match in _TEMPLATE.finditer(text):
        target = match[1].decode("latin-1").strip()
        found += _loaded("attachedTemplate", target, where)
        links.append(target)
    for octets in _objects(text):
        if EQUATION in octets or b"equation." in octets.lower():
            found.append(equation(where))
        start = octets.find(_OLE)
        if start >= 0:
            inner = inspect_ole(File(file.path, file.name, "ole", octets[start:]))
            found += inner.findings
            carried += inner.files
        elif b"Package\x00" in octets[:100]:
            carried.append(("object", octets[octets.find(b"Package\x00") + 8 :]))
    if b"\\objdata" in text and b"\\objupdate" in text:
        sentence = "A document loads an object by itself when it is opened."
        found.append(Finding("FILE_OBJECT_LOADS", 2.5, sentence, where))
    return Inspected(
        tuple(found), tuple(links[:LINKS_COUNT_MAX]), tuple(carried[:CARRIED_COUNT_MAX])
    )


def _parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """What can be read of a package, within bounds."""
    left = PARTS_OCTETS_MAX
    try:
        package = ZipFile(BytesIO(content))
        infos = package.infolist()[:PARTS_COUNT_MAX]
    except (BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        return
    for info in infos:
        if not _is_wanted(info.filename.lower()):
            continue
        try:
            with package.open(info) as part:
                octets = part.read(min(PART_OCTETS_MAX, left))
        except (BadZipFile, ValueError, OSError, RuntimeError, EOFError, zlib_error):
            continue  # NotImplementedError is a RuntimeError.
        left -= len(octets)
        yield info.filename, octets
        if left <= 0:
            return


def _is_wanted(name: str) -> bool:
    return name.endswith((".rels", ".xml", ".bin")) or "/embeddings/" in name


def _relations(part: bytes) -> Iterator[tuple[str, str]]:
    """Kind and target of each that leads outside."""
    for match, _ in zip(_RELATION.finditer(part), range(RELATIONS_COUNT_MAX), strict=False):
        values = {
            name.decode("latin-1"): unescape((one or two).decode("utf-8", "replace"))
            for name, one, two in _ATTRIBUTE.findall(match[1])
        }
        if values.get("TargetMode", "").lower() == "external":
            yield values.get("Type", "").rpartition("/")[2], values.get("Target", "")


def _loaded(kind: str, target: str, where: str) -> Iterator[Finding]:
    """What is fetched as soon as the document is open; its own name on a disk is no harm."""
    low = target.lower().strip()
    if kind not in _LOADING or not low.startswith(("http", "ftp", "\\\\", "file://", "mhtml:")):
        return
    evidence = printable(f"{where}: {kind} {target}")[:EVIDENCE_LENGTH_MAX]
    sentence = "A document fetches a part of itself from elsewhere when it is opened."
    weight = 4.0 if kind in ("attachedTemplate", "oleObject") else 3.0
    yield Finding("FILE_FETCHES", weight, sentence, evidence)


def _of_part(name: str, content: bytes, where: str) -> Iterator[Finding]:
    if "/macrosheets/" in name:
        yield old_macros(where, is_worse=False)
    if name == "xl/workbook.xml" and b"_xlnm.Auto_Open" in content:
        yield old_macros(where, is_worse=True)
    if name.startswith("xl/externallinks/"):
        for match in _DDE_LINK.finditer(content):
            yield dde(where, match[1].decode("latin-1"))
            return
    if name.startswith("word/"):
        pieces = _INSTRUCTION.findall(content)
        # One instruction may stand in many runs, so that none of them has the word.
        instructions = unescape(b"".join(a or b" %s " % b for a, b in pieces).decode("latin-1"))
        match_field = _DDE_FIELD.search(instructions)
        if match_field:
            yield dde(where, match_field[0])


def _objects(text: bytes) -> Iterator[bytes]:
    places = [match.end() for match in _OBJECT.finditer(text)][:OBJECTS_COUNT_MAX]
    for start, end in pairwise([*places, len(text)]):
        digits = _CONTROL.sub(b"", text[start:end])
        yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
