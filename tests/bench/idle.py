"""What an idle connection costs: memory of the node's processes, by thousands of them."""

import resource
import socket
import ssl
import time

from bench.peers import Peer
from bench.tree import memory_bytes

SETTLE_SECONDS = 1.0
# Connections of one client address are limited, so they come from many (127.0.0.0/8).
PER_ADDRESS = 20


def allow_files(count: int) -> None:
    """Raise our own limit of open files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def _opened(port: int, number: int) -> socket.socket:
    host = number // PER_ADDRESS
    source = f"127.{1 + host // 65025}.{host // 255 % 255}.{1 + host % 254}"
    peer = socket.create_connection(("127.0.0.1", port), 10, (source, 0))
    peer.settimeout(10)
    assert peer.recv(512).startswith(b"220")
    peer.sendall(b"EHLO mail.sender.example\r\n")
    assert peer.recv(4096).startswith(b"250")
    return peer


def _secured(peer: socket.socket, context: ssl.SSLContext) -> socket.socket:
    peer.sendall(b"STARTTLS\r\n")
    assert peer.recv(512).startswith(b"220")
    return context.wrap_socket(peer)


def bytes_each(peer: Peer, count: int, *, is_tls: bool = False) -> float:
    """Memory of one idle connection after EHLO (and STARTTLS), in bytes, over `count` of them."""
    allow_files(count + 1000)
    context = ssl._create_unverified_context()  # noqa: S323 # Memory is measured, not trust.
    before = memory_bytes(peer.pid)
    connections = []
    try:
        for number in range(count):
            plain = _opened(peer.port, number)
            connections.append(_secured(plain, context) if is_tls else plain)
        time.sleep(SETTLE_SECONDS)
        return (memory_bytes(peer.pid) - before) / count
    finally:
        for connection in connections:
            connection.close()
