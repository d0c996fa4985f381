"""The Authentication-Results field: what was found, for those behind us; forged ones taken away.

Nothing that strangers wrote can leave its place in the field: a value is a token, an address
of plain atoms, or a quoted string of printable ASCII; what is none of these is replaced.

Sources: RFC 8601 sections 2.2 (the grammar), 2.3 and 2.7 (methods, properties, results), 5
(removing fields that claim to be ours); RFC 2045 section 5.1 (values); RFC 6008 (header.b);
RFC 8617 section 10.1 (arc); RFC 9989 section 9.1 (dmarc).
"""

import re
from collections.abc import Iterator, Sequence

from katharion.mail.message import Message
from katharion.values.authenticity import (
    ArcResult,
    Authenticity,
    DkimResult,
    DmarcResult,
    IprevResult,
    Result,
    SpfResult,
)

NAME = "Authentication-Results"
REASON_LENGTH_MAX = 200
VALUE_LENGTH_MAX = 320  # The longest address.
SIGNATURES_COUNT_MAX = 20
FIELDS_READ_COUNT_MAX = 100  # Of those in a message; all further ones are taken away unread.
ID_OCTETS_MAX = 512  # With all space and comments; a field that has more is taken away unread.
LINE_LENGTH = 78

_TOKEN = re.compile(r"[!#$%&'*+.^_`{|}~A-Za-z0-9-]+\Z")
_ADDRESS = re.compile(r"(?:[!#$%&'*+./=?^_`{|}~A-Za-z0-9-]+)?@[A-Za-z0-9_.-]+\Z")
_UNPRINTABLE = re.compile(r"[^ -~]")
_SPECIAL = re.compile(r'["\\]')
_LOWER_NAME = NAME.lower().encode()
# A whole field of this name, and its value; so written that no octet is looked at twice.
_FIELD = re.compile(
    rb"(?<![^\n])authentication-results(?:[ \t]|\r\n[ \t])*+:"
    rb"((?:[^\r]++|\r\n[ \t]|\r(?!\n))*+)(?:\r\n|\Z)",
    re.IGNORECASE,
)
# How nearly all say whose they are.
_PLAIN_ID = re.compile(rb"[ \t]*+([^\s\"();]++)[ \t]*+;")
# What may stand before the semicolon that ends the id: space, comments, words.
_WORD = re.compile(rb'[ \t\r\n]++|"((?:[^"\\]|\\.)*+)"|([^\s"();]++)|(.)', re.DOTALL)
_IN_COMMENT = re.compile(rb"[()]|\\.", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_NOT_IN_ID = re.compile(rb'[\s"\\]++')


def field(authserv_id: str, found: Authenticity, client_address: str) -> bytes:
    """The field, with its CRLF, to be put before the message."""
    return f"{NAME}: {value(authserv_id, found, client_address)}\r\n".encode("ascii")


def value(authserv_id: str, found: Authenticity, client_address: str) -> str:
    """Its value, folded: one result a line. ARC seals the same (RFC 8617 section 4.1.1)."""
    results = [_folded(words) for words in _results(found, client_address)]
    return ";\r\n\t".join([_value(authserv_id), *(results or ["none"])])


def _results(found: Authenticity, client_address: str) -> Iterator[list[str]]:
    if found.spf:
        yield _spf(found.spf)
    if found.helo:
        yield _spf(found.helo)
    for signature in found.dkim[:SIGNATURES_COUNT_MAX]:
        yield _dkim(signature)
    if found.dmarc:
        yield _dmarc(found.dmarc)
    if found.arc:
        yield _arc(found.arc, client_address)
    if found.iprev:
        yield _iprev(found.iprev, client_address)


def _spf(spf: SpfResult) -> list[str]:
    scope = "helo" if spf.scope == "helo" else "mailfrom"
    return _result("spf", spf.result, spf.reason, [(f"smtp.{scope}", spf.domain)])


def _dkim(dkim: DkimResult) -> list[str]:
    properties = [
        ("header.d", dkim.domain),
        ("header.s", dkim.selector),
        ("header.i", dkim.identity),
        ("header.a", dkim.algorithm),
        ("header.b", dkim.tag),
    ]
    return _result("dkim", dkim.result, dkim.reason, properties)


def _dmarc(dmarc: DmarcResult) -> list[str]:
    properties = [("header.from", dmarc.domain), ("policy.dmarc", dmarc.policy)]
    return _result("dmarc", dmarc.result, dmarc.reason, properties)


def _arc(arc: ArcResult, client_address: str) -> list[str]:
    properties = [("smtp.remote-ip", client_address)]
    if arc.result is Result.PASS:
        properties.append(("header.oldest-pass", str(arc.oldest_pass)))
    return _result("arc", arc.result, arc.reason, properties)


def _iprev(iprev: IprevResult, client_address: str) -> list[str]:
    return _result("iprev", iprev.result, "", [("policy.iprev", client_address)])


def _result(
    method: str, result: Result, reason: str, properties: Sequence[tuple[str, str]]
) -> list[str]:
    """The words of one result; a reason only where the result does not say it all."""
    words = [f"{method}={result.value}"]
    if reason and result is not Result.PASS:
        words.append(f"reason={_quoted(reason[:REASON_LENGTH_MAX])}")
    words += [f"{name}={_value(text)}" for name, text in properties if text]
    return words


def _value(text: str) -> str:
    """A token or an address as it is; all else quoted."""
    if _TOKEN.match(text) and len(text) <= VALUE_LENGTH_MAX:
        return text
    text = text[:VALUE_LENGTH_MAX]
    return text if _ADDRESS.match(text) else _quoted(text)


def _quoted(text: str) -> str:
    return f'"{_SPECIAL.sub(_escaped, _UNPRINTABLE.sub("?", text))}"'


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match[0]


def _folded(words: list[str]) -> str:
    """Words on lines of a bearable length; a word is never broken."""
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) >= LINE_LENGTH:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return "\r\n\t ".join(lines)


