"""What a file's name is to hide, and whether the file is of a kind that is not wanted by mail."""

import re

from katharion.content.attachments.kinds import extension_of
from katharion.mail.message import printable
from katharion.values.verdict import Finding

NAME_LENGTH_MAX = 1000
EVIDENCE_LENGTH_MAX = 200
REFUSED_DEFAULT = (
    *("ace", "appx", "application", "bat", "chm", "class", "cmd", "com", "cpl", "dll", "exe"),
    *("hlp", "hta", "img", "inf", "iso", "jar", "jnlp", "js", "jse", "library-ms", "lnk", "msc"),
    *("msi", "msix", "msp", "one", "pif", "ps1", "rdp", "reg", "scr", "script", "sct"),
    *("searchconnector-ms", "settingcontent-ms", "vbe", "vbs", "vhd", "vhdx", "wim"),
    *("wsc", "wsf", "wsh", "xll"),
)
# What people think that they can open without harm.
_HARMLESS = frozenset(
    (
        *("avi", "bmp", "csv", "doc", "docx", "gif", "heic", "jpeg", "jpg", "mov", "mp3"),
        *("mp4", "odt", "pdf", "png", "ppt", "pptx", "rtf", "tif", "tiff", "txt", "wav"),
        *("webp", "xls", "xlsx"),
    )
)
# Content that does something by itself when it is opened.
_ACTIVE = frozenset(
    (
        *("chm", "exe", "hta", "lnk", "macho", "msi", "one", "reg", "script"),
        *("settingcontent-ms", "library-ms", "class", "jar"),
    )
)
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PADDING = re.compile("[ \t\u00a0\u2000-\u200a\u2800\u3000_]{12,}\\.?\\S{1,12}$")


def judge_name(
    name: str, kind: str, refused: frozenset[str], points: float = 4.5
) -> tuple[Finding, ...]:
    """Findings about one file. `points`: those of a kind that is refused."""
    name = name[:NAME_LENGTH_MAX]
    extension = extension_of(name)
    found = []
    shown = printable(f"{name} ({kind})")[:EVIDENCE_LENGTH_MAX]

    def add(what: str, weight: float, sentence: str) -> None:
        found.append(Finding(what, weight, sentence, shown))

    is_unwanted = extension in refused or kind in refused
    if is_unwanted:
        add("FILE_REFUSED", points, "It carries a file of a kind that is not taken by mail.")
    if _OVERRIDES.search(name):
        add("FILE_NAME_TURNED", 4.0, "A file's name is written so that its end is not seen.")
    before = extension_of(name[: -len(extension) - 1]) if extension else ""
    if is_unwanted and before in _HARMLESS and extension not in _HARMLESS:
        add("FILE_NAME_DOUBLE", 3.5, "A file pretends to be a document or a picture.")
    if is_unwanted and _PADDING.search(name):
        add("FILE_NAME_PADDED", 3.5, "A file's name is so long that its end is not seen.")
    if extension in _HARMLESS and kind in _ACTIVE:
        add("FILE_LIES", 4.0, "A file is a program, and its name says something else.")
    return tuple(found)
