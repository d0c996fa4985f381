"""The SMTP server side of one connection: octets in, events and replies out, without I/O.

Feed what was read with `receive`, take events with `next_event` until it gives None, answer
those that wait, and send what `take_output` gives. Reply i answers command i, whatever was
pipelined. Nothing that a client sends raises.

Sources: RFC 5321 sections 3, 4.1 and 4.3.2 (order of commands); RFC 2920 (PIPELINING), 1870
(SIZE), 6152 (8BITMIME), 6531 (SMTPUTF8), 2034 (ENHANCEDSTATUSCODES), 3030 (CHUNKING), 3207
(STARTTLS), 9422 (LIMITS), draft-hall-prdr (PRDR).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import ClassVar

from katharion.mail import reply as replies
from katharion.mail.reply import Reply
from katharion.protocols import smtp_grammar as grammar
from katharion.protocols.read_buffer import ReadBuffer
from katharion.protocols.smtp_content import ContentReader
from katharion.protocols.smtp_events import (
    ContentBegin,
    ContentEnd,
    ContentPart,
    Event,
    Extensions,
    HelloSaid,
    MailFrom,
    QuitSaid,
    RcptTo,
    Refused,
    ServerLimits,
    StartTls,
    TransactionReset,
)
from katharion.protocols.smtp_states import TRANSITIONS, Move, State

UNKNOWN_VERB_OCTETS_MAX = 40  # Of a refused line, so much is kept for the record.


@lru_cache(maxsize=256)
def _extended_hello(hostname: str, limits: ServerLimits, offered: Extensions) -> Reply:
    """The answer to EHLO with its keywords; one for each listener."""
    mails_max = limits.transactions_count_max
    keywords = (
        (True, "PIPELINING"),
        (True, f"SIZE {limits.message_size_bytes_max}"),
        (True, "8BITMIME"),
        (True, "SMTPUTF8"),
        (True, "ENHANCEDSTATUSCODES"),
        (offered.has_chunking, "CHUNKING"),
        (offered.has_starttls, "STARTTLS"),
        (offered.has_prdr, "PRDR"),
        (True, f"LIMITS RCPTMAX={limits.recipients_count_max} MAILMAX={mails_max}"),
    )
    return replies.hello(hostname, tuple(keyword for is_offered, keyword in keywords if is_offered))


_Command = Callable[["SmtpServer", bytes, bytes], Event | None]


class SmtpServer:
    """One connection's conversation."""

    __slots__ = (
        "_announced_octets",
        "_buffer",
        "_chunk",
        "_chunk_dropped_octets",
        "_commands_count",
        "_errors_count",
        "_extensions",
        "_hostname",
        "_is_line_dropped",
        "_is_tls_active",
        "_limits",
        "_mail",
        "_out",
        "_reader",
        "_recipients_count",
        "_transactions_count",
        "_waiting",
        "helo",
        "is_esmtp",
        "manners",
        "state",
    )

    def __init__(self, hostname: str, limits: ServerLimits, extensions: Extensions) -> None:
        self._hostname = hostname
        self._limits = limits
        self._extensions = extensions
        self.state = State.FRESH
        self.helo = ""
        self.is_esmtp = False
        self._is_tls_active = False
        self._buffer = ReadBuffer()
        self._out: list[bytes] = []
        self._waiting: Event | None = None
        self._mail: grammar.MailArguments | None = None
        self._recipients_count = 0
        self._reader: ContentReader | None = None
        self._chunk: grammar.Chunk | None = None
        self._announced_octets = 0  # Of the chunk being read, still to come.
        self._chunk_dropped_octets = 0  # Of a refused chunk, still to be thrown away.
        self._is_line_dropped = False
        # How the client behaves: names such as EARLY_TALKER.
        self.manners: tuple[str, ...] = ()
        self._errors_count = self._commands_count = self._transactions_count = 0

    @property
    def is_closing(self) -> bool:
        """Whether nothing more is read."""
        return self.state is State.CLOSED

    @property
    def is_in_content(self) -> bool:
        """Whether content is being read, or was read and waits for its answer."""
        return self.state in (State.DATA, State.CHUNK, State.CHUNKS) or isinstance(
            self._waiting, ContentEnd
        )

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._mail is not None

    def greet(self) -> None:
        """Say the greeting. Who has spoken before it does not wait for answers (RFC 5321 3.1)."""
        if self._buffer:
            self._note("EARLY_TALKER")
        self._say(replies.greeting(self._hostname))

    def close_with(self, reply: Reply) -> None:
        """Say a last reply and close; what waits for an answer gets none but this."""
        if self.state is not State.CLOSED:
            self._waiting = None
            self._say(reply)
            self._close()

    def receive(self, data: bytes) -> None:
        """Take what was read. Events are then to be taken, before more is read."""
        if self.state is not State.CLOSED:
            self._buffer.add(data)

    def take_output(self) -> bytes:
        """What is to be sent now."""
        output = b"".join(self._out)
        self._out.clear()
        return output

    def next_event(self) -> Event | None:
        """The next event; None where octets, an answer or a handshake are awaited."""
        while self._waiting is None and self._buffer:
            if self.state is State.DATA:
                event = self._read_data()
            elif self.state is State.CHUNK:
                event = self._read_chunk()
            elif self.state in (State.HANDSHAKE, State.CLOSED):
                return None
            elif self._chunk_dropped_octets:
                self._drop_chunk()
                continue
            else:
                line = self._next_line()
                if line is None:
                    return None
                event = self._obey(line)
            if event is not None:
                return event
        if self.state is State.CHUNK and not self._announced_octets and self._waiting is None:
            return self._read_chunk()  # A chunk of no octets (BDAT 0 LAST) has been read.
        return None

    def answer(self, reply: Reply) -> None:
        """Answer the event that waits."""
        event, self._waiting = self._waiting, None
        assert event is not None, "no event waits for an answer"
        if isinstance(event, ContentBegin):
            self._begin_content(event, reply)
            return
        if isinstance(event, ContentEnd):
            self._forget_transaction()
            if reply.is_positive:
                self._errors_count = 0  # Who brings good mail may also bring old addresses.
        elif reply.is_positive:
            self._move(Move.MAIL if isinstance(event, MailFrom) else Move.RCPT)
            self._recipients_count += isinstance(event, RcptTo)
        elif isinstance(event, MailFrom):
            self._mail = None
        self._say(reply)
        if reply.is_permanent:
            self._count_error()

    def answer_prdr(self, each: Sequence[Reply], final: Reply) -> None:
        """Answer a ContentEnd with one reply a recipient, then the final one (PRDR)."""
        assert isinstance(self._waiting, ContentEnd), "PRDR answers the end of content"
        self._say(replies.PRDR_BEGINS)
        for reply in each:
            self._say(reply)
        self.answer(final)

    def refuse_content(self, reply: Reply) -> None:
        """Drop what comes of this content, and say `reply` at its end (or the chunk's)."""
        assert self._reader is not None, "no content is being read"
        self._reader.refuse(reply)

    def tls_started(self) -> None:
        """Begin anew after the handshake: nothing learned before holds (RFC 3207 4.2)."""
        self._is_tls_active = True
        self._buffer.clear()
        self.helo = ""
        self.is_esmtp = False
        self._forget_transaction()
        self._move(Move.TLS_STARTED)

    # Commands.

    def _next_line(self) -> bytes | None:
        """The next command line with its line end; None where none is whole."""
        line = self._buffer.take_line()
        if line is None and len(self._buffer) > self._limits.command_octets_max:
            self._buffer.clear()  # Flat memory: the line is refused where it ends.
            self._is_line_dropped = True
        return line

    def _obey(self, line: bytes) -> Event | None:
        self._commands_count += 1
        if self._commands_count > self._limits.commands_count_max:
            return self._refuse(line, replies.TOO_MANY_COMMANDS)
        if self._is_line_dropped or len(line) > self._limits.command_octets_max:
            self._is_line_dropped = False
            return self._refuse(line, replies.LINE_TOO_LONG)
        # Only CRLF ends a command (RFC 5321 2.3.8); whoever sends less is told, not obeyed.
        text = line[:-2]
        if not line.endswith(b"\r\n") or b"\r" in text or b"\0" in text:
            return self._refuse(line, replies.BAD_CHARACTERS)
        verb, rest = grammar.split_command(text)
        command = self._COMMANDS.get(verb)
        if command is None:
            return self._refuse(line, replies.UNKNOWN_COMMAND)
        return command(self, rest, line)

    def _hello(self, rest: bytes, line: bytes) -> Event | None:
        name = grammar.parse_hello(rest)
        if name is None:
            return self._refuse(line, replies.BAD_HELLO)
        if Move.HELLO not in TRANSITIONS[self.state]:
            return self._refuse(line, replies.BAD_SEQUENCE)
        if self._buffer:  # EHLO may only end a group (RFC 2920 section 3.1).
            self._note("HASTY_HELLO")
        self.helo = name
        self.is_esmtp = line[:4].upper() == b"EHLO"
        self._forget_transaction()
        self._move(Move.HELLO)
        self._say(self._hello_reply())
        return HelloSaid(name, self.is_esmtp)

    def _note(self, manner: str) -> None:
        if manner not in self.manners:
            self.manners += (manner,)

    def _mail_from(self, rest: bytes, line: bytes) -> Event | None:
        if Move.MAIL not in TRANSITIONS[self.state]:
            is_open = self._mail is not None
            return self._refuse(line, replies.TRANSACTION_OPEN if is_open else replies.BAD_SEQUENCE)
        if self._transactions_count >= self._limits.transactions_count_max:
            return self._refuse(line, replies.TOO_MANY_TRANSACTIONS)
        mail = grammar.parse_mail(rest, has_prdr=self._extensions.has_prdr)
        if isinstance(mail, Reply):
            return self._refuse(line, mail)
        if (mail.size_bytes_declared or 0) > self._limits.message_size_bytes_max:
            return self._refuse(line, replies.TOO_LARGE)
        self._transactions_count += 1
        self._mail = mail
        return self._wait(MailFrom(*mail))

    def _rcpt_to(self, rest: bytes, line: bytes) -> Event | None:
        if self._mail is None or Move.RCPT not in TRANSITIONS[self.state]:
            return self._refuse(line, replies.BAD_SEQUENCE)
        recipient = grammar.parse_rcpt(rest, is_utf8=self._mail.is_smtputf8)
        if isinstance(recipient, Reply):
            return self._refuse(line, recipient)
        if self._recipients_count >= self._limits.recipients_count_max:
            return self._refuse(line, replies.TOO_MANY_RECIPIENTS)
        return self._wait(RcptTo(recipient))

    def _data(self, rest: bytes, line: bytes) -> Event | None:
        if self._buffer:
            # DATA ends a group (RFC 2920 3.1): who sends on before the 354 does not speak
            # SMTP with us, and what it sends may be meant for another (smuggling).
            return self._refuse(line, replies.OUT_OF_STEP)
        if rest.strip():
            return self._refuse(line, replies.NO_ARGUMENTS)
        if self.state is not State.RCPT:
            no_one = self.state is State.MAIL
            return self._refuse(line, replies.NO_RECIPIENTS if no_one else replies.BAD_SEQUENCE)
        return self._wait(ContentBegin(is_chunked=False))

    def _bdat(self, rest: bytes, line: bytes) -> Event | None:
        chunk = grammar.parse_chunk(rest)
        if not self._extensions.has_chunking:
            return self._refuse(line, replies.NOT_OFFERED)
        if chunk is None:
            # Nobody knows where its octets end, so nothing more may be read as commands.
            return self._refuse(line, replies.BAD_CHUNK)
        self._chunk = chunk
        self._announced_octets = chunk.size_bytes
        if self.state is State.CHUNKS:
            self._move(Move.BDAT)
            return None
        if self.state is not State.RCPT:
            # The octets come all the same, and are dropped (RFC 3030 section 2).
            self._chunk_dropped_octets = chunk.size_bytes
            no_one = self.state is State.MAIL
            return self._refuse(line, replies.NO_RECIPIENTS if no_one else replies.BAD_SEQUENCE)
        return self._wait(ContentBegin(is_chunked=True))

    def _rset(self, rest: bytes, line: bytes) -> Event | None:
        if rest.strip():
            return self._refuse(line, replies.NO_ARGUMENTS)
        self._forget_transaction()
        self._move(Move.RESET)
        self._say(replies.OK)
        return TransactionReset()

    def _starttls(self, rest: bytes, line: bytes) -> Event | None:
        if not self._extensions.has_starttls:
            return self._refuse(line, replies.NOT_OFFERED)
        if self._is_tls_active:
            return self._refuse(line, replies.TLS_ACTIVE)
        if rest.strip():
            return self._refuse(line, replies.NO_ARGUMENTS)
        if Move.STARTTLS not in TRANSITIONS[self.state]:
            return self._refuse(line, replies.BAD_SEQUENCE)
        self._buffer.clear()  # What came before the handshake was injected (RFC 3207 4.2).
        self._move(Move.STARTTLS)
        self._say(replies.START_TLS)
        return StartTls()

    def _quit(self, _rest: bytes, _line: bytes) -> Event | None:
        self._say(replies.GOODBYE)
        self._close()
        return QuitSaid()

    def _noop(self, _rest: bytes, _line: bytes) -> Event | None:
        self._say(replies.OK)
        return None

    def _vrfy(self, rest: bytes, line: bytes) -> Event | None:
        if not rest.strip():
            return self._refuse(line, replies.BAD_PARAMETERS)
        self._say(replies.CANNOT_VERIFY)
        return None

    def _help(self, _rest: bytes, _line: bytes) -> Event | None:
        self._say(replies.HELP)
        return None

    def _not_offered(self, _rest: bytes, line: bytes) -> Event | None:
        return self._refuse(line, replies.NOT_OFFERED)

    # Content.

    def _begin_content(self, event: ContentBegin, reply: Reply) -> None:
        is_wanted = reply.code == replies.GO_AHEAD.code
        if not is_wanted:
            if event.is_chunked:
                self._chunk_dropped_octets = self._announced_octets
            self._say(reply)
            return
        self._reader = ContentReader(
            self._limits.message_size_bytes_max,
            is_bare_lf_refused=self._extensions.is_bare_lf_refused,
            is_data=not event.is_chunked,
        )
        self._move(Move.BDAT if event.is_chunked else Move.DATA)
        if not event.is_chunked:
            self._say(reply)

    def _read_data(self) -> Event | None:
        assert self._reader is not None
        content, rest = self._reader.read_data(self._buffer.take_all())
        if rest is not None:
            self._buffer.add(rest)
            return self._end_content(content)
        return ContentPart(content) if content else None

    def _end_content(self, content: bytes) -> ContentEnd:
        assert self._reader is not None
        verdict = self._reader.verdict()
        self._reader = None
        self._move(Move.CONTENT_END)
        end = ContentEnd(content, *verdict)
        if verdict.refusal is None:
            self._waiting = end
            return end
        self._forget_transaction()
        self._say(verdict.refusal)
        if verdict.refusal.is_permanent:
            self._count_error()
        return end

    def _read_chunk(self) -> Event | None:
        assert self._reader is not None
        assert self._chunk is not None
        data = self._buffer.take(self._announced_octets)
        self._announced_octets -= len(data)
        is_over = not self._announced_octets
        is_end = is_over and self._chunk.is_last
        content = self._reader.read_chunk(data, is_end=is_end)
        if is_end:
            return self._end_content(content)
        if is_over:
            self._move(Move.CHUNK_END)
            self._say(self._reader.refusal or replies.CHUNK_OK)
        return ContentPart(content) if content else None

    def _drop_chunk(self) -> None:
        self._chunk_dropped_octets -= len(self._buffer.take(self._chunk_dropped_octets))

    # Small parts.

    def _hello_reply(self) -> Reply:
        if not self.is_esmtp:
            return replies.hello(self._hostname)
        offered = self._extensions
        if self._is_tls_active:
            offered = offered._replace(has_starttls=False)
        return _extended_hello(self._hostname, self._limits, offered)

    def _wait(self, event: Event) -> Event:
        self._waiting = event
        return event

    def _say(self, reply: Reply) -> None:
        self._out.append(reply.octets)
        if reply.closes:
            self._close()

    def _close(self) -> None:
        self._buffer.clear()
        self._move(Move.CLOSE)

    def _move(self, move: Move) -> None:
        self.state = TRANSITIONS[self.state][move]

    def _refuse(self, line: bytes, reply: Reply) -> Event:
        self._say(reply)
        if reply.is_permanent:  # One recipient too many is to come again, not a mistake.
            self._count_error()
        return Refused(line[:UNKNOWN_VERB_OCTETS_MAX], reply)

    def _count_error(self) -> None:
        self._errors_count += 1
        if self._errors_count > self._limits.errors_count_max and self.state is not State.CLOSED:
            self._say(replies.TOO_MANY_ERRORS)

    def _forget_transaction(self) -> None:
        self._mail = None
        self._reader = None
        self._recipients_count = 0

    _COMMANDS: ClassVar[dict[bytes, _Command]] = {
        b"EHLO": _hello,
        b"HELO": _hello,
        b"MAIL": _mail_from,
        b"RCPT": _rcpt_to,
        b"DATA": _data,
        b"BDAT": _bdat,
        b"RSET": _rset,
        b"NOOP": _noop,
        b"QUIT": _quit,
        b"VRFY": _vrfy,
        b"HELP": _help,
        b"STARTTLS": _starttls,
        b"EXPN": _not_offered,
        b"AUTH": _not_offered,
        b"ETRN": _not_offered,
        b"TURN": _not_offered,
    }
