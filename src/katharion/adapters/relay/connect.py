"""Open a connection to a next hop: its addresses in turn, each within its time.

Source: RFC 5321 section 5.1 (all addresses of a host are tried).
"""

import asyncio
import socket
import ssl
from collections.abc import Callable

from katharion.adapters.relay.options import RelayOptions
from katharion.adapters.relay.session import RelaySession
from katharion.ports import Resolver
from katharion.values.attempt import Words
from katharion.values.dns import DnsStatus
from katharion.values.snapshot import NextHop


class Connector:
    """Opens connections; a failure is a value."""

    def __init__(self, options: RelayOptions, resolver: Resolver) -> None:
        self._options = options
        self._resolver = resolver
        self._contexts: dict[bool, ssl.SSLContext] = {}

    async def connect(self, hop: NextHop, make: Callable[[], RelaySession]) -> Words | None:
        """Connect a session made by `make`; what each address came to, where none took it."""
        answer = await self._resolver.addresses(hop.host)
        if answer.status is not DnsStatus.FOUND:
            return Words(0, "", (f"no address for {hop.host} ({answer.status.value})",))
        failures = []
        for address in answer.records[: self._options.addresses_count_max]:
            try:
                await self._connect(address, hop.port, make)
            except OSError as error:
                failures.append(f"{address}: {connect_failed(error)}")
            else:
                return None
        return Words(0, "", tuple(failures))

    async def _connect(self, address: str, port: int, make: Callable[[], RelaySession]) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._options.connect_seconds_max):
            transport, _ = await loop.create_connection(make, address, port)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # Without this a command that follows a command waits 40 ms for an answer.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def tls_context(self, *, is_verified: bool) -> ssl.SSLContext:
        """Certificates are judged only where the route demands it (RFC 7435)."""
        context = self._contexts.get(is_verified)
        if context is None:
            context = ssl.create_default_context()
            if not is_verified:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            self._contexts[is_verified] = context
        return context


def connect_failed(error: BaseException) -> str:
    """What failed, for people."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
