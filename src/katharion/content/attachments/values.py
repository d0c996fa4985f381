"""What inspectors take and give."""

from collections.abc import Callable

import msgspec

from katharion.values.examination import File
from katharion.values.verdict import Finding

__all__ = ["NOTHING_SEEN", "File", "Inspect", "Inspected"]


class Inspected(msgspec.Struct, frozen=True):
    """What an inspector saw, the links that the file would open, and the files it carries."""

    findings: tuple[Finding, ...] = ()
    links: tuple[str, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()  # Name and content.
    is_encrypted: bool = False


NOTHING_SEEN = Inspected()

# A pure function. It may raise: then that file counts as not checked. It runs in a process that
# can open no file, so that whatever it imports is imported at the head of its module.
Inspect = Callable[[File], Inspected]
