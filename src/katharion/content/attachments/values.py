"""What inspectors take and give."""

from collections.abc import Callable

import msgspec

from katharion.values.verdict import Finding


class File(msgspec.Struct, frozen=True):
    """One file to be looked into. `kind`: what its content is, as `kinds.py` names it.

    `path` says where it stood: "2", or "2/inner.zip/a.docx" inside of an archive.
    """

    path: str
    name: str
    kind: str
    content: bytes


class Inspected(msgspec.Struct, frozen=True):
    """What an inspector saw, the links that the file would open, and the files it carries."""

    findings: tuple[Finding, ...] = ()
    links: tuple[str, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()  # Name and content.


NOTHING_SEEN = Inspected()

# A pure function. It may raise: then that file counts as not checked. It runs in a process that
# can open no file, so that whatever it imports is imported at the head of its module.
Inspect = Callable[[File], Inspected]
