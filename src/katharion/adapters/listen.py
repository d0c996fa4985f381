"""Listening sockets: bound by the supervisor, inherited by the filters.

Each filter slot has its own socket on the same port (SO_REUSEPORT): the kernel shares
connections out, and a filter's successor takes over its queue of waiting ones.
"""

import fcntl
import os
import socket
import termios
from collections.abc import Mapping
from typing import Any

BACKLOG_COUNT_MAX = 1024
ENVIRONMENT = "KATHARION_LISTEN_FDS"


class ListenError(Exception):
    """An address can't be listened on; says why and what to do."""


def bind(address: str, port: int) -> socket.socket:
    """A listening socket."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # IPPROTO_TCP given: asyncio turns Nagle's delay off only for such sockets.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG_COUNT_MAX)
    except OSError as error:
        listener.close()
        raise ListenError(_explain(address, port, error)) from error
    return listener


def is_unheard(peer: Any) -> bool:  # noqa: ANN401 # A transport of any loop.
    """Whether the peer's host has not acknowledged all that we wrote; False where nobody knows.

    Asked of the kernel (SIOCOUTQ), which remembers it also after a reset.
    """
    connection = peer.get_extra_info("socket")
    try:
        left = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    except (OSError, AttributeError, ValueError):  # It is closed already, or there is none.
        return False
    return any(left)


def is_broken(peer: Any) -> bool:  # noqa: ANN401 # Likewise.
    """Whether the kernel knows that a connection is lost, though nobody reads it any more."""
    connection = peer.get_extra_info("socket")
    try:
        return bool(connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    except (OSError, AttributeError):  # Likewise.
        return False


def is_taken(address: str, port: int) -> bool:
    """Whether somebody else listens there (SO_REUSEPORT alone would not tell)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno == 98  # noqa: PLR2004 # EADDRINUSE
    return False


def to_environment(listeners: Mapping[str, int]) -> str:
    """File descriptors by listener name, for a child's environment."""
    return ",".join(f"{name}={fd}" for name, fd in listeners.items())


def inherited() -> dict[str, socket.socket]:
    """The sockets that this process was started with, by listener name."""
    text = os.environ.get(ENVIRONMENT, "")
    pairs = (item.partition("=") for item in text.split(",") if item)
    return {name: socket.socket(fileno=int(fd)) for name, _, fd in pairs}


def _explain(address: str, port: int, error: OSError) -> str:
    where = f"{address} port {port}"
    if isinstance(error, PermissionError):
        return (
            f"{where}: not permitted. Ports below 1024 need CAP_NET_BIND_SERVICE:"
            " the systemd unit gives it; or choose another port."
        )
    return f"{where}: {error.strerror}. Choose a free port and an address of this machine."
