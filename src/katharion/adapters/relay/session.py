"""One connection to a next hop: drives the client core over an asyncio transport."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

from katharion.protocols.smtp_client import (
    Broken,
    ClientEvent,
    Finished,
    Letter,
    Ready,
    SmtpClient,
    Stage,
    UpgradeToTls,
)

if TYPE_CHECKING:
    import ssl

# Above this the dot waits until the content has left: a connection that breaks in the
# middle of a long content has then certainly not delivered it.
CONTENT_AT_ONCE_OCTETS_MAX = 128 * 1024
WRITE_BUFFER_OCTETS_MAX = 256 * 1024


class Owner(Protocol):
    """Who is told what a session comes to."""

    def session_opened(self, session: "RelaySession") -> None:
        """It is connected."""

    def session_ready(self, session: "RelaySession") -> None:
        """It may take a letter."""

    def session_finished(self, session: "RelaySession", finished: Finished) -> None:
        """Its letter has results."""

    def session_broken(self, session: "RelaySession", broken: Broken) -> None:
        """It is of no use, and had no letter."""

    def session_wants_tls(self, session: "RelaySession") -> None:
        """A handshake is to be done."""


class RelaySession(asyncio.Protocol):
    """One session. `deadline` (monotonic seconds) is moved with its stages."""

    __slots__ = (
        "_is_paused",
        "_owner",
        "_set_deadline",
        "core",
        "deadline",
        "is_tls_broken",
        "is_used",
        "tls",
        "transport",
    )

    def __init__(
        self, core: SmtpClient, owner: Owner, set_deadline: Callable[["RelaySession"], None]
    ) -> None:
        self.core = core
        self._owner = owner
        self._set_deadline = set_deadline
        self.transport: asyncio.Transport | None = None
        self.deadline = 0.0
        self.is_used = False  # A letter was begun on it before.
        self.is_tls_broken = False  # And was not demanded: once more without.
        self.tls = ""
        self._is_paused = False
        set_deadline(self)

    def deliver(self, letter: Letter) -> None:
        """Begin with a letter."""
        events = self.core.deliver(letter)
        self._after(events)

    def give_up(self, reason: str) -> None:
        """Close at once; the letter under way gets its results."""
        events = self.core.lost(reason)
        if self.transport is not None:
            self.transport.abort()
        self._tell(events)

    def quit(self) -> None:
        """Close politely."""
        self.core.quit()
        if self.transport is not None:
            self.transport.writelines(self.core.take_output())
            self.transport.close()

    def upgrade(self, transport: asyncio.Transport) -> None:
        """Go on over TLS."""
        self._take_transport(transport)
        ssl_object: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        if ssl_object is not None:
            cipher = ssl_object.cipher()
            self.tls = f"{ssl_object.version()} {cipher[0] if cipher else ''}".strip()
        self.core.tls_started()
        self._after([])

    # asyncio's callbacks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the greeting."""
        # Not asserted: uvloop's transports have the methods, and do not inherit them.
        self._take_transport(cast("asyncio.Transport", transport))
        self._owner.session_opened(self)

    def data_received(self, data: bytes) -> None:
        """Hear the server."""
        self._after(self.core.receive(data))

    def eof_received(self) -> bool:
        """The server says no more: the session is over."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        reason = f"connection lost: {exc}" if exc else "connection closed by the next hop"
        self._tell(self.core.lost(reason))

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """It has run empty: a long content has left."""
        self._is_paused = False
        if self.core.stage is Stage.CONTENT:
            self._finish_content()

    def _take_transport(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        # Writing is resumed when all has left, so that the dot does not lie behind content.
        transport.set_write_buffer_limits(high=WRITE_BUFFER_OCTETS_MAX, low=0)

    def _after(self, events: list[ClientEvent]) -> None:
        """Write what the core has to say, then tell what happened."""
        assert self.transport is not None
        is_content = self.core.stage is Stage.CONTENT
        output = self.core.take_output()
        if is_content and sum(map(len, output)) <= CONTENT_AT_ONCE_OCTETS_MAX:
            self.core.finish_content()
            output += self.core.take_output()
            is_content = False
        if output:
            self.transport.write(b"".join(output) if len(output) > 1 else output[0])
        self._set_deadline(self)
        if is_content and not self._is_paused:
            self._finish_content()
        self._tell(events)

    def _finish_content(self) -> None:
        assert self.transport is not None
        self.core.finish_content()
        self.transport.writelines(self.core.take_output())
        self._set_deadline(self)

    def _tell(self, events: list[ClientEvent]) -> None:
        for event in events:
            if isinstance(event, Finished):
                self._owner.session_finished(self, event)
            elif isinstance(event, Ready):
                self._owner.session_ready(self)
            elif isinstance(event, UpgradeToTls):
                self._owner.session_wants_tls(self)
            else:
                self._owner.session_broken(self, event)
        if self.core.stage is Stage.CLOSED and self.transport is not None:
            if self.transport.get_write_buffer_size():
                self.transport.abort()  # A server that reads no more must not hold the content.
            else:
                self.transport.close()
