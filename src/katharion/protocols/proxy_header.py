"""The PROXY protocol header that a balancer puts before the conversation, without I/O.

Source: The PROXY protocol, versions 1 and 2 (HAProxy, 2020-03-05), sections 2.1 and 2.2.
"""

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

V1_OCTETS_MAX = 107
V2_OCTETS_MAX = 16 + 2048  # Fixed part, then addresses and TLVs; more is nonsense.

_V1 = b"PROXY "
_V2 = b"\r\n\r\n\0\r\nQUIT\n"
_V2_FIXED_OCTETS = 16
_PORT_MAX = 65_535


class ProxyInfo(NamedTuple):
    """Whom the balancer speaks for; `source` "" where it speaks for itself (a health check)."""

    source: str
    source_port: int
    destination: str
    destination_port: int


OWN_CHECK = ProxyInfo("", 0, "", 0)


class ProxyError(NamedTuple):
    """The header is no header: close without a word. `reason` is for the log."""

    reason: str


class ProxyReader:
    """Reads one header from the beginning of a connection."""

    def __init__(self) -> None:
        self._buffer = b""

    def read(self, data: bytes) -> tuple[ProxyInfo | ProxyError | None, bytes]:
        """Read on; None until the header is whole. With it come the octets that follow it."""
        self._buffer += data
        text = self._buffer
        if text.startswith(_V1[: len(text)]):
            return self._read_v1(text)
        if text.startswith(_V2[: len(text)]):
            return self._read_v2(text)
        return ProxyError("no PROXY header"), b""

    def _read_v1(self, text: bytes) -> tuple[ProxyInfo | ProxyError | None, bytes]:
        line, end, rest = text.partition(b"\r\n")
        if not end:
            too_long = len(text) > V1_OCTETS_MAX
            return (ProxyError("version 1: no line end"), b"") if too_long else (None, b"")
        if len(line) + len(end) > V1_OCTETS_MAX:
            return ProxyError("version 1: line too long"), b""
        words = line.split(b" ")
        if words[1:2] == [b"UNKNOWN"]:
            return OWN_CHECK, rest
        if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
            return ProxyError("version 1: not six words"), b""
        info = _v1_info(words)
        return info, rest if isinstance(info, ProxyInfo) else b""

    def _read_v2(self, text: bytes) -> tuple[ProxyInfo | ProxyError | None, bytes]:
        if len(text) < _V2_FIXED_OCTETS:
            return None, b""
        version_command, family, length = struct.unpack_from("!BBH", text, len(_V2))
        whole = _V2_FIXED_OCTETS + length
        if version_command >> 4 != 2 or whole > V2_OCTETS_MAX:
            return ProxyError("version 2: wrong version or length"), b""
        if len(text) < whole:
            return None, b""
        block, rest = text[_V2_FIXED_OCTETS:whole], text[whole:]
        command = version_command & 0x0F
        if command == 0:
            return OWN_CHECK, rest  # LOCAL: the balancer's own check.
        if command != 1:
            return ProxyError("version 2: unknown command"), b""
        info = _v2_info(family, block)
        return info, rest if isinstance(info, ProxyInfo) else b""


def _v1_info(words: list[bytes]) -> ProxyInfo | ProxyError:
    address = IPv4Address if words[1] == b"TCP4" else IPv6Address
    try:
        source, destination = (str(address(word.decode("ascii"))) for word in words[2:4])
    except ValueError:
        return ProxyError("version 1: no address")
    ports = words[4:]
    if not all(p.isdigit() and len(p) <= 5 and int(p) <= _PORT_MAX for p in ports):
        return ProxyError("version 1: no port")
    return ProxyInfo(source, int(ports[0]), destination, int(ports[1]))


def _v2_info(family: int, block: bytes) -> ProxyInfo | ProxyError:
    if family == 0x11 and len(block) >= 12:
        source, destination = IPv4Address(block[:4]), IPv4Address(block[4:8])
        ports = struct.unpack_from("!HH", block, 8)
    elif family == 0x21 and len(block) >= 36:
        v6_source, v6_destination = IPv6Address(block[:16]), IPv6Address(block[16:32])
        ports = struct.unpack_from("!HH", block, 32)
        return ProxyInfo(str(v6_source), ports[0], str(v6_destination), ports[1])
    else:
        return ProxyError("version 2: not TCP over IPv4 or IPv6")
    return ProxyInfo(str(source), ports[0], str(destination), ports[1])
