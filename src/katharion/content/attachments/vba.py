"""VBA projects: the source of their macros, and what they do by themselves.

The source is looked for by its beginning ("Attribute"), not by the project's own table of
contents, which a stranger writes. Bounded: so many modules, so many octets of source.

Source: [MS-OVBA] 2.4.1 (compression), 2.3.4.3 (module streams).
"""

import re

from katharion.mail.message import printable
from katharion.values.verdict import Finding

SOURCE_OCTETS_MAX = 4 * 1024 * 1024
MODULES_COUNT_MAX = 200
EVIDENCE_LENGTH_MAX = 200
CHUNK_OCTETS = 4096
_ATTRIBUTE = b"\x00Attribut"  # Eight literals, as the first token sequence of a module.
_CHUNK_SIGNATURE = 0b011
_HEAD_OCTETS = 3  # Signature and chunk header stand before.
_AUTO = re.compile(
    r"\b(?:auto_?(?:open|close|exec|exit|new)|(?:document|workbook)_(?:open|close|new|beforeclose"
    r"|activate|beforesave)|\w+_(?:layout|painted|gotfocus|mousemove|onconnecting))\b",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"\b(?:shell|createobject|getobject|urldownloadtofile\w*|powershell|wscript|shellexecute\w*"
    r"|environ|xmlhttp|winhttp\w*|adodb|callbyname|createthread|virtualalloc|rtlmovememory"
    r"|macscript|win32_process|regwrite|certutil|mshta|rundll32|savetofile)\b",
    re.IGNORECASE,
)


def decompress(container: bytes, octets_max: int = SOURCE_OCTETS_MAX) -> bytes:
    """What a compressed container holds, as far as it can be read. No octets raise."""
    out = bytearray()
    at = 1  # After the signature, 0x01.
    while at + 2 <= len(container) and len(out) < octets_max:
        header = int.from_bytes(container[at : at + 2], "little")
        if header >> 12 & 7 != _CHUNK_SIGNATURE:
            break
        end = min(at + (header & 0x0FFF) + 3, len(container))
        chunk = container[at + 2 : end]
        out += _chunk(chunk) if header & 0x8000 else chunk[:CHUNK_OCTETS]
        at = end
    return bytes(out[:octets_max])


def _chunk(chunk: bytes) -> bytes:
    """Undo the token sequences of one chunk (2.4.1.3.2)."""
    out = bytearray()
    at = 0
    while at < len(chunk) and len(out) < CHUNK_OCTETS:
        flags, at = chunk[at], at + 1
        for bit in range(8):
            if at >= len(chunk):
                break
            if not flags >> bit & 1:
                out.append(chunk[at])
                at += 1
                continue
            if not _copy(out, int.from_bytes(chunk[at : at + 2], "little")):
                return bytes(out)
            at += 2
    return bytes(out[:CHUNK_OCTETS])


def _copy(out: bytearray, token: int) -> bool:
    """Repeat what came before; False where it says to begin before the beginning."""
    bits = max((len(out) - 1).bit_length(), 4)
    length_mask = 0xFFFF >> bits
    length = (token & length_mask) + 3
    start = len(out) - (token >> (16 - bits)) - 1
    if start < 0 or not out or len(out) > CHUNK_OCTETS:
        return False
    span = bytes(out[start:])
    out += (span * (length // len(span) + 1))[:length]
    return True


def sources_of(stream: bytes) -> bytes:
    """The source of all modules in a stream."""
    out = bytearray()
    at = 0
    for _ in range(MODULES_COUNT_MAX):
        found = stream.find(_ATTRIBUTE, at)
        if found < 0 or len(out) >= SOURCE_OCTETS_MAX:
            break
        if found >= _HEAD_OCTETS and stream[found - _HEAD_OCTETS] == 1:
            start = found - _HEAD_OCTETS
            container = stream[start : start + SOURCE_OCTETS_MAX]
            out += decompress(container, SOURCE_OCTETS_MAX - len(out))
        at = found + len(_ATTRIBUTE)
    return bytes(out)


def judge_macros(source: bytes, where: str) -> Finding:
    """How bad the macros of a document are; `source` may be empty: it was taken out."""
    code = "\n".join(
        line for line in source.decode("latin-1").splitlines() if not line.startswith("Attribute ")
    )
    code = re.sub(r"[ \t]_\r?\n", " ", code)
    auto, acts = _AUTO.search(code), _ACTS.search(code)
    shown = printable(": ".join([where, *(each[0] for each in (auto, acts) if each)]))
    shown = shown[:EVIDENCE_LENGTH_MAX]
    if auto and acts:
        sentence = "A document runs a program by itself when it is opened."
        return Finding("FILE_MACRO_RUNS", 4.5, sentence, shown)
    if not source:
        sentence = "A document has macros whose source was taken out."
        return Finding("FILE_MACRO_HIDDEN", 3.5, sentence, shown)
    if auto:
        sentence = "A document has macros that run when it is opened."
        return Finding("FILE_MACRO_AUTO", 2.5, sentence, shown)
    if acts:
        return Finding("FILE_MACRO_ACTS", 2.0, "A document's macros start other programs.", shown)
    return Finding("FILE_MACRO", 1.0, "A document has macros.", shown)
