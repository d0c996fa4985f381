"""The parsers, each as a function of octets. A line here is all that a new one needs."""

from collections.abc import Callable

from katharion.adapters import dns_message
from katharion.authentication import author, dmarc_record, spf_record
from katharion.authentication.aggregate_unpack import reports_of
from katharion.authentication.arc_chain import survey
from katharion.authentication.dkim_key import read_record
from katharion.authentication.dkim_tags import read_tags
from katharion.content.html import read_html
from katharion.content.links import links_in, where
from katharion.content.reading import read
from katharion.content.tnef import read_tnef
from katharion.mail.address import parse_address
from katharion.mail.charset import decode_as
from katharion.mail.domain_name import a_labels
from katharion.mail.mailbox import first_mailbox
from katharion.mail.message import Message
from katharion.mail.parameters import structured
from katharion.mail.trace import strip_own, tag_subject
from katharion.mail.transfer import decode, embedded_in
from katharion.protocols.proxy_header import ProxyReader
from katharion.protocols.smtp_events import Extensions, ServerLimits
from katharion.protocols.smtp_reply import ReplyReader
from katharion.protocols.smtp_server import SmtpServer
from katharion.values.dns import Question

Target = Callable[[bytes], object]


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _message(octets: bytes) -> None:
    for attachment in read(Message(octets)).attachments:
        attachment.content()


def _transfer(octets: bytes) -> None:
    for encoding in ("base64", "quoted-printable", "uuencode"):
        decode(octets, encoding)
    embedded_in(octets)


def _charset(octets: bytes) -> None:
    name, _, rest = octets.partition(b"\n")
    decode_as(rest, _text(name))


def _header(octets: bytes) -> None:
    message = Message(octets)
    author.find(message)
    survey(message)
    tag_subject(strip_own(octets), "[spam]")


def _smtp_server(octets: bytes) -> None:
    server = SmtpServer("mx.example", ServerLimits(), Extensions())
    server.receive(octets)
    while server.next_event() is not None:
        pass
    server.take_output()


def _smtp_reply(octets: bytes) -> None:
    reader = ReplyReader()
    reader.receive(octets)
    while reader.next_reply() is not None:
        pass


TARGETS: dict[str, Target] = {
    "address": lambda octets: parse_address(_text(octets), is_utf8=True),
    "aggregate": reports_of,
    "charset": _charset,
    "dkim_key": lambda octets: read_record(_text(octets)),
    "dkim_tags": read_tags,
    "dmarc": lambda octets: dmarc_record.parse(_text(octets)),
    "dns": lambda octets: dns_message.read(octets, Question("TXT", "a.example")),
    "domain": lambda octets: a_labels(_text(octets)),
    "header": _header,
    "html": lambda octets: read_html(_text(octets)),
    "links": lambda octets: (links_in(_text(octets)), where(_text(octets))),
    "mailbox": first_mailbox,
    "message": _message,
    "parameters": structured,
    "proxy": lambda octets: ProxyReader().read(octets),
    "smtp_reply": _smtp_reply,
    "smtp_server": _smtp_server,
    "spf": lambda octets: spf_record.read(_text(octets)),
    "tnef": read_tnef,
    "transfer": _transfer,
}
