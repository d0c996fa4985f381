"""Small files that lead to a place: Internet shortcuts, remote desktops, libraries, settings."""

import re

from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

TEXT_OCTETS_MAX = 256 * 1024
EVIDENCE_LENGTH_MAX = 200
LINKS_COUNT_MAX = 20
# By kind: what is said, its points, and the place it leads to.
_PLACES = {
    "url": (2.0, r"^[ \t]{0,9}url[ \t]{0,9}=[ \t]{0,9}(\S.{0,2000})"),
    "rdp": (3.5, r"^(?:alternate )?full address:s:[ \t]{0,9}(\S.{0,2000})"),
    "library-ms": (3.5, r"<url>\s{0,99}([^<\s][^<]{0,2000})"),
    "settingcontent-ms": (4.0, r"<deeplink>\s{0,99}([^<\s][^<]{0,2000})"),
}
_COMPILED = {
    kind: (weight, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for kind, (weight, pattern) in _PLACES.items()
}
# Another machine's files, or a program.
_REMOTE = re.compile(
    r"^(?:file:|\\\\|//|search-ms:|ms-[a-z-]+:)|@ssl|davwwwroot|\.exe|%", re.IGNORECASE
)
REMOTE_WEIGHT = 4.0


def inspect_pointer(file: File) -> Inspected:
    """Where it leads."""
    content = file.content[:TEXT_OCTETS_MAX]
    codec = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = content.decode(codec, "replace")
    weight, pattern = _COMPILED[file.kind]
    places = [match[1].strip() for match in pattern.finditer(text)][:LINKS_COUNT_MAX]
    if not places:
        return Inspected()
    if any(_REMOTE.search(place) for place in places):
        weight = max(weight, REMOTE_WEIGHT)
    shown = printable(places[0])[:EVIDENCE_LENGTH_MAX]
    sentence = "A small file only opens something on another computer."
    links = tuple(place for place in places if place.lower().startswith(("http:", "https:")))
    return Inspected((Finding("FILE_LEADS_TO", weight, sentence, shown),), links)
