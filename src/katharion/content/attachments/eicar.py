"""EICAR: the harmless file that every scanner for viruses is to find.

Source: EICAR's description of its test file: it begins with these 68 octets, is at most 128
long, and only white space follows.
"""

from katharion.values.verdict import Finding, Force

FILE_OCTETS_MAX = 128
# Written in two halves, so that this file itself is not found.
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"
FOUND = Finding(
    "EICAR", 0.0, "It carries the EICAR test file, which stands for a virus.", force=Force.VIRUS
)


def is_eicar(content: bytes) -> bool:
    """Whether this is the test file."""
    return content.startswith(_EICAR) and content[68:FILE_OCTETS_MAX].strip(b" \t\r\n\x1a") == b""


def is_eicar_text(text: str) -> bool:
    """Whether a text is the test file and nothing else."""
    start = text[: FILE_OCTETS_MAX * 4].lstrip()[:FILE_OCTETS_MAX]
    return is_eicar(start.encode("ascii", "replace"))
