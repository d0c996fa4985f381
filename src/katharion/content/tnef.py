"""TNEF: what Outlook wraps in a winmail.dat. Files by name, and the text.

Source: [MS-OXTNEF] sections 2.1.3 (structure) and 2.1.3.3 to 2.1.3.5 (attributes).
"""

import struct

TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
ATTRIBUTES_COUNT_MAX = 2000
FILES_COUNT_MAX = 100

_SIGNATURE = b"\x78\x9f\x3e\x22"
_HEAD = struct.Struct("<BII")  # Level, attribute, length; a checksum of two octets ends each.
_RENDERING, _TITLE, _DATA, _BODY = 0x00069002, 0x00018010, 0x0006800F, 0x0002800C


def read_tnef(octets: bytes) -> list[tuple[str, bytes]]:
    """Names and contents of the files in it; the text is one named "body.txt". Never raises."""
    files: list[tuple[str, bytes]] = []
    if not octets.startswith(_SIGNATURE):
        return files
    name, content = "", b""
    at = len(_SIGNATURE) + 2
    for _ in range(ATTRIBUTES_COUNT_MAX):
        if at + _HEAD.size > len(octets) or len(files) >= FILES_COUNT_MAX:
            break
        _, attribute, length = _HEAD.unpack_from(octets, at)
        at += _HEAD.size
        value = octets[at : at + length]
        at += length + 2
        if attribute == _RENDERING:
            if content:
                files.append((name, content))
            name, content = "", b""
        elif attribute == _TITLE:
            name = value.rstrip(b"\0")[:255].decode("windows-1252", "replace")
        elif attribute == _DATA:
            content = value
        elif attribute == _BODY:
            files.append(("body.txt", value.rstrip(b"\0")))
    if content:
        files.append((name, content))
    return files
