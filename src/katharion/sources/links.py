"""Hosts that a message's text links to: found in linear time, within bounds.

They are looked for in the text as it was sent; what stands in Base64 is not seen here.
"""

import re

OCTETS_MAX = 128 * 1024  # Of the body, from its beginning and from its end each.
HOSTS_COUNT_MAX = 20
LINKS_COUNT_MAX = 2000

_SOFT_BREAK = re.compile(rb"=\r\n")
_LINK = re.compile(rb"https?://(?:[^\s/@\"'<>]{0,60}@)?([a-z0-9._-]{4,253})", re.IGNORECASE)
_ADDRESS = re.compile(r"[0-9.]+\Z")


def hosts_of(body: bytes) -> tuple[str, ...]:
    """Names of hosts, in lower case, in their order; addresses left out."""
    if len(body) > 2 * OCTETS_MAX:
        body = body[:OCTETS_MAX] + b" " + body[-OCTETS_MAX:]
    if b"=\r\n" in body:
        body = _SOFT_BREAK.sub(b"", body)
    found: dict[str, None] = {}
    for count, link in enumerate(_LINK.finditer(body)):
        if count == LINKS_COUNT_MAX or len(found) == HOSTS_COUNT_MAX:
            break
        host = link[1].decode("ascii").lower().strip(".")
        if "." in host and not _ADDRESS.match(host):
            found[host] = None
    return tuple(found)
