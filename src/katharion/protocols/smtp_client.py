"""The SMTP and LMTP client side of one connection: replies in, commands out, without I/O.

One object is one session, which carries any number of letters, one after the other. What
the server says, however broken, ends in exactly one result for each recipient, and never
raises.

Sources: RFC 5321 sections 3.3, 4.2 and 4.5.3.2; RFC 2920 (PIPELINING), 1870 (SIZE), 6152
(8BITMIME), 6531 (SMTPUTF8), 3207 (STARTTLS), 2033 (LMTP), 1047 (lost answers).
"""

from collections.abc import Callable
from enum import Enum
from typing import ClassVar, NamedTuple

from katharion.mail.address import Address
from katharion.mail.answer import Outcome, RecipientResult, Words
from katharion.protocols.smtp_reply import ReplyReader

SIZE_DIGITS_MAX = 20
_SPOKE_BEFORE_TLS = Words(0, "", ("spoke between STARTTLS and handshake",))


class Stage(Enum):
    """Where the session stands; each has its time-out."""

    __hash__ = object.__hash__  # Members are single; enum's own hash is slower.

    GREETING = "greeting"
    HELLO = "hello"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"
    IDLE = "idle"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"  # The content is being written; the dot is not.
    DOT = "dot"
    RESET = "reset"  # After a transaction that came to nothing.
    CLOSED = "closed"


class Letter(NamedTuple):
    """One message to hand over. `parts`: its octets, dots stuffed, ending with CRLF, no dot."""

    sender: Address | None
    recipients: tuple[Address, ...]
    parts: tuple[bytes, ...]
    size_bytes: int
    is_8bit: bool = False
    is_smtputf8: bool = False
    is_8bit_refused: bool = False  # The route wants no 8-bit where 8BITMIME is not offered.


class Ready(NamedTuple):
    """The session may take a letter."""


class UpgradeToTls(NamedTuple):
    """220 to STARTTLS: do the handshake, then call `tls_started`."""


class Finished(NamedTuple):
    """The letter's results, one a recipient in its order. The session may go on (see stage)."""

    results: tuple[RecipientResult, ...]


class Broken(NamedTuple):
    """The session is of no use (any more), while no letter was on its way."""

    words: Words
    stage: Stage


ClientEvent = Ready | UpgradeToTls | Finished | Broken


class TlsWish(Enum):
    """What is asked of STARTTLS."""

    NEVER = "never"
    IF_OFFERED = "if offered"
    ALWAYS = "always"