def strip_forged(content: bytes, authserv_id: str) -> bytes:
    """The content without the fields of this name that claim to be ours. Nothing else changes.

    Also those in which a lenient reader could see our id (section 5: "appears to claim"). Only
    content whose first line is a continuation gets an empty line before it: nothing of it may
    go on in the field that we write above.
    """
    if content.startswith((b" ", b"\t")):
        return b"\r\n" + content
    header = content[: Message(content).header_end]
    if _LOWER_NAME not in header.lower():
        return content
    ours = authserv_id.lower().encode("ascii", "replace")
    kept, at = [], 0
    for count, found in enumerate(_FIELD.finditer(header)):
        if count == FIELDS_READ_COUNT_MAX:
            kept += [content[at : found.start()], _FIELD.sub(b"", header[found.start() :])]
            at = len(header)
            break
        if _claims(found[1].lower(), ours):
            kept.append(content[at : found.start()])
            at = found.end()
    return b"".join([*kept, content[at:]])


def _claims(text: bytes, ours: bytes) -> bool:
    """Whether a field's value (in lower case) is of our id, in any way it can be read."""
    if plain := _PLAIN_ID.match(text):
        return plain[1].removesuffix(b".") == ours
    words: list[bytes] = []
    at = 0
    while (word := _WORD.match(text, at)) and word[3] != b";":
        at = _comment_end(text, word.end()) if word[3] == b"(" else word.end()
        if at > ID_OCTETS_MAX or (at < 0 and len(text) > ID_OCTETS_MAX):
            return True
        if at < 0 or (word[3] and word[3] != b"("):
            # A quote or a bracket without its other half: readers differ. Our id anywhere?
            return ours in _NOT_IN_ID.sub(b"", text)
        if word[1] is not None:
            words.append(_ESCAPED.sub(rb"\1", word[1]))
        elif word[2]:
            words.append(word[2])
    # The first word; or all, where comments or space break it; or all but a version.
    read = (*words[:1], b"".join(words), b"".join(words[:-1]))
    return any(one.strip().removesuffix(b".") == ours for one in read)


def _comment_end(text: bytes, start: int) -> int:
    """Behind the comment whose inside starts there; they nest. -1: no end, or a late one."""
    depth = 1
    for match in _IN_COMMENT.finditer(text, start, ID_OCTETS_MAX + 1):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return -1
