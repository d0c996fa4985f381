"""Who an address field names, as mail programs show it: the first of them.

It is read leniently: this is for people and for what imitates people. What can be proven of an
author is `authentication/author.py`'s.

Source: RFC 5322 sections 3.4 and 4.4.
"""

import re

from katharion.mail.domain_name import a_labels
from katharion.mail.message import decode_words

# No quantifier gives back what it took, so no value costs more than its length.
_NAMED = re.compile(rb'\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^"<,;]*+))[^<,;]*+<([^<>]*+)>?', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)")
_COMMENT = re.compile(rb"\(([^()]*+)\)")


def first_mailbox(value: bytes) -> tuple[str, str]:
    """The display name, decoded, and the address with its domain in A-labels; "" for none."""
    match = _NAMED.match(value)
    if match is None and b"<" in value and b"@" in value.partition(b"<")[2]:
        # "Doe, John <j@example.com>": an unquoted comma, often seen.
        name, _, rest = value.partition(b"<")
        return _shown(name), address_of(rest.partition(b">")[0])
    if match is not None:
        name = match[1] if match[1] is not None else match[2]
        return _shown(name), address_of(match[3])
    comment = _COMMENT.search(value)
    bare = _COMMENT.sub(b"", value).partition(b",")[0]
    return _shown(comment[1]) if comment else "", address_of(bare)


def _shown(name: bytes) -> str:
    text = decode_words(name).strip()
    return _QUOTED_PAIR.sub(r"\1", text).strip("\"' ") if text else ""


def address_of(octets: bytes) -> str:
    """An address without its spaces, its domain in A-labels; "" where there is no "@"."""
    text = octets.decode("utf-8", "replace").strip()
    local, at, domain = text.rpartition("@")
    if not at:
        return ""
    # A route may stand before it (RFC 5322 section 4.4).
    local = local.rpartition(":")[2].strip().lower()
    return f"{local}@{a_labels(domain.strip()) or domain.strip().lower()}"
