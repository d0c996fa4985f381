"""The customer's mail server of the demonstration: takes all that comes, and tells of it.

Source: RFC 5321, by the same server core that the node's own front door drives.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from katharion.mail.reply import Reply
from katharion.protocols.smtp_events import (
    ContentBegin,
    ContentEnd,
    ContentPart,
    Event,
    Extensions,
    MailFrom,
    RcptTo,
    ServerLimits,
    TransactionReset,
)
from katharion.protocols.smtp_server import SmtpServer

OK = Reply(250, "2.0.0", ("Taken by the customer's server",))
GO_AHEAD = Reply(354, "", ("Go ahead",))


class Arrival(NamedTuple):
    """One message that the customer's server has taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class _Session(asyncio.Protocol):
    """One connection of the node to the customer's server."""

    def __init__(self, sink: "MailSink") -> None:
        self._sink = sink
        self._core = SmtpServer("mail.customer.example", ServerLimits(), Extensions())
        self._sender = ""
        self._recipients: list[str] = []
        self._parts: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sink.sessions.add(transport)
        self._core.greet()
        transport.write(self._core.take_output())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # asyncio's signature.
        self._sink.sessions.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._core.receive(data)
        while (event := self._core.next_event()) is not None:
            self._take(event)
        self._transport.write(self._core.take_output())
        if self._core.is_closing:
            self._transport.close()

    def _take(self, event: Event) -> None:
        match event:
            case MailFrom(sender=sender):
                self._forget()
                self._sender = str(sender) if sender else "<>"
                self._core.answer(OK)
            case RcptTo(recipient=recipient):
                self._recipients.append(str(recipient))
                self._core.answer(OK)
            case ContentBegin():
                self._core.answer(GO_AHEAD)
            case ContentPart(data=data):
                self._parts.append(data)
            case ContentEnd(data=data, refusal=None):
                content = b"".join([*self._parts, data])
                self._sink.arrived(Arrival(self._sender, tuple(self._recipients), content))
                self._forget()
                self._core.answer(OK)
            case ContentEnd() | TransactionReset():
                self._forget()
            case _:
                pass  # The core has answered it.

    def _forget(self) -> None:
        self._sender, self._recipients, self._parts = "", [], []


class MailSink:
    """The customer's server: can go down and come back on the same port."""

    def __init__(self, arrived: Callable[[Arrival], None]) -> None:
        self.arrived = arrived
        self.sessions: set[asyncio.Transport] = set()
        self._port = 0
        self._server: asyncio.Server | None = None

    @property
    def is_up(self) -> bool:
        """Whether it takes connections."""
        return self._server is not None

    async def come_up(self) -> int:
        """Listen on loopback; returns the port, the same each time."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self._port

    def go_down(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._server is not None:
            self._server.close()
        self._server = None
        for transport in tuple(self.sessions):
            transport.abort()
