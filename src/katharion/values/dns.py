"""Questions to DNS and what they came to, as plain data; and how a core asks them.

A core that needs DNS does no I/O: it is a generator that yields questions, all that it can
ask at once, and is sent their answers in the same order. Whoever drives it (pipeline/ask.py)
has a resolver, a clock and a budget.

Sources: RFC 1034 section 3.7, RFC 2308 (what is not there).
"""

from collections.abc import Generator
from enum import Enum
from typing import Literal, NamedTuple, TypeVar

import msgspec

Kind = Literal["A", "AAAA", "MX", "PTR", "TXT"]
_T = TypeVar("_T")


class Question(NamedTuple):
    """`name` in lower case, in A-labels, without the final dot."""

    kind: Kind
    name: str


class DnsStatus(Enum):
    """What a question came to. Only NXDOMAIN and NODATA say that something is not there."""

    FOUND = "found"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    FAILED = "failed"  # SERVFAIL, REFUSED, time-out, nonsense: nothing is known.


class DnsAnswer(msgspec.Struct, frozen=True):
    """`records`: addresses, names without the final dot, or texts.

    MX: sorted by preference; `preferences` has the number of each. TXT: the strings of a
    record joined, one character an octet (ISO 8859-1), so that no octet is lost.
    `is_authentic`: the server says that DNSSEC proved it (AD, RFC 4035 section 3.2.3).
    """

    status: DnsStatus
    records: tuple[str, ...] = ()
    preferences: tuple[int, ...] = ()
    is_authentic: bool = False


FAILED = DnsAnswer(DnsStatus.FAILED)
NXDOMAIN = DnsAnswer(DnsStatus.NXDOMAIN)

# What a core is that asks: yields questions, is sent their answers, returns what it found.
Asking = Generator[tuple[Question, ...], tuple[DnsAnswer, ...], _T]
