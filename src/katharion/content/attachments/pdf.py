"""PDF: scripts, what opens by itself, files and links, by the names in it; nothing is rendered.

What a reader would repair is read as well: tables of contents are not believed, each stream that
can be inflated is searched for names. Bounded: so many streams, so many octets come out.

Sources: ISO 32000-1 7.3.5 (names), 7.5.7 (object streams), 7.6 (encryption), 12.6.4 (actions).
"""

import re
import zlib
from collections.abc import Iterator

from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

FILE_OCTETS_MAX = 64 * 1024 * 1024
STREAMS_COUNT_MAX = 2000
STREAM_OCTETS_MAX = 2 * 1024 * 1024
STREAMS_OCTETS_MAX = 32 * 1024 * 1024
LINKS_COUNT_MAX = 100
LURE_TEXT_OCTETS_MAX = 200
CARRIED_COUNT_MAX = 10
EVIDENCE_LENGTH_MAX = 200
_STREAM = re.compile(rb">>\s{0,9}stream\r?\n?")
_HEAD_OCTETS = 1024  # Of a stream's dictionary, before it.
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_URI = re.compile(
    rb"/URI\s{0,9}(?:\(((?:[^()\\]|\\.){3,2000})\)|<([0-9A-Fa-f\s]{6,4000})>)", re.DOTALL
)
_SHOWN = re.compile(rb"\((?:[^()\\]|\\.){0,500}\)|<[0-9A-Fa-f]{2,500}>")
_PAGE = re.compile(rb"/Type\s{0,9}/Page\b")
_IMAGE = re.compile(rb"/Subtype\s{0,9}/Image\b")
_LAUNCHED = re.compile(rb"/(?:F|Win)\s{0,9}[(<][^)>]{0,200}")
_ACTS_ITSELF = re.compile(rb"/(?:OpenAction|AA)\b")
_SCRIPT = re.compile(rb"/(?:JavaScript|JS)\b")
_LAUNCH = re.compile(rb"/S\s{0,9}/Launch\b")
_EMBEDDED = re.compile(rb"/EmbeddedFiles?\b")
_ENCRYPT = re.compile(rb"/Encrypt\s{0,9}(?:\d|<<)")
_SENDS = re.compile(rb"/S\s{0,9}/(?:SubmitForm|GoToR|ImportData)\b")


def inspect_pdf(file: File) -> Inspected:
    """What it would do."""
    content = file.content[:FILE_OCTETS_MAX]
    bodies: list[bytes] = []
    carried: list[tuple[str, bytes]] = []
    for head, body in _streams(content):
        if b"/EmbeddedFile" in head:
            carried.append(("embedded", body))
        else:
            bodies.append(body)
    objects = _without_streams(content)
    is_encrypted = bool(_ENCRYPT.search(objects))
    # Streams of encrypted files are noise: names in them are chance.
    names = b"\n".join([objects] if is_encrypted else [objects, *bodies])
    names = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), names)
    links = tuple(dict.fromkeys(_links(names)))[:LINKS_COUNT_MAX]
    where = printable(file.path)[:EVIDENCE_LENGTH_MAX]
    found = [*_actions(names, where)]
    if _is_lure(names, bodies, links):
        sentence = "A PDF is one page with one picture that leads elsewhere."
        found.append(Finding("FILE_PDF_LURE", 2.5, sentence, where))
    return Inspected(
        tuple(found), links, tuple(carried[:CARRIED_COUNT_MAX]), is_encrypted=is_encrypted
    )


def _actions(names: bytes, where: str) -> Iterator[Finding]:
    launch = _LAUNCH.search(names)
    if launch:
        target = _LAUNCHED.search(names, launch.start(), launch.end() + 1000)
        shown = printable(f"{where}: {target[0].decode('latin-1') if target else ''}")
        sentence = "A PDF starts a program."
        yield Finding("FILE_PDF_LAUNCH", 4.5, sentence, shown[:EVIDENCE_LENGTH_MAX])
    if _SCRIPT.search(names):
        is_auto = bool(_ACTS_ITSELF.search(names))
        sentence = "A PDF has scripts" + (" that run when it is opened." if is_auto else ".")
        yield Finding("FILE_PDF_SCRIPT", 2.5 if is_auto else 1.0, sentence, where)
    if _EMBEDDED.search(names):
        yield Finding("FILE_PDF_CARRIES", 0.5, "A PDF has other files in it.", where)
    if _SENDS.search(names):
        yield Finding("FILE_PDF_SENDS", 1.0, "A PDF sends or loads data elsewhere.", where)


def _is_lure(names: bytes, bodies: list[bytes], links: tuple[str, ...]) -> bool:
    """One page, a picture, hardly any text, and one place to go."""
    if len(links) != 1 or len(_PAGE.findall(names)) != 1 or not _IMAGE.search(names):
        return False
    shown = sum(
        len(text)
        for body in bodies
        if b"BT" in body and b"ET" in body
        for text in _SHOWN.findall(body[:STREAM_OCTETS_MAX])
    )
    return shown <= LURE_TEXT_OCTETS_MAX


def _links(names: bytes) -> Iterator[str]:
    for match, _ in zip(_URI.finditer(names), range(LINKS_COUNT_MAX), strict=False):
        if match[2] is not None:
            digits = b"".join(match[2].split())
            octets = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
        else:
            octets = re.sub(rb"\\(.)", rb"\1", match[1])
        link = octets.decode("utf-8", "replace").strip()
        if not link.lower().startswith("mailto:"):
            yield link


def _streams(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each stream that can be inflated, with its dictionary; pictures are left out."""
    left = STREAMS_OCTETS_MAX
    for match, _ in zip(_STREAM.finditer(content), range(STREAMS_COUNT_MAX), strict=False):
        before = content[max(0, match.start() - _HEAD_OCTETS) : match.start()]
        head = before[before.rfind(b" obj") + 1 :]
        head = _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), head)
        if _IMAGE.search(head):
            continue
        body = _inflated(content, match.end(), min(STREAM_OCTETS_MAX, left))
        left -= len(body)
        yield head, body
        if left <= 0:
            return


def _inflated(content: bytes, at: int, octets_max: int) -> bytes:
    raw = content[at : at + STREAM_OCTETS_MAX]
    try:
        return zlib.decompressobj().decompress(raw, octets_max)
    except zlib.error:
        end = raw.find(b"endstream")
        return raw[: min(end if end >= 0 else len(raw), octets_max)]


def _without_streams(content: bytes) -> bytes:
    """The file without what stands between "stream" and "endstream"."""
    pieces = []
    at = 0
    for match in _STREAM.finditer(content):
        if match.start() < at:
            continue
        end = content.find(b"endstream", match.end())
        pieces.append(content[at : match.end()])
        if end < 0:
            return b"\n".join(pieces)
        at = end
    return b"\n".join([*pieces, content[at:]])
