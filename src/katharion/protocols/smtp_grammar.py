"""SMTP command lines: octets to a verb with its arguments, without I/O.

Sources: RFC 5321 sections 4.1.1 and 4.1.2; RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 6531
(SMTPUTF8), draft-hall-prdr (PRDR), RFC 3030 (BDAT).
"""

import re
from typing import NamedTuple

from katharion.mail import reply as replies
from katharion.mail.address import Address, is_domain, parse_address
from katharion.mail.reply import Reply

PARAMETERS_COUNT_MAX = 20
SIZE_DIGITS_MAX = 20  # RFC 1870 section 4.
CHUNK_DIGITS_MAX = 12
HELO_OCTETS_MAX = 255
POSTMASTER = Address("postmaster", "")

# The path in angle brackets may hold a quoted local part, which may hold anything but CR
# and LF. Blanks after the colon are not in the grammar, and are sent all the same.
_PATH = re.compile(rb'\s{0,8}<((?:"(?:[^"\\]|\\.){0,256}"|[^<>"\s])*)>((?: [^ ]*)*)\Z')
_SOURCE_ROUTE = re.compile(rb"@[^:@]{1,255}(?:,@[^:@,]{1,255})*:")
_PARAMETER = re.compile(rb"([A-Za-z0-9][A-Za-z0-9-]{0,63})(?:=([!-<>-~\x80-\xff]{1,1024}))?\Z")


class MailArguments(NamedTuple):
    """What MAIL FROM says; `sender` None is the null reverse-path."""

    sender: Address | None
    is_8bit: bool = False
    is_smtputf8: bool = False
    is_prdr: bool = False
    size_bytes_declared: int | None = None


class Chunk(NamedTuple):
    """What BDAT says: so many octets follow."""

    size_bytes: int
    is_last: bool


def split_command(line: bytes) -> tuple[bytes, bytes]:
    """The verb in capitals and the rest of a line without its CRLF."""
    verb, _, rest = line.partition(b" ")
    return verb.upper(), rest


def parse_hello(rest: bytes) -> str | None:
    """The client's name for itself, or None where none can be read.

    Names that are no domain are taken (RFC 5321 section 4.1.4 forbids to refuse for that
    reason): the checks judge them. Only what could not be written into a header is not.
    """
    name = rest.strip()
    if not name or len(name) > HELO_OCTETS_MAX or not all(0x21 <= octet <= 0x7E for octet in name):
        return None
    return name.decode("ascii")


def parse_mail(rest: bytes, *, has_prdr: bool) -> MailArguments | Reply:
    """The arguments of MAIL, from behind the verb, or the reply that refuses them."""
    path = _path_and_parameters(rest, b"FROM:")
    if path is None:
        return replies.BAD_SENDER_SYNTAX
    parameters = _parameters(path[1])
    if parameters is None:
        return replies.BAD_PARAMETERS
    refusal = _judge_parameters(parameters, has_prdr=has_prdr)
    if refusal is not None:
        return refusal
    is_smtputf8 = b"SMTPUTF8" in parameters
    size = parameters.get(b"SIZE")
    sender = _mailbox(path[0], is_utf8=is_smtputf8) if path[0] else None
    if path[0] and sender is None:
        return replies.BAD_SENDER_SYNTAX
    return MailArguments(
        sender,
        parameters.get(b"BODY", b"").upper() == b"8BITMIME",
        is_smtputf8,
        b"PRDR" in parameters,
        None if size is None else int(size),
    )


def parse_rcpt(rest: bytes, *, is_utf8: bool) -> Address | Reply:
    """The recipient of RCPT, from behind the verb, or the reply that refuses it."""
    path = _path_and_parameters(rest, b"TO:")
    if path is None or not path[0]:
        return replies.BAD_RECIPIENT_SYNTAX
    if path[1]:
        return replies.UNKNOWN_PARAMETER  # DSN is not offered (RFC 3461 duties).
    if path[0].lower() == b"postmaster":
        return POSTMASTER  # RFC 5321 4.1.1.3: the one mailbox without a domain.
    return _mailbox(path[0], is_utf8=is_utf8) or replies.BAD_RECIPIENT_SYNTAX


def parse_chunk(rest: bytes) -> Chunk | None:
    """The arguments of BDAT (RFC 3030 section 2), or None where they are none."""
    size, _, last = rest.strip().partition(b" ")
    if not size.isdigit() or len(size) > CHUNK_DIGITS_MAX or last.upper() not in (b"", b"LAST"):
        return None
    return Chunk(int(size), bool(last))


def is_hello_domain(name: str) -> bool:
    """Whether a client's name for itself has the form of a domain or literal."""
    return is_domain(name)


def _path_and_parameters(rest: bytes, keyword: bytes) -> tuple[bytes, bytes] | None:
    if rest[: len(keyword)].upper() != keyword:
        return None
    match = _PATH.match(rest.rstrip(b" "), len(keyword))
    if match is None:
        return None
    path = match[1]
    if path.startswith(b"@"):
        # A source route is understood and ignored (RFC 5321 section 4.1.2, appendix C).
        route = _SOURCE_ROUTE.match(path)
        path = path[route.end() :] if route else path
    return path, match[2]


def _judge_parameters(parameters: dict[bytes, bytes], *, has_prdr: bool) -> Reply | None:
    """Refuse what MAIL asks for and is not offered."""
    if not parameters:
        return None
    unknown = parameters.keys() - {b"SIZE", b"BODY", b"SMTPUTF8", b"PRDR"}
    if unknown or (b"PRDR" in parameters and not has_prdr):
        return replies.UNKNOWN_PARAMETER
    if parameters.get(b"BODY", b"7BIT").upper() not in (b"7BIT", b"8BITMIME"):
        return replies.BODY_NOT_OFFERED
    size = parameters.get(b"SIZE", b"0")
    if not (size.isdigit() and len(size) <= SIZE_DIGITS_MAX):
        return replies.BAD_PARAMETERS
    return None


def _mailbox(path: bytes, *, is_utf8: bool) -> Address | None:
    try:
        return parse_address(path.decode("utf-8" if is_utf8 else "ascii"), is_utf8=is_utf8)
    except UnicodeDecodeError:
        return None


def _parameters(text: bytes) -> dict[bytes, bytes] | None:
    """ESMTP parameters by their name in capitals; None where they break the grammar."""
    if not text:
        return {}
    words = text.split()
    if len(words) > PARAMETERS_COUNT_MAX:
        return None
    found: dict[bytes, bytes] = {}
    for word in words:
        match = _PARAMETER.match(word)
        if match is None or match[1].upper() in found:
            return None
        found[match[1].upper()] = match[2] or b""
    return found
