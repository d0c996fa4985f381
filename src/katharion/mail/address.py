"""Addresses of the envelope: parsed strictly, kept as the peer wrote them.

Sources: RFC 5321 sections 4.1.2 and 4.5.3.1, RFC 6531 section 3.3.
"""

from typing import NamedTuple

LOCAL_PART_OCTETS_MAX = 64
DOMAIN_OCTETS_MAX = 255


class Address(NamedTuple):
    """One mailbox: `local` exactly as written (quotes kept), `domain` in lower case.

    `domain` may be an address literal such as "[192.0.2.1]". It is empty only for the
    bare <postmaster> of RFC 5321 section 4.1.1.3.
    """

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}" if self.domain else self.local
