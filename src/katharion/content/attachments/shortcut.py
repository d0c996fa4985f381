"""Windows shortcuts: which program they start, and with which arguments.

Source: [MS-SHLLINK] 2.1 (header), 2.2 (target), 2.3 (link info), 2.4 (strings).
"""

import re

from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

HEADER_OCTETS = 76
FILE_OCTETS_MAX = 256 * 1024
EVIDENCE_LENGTH_MAX = 200
_HAS_TARGET, _HAS_INFO, _IS_UNICODE = 0x01, 0x02, 0x80
_STRINGS = (("name", 0x04), ("path", 0x08), ("folder", 0x10), ("arguments", 0x20), ("icon", 0x40))
_COMMAND = re.compile(
    r"powershell|pwsh|mshta|\bcmd(?:\.exe)?\b|wscript|cscript|rundll32|regsvr32|certutil|bitsadmin"
    r"|\bcurl\b|msiexec|conhost|forfiles|\bftp\b|\bssh\b|explorer\.exe|comspec|\\\\[\w.]+[@\\]",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://[^\s\"'<>|)]{3,2000}", re.IGNORECASE)


def strings_of(content: bytes) -> dict[str, str]:
    """What a shortcut says in words; what is cut off is missing. No octets raise."""
    flags = int.from_bytes(content[20:24], "little")
    at = HEADER_OCTETS
    found = {}
    if flags & _HAS_TARGET:
        end = at + 2 + int.from_bytes(content[at : at + 2], "little")
        found["target"] = _words(content[at:end])
        at = end
    if flags & _HAS_INFO:
        end = at + int.from_bytes(content[at : at + 4], "little")
        found["info"] = _words(content[at:end])
        at = max(end, at + 4)
    width, codec = (2, "utf-16-le") if flags & _IS_UNICODE else (1, "cp1252")
    for name, flag in _STRINGS:
        if flags & flag:
            end = at + 2 + int.from_bytes(content[at : at + 2], "little") * width
            found[name] = content[at + 2 : end].decode(codec, "replace")
            at = end
    return found


def inspect_shortcut(file: File) -> Inspected:
    """What it starts."""
    strings = strings_of(file.content[:FILE_OCTETS_MAX])
    started = " ".join(strings.get(name, "") for name in ("target", "info", "path", "arguments"))
    started = " ".join(started.split())
    links = tuple(_LINK.findall(started))
    if not (_COMMAND.search(started) or links):
        return Inspected()
    command = _COMMAND.search(started)
    shown = printable(started[max(0, command.start() - 20) :] if command else started)
    sentence = "A shortcut starts a program that can do anything."
    return Inspected(
        (Finding("FILE_STARTS_PROGRAM", 4.5, sentence, shown[:EVIDENCE_LENGTH_MAX]),), links
    )


def _words(octets: bytes) -> str:
    """Its texts, in one octet a character or in two."""
    texts = re.findall(rb"(?:[\x20-\x7e]\x00){3,}|[\x20-\x7e]{3,}", octets)
    return " ".join(text.replace(b"\x00", b"").decode("ascii") for text in texts)
