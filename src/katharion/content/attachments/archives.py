"""Walk archives in memory: one member at a time, none of it on a disk, every cost bounded.

libarchive reads zip, 7z, rar, tar, cab and iso; what is only compressed is read by Python's own
modules. Meant for a process with limits: libarchive is C, and reads what strangers send.

Sources: PKWARE APPNOTE; RFC 1952; libarchive's manual, archive_read(3).
"""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from libarchive import ffi, memory_reader
from libarchive.exception import ArchiveError

from katharion.content.attachments.kinds import COMPRESSED
from katharion.content.attachments.options import Limits

# By our name of a kind: libarchive's names of formats, tried in this order.
_FORMATS = {
    "zip": ("zip",),
    "jar": ("zip",),
    "apk": ("zip",),
    "xpi": ("zip",),
    "appx": ("zip",),
    "epub": ("zip",),
    "7z": ("7zip",),
    "rar": ("rar", "rar5"),
    "tar": ("tar",),
    "cab": ("cab",),
    "iso": ("iso9660",),
    "lzh": ("lha",),
}
_RAR5 = b"Rar!\x1a\x07\x01"
CHUNK_OCTETS = 256 * 1024
XZ_MEMORY_OCTETS_MAX = 128 * 1024 * 1024

_is_encrypted = ffi.ffi("entry_is_encrypted", [ffi.c_archive_entry_p], ffi.c_int)


class BombError(Exception):
    """It unpacks to far more than it is."""


class LimitError(Exception):
    """More than is looked at, and no bomb."""


class BrokenError(Exception):
    """It can't be read to its end."""


class Member(NamedTuple):
    """One file of an archive; of an encrypted one there is no content."""

    name: str
    content: bytes
    is_encrypted: bool = False


class Meter:
    """What was unpacked so far, of how many octets that came by mail."""

    def __init__(self, packed_octets: int, limits: Limits) -> None:
        self._packed_octets = packed_octets
        self._limits = limits
        self.unpacked_octets = 0
        self.files_count = 0

    def add(self, octets: int) -> None:
        """So many more came out."""
        limits = self._limits
        self.unpacked_octets += octets
        ratio_octets = max(limits.ratio_from_octets, limits.ratio_max * self._packed_octets)
        if self.unpacked_octets > ratio_octets:
            raise BombError
        if self.unpacked_octets > limits.unpacked_octets_max:
            raise LimitError

    def add_file(self) -> None:
        """One file more."""
        self.files_count += 1
        if self.files_count > self._limits.files_count_max:
            raise LimitError


def members(kind: str, name: str, content: bytes, meter: Meter) -> Iterator[Member]:
    """The files in an archive; what it can't read raises one of the errors above."""
    if kind in COMPRESSED:
        meter.add_file()
        yield Member(_inner_name(name), _decompressed(kind, content, meter))
        return
    formats = _FORMATS[kind]
    form = formats[-1] if kind == "rar" and content.startswith(_RAR5) else formats[0]
    try:
        with memory_reader(content, format_name=form, filter_name="none") as archive:
            for entry in archive:
                if not entry.isfile:
                    meter.add_file()
                    continue
                yield _member(entry, meter)
    except ArchiveError as error:
        if "ncrypt" in str(error) or "assphrase" in str(error):
            yield Member("", b"", is_encrypted=True)  # Not even its names can be seen.
            return
        raise BrokenError(str(error)) from error
    except (UnicodeError, ValueError, TypeError) as error:
        raise BrokenError(str(error)) from error


class _Entry(Protocol):
    """What we use of libarchive's entries."""

    _entry_p: int
    pathname: str | bytes | None

    def get_blocks(self, block_size: int = ...) -> Iterator[bytes]: ...


def _member(entry: _Entry, meter: Meter) -> Member:
    meter.add_file()
    name = entry.pathname or ""
    if isinstance(name, bytes):  # In no character set that libarchive knows.
        name = name.decode("utf-8", "replace")
    if _is_encrypted(entry._entry_p) > 0:  # noqa: SLF001 # libarchive-c has no name for it yet.
        return Member(name, b"", is_encrypted=True)
    blocks = []
    for block in entry.get_blocks(CHUNK_OCTETS):
        meter.add(len(block))
        blocks.append(block)
    return Member(name, b"".join(blocks))


def _inner_name(name: str) -> str:
    stem, _, extension = name.rpartition(".")
    if extension.lower() in ("tgz", "tbz", "tbz2", "txz"):
        return f"{stem}.tar"
    return stem or name


def _decompressed(kind: str, content: bytes, meter: Meter) -> bytes:
    """All streams of a file, one behind the other."""
    blocks: list[bytes] = []
    rest = content
    try:
        while rest and (not blocks or _begins(kind, rest)):
            rest = _one_stream(kind, rest, blocks, meter)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        raise BrokenError(str(error)) from error
    return b"".join(blocks)


def _begins(kind: str, rest: bytes) -> bool:
    """Whether another stream follows; other trailing octets are ignored, as by gzip itself."""
    return rest.startswith({"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ"}[kind])


def _one_stream(kind: str, content: bytes, blocks: list[bytes], meter: Meter) -> bytes:
    """Add what one stream holds; returns what stands behind it."""
    meter.add(0)
    if kind == "gz":
        inflate = zlib.decompressobj(31)
        octets = content
        while not inflate.eof:
            block = inflate.decompress(octets, CHUNK_OCTETS)
            octets = inflate.unconsumed_tail
            if not block and not octets and not inflate.eof:
                raise BrokenError("it ends too early")
            blocks.append(block)
            meter.add(len(block))
        return inflate.unused_data
    expand: bz2.BZ2Decompressor | lzma.LZMADecompressor
    if kind == "bz2":
        expand = bz2.BZ2Decompressor()
    else:
        expand = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_OCTETS_MAX)
    octets = content
    while not expand.eof:
        if expand.needs_input and not octets:
            raise BrokenError("it ends too early")
        block = expand.decompress(octets, CHUNK_OCTETS)
        octets = b""
        blocks.append(block)
        meter.add(len(block))
    return expand.unused_data
