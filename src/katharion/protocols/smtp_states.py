"""The states of the SMTP server core, and the one table of how they follow each other.

Source: RFC 5321 section 4.1.4 (order of commands); RFC 3030 section 2; RFC 3207 section 4.
"""

from enum import Enum


class State(Enum):
    """Where the conversation stands."""

    __hash__ = object.__hash__  # Members are single; enum's own hash is slower.

    FRESH = "fresh"
    READY = "ready"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CHUNK = "chunk"
    CHUNKS = "chunks"
    HANDSHAKE = "handshake"
    CLOSED = "closed"


class Move(Enum):
    """What moves it on."""

    __hash__ = object.__hash__  # Members are single; enum's own hash is slower.

    HELLO = "EHLO/HELO"
    MAIL = "MAIL ok"
    RCPT = "RCPT ok"
    DATA = "DATA ok"
    BDAT = "BDAT ok"
    CHUNK_END = "chunk read"
    CONTENT_END = "content read"
    RESET = "RSET"
    STARTTLS = "STARTTLS"
    TLS_STARTED = "TLS started"
    CLOSE = "closed"


# The one table: from each state, what may happen, and where it leads. A command that is not
# in its state's row is refused with 503; docs/smtp_server.md is drawn from it.
TRANSITIONS: dict[State, dict[Move, State]] = {
    State.FRESH: {
        Move.HELLO: State.READY,
        Move.RESET: State.FRESH,
        Move.CLOSE: State.CLOSED,
    },
    State.READY: {
        Move.HELLO: State.READY,
        Move.MAIL: State.MAIL,
        Move.RESET: State.READY,
        Move.STARTTLS: State.HANDSHAKE,
        Move.CLOSE: State.CLOSED,
    },
    State.MAIL: {
        Move.HELLO: State.READY,
        Move.RCPT: State.RCPT,
        Move.RESET: State.READY,
        Move.CLOSE: State.CLOSED,
    },
    State.RCPT: {
        Move.HELLO: State.READY,
        Move.RCPT: State.RCPT,
        Move.DATA: State.DATA,
        Move.BDAT: State.CHUNK,
        Move.RESET: State.READY,
        Move.CLOSE: State.CLOSED,
    },
    State.DATA: {Move.CONTENT_END: State.READY, Move.CLOSE: State.CLOSED},
    State.CHUNK: {
        Move.CHUNK_END: State.CHUNKS,
        Move.CONTENT_END: State.READY,
        Move.CLOSE: State.CLOSED,
    },
    State.CHUNKS: {
        Move.HELLO: State.READY,
        Move.BDAT: State.CHUNK,
        Move.RESET: State.READY,
        Move.CLOSE: State.CLOSED,
    },
    State.HANDSHAKE: {Move.TLS_STARTED: State.FRESH, Move.CLOSE: State.CLOSED},
    State.CLOSED: {Move.CLOSE: State.CLOSED},
}
