"""HTML and SVG files: what their scripts build, where they send people, and what they ask for.

A page that makes a file out of its own text brings past a filter what is not to pass
("smuggling"); a page with a field for a password is a log-in form that no web server has.
"""

import re
from collections.abc import Iterator

from pybase64 import b64decode

from katharion.content.attachments.kinds import ARCHIVES, kind_of
from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

PAGE_OCTETS_MAX = 4 * 1024 * 1024
HIDDEN_LENGTH_MIN = 1000  # Of what a script decodes, in base64 or as escapes.
SHORT_PAGE_OCTETS = 8 * 1024
CARRIED_COUNT_MAX = 20
LINKS_COUNT_MAX = 50
EVIDENCE_LENGTH_MAX = 200
_CARRIED_KINDS = ARCHIVES | {"exe", "lnk", "one", "msi", "ole", "doc", "xls", "pdf", "docx", "xlsx"}

_SCRIPT = re.compile(rb"<script|javascript:|\bon(?:load|error|click|mouseover)\s*=", re.IGNORECASE)
_BUILDS = re.compile(
    rb"new\s+blob\s*\(|createobjecturl|mssaveoropenblob|mssaveblob|data:application/",
    re.IGNORECASE,
)
_SAVES = re.compile(rb"mssave|\bdownload\b|\.click\s*\(|saveas\s*\(", re.IGNORECASE)
_DECODES = re.compile(
    rb"\batob\s*\(|unescape\s*\(|fromcharcode|decodeuricomponent\s*\(", re.IGNORECASE
)
_WRITES = re.compile(rb"document\.write|innerhtml|\beval\s*\(|\bfunction\s*\(", re.IGNORECASE)
_PASSWORD = re.compile(rb"<input[^<>]{0,500}type\s*=\s*[\"']?password", re.IGNORECASE)
_GOES = re.compile(
    rb"location(?:\.href)?\s*=[^=]|location\.(?:replace|assign)\s*\("
    rb"|http-equiv\s*=\s*[\"']?refresh",
    re.IGNORECASE,
)
_LINK = re.compile(
    rb"(?:href|action|src|url|location)\s{0,3}[=(]\s{0,3}[\"']?(https?://[^\s\"'<>)]{3,2000})",
    re.IGNORECASE,
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{200,}={0,2}")
_ESCAPED = re.compile(rb"(?:%[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}){100,}")


def inspect_page(file: File) -> Inspected:
    """HTML, HTA and SVG."""
    page = file.content[:PAGE_OCTETS_MAX]
    if page[:2] in (b"\xff\xfe", b"\xfe\xff"):
        page = page.decode("utf-16", "replace").encode()
    links = dict.fromkeys(match[1].decode("latin-1") for match in _LINK.finditer(page))
    carried = tuple(_carried(page))
    found = tuple(_findings(file, page, has_files=bool(carried)))
    return Inspected(found, tuple(links)[:LINKS_COUNT_MAX], carried)


def _findings(file: File, page: bytes, *, has_files: bool) -> Iterator[Finding]:
    shown = printable(file.path)[:EVIDENCE_LENGTH_MAX]
    if _PASSWORD.search(page):
        yield Finding("FILE_ASKS_PASSWORD", 3.0, "An attached page asks for a password.", shown)
    if not _SCRIPT.search(page):
        return
    if (_BUILDS.search(page) and _SAVES.search(page)) or has_files:
        sentence = "An attached page makes a file by itself, past the filters."
        yield Finding("FILE_SMUGGLES", 4.0, sentence, shown)
    elif _hidden_length(page) >= HIDDEN_LENGTH_MIN and _DECODES.search(page):
        weight = 3.0 if _WRITES.search(page) else 2.0
        yield Finding("FILE_PAGE_HIDDEN", weight, "An attached page hides what it shows.", shown)
    if len(page) <= SHORT_PAGE_OCTETS and _GOES.search(page):
        yield Finding("FILE_LEADS_AWAY", 2.5, "An attached page only leads elsewhere.", shown)
    if file.kind == "svg":
        yield Finding("FILE_PICTURE_SCRIPT", 3.5, "A picture has a script in it.", shown)


def _hidden_length(page: bytes) -> int:
    runs = (*_BASE64.finditer(page), *_ESCAPED.finditer(page))
    return max((len(run[0]) for run in runs), default=0)


def _carried(page: bytes) -> Iterator[tuple[str, bytes]]:
    """Files that are written in it, of kinds that no page needs."""
    count = 0
    for run in _BASE64.finditer(page):
        head = run[0][:64]
        if kind_of(b64decode(head[: len(head) // 4 * 4])) not in _CARRIED_KINDS:
            continue
        text = run[0].rstrip(b"=")
        content = b64decode(text + b"=" * (-len(text) % 4) if len(text) % 4 != 1 else text[:-1])
        count += 1
        if count > CARRIED_COUNT_MAX:
            return
        yield f"page-{count}", content
