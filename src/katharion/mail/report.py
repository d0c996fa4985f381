"""Delivery status notifications: what could not be delivered, told to who sent it.

Sources: RFC 3464 (format), RFC 6522 (multipart/report), RFC 3463 (status codes), RFC 6533
(addresses beyond ASCII), RFC 3834 section 5 (Auto-Submitted), RFC 5321 sections 4.5.5 (null
reverse-path) and 6.1.
"""

import base64
import re
from enum import Enum
from typing import NamedTuple

from katharion.mail.address import Address
from katharion.mail.answer import Words
from katharion.mail.trace import date

HEADER_OCTETS_MAX = 65_536  # Of the message that is reported on.
LINE_OCTETS_MAX = 998  # RFC 5322 section 2.1.1.
TEXT_CHARACTERS_MAX = 200  # Of one server's words; each has four octets at most.
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\Z")
_BREAKS = re.compile(r"[^ -~\u00a0-\U0010ffff]+")  # Nothing from outside may end a line.


class Action(Enum):
    """RFC 3464 section 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"


class Missed(NamedTuple):
    """One recipient, and why it was not reached. `next_hop` "" where nobody was asked."""

    recipient: Address
    words: Words
    next_hop: str


class Report(NamedTuple):
    """All that a notification says.

    `header`: of the message, octets. `retry_until`: seconds since the epoch, for a delay.
    """

    id: str
    at: float
    hostname: str
    sender: Address  # Ours, in From: nobody's answer is read.
    to: Address
    action: Action
    missed: tuple[Missed, ...]
    arrived_at: float
    header: bytes
    retry_until: float = 0.0

    @property
    def is_utf8(self) -> bool:
        """Whether it needs SMTPUTF8: an address of it is beyond ASCII."""
        named = (self.to, self.sender, *(each.recipient for each in self.missed))
        return not all(address.is_ascii for address in named)


def compose(report: Report) -> bytes:
    """The whole message, CRLF line ends. Its reverse-path is null (RFC 5321 section 4.5.5)."""
    boundary = f"=_{report.id}"
    kind = "global-delivery-status" if report.is_utf8 else "delivery-status"
    parts = [
        _part("text/plain; charset=utf-8", "Notification", _for_people(report).encode()),
        _part(
            f"message/{kind}", "Delivery report", _for_programs(report).encode(), may_be_8bit=True
        ),
        _header_part(report),
    ]
    delimiter = f"--{boundary}\r\n".encode()
    body = b"".join(delimiter + part for part in parts) + f"--{boundary}--\r\n".encode()
    return _head(report, boundary).encode() + b"\r\n" + body


def _head(report: Report, boundary: str) -> str:
    subject = "Not delivered" if report.action is Action.FAILED else "Not delivered yet"
    lines = [
        f"Date: {date(report.at)}",
        f"From: Mail delivery <{report.sender}>",
        f"To: <{report.to}>",
        f"Subject: {subject}",
        f"Message-ID: <{report.id}@{report.hostname}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
    ]
    return "".join(f"{line}\r\n" for line in lines)


def _for_people(report: Report) -> str:
    if report.action is Action.FAILED:
        opening = "your message could not be delivered to:"
        closing = "We do not try again. What the other server said may tell you what to change."
    else:
        opening = "your message could not be delivered yet to:"
        closing = (
            f"You need not do anything: we go on trying until {date(report.retry_until)},"
            " and tell you if we have to give up."
        )
    lines = [f"This is {report.hostname}. I am sorry:", opening, ""]
    for each in report.missed:
        said = _line(str(each.words)) or "no answer"
        by = f"{_line(each.next_hop)} said" if each.words.code and each.next_hop else "the reason"
        lines += [f"  <{each.recipient}>", f"    {by}: {said}", ""]
    lines += [closing, ""]
    return "\r\n".join(lines)


def _for_programs(report: Report) -> str:
    """RFC 3464 section 2.1: the message's fields, then one group of fields a recipient."""
    groups = [
        [f"Reporting-MTA: dns; {report.hostname}", f"Arrival-Date: {date(report.arrived_at)}"]
    ]
    for each in report.missed:
        is_ascii = each.recipient.is_ascii
        fields = [
            f"Final-Recipient: {'rfc822' if is_ascii else 'utf-8'}; {each.recipient}",
            f"Action: {report.action.value}",
            f"Status: {status_of(each.words, report.action)}",
        ]
        if each.words.code and each.next_hop:
            fields.append(f"Remote-MTA: dns; {_host(each.next_hop)}")
            fields.append(f"Diagnostic-Code: smtp; {_line(str(each.words))}")
        fields.append(f"Last-Attempt-Date: {date(report.at)}")
        if report.action is Action.DELAYED:
            fields.append(f"Will-Retry-Until: {date(report.retry_until)}")
        groups.append(fields)
    return "\r\n".join("".join(f"{field}\r\n" for field in fields) for fields in groups)


def status_of(words: Words, action: Action) -> str:
    """RFC 3463: the server's own status where it fits, else one that says as much as we know."""
    wanted = "5" if action is Action.FAILED else "4"
    if _STATUS.match(words.enhanced) and words.enhanced[0] == wanted:
        return words.enhanced
    if words.code // 100 == int(wanted):
        return f"{wanted}.0.0"
    # Tried for too long (5.4.7), or not reached so far (4.4.1).
    return "5.4.7" if action is Action.FAILED else "4.4.1"


def _header_part(report: Report) -> bytes:
    header = report.header[:HEADER_OCTETS_MAX]
    if len(report.header) > HEADER_OCTETS_MAX:
        header = header[: header.rfind(b"\r\n") + 2]
    kind = "message/global-headers" if report.is_utf8 else "text/rfc822-headers; charset=utf-8"
    return _part(kind, "The message's header", header, may_be_8bit=report.is_utf8)


def _part(kind: str, description: str, content: bytes, *, may_be_8bit: bool = False) -> bytes:
    """One part: in base64 where it would not pass as it is."""
    lines = [f"Content-Type: {kind}", f"Content-Description: {description}"]
    if not _is_lines(content) or not (content.isascii() or may_be_8bit):
        lines.append("Content-Transfer-Encoding: base64")
        content = base64.encodebytes(content).replace(b"\n", b"\r\n")
    elif not content.isascii():
        lines.append("Content-Transfer-Encoding: 8bit")
    head = "".join(f"{line}\r\n" for line in lines).encode()
    return head + b"\r\n" + content + b"\r\n"  # The last belongs to the delimiter.


def _is_lines(content: bytes) -> bool:
    """Whether it is lines of a bearable length, and no octet among them that ends one alone."""
    lines = content.split(b"\r\n")
    return all(
        len(line) <= LINE_OCTETS_MAX and not (b"\r" in line or b"\n" in line or b"\0" in line)
        for line in lines
    )


def _line(text: str) -> str:
    """On one line, and not too long."""
    return _BREAKS.sub(" ", text).strip()[:TEXT_CHARACTERS_MAX]


def _host(next_hop: str) -> str:
    """The host of "host:port"."""
    host = next_hop.rpartition(":")[0] if not next_hop.endswith("]") else next_hop
    return _line(host or next_hop)
