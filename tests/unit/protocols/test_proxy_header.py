"""The PROXY header, versions 1 and 2: whole, octet by octet, and what is none."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.protocols.proxy_header import OWN_CHECK, ProxyError, ProxyInfo, ProxyReader

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V4 = bytes([192, 0, 2, 1, 198, 51, 100, 7]) + struct.pack("!HH", 1234, 25)
V6 = bytes(15) + b"\1" + bytes(15) + b"\2" + struct.pack("!HH", 1234, 25)
TLV = b"\x04\x00\x03abc"


def v2(command: int, family: int, block: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", 0x20 | command, family, len(block)) + block


GOOD = [
    (b"PROXY TCP4 192.0.2.1 198.51.100.7 1234 25\r\n", "192.0.2.1"),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 1234 25\r\n", "2001:db8::1"),
    (b"PROXY UNKNOWN\r\n", ""),
    (b"PROXY UNKNOWN ffff::1 ::1 1 2\r\n", ""),
    (v2(1, 0x11, V4), "192.0.2.1"),
    (v2(1, 0x11, V4 + TLV), "192.0.2.1"),
    (v2(1, 0x21, V6), "::1"),
    (v2(0, 0x00, b""), ""),
]
BAD = [
    b"EHLO a.example\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 1234\r\n",
    b"PROXY TCP4 192.0.2.999 198.51.100.7 1234 25\r\n",
    b"PROXY TCP4 2001:db8::1 ::1 1234 25\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 99999 25\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 -1 25\r\n",
    b"PROXY UDP4 192.0.2.1 198.51.100.7 1234 25\r\n",
    b"PROXY " + b"x" * 200,
    b"PROXY UNKNOWN " + b"x" * 100 + b"\r\n",
    v2(2, 0x11, V4),
    v2(1, 0x12, V4),
    v2(1, 0x11, V4[:8]),
    v2(1, 0x31, bytes(216)),
    SIGNATURE + struct.pack("!BBH", 0x11, 0x11, 12) + V4,
    SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 60_000),
]


@pytest.mark.parametrize(("header", "source"), GOOD)
def test_good_ones(header: bytes, source: str) -> None:
    info, rest = ProxyReader().read(header + b"EHLO a\r\n")
    assert isinstance(info, ProxyInfo)
    assert (info.source, rest) == (source, b"EHLO a\r\n")
    reader = ProxyReader()
    for octet in header[:-1]:
        assert reader.read(bytes([octet])) == (None, b"")
    assert reader.read(header[-1:]) == (info, b"")


def test_ports_and_own_checks() -> None:
    info, _ = ProxyReader().read(GOOD[0][0])
    assert info == ProxyInfo("192.0.2.1", 1234, "198.51.100.7", 25)
    assert ProxyReader().read(GOOD[2][0])[0] == OWN_CHECK


@pytest.mark.parametrize("octets", BAD)
def test_bad_ones(octets: bytes) -> None:
    info, rest = ProxyReader().read(octets)
    assert isinstance(info, ProxyError)
    assert info.reason
    assert rest == b""


@given(st.one_of(st.binary(), st.binary().map(lambda b: SIGNATURE + b)), st.integers(0, 40))
def test_no_octets_raise(octets: bytes, cut: int) -> None:
    reader = ProxyReader()
    for part in (octets[:cut], octets[cut:]):
        info, _ = reader.read(part)
        if info is not None:
            return
