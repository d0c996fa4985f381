"""Trace headers: what we write before a message, and what of it we take away.

Sources: RFC 5321 sections 4.4 (Received) and 6.3 (loops); RFC 3848 and RFC 6531 section 4.3
(the names of protocols).
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from katharion.mail.message import Message, field_end

OWN_PREFIX = b"x-katharion-"
VERDICT_NAME = "X-Katharion-Verdict"
FINDINGS_SHOWN_MAX = 20

_UNSAFE = re.compile(r"[^!#-'*+\--:=?-\[\]-~]")  # Not printable, or of meaning in a Received field.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Hop(NamedTuple):
    """What a Received line says of the hop to us. `ptr` "" where there is none."""

    helo: str
    client_address: str
    ptr: str
    hostname: str
    message_id: str
    is_esmtp: bool
    is_tls: bool
    is_smtputf8: bool
    recipient: str  # Only where there is one: it would tell the others of each other.
    received_at: float
    tls: str = ""


def received(hop: Hop) -> bytes:
    """The Received field (RFC 5321 section 4.4), with its CRLF. Nothing in it can end a line."""
    literal = (
        f"[IPv6:{hop.client_address}]" if ":" in hop.client_address else f"[{hop.client_address}]"
    )
    helo = _UNSAFE.sub("?", hop.helo)[:255] or "unknown"
    ptr = f"{_UNSAFE.sub('?', hop.ptr)[:255]} " if hop.ptr else ""
    tls = f"\r\n\t({_UNSAFE.sub('?', hop.tls.replace(' ', '/'))})" if hop.tls else ""
    to = f"\r\n\tfor <{hop.recipient}>" if hop.recipient else ""
    return (
        f"Received: from {helo} ({ptr}{literal})\r\n"
        f"\tby {hop.hostname} with {_protocol(hop)}{tls}\r\n"
        f"\tid {hop.message_id}{to};\r\n"
        f"\t{date(hop.received_at)}\r\n"
    ).encode("utf-8" if hop.is_smtputf8 else "ascii", "replace")


def date(at: float) -> str:
    """Date and time of RFC 5322 section 3.3, in UTC."""
    return _date(int(at))


@lru_cache(maxsize=8)
def _date(at: int) -> str:
    """One text for all messages of a second."""
    when = datetime.fromtimestamp(at, UTC)
    return (
        f"{_DAYS[when.weekday()]}, {when.day} {_MONTHS[when.month - 1]} {when.year}"
        f" {when.hour:02}:{when.minute:02}:{when.second:02} +0000"
    )


def verdict_header(
    band: str, score: float, names: tuple[str, ...], message_id: str, *, mail_class: str = ""
) -> bytes:
    """The verdict's own field: band, score in points, and the findings that count."""
    words = [f"{band};", f"score={score:.1f};", f"id={message_id};"]
    if mail_class:
        words.append(f"class={mail_class};")
    lines = [f"{VERDICT_NAME}: {' '.join(words)}"]
    shown = names[:FINDINGS_SHOWN_MAX]
    if shown:
        lines.append("\tfindings=" + ",\r\n\t".join(_UNSAFE.sub("?", name)[:60] for name in shown))
    return ("\r\n".join(lines) + "\r\n").encode("ascii", "replace")


def strip_own(content: bytes) -> bytes:
    """The content without header fields that pretend to be ours. Nothing else changes.

    Only content whose first line is a continuation gets an empty line before it: nothing of
    it may go on in the fields that we write above.
    """
    if content.startswith((b" ", b"\t")):
        return b"\r\n" + content
    # Not Message.fields: their bounds would let through what stands behind them.
    header = content[: Message(content).header_end]
    lowered = b"\n" + header.lower()
    found = lowered.find(b"\n" + OWN_PREFIX)
    if found < 0:
        return content
    kept, at = [], 0
    while found >= 0:
        kept.append(content[at:found])
        at = field_end(header, found)
        if b":" not in header[found:at]:
            kept.append(header[found:at])  # No field.
        found = lowered.find(b"\n" + OWN_PREFIX, at)
    return b"".join([*kept, content[at:]])


def tag_subject(content: bytes, tag: str) -> bytes:
    """The content with `tag` before its subject; with a subject of its own where it had none."""
    safe = tag.encode("ascii", "replace").replace(b"\r", b"").replace(b"\n", b"")
    message = Message(content)
    for field in message.fields:
        if field.name == b"subject":
            at = content.index(b":", field.start) + 1
            rest = content[at:].lstrip(b" \t") if content[at : at + 1] in b" \t" else content[at:]
            return content[:at] + b" " + safe + rest
    return b"Subject: " + safe.rstrip() + b"\r\n" + content


def _protocol(hop: Hop) -> str:
    """RFC 3848 and RFC 6531 section 4.3."""
    if hop.is_smtputf8:
        return "UTF8SMTPS" if hop.is_tls else "UTF8SMTP"
    if not hop.is_esmtp:
        return "SMTP"
    return "ESMTPS" if hop.is_tls else "ESMTP"
