"""What the SMTP server core is told (limits, extensions) and tells (events): plain data.

Sources: RFC 5321 section 4.5.3.1 (limits); RFC 3030 (chunks); RFC 3207 (STARTTLS).
"""

from typing import Annotated, NamedTuple

import msgspec

from katharion.mail.address import Address
from katharion.mail.reply import Reply


class ServerLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, cache_hash=True):
    """What one client may do on one connection (RFC 5321 section 4.5.3.1, and more)."""

    message_size_bytes_max: Annotated[
        int, msgspec.Meta(description="Largest message taken, in bytes.", ge=65_536)
    ] = 52_428_800
    recipients_count_max: Annotated[
        int, msgspec.Meta(description="Recipients in one transaction; RFC 5321: >= 100.", ge=100)
    ] = 1000
    command_octets_max: Annotated[
        int, msgspec.Meta(description="Longest command line, in octets.", ge=512, le=65_536)
    ] = 2048
    errors_count_max: Annotated[
        int,
        msgspec.Meta(
            description="Refused commands in a row, with no mail taken between, before 421.", ge=1
        ),
    ] = 50
    commands_count_max: Annotated[
        int, msgspec.Meta(description="Commands on one connection before 421.", ge=10)
    ] = 20_000
    transactions_count_max: Annotated[
        int, msgspec.Meta(description="Transactions on one connection before 421.", ge=1)
    ] = 1000


class Extensions(NamedTuple):
    """What this listener offers, and how strict it is."""

    has_starttls: bool = False
    has_prdr: bool = True
    has_chunking: bool = True
    is_bare_lf_refused: bool = False


class HelloSaid(NamedTuple):
    """EHLO or HELO; answered."""

    name: str
    is_extended: bool


class MailFrom(NamedTuple):
    """MAIL; waits for an answer."""

    sender: Address | None
    is_8bit: bool
    is_smtputf8: bool
    is_prdr: bool
    size_bytes_declared: int | None


class RcptTo(NamedTuple):
    """RCPT; waits for an answer."""

    recipient: Address


class ContentBegin(NamedTuple):
    """DATA or the first BDAT; waits for GO_AHEAD or a refusal."""

    is_chunked: bool


class ContentPart(NamedTuple):
    """Some of the content: line ends are CRLF, dots are not stuffed."""

    data: bytes


class ContentEnd(NamedTuple):
    """The content is over, and `data` is its last part.

    Waits for an answer where `refusal` is None; else it was refused, and answered.
    """

    data: bytes
    size_bytes: int
    refusal: Reply | None
    findings: tuple[str, ...]


class TransactionReset(NamedTuple):
    """RSET or a new EHLO: what was gathered is void; answered."""


class StartTls(NamedTuple):
    """220 is said: upgrade the connection, then call `tls_started`."""


class Refused(NamedTuple):
    """A command was refused here; for the record. `line` is cut."""

    line: bytes
    reply: Reply


class QuitSaid(NamedTuple):
    """The client has gone politely; answered."""


Event = (
    HelloSaid
    | MailFrom
    | RcptTo
    | ContentBegin
    | ContentPart
    | ContentEnd
    | TransactionReset
    | StartTls
    | Refused
    | QuitSaid
)
