"""Links: where they lead as browsers understand them, and those that stand in plain text.

Sources: the WHATWG's URL standard (section 4.4, parsing; 3.5, hosts); RFC 3986 section 3.2.
"""

import re
from functools import lru_cache
from urllib.parse import unquote

from katharion.mail.domain_name import a_labels
from katharion.values.reading import Link, LinkKind

TARGET_LENGTH_MAX = 2000
TEXT_LINKS_COUNT_MAX = 1000
HOST_LENGTH_MAX = 300

# It begins with a letter, so that a search need not stop at every other character.
_IN_TEXT = re.compile(
    r"[hw](?<![a-z0-9.@-].)(?:(?<=h)ttps?:/{1,3}|(?<=w)ww\.(?=[a-z0-9-]++\.))[^\s<>\"\[\]{}|^`\x00-\x1f]++",
    re.IGNORECASE,
)
_NOT_IN_URL = re.compile(r"[\t\r\n]+")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,30}):")
_WEB = ("http", "https", "ftp")
_AUTHORITY_END = re.compile(r"[/?#\\]")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?\Z", re.IGNORECASE)
_IPV4_OCTETS = 4
_TRAILING = ".,;:!?'*_~"


def link(target: str, kind: LinkKind, text: str = "") -> Link:
    """The link to `target`, as a browser would follow it."""
    target = target.strip()[:TARGET_LENGTH_MAX]
    if "\n" in target or "\t" in target or "\r" in target:
        target = _NOT_IN_URL.sub("", target)
    scheme, host = where(target)
    return Link(target, kind, scheme, host, text)


@lru_cache(maxsize=4096)
def where(target: str) -> tuple[str, str]:
    """The scheme and the host of a target; "" for what there is not."""
    found = _SCHEME.match(target)
    if found is None:
        if not target.startswith(("//", "\\\\")):
            return "", _bare_host(target)
        scheme, rest = "", target
    else:
        scheme, rest = found[1].lower(), target[found.end() :]
    if scheme and scheme not in _WEB:
        return scheme, _mail_host(rest) if scheme == "mailto" else ""
    # Browsers take any number of slashes, of both kinds.
    authority = _AUTHORITY_END.split(rest.lstrip("/\\"), maxsplit=1)[0]
    return scheme, host_of(authority)


def _bare_host(target: str) -> str:
    """The host of what has no scheme, and yet is meant: "www.example.com/x"."""
    return (
        host_of(_AUTHORITY_END.split(target, maxsplit=1)[0]) if target[:4].lower() == "www." else ""
    )


def _mail_host(rest: str) -> str:
    return host_of(rest.partition("?")[0].rpartition("@")[2])


def host_of(authority: str) -> str:
    """The host of an authority: what stands before an "@" is there to be taken for it."""
    name = authority.rpartition("@")[2]
    if name.startswith("["):
        return name[: name.find("]") + 1].lower()[:HOST_LENGTH_MAX]
    name = name.partition(":")[0][:HOST_LENGTH_MAX]
    if "%" in name:
        name = unquote(name)
    if _NUMERIC.match(name):
        return _dotted(name)
    return a_labels(name)


def _dotted(name: str) -> str:
    """An IPv4 address, however it is written: 0x7f.1 is 127.0.0.1; "" where it is none."""
    numbers = []
    for piece in name.rstrip(".").split("."):
        try:
            if piece[:2].lower() == "0x":
                numbers.append(int(piece[2:] or "0", 16))
            else:
                numbers.append(int(piece, 8 if piece.startswith("0") and len(piece) > 1 else 10))
        except ValueError:
            return ""
    last = numbers.pop()
    octets = _IPV4_OCTETS - len(numbers)
    try:
        return ".".join(map(str, (*bytes(numbers), *last.to_bytes(octets, "big"))))
    except (ValueError, OverflowError):
        return ""


def links_in(text: str) -> list[Link]:
    """Links that are written out in a text, as mail programs make them clickable."""
    found: list[Link] = []
    lowered = "://" in text or ":/" in text or "www." in text or "WWW." in text
    if not lowered:
        return found
    for match in _IN_TEXT.finditer(text):
        target = _trimmed(match[0])
        found.append(link(target, LinkKind.TEXT, target))
        if len(found) >= TEXT_LINKS_COUNT_MAX:
            break
    return found


def _trimmed(target: str) -> str:
    """Without the sentence's punctuation, and a bracket that was opened before it."""
    target = target[:TARGET_LENGTH_MAX].rstrip(_TRAILING)
    while target.endswith(")") and target.count(")") > target.count("("):
        target = target[:-1].rstrip(_TRAILING)
    return target