class SmtpClient:
    """One session with one server."""

    __slots__ = (
        "_accepted",
        "_expected",
        "_extensions",
        "_hostname",
        "_is_helo_tried",
        "_is_lmtp",
        "_is_tls_active",
        "_letter",
        "_out",
        "_reader",
        "_results",
        "_tls",
        "stage",
    )

    def __init__(
        self, hostname: str, *, is_lmtp: bool = False, tls: TlsWish = TlsWish.NEVER
    ) -> None:
        self._hostname = hostname
        self._is_lmtp = is_lmtp
        self._tls = tls
        self.stage = Stage.GREETING
        self._reader = ReplyReader()
        self._extensions: dict[str, str] = {}
        self._is_tls_active = self._is_helo_tried = False
        self._out: list[bytes] = []
        self._letter: Letter | None = None
        self._results: dict[Address, RecipientResult] = {}
        self._accepted: list[Address] = []
        self._expected: list[tuple[Stage, Address | None]] = []  # Replies due, last first.

    @property
    def is_dot_sent(self) -> bool:
        """Whether the server may have the whole letter: a loss from now on is uncertain."""
        return self.stage is Stage.DOT

    def take_output(self) -> list[bytes]:
        """What is to be written now, in order."""
        output, self._out = self._out, []
        return output

    def receive(self, data: bytes) -> list[ClientEvent]:
        """Take what was read; returns what happened."""
        if self.stage is Stage.HANDSHAKE:
            # Said in clear after the 220, and yet it would be read as if TLS had brought it.
            return [self._give_up(_SPOKE_BEFORE_TLS)]
        self._reader.receive(data)
        events: list[ClientEvent] = []
        while self.stage not in (Stage.CLOSED, Stage.HANDSHAKE):
            words = self._reader.next_reply()
            if words is None:
                break
            event = self._hear(words)
            if event is not None:
                events.append(event)
        if self._reader.trouble and self.stage is not Stage.CLOSED:
            events.extend(self.lost(self._reader.trouble))
        return events

    def lost(self, reason: str) -> list[ClientEvent]:
        """The connection is gone, or is given up: nothing more will come of it."""
        if self.stage is Stage.CLOSED:
            return []
        words, stage = Words(0, "", (reason,)), self.stage
        outcome = Outcome.UNCERTAIN if self.is_dot_sent else Outcome.DEFERRED
        self.stage = Stage.CLOSED
        if self._letter is None:
            return [Broken(words, stage)]
        return [self._finish(words, outcome, stage)]

    def quit(self) -> None:
        """Say goodbye; only where no letter is on its way."""
        if self.stage is Stage.IDLE:
            self._out.append(b"QUIT\r\n")
        self.stage = Stage.CLOSED

    def tls_started(self) -> None:
        """Begin anew after the handshake (RFC 3207 section 4.2)."""
        if self.stage is not Stage.HANDSHAKE:
            return  # Given up while the handshake was on.
        self._is_tls_active = True
        self._extensions = {}
        self._say_hello()

    def deliver(self, letter: Letter) -> list[ClientEvent]:
        """Begin with a letter; only when ready. What can't be sent at all is refused at once."""
        assert self.stage is Stage.IDLE, self.stage
        assert letter.recipients, "a letter has a recipient"
        self._letter = letter
        self._results, self._accepted = {}, []
        # Said twice, a recipient could be refused and have been accepted: say each once.
        recipients = tuple(dict.fromkeys(letter.recipients))
        refusal = self._judge(letter)
        if refusal is not None:
            return [self._finish(refusal, Outcome.REFUSED, Stage.MAIL)]
        self._expected = [
            (Stage.DATA, None),
            *((Stage.RCPT, recipient) for recipient in reversed(recipients)),
            (Stage.MAIL, None),
        ]
        self.stage = Stage.MAIL
        if "PIPELINING" in self._extensions:
            commands = [self._mail_command(letter)]
            commands += [f"RCPT TO:<{recipient}>\r\n" for recipient in recipients]
            self._out.append("".join([*commands, "DATA\r\n"]).encode())
        else:
            self._out.append(self._mail_command(letter).encode())
        return []

    def finish_content(self) -> None:
        """Write the final dot; the content before it is on its way."""
        assert self.stage is Stage.CONTENT, self.stage
        self._out.append(b".\r\n")
        self.stage = Stage.DOT
        if self._is_lmtp:  # One reply a recipient (RFC 2033 section 4.2).
            self._expected = [(Stage.DOT, recipient) for recipient in reversed(self._accepted)]

    # What the server says.

    def _hear(self, words: Words) -> ClientEvent | None:
        if words.code == 421 and self.stage is not Stage.DOT:
            return self._give_up(words)
        hear = self._HEAR.get(self.stage)
        # An answer to what we have not yet said would pass for the answer to it.
        is_early = bool(self._out) and self.stage is not Stage.DOT
        if hear is None or is_early:
            return self._give_up(Words(0, "", (f"spoke out of turn: {words}",)))
        return hear(self, words)

    def _hear_greeting(self, words: Words) -> ClientEvent | None:
        if words.code != 220:
            return self._give_up(words)
        self._say_hello()
        return None

    def _hear_reset(self, words: Words) -> ClientEvent | None:
        if words.code // 100 == 3:
            return self._give_up(words)  # It waits for content: our next letter would be it.
        self.stage = Stage.IDLE
        return Ready()

    def _hear_hello(self, words: Words) -> ClientEvent | None:
        if words.outcome is not Outcome.ACCEPTED:
            if words.code // 100 == 5 and not self._is_helo_tried and not self._is_lmtp:
                self._is_helo_tried = True
                self._out.append(f"HELO {self._hostname}\r\n".encode())
                return None
            return self._give_up(words)
        for line in () if self._is_helo_tried else words.lines[1:]:
            keyword, _, value = line.partition(" ")
            self._extensions[keyword.upper()] = value
        if self._tls is not TlsWish.NEVER and not self._is_tls_active:
            if "STARTTLS" in self._extensions:
                self.stage = Stage.STARTTLS
                self._out.append(b"STARTTLS\r\n")
                return None
            if self._tls is TlsWish.ALWAYS:
                return self._give_up(Words(0, "", ("TLS is demanded, and not offered",)))
        self.stage = Stage.IDLE
        return Ready()

    def _hear_starttls(self, words: Words) -> ClientEvent | None:
        if words.code == 220:
            if self._reader.has_more:  # Injected before the handshake (CVE-2021-38371 et al.).
                return self._give_up(_SPOKE_BEFORE_TLS)
            self.stage = Stage.HANDSHAKE
            return UpgradeToTls()
        if self._tls is TlsWish.ALWAYS:
            return self._give_up(words)
        self.stage = Stage.IDLE
        return Ready()

    def _hear_envelope(self, words: Words) -> ClientEvent | None:
        assert self._letter is not None
        stage, recipient = self._expected.pop()
        is_pipelined = "PIPELINING" in self._extensions
        if stage is Stage.MAIL and words.outcome is not Outcome.ACCEPTED:
            for address in self._letter.recipients:
                self._note(address, words, Stage.MAIL)
            if not is_pipelined:
                return self._end_transaction()
        elif recipient is not None:
            if words.outcome is Outcome.ACCEPTED and recipient not in self._results:
                self._accepted.append(recipient)
            else:
                self._note(recipient, words, Stage.RCPT)
        elif stage is Stage.DATA:
            return self._hear_data(words)
        self.stage = self._expected[-1][0]
        return None if is_pipelined else self._say_next()

    def _say_next(self) -> ClientEvent | None:
        """Without PIPELINING: the next command, or the end where nobody is left."""
        stage, recipient = self._expected[-1]
        if recipient is not None:
            self._out.append(f"RCPT TO:<{recipient}>\r\n".encode())
        elif stage is Stage.DATA and not self._accepted:
            return self._end_transaction()
        else:
            self._out.append(b"DATA\r\n")
        return None

    def _hear_data(self, words: Words) -> ClientEvent | None:
        assert self._letter is not None
        if words.code != 354:
            for recipient in self._accepted:
                self._note(recipient, words, Stage.DATA)
            if words.outcome is Outcome.ACCEPTED or words.code // 100 == 3:
                # Nonsense: replies no longer answer commands, and a 354 may be on its way.
                return self._give_up(words)
            return self._end_transaction()
        if not self._accepted:
            # All were refused behind a pipelined DATA: end it, and believe no answer
            # (RFC 2920 section 3.1).
            self._out.append(b".\r\n")
            return self._end_transaction(is_reset_said=True)
        self.stage = Stage.CONTENT
        self._out.extend(self._letter.parts)
        return None

    def _hear_dot(self, words: Words) -> ClientEvent | None:
        if not self._is_lmtp:
            for recipient in self._accepted:
                self._note(recipient, words, Stage.DOT)
        else:
            _, recipient_due = self._expected.pop()
            assert recipient_due is not None
            self._note(recipient_due, words, Stage.DOT)
            if self._expected:
                return None
        is_over = words.code == 421 or words.code // 100 == 3
        self.stage = Stage.CLOSED if is_over else Stage.IDLE
        return self._finish(words, Outcome.DEFERRED, Stage.DOT)

    # Small parts.

    def _say_hello(self) -> None:
        verb = "LHLO" if self._is_lmtp else "EHLO"
        self._out.append(f"{verb} {self._hostname}\r\n".encode())
        self.stage = Stage.HELLO

    def _mail_command(self, letter: Letter) -> str:
        command = f"MAIL FROM:<{letter.sender or ''}>"
        if "SIZE" in self._extensions:
            command += f" SIZE={letter.size_bytes}"
        if letter.is_8bit and "8BITMIME" in self._extensions:
            command += " BODY=8BITMIME"
        if letter.is_smtputf8:
            command += " SMTPUTF8"
        return command + "\r\n"

    def _judge(self, letter: Letter) -> Words | None:
        """What the server has said that it can't take."""
        if letter.is_smtputf8 and "SMTPUTF8" not in self._extensions:
            return Words(553, "5.6.7", ("The next hop does not offer SMTPUTF8",))
        if letter.is_8bit and letter.is_8bit_refused and "8BITMIME" not in self._extensions:
            return Words(550, "5.6.3", ("The next hop does not offer 8BITMIME",))
        limit = self._extensions.get("SIZE", "")
        if (
            limit.isdecimal()
            and len(limit) <= SIZE_DIGITS_MAX
            and 0 < int(limit) < letter.size_bytes
        ):
            return Words(552, "5.3.4", (f"The next hop takes {limit} octets at the most",))
        return None

    def _note(self, recipient: Address, words: Words, stage: Stage) -> None:
        outcome = words.outcome
        if outcome is Outcome.ACCEPTED and stage is not Stage.DOT:
            outcome = Outcome.DEFERRED  # Only the answer to the dot accepts.
        if recipient not in self._results:
            self._results[recipient] = RecipientResult(recipient, outcome, words, stage.value)

    def _end_transaction(self, *, is_reset_said: bool = False) -> ClientEvent:
        """The letter is over without its content: finish it, then reset the session."""
        if not is_reset_said:
            self._out.append(b"RSET\r\n")
        self.stage = Stage.RESET
        return self._finish(Words(0, "", ("no recipient was taken",)), Outcome.DEFERRED, Stage.DATA)

    def _finish(self, words: Words, outcome: Outcome, stage: Stage) -> Finished:
        """All results: those noted, and `outcome` with `words` for the rest."""
        letter, self._letter = self._letter, None
        assert letter is not None
        self._expected = []
        return Finished(
            tuple(
                self._results.get(r) or RecipientResult(r, outcome, words, stage.value)
                for r in letter.recipients
            )
        )

    def _give_up(self, words: Words) -> ClientEvent:
        """The session is over by what the server said."""
        stage, self.stage = self.stage, Stage.CLOSED
        if self._letter is None:
            return Broken(words, stage)
        return self._finish(words, Outcome.DEFERRED, stage)

    _HEAR: ClassVar[dict[Stage, Callable[["SmtpClient", Words], ClientEvent | None]]] = {
        Stage.GREETING: _hear_greeting,
        Stage.HELLO: _hear_hello,
        Stage.STARTTLS: _hear_starttls,
        Stage.MAIL: _hear_envelope,
        Stage.RCPT: _hear_envelope,
        Stage.DATA: _hear_envelope,
        Stage.DOT: _hear_dot,
        Stage.RESET: _hear_reset,
    }
