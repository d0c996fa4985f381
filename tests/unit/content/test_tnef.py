"""A winmail.dat as [MS-OXTNEF] lays it out."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.tnef import FILES_COUNT_MAX, read_tnef

RENDERING, TITLE, DATA, BODY = 0x00069002, 0x00018010, 0x0006800F, 0x0002800C


def attribute(tag: int, value: bytes) -> bytes:
    checksum = sum(value) & 0xFFFF
    return struct.pack("<BII", 2, tag, len(value)) + value + struct.pack("<H", checksum)


def tnef(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


FILE = attribute(RENDERING, b"") + attribute(TITLE, b"a.exe\0") + attribute(DATA, b"MZ")


def test_files_and_text() -> None:
    octets = tnef(attribute(BODY, b"hello\0"), FILE, FILE)
    assert read_tnef(octets) == [("body.txt", b"hello"), ("a.exe", b"MZ"), ("a.exe", b"MZ")]


@pytest.mark.parametrize("octets", [b"", b"\x78\x9f\x3e\x22", b"not a winmail.dat"])
def test_what_is_none(octets: bytes) -> None:
    assert read_tnef(octets) == []


def test_bounds_and_torn_ones() -> None:
    assert len(read_tnef(tnef(*[FILE] * 500))) == FILES_COUNT_MAX
    assert read_tnef(tnef(FILE)[:-3]) == [("a.exe", b"M")]
    assert read_tnef(tnef(struct.pack("<BII", 2, DATA, 2**32 - 1) + b"abc")) == [("", b"abc")]


@given(st.binary(max_size=200))
def test_no_octets_raise(octets: bytes) -> None:
    read_tnef(tnef(octets))
    read_tnef(tnef(FILE, octets))
