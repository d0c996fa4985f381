"""Files that are looked into by a process of their own, and what it saw."""

import msgspec

from katharion.values.verdict import Finding


class File(msgspec.Struct, frozen=True):
    """One file to be looked into. `kind`: what its content is, as content/attachments names it.

    `path` says where it stood: "2", or "2/inner.zip/a.docx" inside of an archive.
    """

    path: str
    name: str
    kind: str
    content: bytes


class Examination(msgspec.Struct, frozen=True):
    """What was seen in all files of a message. `is_encrypted`: some of it needs a password.

    `links`: what the files would open, in pictures and documents as well.
    """

    findings: tuple[Finding, ...] = ()
    links: tuple[str, ...] = ()
    is_encrypted: bool = False
