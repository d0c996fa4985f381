"""SMTP replies: every reply that we give has its name here, and one dull sentence.

Sources: RFC 5321 section 4.2 (replies), RFC 3463 and RFC 2034 (enhanced status codes).
"""

from functools import cached_property
from typing import Self

import msgspec

REPLY_TEXT_OCTETS_MAX = 400  # RFC 5321 4.5.3.1.5 allows 512 for the line, codes included.
REPLY_LINES_MAX = 20


class Reply(msgspec.Struct, frozen=True, dict=True):
    """One reply: `code` 200 to 599, `enhanced` such as "2.1.0" or "" (greeting, EHLO).

    `lines` has at least one line of printable ASCII. After a reply that `closes` nothing
    more is read from this client.
    """

    code: int
    enhanced: str
    lines: tuple[str, ...]
    closes: bool = False

    @property
    def is_positive(self) -> bool:
        """True for 2xx and 3xx."""
        return self.code < 400

    @property
    def is_permanent(self) -> bool:
        """True for 5xx: the sender is not to try again."""
        return self.code >= 500

    def with_reference(self, reference: str) -> Self:
        """The same reply, naming the `reference` under which our operator finds the record."""
        last = f"{self.lines[-1]} (reference {reference})"
        return type(self)(self.code, self.enhanced, (*self.lines[:-1], last), self.closes)

    @cached_property
    def octets(self) -> bytes:
        """What goes on the wire, with CRLF: made once, said often."""
        enhanced = f"{self.enhanced} " if self.enhanced else ""
        head, last = self.lines[:-1], self.lines[-1]
        lines = [f"{self.code}-{enhanced}{line}\r\n" for line in head]
        return "".join([*lines, f"{self.code} {enhanced}{last}\r\n"]).encode("ascii")


def _reply(code: int, enhanced: str, text: str, *, closes: bool = False) -> Reply:
    return Reply(code, enhanced, (text,), closes)


def passed_on(code: int, enhanced: str, lines: tuple[str, ...]) -> Reply:
    """What the next hop said, made safe to say ourselves (printable ASCII, bounded)."""
    assert 200 <= code <= 599, code
    text = "".join(c if " " <= c <= "~" else "?" for c in " / ".join(lines[:REPLY_LINES_MAX]))
    # The class of the enhanced code is that of the reply (RFC 2034 section 4).
    fits = enhanced.startswith(f"{code // 100}.")
    return Reply(
        code,
        enhanced if fits else f"{code // 100}.0.0",
        (text[:REPLY_TEXT_OCTETS_MAX] or "No text given",),
    )


