"""Whose name a message bears: the domains of the addresses in its From field.

DMARC speaks of one author domain. Strangers write From fields with none, with several, and with
such as two programs read in two ways; so each domain that a reader could be shown is found, and
`fault` says why the field can't be trusted to name one author.

Sources: RFC 5322 sections 3.4 (addresses), 3.6.2 (From), 4.4 (obsolete forms: routes, space
around dots); RFC 6532 section 3.2 (UTF-8 in them); RFC 9989 sections 5.3.1 and 11.5 (several
domains).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from katharion.mail.domain_name import a_labels
from katharion.mail.message import VALUE_OCTETS_MAX, Message

DOMAINS_COUNT_MAX = 4  # Each is looked up (RFC 9989 section 11.5: limit them).
ADDRESSES_COUNT_MAX = 100  # The rest of a field is not looked at.
DOMAIN_TOKENS_COUNT_MAX = 254  # With space beside its dots, a domain is of several tokens.

NO_FIELD = "The message does not say who wrote it: it has no From field."
SEVERAL_FIELDS = "The message has several From fields, and may have one only."
NO_DOMAIN = "The From field of the message has no address with a domain name."
MALFORMED = "The From field of the message is malformed: programs may read it in different ways."
TOO_LONG = "The From field of the message is so long that only its beginning was looked at."
TOO_MANY = "The From field of the message names more authors than are looked at."

# What nearly all mail has: one address, a simple name before it, no comments. No quantifier
# gives back what it took, so no field costs more than its length.
_PLAIN = re.compile(
    rb'(?:(?:"[^"\\]*+"[ \t]*+|[^"(),:;<>@\[\]\\]*+)<[^\s"(),:;<>@\[\]\\]++@([A-Za-z0-9_.-]++)>'
    rb'|[^\s"(),:;<>@\[\]\\]++@([A-Za-z0-9_.-]++))\Z'
)
# A quoted string or literal without an end goes to the end of the field.
_TOKEN = re.compile(
    rb'[ \t\r\n]++|"(?:[^"\\]|\\.)*+"?|\[[^\[\]]*+\]?|[^\s"()\[\]<>,:;@]++|.', re.DOTALL
)
_CLOSED = re.compile(rb'(?:"(?:[^"\\]|\\.)*+"|\[[^\[\]]*+\])\Z', re.DOTALL)
_IN_COMMENT = re.compile(rb"[()]|\\.", re.DOTALL)
_AFTER_AT = re.compile(rb"@([A-Za-z0-9_.\x80-\xff-]++)")


class Author(NamedTuple):
    """`domains`: in A-labels and lower case, each once. `fault`: "" where all is well."""

    domains: tuple[str, ...] = ()
    fault: str = ""


def find(message: Message) -> Author:
    """The author domains of the message. No octets raise."""
    fields = [field for field in message.fields if field.name == b"from"]
    if len(fields) == 1 and (plain := _PLAIN.match(fields[0].value)):
        domain = a_labels((plain[1] or plain[2]).decode())
        # The value was cut at its limit, which a plain one never reaches with a domain behind.
        if domain and fields[0].end - fields[0].start < VALUE_OCTETS_MAX:
            return Author((domain,))
    if not fields:
        return Author((), NO_FIELD)
    fault = SEVERAL_FIELDS if len(fields) > 1 else ""
    domains: dict[str, None] = {}
    for field in fields[:DOMAINS_COUNT_MAX]:
        found, wrong = read(field.value)
        domains.update(dict.fromkeys(found))
        is_cut = field.end - field.start > VALUE_OCTETS_MAX
        fault = fault or (TOO_LONG if is_cut else wrong)
    return _author(tuple(domains), fault)


def _author(domains: tuple[str, ...], fault: str) -> Author:
    if not domains:
        return Author((), fault or NO_DOMAIN)
    if len(domains) > DOMAINS_COUNT_MAX:
        return Author(domains[:DOMAINS_COUNT_MAX], TOO_MANY)
    # Several domains are a fault only where they do not all pass: see dmarc.strictest.
    return Author(domains, fault)


def read(value: bytes) -> tuple[tuple[str, ...], str]:
    """The domains of one From field's addresses, each once, and what is wrong with it."""
    domains: dict[str, None] = {}
    fault, has_address = "", False
    for count, tokens in enumerate(_addresses(value)):
        if count == ADDRESSES_COUNT_MAX:
            fault = TOO_MANY
            break
        ats = [at for at, token in enumerate(tokens, 1) if token == b"@"]
        has_address = has_address or bool(ats)
        for at in ats[:DOMAINS_COUNT_MAX]:
            domain, is_well_formed = _domain(tokens[at : at + DOMAIN_TOKENS_COUNT_MAX])
            if domain:
                domains[domain] = None
            if not is_well_formed or len(ats) > 1:
                fault = MALFORMED
    if b"@" in value and (not has_address or _hides_its_end(value)):
        # A quote or a comment without an end hides the rest; other programs read on. So all count.
        fault = MALFORMED
        domains |= dict.fromkeys(_text(m[1]) for m in _AFTER_AT.finditer(value))
    return tuple(domain for domain in domains if domain), fault


def _domain(tokens: list[bytes]) -> tuple[str, bool]:
    """The domain that begins there, "" where it is none; whether it is a domain and all of it."""
    text, count = b"", 0
    for token in tokens:
        # Space may stand beside its dots only (RFC 5322 section 4.4, obs-domain).
        if count and not (text.endswith(b".") or token.startswith(b".")):
            break
        text += token
        count += 1
    if text.startswith(b"["):
        return "", len(tokens) == count  # An address, which has no policy.
    domain = _text(text)
    return domain, bool(domain) and len(tokens) == count


def _text(octets: bytes) -> str:
    return a_labels(octets.decode("utf-8", "replace"))


def _addresses(value: bytes) -> Iterator[list[bytes]]:
    """The tokens of each address that holds an "@", without comments and space."""
    words: list[bytes] = []  # Outside of angle brackets: a name, or the address itself.
    angle: list[bytes] | None = None
    for token in _tokens(value):
        if angle is not None and token != b">":
            if token == b":":
                angle.clear()  # A route stood before it (RFC 5322 section 4.4).
            else:
                angle.append(token)
        elif token == b">":
            yield angle or []
            angle, words = None, []
        elif token == b"<":
            angle = []
        elif token in (b",", b";", b":"):  # Before a colon stands the name of a group.
            yield words
            words = []
        else:
            words.append(token)
    yield angle or words


def _tokens(value: bytes) -> Iterator[bytes]:
    """Words and specials; white space and comments left out."""
    at = 0
    while token := _TOKEN.match(value, at):
        at = token.end()
        if token[0] == b"(":
            at = _comment_end(value, at)
            if at < 0:
                return
        elif not token[0].isspace():
            yield token[0]


def _hides_its_end(value: bytes) -> bool:
    """Whether a quote, a comment or an address in brackets begins that never ends."""
    at = 0
    last = max(value.rfind(opening) for opening in (b"(", b'"', b"["))
    while at <= last and (token := _TOKEN.match(value, at)):
        at = token.end()
        if token[0] == b"(":
            at = _comment_end(value, at)
            if at < 0:
                return True
        elif token[0][:1] in (b'"', b"[") and not _CLOSED.match(token[0]):
            return True
    return False


def _comment_end(value: bytes, start: int) -> int:
    """Behind the comment whose inside starts there; comments nest. -1: it has no end."""
    depth = 1
    for match in _IN_COMMENT.finditer(value, start):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return -1
