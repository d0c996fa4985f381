"""The load: Postfix's smtp-source for throughput, a small client of ours for latency."""

import socket
import subprocess
import time
from statistics import quantiles
from typing import NamedTuple

SESSIONS = 20
RUN_SECONDS_MAX = 60.0
SENDER, RECIPIENT = "a@sender.example", "user@customer.example"


class Latency(NamedTuple):
    """Milliseconds from the final dot to its answer."""

    p50_ms: float
    p99_ms: float


def throw(port: int, messages: int, size_bytes: int, *, is_kept: bool) -> float:
    """Send `messages` with smtp-source; returns the seconds it took. Fails if one is refused."""
    began = time.perf_counter()
    subprocess.run(
        [
            *("smtp-source", "-s", str(SESSIONS), "-m", str(messages), "-l", str(size_bytes)),
            *("-M", "mail.sender.example", "-f", SENDER, "-t", RECIPIENT),
            *(("-d",) if is_kept else ()),
            f"127.0.0.1:{port}",
        ],
        check=True,
        timeout=RUN_SECONDS_MAX,
        capture_output=True,
    )
    return time.perf_counter() - began


def message(size_bytes: int) -> bytes:
    """A plain message of about `size_bytes`, on the wire, without its final dot."""
    head = (
        f"From: <{SENDER}>\r\nTo: <{RECIPIENT}>\r\nSubject: bench\r\n"
        "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <bench@sender.example>\r\n\r\n"
    )
    line = "The quick brown fox jumps over the lazy dog, and the dog sleeps on.\r\n"
    return (head + line * (1 + (size_bytes - len(head)) // len(line))).encode()


class _Client:
    """One blocking connection that says its lines one by one, without Nagle's delay."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(10)

    def expect(self, code: bytes) -> None:
        reply = b""
        while not (reply.endswith(b"\r\n") and reply.splitlines()[-1][3:4] != b"-"):
            got = self._socket.recv(4096)
            assert got, f"closed after {reply!r}"
            reply += got
        assert reply.startswith(code), reply

    def say(self, line: bytes, code: bytes) -> None:
        self._socket.sendall(line)
        self.expect(code)

    def close(self) -> None:
        self._socket.close()


def dot_seconds(port: int, content: bytes) -> float:
    """Send one message on a connection of its own; seconds from the dot to the answer."""
    client = _Client(port)
    client.expect(b"220")
    client.say(b"EHLO mail.sender.example\r\n", b"250")
    client.say(f"MAIL FROM:<{SENDER}>\r\n".encode(), b"250")
    client.say(f"RCPT TO:<{RECIPIENT}>\r\n".encode(), b"250")
    client.say(b"DATA\r\n", b"354")
    began = time.perf_counter()
    client.say(content + b".\r\n", b"250")
    took = time.perf_counter() - began
    client.say(b"QUIT\r\n", b"221")
    client.close()
    return took


def latency(samples_seconds: list[float]) -> Latency:
    """The median and the 99th percentile."""
    cuts = quantiles(samples_seconds, n=100)
    return Latency(round(cuts[49] * 1e3, 3), round(cuts[98] * 1e3, 3))
