"""OneNote: the files that a section carries, which a click opens.

Source: [MS-ONESTORE] 2.6.13 (FileDataStoreObject).
"""

from katharion.content.attachments.kinds import kind_of
from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

FILES_COUNT_MAX = 50
EVIDENCE_LENGTH_MAX = 200
_BEGIN = b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"
_HEADER_OCTETS = 36  # The mark, the length, and 12 octets of nothing.
_SHOWN = frozenset(("png", "jpg", "gif", "bmp", "tiff", "emf", "wmf", "webp", "empty"))


def inspect_section(file: File) -> Inspected:
    """The files in it; pictures are what it shows."""
    files: list[tuple[str, bytes]] = []
    at = file.content.find(_BEGIN)
    while at >= 0 and len(files) < FILES_COUNT_MAX:
        start = at + _HEADER_OCTETS
        length = int.from_bytes(file.content[at + 16 : at + 24], "little")
        content = file.content[start : start + length]
        files.append((f"object-{len(files) + 1}", content))
        at = file.content.find(_BEGIN, start + len(content))
    kinds = [kind for _, content in files if (kind := kind_of(content)) not in _SHOWN]
    if not kinds:
        return Inspected(files=tuple(files))
    shown = printable(f"{file.path}: {', '.join(kinds)}")[:EVIDENCE_LENGTH_MAX]
    sentence = "A note carries a file that a click opens."
    return Inspected((Finding("FILE_NOTE_CARRIES", 3.5, sentence, shown),), files=tuple(files))
