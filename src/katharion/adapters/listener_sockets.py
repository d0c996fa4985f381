"""The listening sockets of all filters: taken back or bound, and changed all or not at all.

A socket is known by its place, not by its name: a listener that is renamed keeps its socket,
and one that moves to another port gets another.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from katharion.adapters.listen import ListenError, bind, is_taken

Places = Mapping[str, tuple[str, int]]  # Listener name: address and port.
_Key = tuple[str, str, int, str]  # Process, address, port; the name only where the port is 0.


class ListenerSockets:
    """File descriptors by process and listener; they are ours until `change` closes them."""

    def __init__(self, places: Places, processes: Sequence[str]) -> None:
        self._places = places
        self._processes = processes
        self._fds: dict[_Key, int] = {}

    def of(self, process: str) -> dict[str, int]:
        """A process's sockets by listener name."""
        keys = {name: _key(process, name, place) for name, place in self._places.items()}
        return {name: self._fds[key] for name, key in keys.items() if key in self._fds}

    def take(self, process: str, fds: Mapping[str, int]) -> None:
        """Take over what the process has given back, and close what is not wanted.

        An open socket that nobody serves would get its share of the clients.
        """
        wanted = self._wanted()
        for name, fd in fds.items():
            address, port = _place_of(fd)
            keys = (_key(process, name, (address, port)), _key(process, name, (address, 0)))
            key = next((k for k in keys if k in wanted and k not in self._fds), None)
            if key is None:
                os.close(fd)
            else:
                self._fds[key] = fd

    def bind_missing(self, *, is_ours: bool = False) -> None:
        """Bind what is not there yet. ListenError: then nothing new is left bound.

        `is_ours`: processes of ours may listen there still, so that a taken port tells nothing.
        """
        held = {key[1:] for key in self._fds}
        fresh: dict[_Key, int] = {}
        try:
            for name, place in self._places.items():
                if not is_ours and _key("", name, place)[1:] not in held:
                    _check_free(*place)
                for process in self._processes:
                    key = _key(process, name, place)
                    if key not in self._fds:
                        fresh[key] = bind(*place).detach()
        except ListenError as error:
            for fd in fresh.values():
                os.close(fd)
            raise ListenError(f"listeners.{name}: {error}") from error
        self._fds |= fresh

    def change(self, places: Places) -> None:
        """Listen at other places. ListenError: then all is as it was."""
        before, self._places = self._places, places
        try:
            self.bind_missing()
        except ListenError:
            self._places = before
            raise
        for key in self._fds.keys() - self._wanted():
            os.close(self._fds.pop(key))

    def _wanted(self) -> set[_Key]:
        places = self._places.items()
        return {_key(process, name, place) for process in self._processes for name, place in places}


def _check_free(address: str, port: int) -> None:
    if port and is_taken(address, port):
        raise ListenError(
            f"{address} port {port} is in use by another program."
            " Stop that one, or choose another port."
        )


def _key(process: str, name: str, place: tuple[str, int]) -> _Key:
    address, port = place
    return process, str(ip_address(address)), port, "" if port else name


def _place_of(fd: int) -> tuple[str, int]:
    with socket.socket(fileno=os.dup(fd)) as listener:
        address, port = listener.getsockname()[:2]
        return str(address), int(port)