# To commands.
OK = _reply(250, "2.0.0", "Ok")
SENDER_OK = _reply(250, "2.1.0", "Ok")
RECIPIENT_OK = _reply(250, "2.1.5", "Ok")
CHUNK_OK = _reply(250, "2.0.0", "Chunk received")
GO_AHEAD = Reply(354, "", ("End data with <CR><LF>.<CR><LF>",))
START_TLS = _reply(220, "2.0.0", "Ready to start TLS")
GOODBYE = _reply(221, "2.0.0", "Bye", closes=True)
CANNOT_VERIFY = _reply(252, "2.5.2", "Cannot verify; send some mail, and we will try")
PRDR_BEGINS = Reply(353, "", ("Content analysis has started",))
HELP = _reply(214, "2.0.0", "See RFC 5321")
UNKNOWN_COMMAND = _reply(500, "5.5.2", "Command not recognized")
LINE_TOO_LONG = _reply(500, "5.5.2", "Line too long")
BAD_CHARACTERS = _reply(500, "5.5.2", "Characters not allowed in a command")
BAD_HELLO = _reply(501, "5.5.4", "Say EHLO or HELO with your host name")
BAD_SENDER_SYNTAX = _reply(501, "5.1.7", "Bad sender address syntax")
BAD_RECIPIENT_SYNTAX = _reply(501, "5.1.3", "Bad recipient address syntax")
BAD_PARAMETERS = _reply(501, "5.5.4", "Bad parameters")
BAD_CHUNK = _reply(501, "5.5.4", "Say BDAT with a size, and LAST at the end", closes=True)
NO_ARGUMENTS = _reply(501, "5.5.4", "This command takes no arguments")
NOT_OFFERED = _reply(502, "5.5.1", "Command not offered")
UNKNOWN_PARAMETER = _reply(555, "5.5.4", "Parameter not offered")
BODY_NOT_OFFERED = _reply(501, "5.5.4", "This BODY value is not offered")
BAD_SEQUENCE = _reply(503, "5.5.1", "Bad sequence of commands")
NO_RECIPIENTS = _reply(503, "5.5.1", "No valid recipients")
TRANSACTION_OPEN = _reply(503, "5.5.1", "A transaction is open already")
TLS_ACTIVE = _reply(503, "5.5.1", "TLS is active already")
TLS_NOT_AVAILABLE = _reply(454, "4.7.0", "TLS not available now")
OUT_OF_STEP = _reply(554, "5.5.0", "Commands were sent out of step", closes=True)
# To limits.
TOO_LARGE = _reply(552, "5.3.4", "Message too large")
BARE_CONTROL = _reply(550, "5.6.0", "Bare CR or NUL in message content", closes=True)
BARE_LINE_FEED = _reply(550, "5.6.0", "Bare LF in message content", closes=True)
TOO_MANY_RECIPIENTS = _reply(452, "4.5.3", "Too many recipients")
TOO_MANY_ERRORS = _reply(421, "4.7.0", "Too many errors", closes=True)
TOO_MANY_COMMANDS = _reply(421, "4.7.0", "Too many commands", closes=True)
TOO_MANY_TRANSACTIONS = _reply(421, "4.7.0", "Too many transactions on one connection", closes=True)
TOO_MANY_CONNECTIONS = _reply(421, "4.7.0", "Too many connections from your network", closes=True)
SERVER_BUSY = _reply(421, "4.3.2", "Too many connections, try later", closes=True)
TIMED_OUT = _reply(421, "4.4.2", "Timed out", closes=True)
SHUTTING_DOWN = _reply(421, "4.3.2", "Service is shutting down, try again at once", closes=True)
BROKEN = _reply(421, "4.3.0", "Something went wrong here, try again later", closes=True)
MEMORY_SHORT = _reply(452, "4.3.1", "Not enough memory now, try again later")
# To recipients.
RELAY_DENIED = _reply(550, "5.7.1", "We do not take mail for this domain")
NO_SUCH_USER = _reply(550, "5.1.1", "No such user here")
DIRECTORY_AWAY = _reply(451, "4.3.0", "The recipient can't be looked up now, try again later")
RECIPIENT_OTHER_ROUTE = _reply(452, "4.5.3", "Send this recipient in a transaction of its own")
# To content.
ACCEPTED = _reply(250, "2.0.0", "Accepted")
ACCEPTED_PARTLY = _reply(250, "2.0.0", "Accepted for some recipients")
REFUSED_ALL = _reply(550, "5.0.0", "Refused for all recipients")
STORE_AWAY = _reply(451, "4.3.0", "The message can't be kept safely now, try again later")
TRY_LATER = _reply(451, "4.3.0", "Try again later")
GREYLISTED = _reply(451, "4.7.1", "We do not know you yet, come again in a few minutes")
NOT_JUDGED = _reply(451, "4.7.1", "The message can't be checked now, try again later")
MESSAGE_REFUSED_SPAM = _reply(550, "5.7.1", "Message refused as spam")
BLOCKED = _reply(550, "5.7.1", "The recipient does not take mail from this sender")
DMARC_REFUSED = _reply(550, "5.7.1", "The author's domain asks to refuse this message (DMARC)")
MESSAGE_LOOPS = _reply(554, "5.4.6", "Message loops: too many hops")
VIRUS_FOUND = _reply(550, "5.7.1", "Message refused: it holds malware")


def listed(zone: str) -> Reply:
    """To a client that the list in DNS of that name refuses."""
    return _reply(550, "5.7.1", f"Your server is listed by {zone}: ask there why")


def greeting(hostname: str) -> Reply:
    """The 220 that opens a session (RFC 5321 section 4.2)."""
    return Reply(220, "", (f"{hostname} ESMTP",))


def hello(hostname: str, keywords: tuple[str, ...] = ()) -> Reply:
    """The answer to HELO, or to EHLO with its keywords."""
    return Reply(250, "", (hostname, *keywords))
