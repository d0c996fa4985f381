"""One client's SMTP session: drives the server core over a transport, and answers it.

Shaped like an asyncio protocol, called back by one. 250 to a message is said in one place,
`_conclude`, after its effects are facts.

Source: RFC 5321 sections 3 and 4.5.3; DESIGN section 2.
"""

import asyncio
from typing import TYPE_CHECKING, ClassVar

import msgspec

from katharion.edge.admission import plain_address
from katharion.edge.case import Case, envelope_of
from katharion.edge.memory import ContentShare
from katharion.edge.recipient import REFUSALS, fit
from katharion.edge.repeat import Said, key_of
from katharion.edge.treatment import Treatment, treat
from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.mail.reply import Reply
from katharion.ports import Peer, RecipientStatus
from katharion.protocols.proxy_header import ProxyError, ProxyReader
from katharion.protocols.smtp_events import (
    ContentBegin,
    ContentEnd,
    ContentPart,
    HelloSaid,
    MailFrom,
    RcptTo,
    Refused,
    StartTls,
    TransactionReset,
)
from katharion.protocols.smtp_server import SmtpServer
from katharion.values.facts import ClientFacts
from katharion.values.snapshot import ServedDomain

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from katharion.edge.front import FrontDoor, Listener

READ_AHEAD_OCTETS_MAX = 256 * 1024  # Behind a message that is being judged.
PART_OVERHEAD_OCTETS = 64  # What Python takes to keep one part: tiny parts are not free.
PARTING_SECONDS = 1.0  # For the host of a client that has gone to say so.
LINGER_SECONDS_MAX = 30.0  # For a client to read our last words; then it is cut off.


class Session:
    """One connection. `deadline` is in the clock's monotonic seconds; 0: nothing is due."""

    __slots__ = (
        "_began_at",
        "_core",
        "_domain",
        "_facts",
        "_front",
        "_is_choked",
        "_is_entered",
        "_is_half_closed",
        "_is_paused",
        "_listener",
        "_mail",
        "_message_began_at",
        "_parts",
        "_proxy",
        "_read_ahead_octets",
        "_recipients",
        "_said",
        "_share",
        "_transport",
        "deadline",
        "is_at_work",
        "is_gone",
    )

    def __init__(self, front: "FrontDoor", listener: "Listener") -> None:
        self._front = front
        self._listener = listener
        self._core: SmtpServer = SmtpServer(front.hostname, front.limits, listener.extensions)
        self._transport: Peer | None = None
        self._facts = ClientFacts("", 0, listener.name)
        self._proxy: ProxyReader | None = None
        self._mail: MailFrom | None = None
        self._recipients: list[Address] = []
        self._domain: ServedDomain | None = None
        self._parts: list[bytes] = []
        self._share: ContentShare | None = None
        self._said: Said | None = None  # Our last word, as long as nothing came after it.
        self._is_entered = self._is_paused = self._is_choked = self._is_half_closed = False
        self._read_ahead_octets = 0
        self.is_at_work = False  # A message or an answer is under way: no time-out of ours.
        self.is_gone = False
        self._began_at = self._message_began_at = 0.0
        self.deadline = 0.0

    # asyncio's callbacks.

    def connection_made(self, transport: Peer) -> None:
        """A client has come."""
        self._transport = transport
        self._began_at = self._front.clock.monotonic()
        peer = transport.get_extra_info("peername") or ("", 0)
        self._facts = ClientFacts(plain_address(str(peer[0])), int(peer[1]), self._listener.name)
        self._front.sessions[self] = None
        self._expect(self._front.options.command_seconds_max)
        if not self._listener.proxy_networks:
            self._enter()
        elif self._listener.is_balancer(self._facts.client_address):
            self._proxy = ProxyReader()
        else:
            transport.abort()  # Only a balancer may speak here.

    def data_received(self, data: bytes) -> None:
        """The client has sent something."""
        self._said = None  # It has heard what we said before.
        if self._proxy is not None:
            data = self._read_proxy(data)
            if not data:
                return
        self._core.receive(data)
        if self.is_at_work:
            self._read_ahead_octets += len(data)
            self._regulate()
        else:
            self._go_on()

    def eof_received(self) -> bool:
        """The client sends no more, and may still wait for our answer (a half-close; TLS can't)."""
        self._is_half_closed = self._facts.tls is None and (self.is_at_work or bool(self._said))
        self._send()
        return self._is_half_closed

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone. What is under way is carried out all the same."""
        if self.is_gone:
            return
        self.is_gone = True
        # A reset alone proves nothing: so ends a client, too, that has heard and hangs up.
        is_proof = self._is_half_closed or isinstance(error, TimeoutError)
        self._ask_whether_heard(is_lost=is_proof and error is not None)
        self._front.sessions.pop(self, None)
        if self._is_entered:
            self._is_entered = False
            self._front.admission.leave(self._facts.client_address)
        if not self.is_at_work:
            self._forget()

    def pause_writing(self) -> None:
        """The client does not read our replies: we don't read its commands."""
        self._is_choked = True
        self._regulate()

    def resume_writing(self) -> None:
        """It reads again."""
        self._is_choked = False
        self._regulate()

    # What the front door asks.

    def time_out(self) -> None:
        """The client took too long: it is told; if it does not even read that, it is cut off."""
        if self._is_half_closed:
            self._part()
        elif self._core.is_closing and self._transport is not None:
            self._transport.abort()
        else:
            self._end_with(replies.TIMED_OUT)

    def drain(self) -> None:
        """Say goodbye unless a transaction is in its content, or behind."""
        if not (self.is_at_work or self._core.is_in_content):
            self._end_with(replies.SHUTTING_DOWN)

    # The conversation.

    def _read_proxy(self, data: bytes) -> bytes:
        assert self._proxy is not None
        assert self._transport is not None
        info, rest = self._proxy.read(data)
        if isinstance(info, ProxyError):
            self._transport.abort()
            return b""
        if info is not None:
            self._proxy = None
            if info.source:
                self._facts = msgspec.structs.replace(
                    self._facts,
                    client_address=plain_address(info.source),
                    client_port=info.source_port,
                )
            self._enter()
        return rest

    def _enter(self) -> None:
        refusal = self._front.admission.enter(self._facts.client_address)
        if refusal is None and self._front.is_draining:
            self._front.admission.leave(self._facts.client_address)
            refusal = replies.SHUTTING_DOWN
        if refusal is not None:
            self._record_refusal("connect-refused", refusal)
            self._end_with(refusal)
            return
        self._is_entered = True
        seconds = self._front.greeting_seconds(self._facts.client_address)
        if seconds:
            self._work(self._greet_later(seconds), "greeting")
        else:
            self._core.greet()
            self._send()

    async def _greet_later(self, seconds: float) -> None:
        """Who does not wait for his turn gives himself away."""
        await asyncio.sleep(seconds)
        self.is_at_work = False
        if not self.is_gone:
            self._core.greet()
            self._resume()

    def _go_on(self) -> None:
        """Take what the core has understood, until it needs more."""
        core = self._core
        event = core.next_event()
        while event is not None:
            act = self._ACT.get(type(event))
            if act is not None:
                act(self, event)
            if self.is_at_work:
                break
            event = core.next_event()
        self._send()
        if self._front.is_draining and not core.is_closing:
            self.drain()

    def _send(self) -> None:
        if self._transport is None or self.is_gone:
            return
        output = self._core.take_output()
        if output:
            self._transport.write(output)
        if self.is_at_work or not (self._core.is_closing or self._is_half_closed):
            return
        self._forget()
        if self._said is not None and self._is_half_closed:
            self._front.say_end(self._transport)
            self.deadline = self._front.clock.monotonic() + PARTING_SECONDS
            return
        self.deadline = self._front.clock.monotonic() + LINGER_SECONDS_MAX
        self._transport.close()

    def _part(self) -> None:
        """From a client that sends no more: its host has heard us, resets us, or is slow."""
        assert self._transport is not None
        is_lost = self._front.is_broken(self._transport)
        if not is_lost and self._front.may_yet_hear(self._transport, self._began_at):
            self._expect(PARTING_SECONDS)
            return
        self._ask_whether_heard(is_lost=is_lost)
        self._send()

    def _ask_whether_heard(self, *, is_lost: bool) -> None:
        """Our last word was a 250, and the connection is over: a repeat may come."""
        said, self._said = self._said, None
        if is_lost and said and self._transport and self._front.is_unheard(self._transport):
            self._front.unsaid(said)

    def _regulate(self) -> None:
        """Read from the client, or don't: not far ahead, and not while it does not read."""
        is_far_ahead = self._read_ahead_octets > READ_AHEAD_OCTETS_MAX
        must_pause = self._is_choked or is_far_ahead
        if self._transport is None or self.is_gone or must_pause == self._is_paused:
            return
        self._is_paused = must_pause
        if must_pause:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _work(self, work: "Coroutine[Any, Any, None]", name: str) -> None:
        """Begin what has to wait; until it ends no further event is taken."""
        self.is_at_work = True
        self._front.tasks.start(self._watched(work), name)

    async def _watched(self, work: "Coroutine[Any, Any, None]") -> None:
        try:
            await work
        except BaseException:  # Our own mistake, and Tasks reports it; nobody may hang on it.
            self.is_at_work = False
            self._end_with(replies.BROKEN)
            self._forget()
            raise

    def _end_with(self, reply: Reply) -> None:
        self._said = None  # What is not acknowledged from now on may be these words alone.
        self._core.close_with(reply)
        self._send()

    def _expect(self, seconds: float) -> None:
        """Something is to come within `seconds`, and within the connection's own time."""
        now = self._front.clock.monotonic()
        last = self._began_at + self._front.options.connection_seconds_max
        self.deadline = min(now + seconds, last)

    def _hear_hello(self, event: HelloSaid) -> None:
        self._facts = msgspec.structs.replace(
            self._facts, helo=event.name, is_esmtp=event.is_extended
        )
        self._forget()
        self._expect(self._front.options.command_seconds_max)

    def _hear_mail(self, event: MailFrom) -> None:
        self._forget()
        self._expect(self._front.options.command_seconds_max)
        if not self._front.journal.has_room():
            self._core.answer(replies.STORE_AWAY)
            return
        self._mail = event
        self._message_began_at = self._front.clock.monotonic()
        self._core.answer(replies.SENDER_OK)

    def _hear_rcpt(self, event: RcptTo) -> None:
        self._expect(self._front.options.command_seconds_max)
        recipient = self._front.home(event.recipient)
        status = self._front.directory.find(recipient)
        if status is None or not self._front.knows(self._facts.client_address):
            self._work(self._ask_about(recipient), "directory")
        else:
            self._answer_rcpt(recipient, status)

    async def _ask_about(self, recipient: Address) -> None:
        status = await self._front.find(recipient)
        await self._front.ask_lists(self._facts.client_address)
        self.is_at_work = False
        if not self.is_gone:
            self._answer_rcpt(recipient, status)
            self._resume()

    def _answer_rcpt(self, recipient: Address, status: RecipientStatus) -> None:
        reply = REFUSALS.get(status) or self._front.listed(self._facts.client_address, recipient)
        if reply is None:
            domain = self._front.directory.domain(recipient.domain)
            reply, self._domain = fit(domain, self._domain)
        if not reply.is_positive:
            self._record_refusal("rcpt-refused", reply, recipient)
        elif recipient not in self._recipients:
            self._recipients.append(recipient)
        self._core.answer(reply)

    def _hear_content_begin(self, _event: ContentBegin) -> None:
        self._expect(self._front.options.content_seconds_max)
        assert self._mail is not None
        share = ContentShare(self._front.budget)
        if not share.begin(self._mail.size_bytes_declared):
            self._record_refusal("content-refused", replies.MEMORY_SHORT, *self._recipients)
            self._core.answer(replies.MEMORY_SHORT)
            return
        self._share = share
        self._core.answer(replies.GO_AHEAD)

    def _hear_part(self, event: ContentPart) -> None:
        assert self._share is not None
        if self._share.grow(len(event.data) + PART_OVERHEAD_OCTETS):
            self._parts.append(event.data)
        else:
            self._parts.clear()
            self._share.end()
            self._core.refuse_content(replies.MEMORY_SHORT)

    def _hear_content_end(self, event: ContentEnd) -> None:
        self._expect(self._front.options.command_seconds_max)
        if event.refusal is not None:
            self._record_refusal("content-refused", event.refusal, *self._recipients)
            self._forget()
            return
        assert self._share is not None
        if not self._share.grow(len(event.data)):
            self._record_refusal("content-refused", replies.MEMORY_SHORT, *self._recipients)
            self._forget()
            self._core.answer(replies.MEMORY_SHORT)
            return
        self._parts.append(event.data)
        case = self._make_case()
        said = Said(key_of(case), case.id)
        first = self._front.repeated(said.key)
        if first is None:
            findings = event.findings + self._core.manners
            self._work(self._treat(case, said, findings), "message")
        else:
            self._answer_repeat(case, said._replace(message_id=first))

    def _hear_starttls(self, _event: StartTls) -> None:
        self._forget()
        self._work(self._start_tls(), "starttls")

    async def _start_tls(self) -> None:
        assert self._transport is not None
        self._send()
        secured = await self._front.start_tls(self._transport, self)
        self.is_at_work = False
        if secured is None or self.is_gone:
            # Not every loop tells a session whose client went away in the handshake.
            self.connection_lost(None)
            return
        self._transport, tls = secured
        self._facts = msgspec.structs.replace(self._facts, tls=tls, helo="", is_esmtp=False)
        self._core.tls_started()
        self._resume()

    def _hear_reset(self, _event: TransactionReset) -> None:
        self._forget()
        self._expect(self._front.options.command_seconds_max)

    def _hear_refused(self, event: Refused) -> None:
        self._expect(self._front.options.command_seconds_max)
        if event.line[:4].upper() == b"MAIL":
            self._record_refusal("mail-refused", event.reply)

    # One message.

    def _make_case(self) -> Case:
        assert self._mail is not None
        assert self._domain is not None
        content = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        envelope = envelope_of(self._mail, self._recipients)
        return self._front.make_case(self._facts, envelope, self._domain, content)

    async def _treat(self, case: Case, said: Said, session_findings: tuple[str, ...]) -> None:
        treatment = await treat(self._front, case, session_findings)
        treatment.stages["receive"] = case.ended_at - self._message_began_at
        self._conclude(said, treatment)

    def _answer_repeat(self, case: Case, said: Said) -> None:
        """All of it is done already; what was missing is that the client hears so."""
        front, final = self._front, replies.ACCEPTED
        front.record(front.account.repeat(front.clock.wall(), case, said.message_id, final))
        self._forget()
        self._answer(case, [final] * len(case.envelope.recipients), final)
        self._said = said

    def _answer(self, case: Case, each: list[Reply], final: Reply) -> None:
        if case.envelope.is_prdr:
            self._core.answer_prdr(each, final)
        else:
            self._core.answer(final)

    def _conclude(self, said: Said, treatment: Treatment) -> None:
        """Everything is a fact: record it, then, last of all, reply."""
        front, case = self._front, treatment.case
        each, final = treatment.replies(case.id)
        told = treatment.told(each if case.envelope.is_prdr else [final] * len(each))
        records = front.account.message(front.clock.wall(), case, told, treatment.stages)
        if self.is_gone:
            records = [msgspec.structs.replace(r, reply="(the client had gone)") for r in records]
        front.record(records)  # Room was asked for at MAIL.
        front.count(treatment.endings)
        self.is_at_work = False
        self._forget()
        self._said = said if all(reply.is_positive for reply in each) else None
        if self.is_gone or self._core.is_closing:
            if self._said is not None:
                front.unsaid(said)
            self._send()
            return
        self._answer(case, each, final)
        self._resume()

    def _resume(self) -> None:
        """Go on with what the client sent meanwhile."""
        self._expect(self._front.options.command_seconds_max)
        self._read_ahead_octets = 0
        self._regulate()
        self._go_on()

    def _forget(self) -> None:
        """The transaction is over: nothing of it is kept."""
        self._mail = self._domain = None
        self._recipients, self._parts = [], []
        if self._share is not None:
            self._share.end()
            self._share = None

    def _record_refusal(self, event: str, reply: Reply, *recipients: Address) -> None:
        sender = str(self._mail.sender or "<>") if self._mail else ""
        self._front.record_refusal(event, reply, self._facts, sender, recipients)

    _ACT: ClassVar[dict[type, "Callable[..., None]"]] = {
        HelloSaid: _hear_hello,
        MailFrom: _hear_mail,
        RcptTo: _hear_rcpt,
        ContentBegin: _hear_content_begin,
        ContentPart: _hear_part,
        ContentEnd: _hear_content_end,
        StartTls: _hear_starttls,
        TransactionReset: _hear_reset,
        Refused: _hear_refused,
    }
