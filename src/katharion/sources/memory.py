"""What our records say of sources: which of them a record is about, and what it adds to them.

A source is an address, its network (/24, /64), its autonomous system where the operator gives a
table, and a domain that was proven; and a pair of one of our domains and who writes to it.

Only what was found apart from this memory is evidence for it: else one error would feed itself
for ever. What one tenant's lists decide is no evidence for the others.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

from katharion.values.authenticity import Authenticity
from katharion.values.history import Past
from katharion.values.track import TrackRecord
from katharion.values.verdict import Force

DOMAINS_COUNT_MAX = 4  # Proven ones of a message.
NETWORK_BITS = {4: 24, 6: 64}

Deed = Literal["clean", "spam", "unknown"]  # Of "to:" clean is a recipient that exists.
Change = Callable[[Past | None], Past]
SystemOf = Callable[[str], str]  # The autonomous system of an address, such as "64500"; or "".
NOTHING = Past(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
EVERYBODY = "all:"  # Counted with every source: so it is known whether anything is, since when.
# Points beside the memory's own: below, a message is clean by itself; from here on it is spam.
EVIDENT_SCORE = 4.0
_NO_SUCH_USER = "5.1.1"
_MESSAGE_EVENTS = ("delivered", "held", "rejected")
_OWN_FINDINGS = ("SOURCE_", "CORRESPONDENT", "CAMPAIGN_", "BULK_")
# What a tenant's lists, a test message, a loop or our own trouble decide says nothing of a source.
_NO_EVIDENCE = frozenset({Force.BLOCKED, Force.ALLOWED, Force.GTUBE, Force.LOOP, Force.UNSCANNABLE})
# Machines of our own, and relays behind which everybody is: nobody is told apart by these.
_INSIDE = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"),
    )
)


def effects_of(record: TrackRecord, system_of: SystemOf) -> Iterator[tuple[str, Change]]:
    """The sources that a record adds something to, and what."""
    yield from _recipients_of(record)
    deed = deed_of(record)
    if deed is not None:
        for number, source in enumerate(sources_of(record, system_of)):
            if not number:
                yield EVERYBODY, partial(add, deed=deed, at=record.at)
            yield source, partial(add, deed=deed, at=record.at)


def _recipients_of(record: TrackRecord) -> Iterator[tuple[str, Change]]:
    """Whether the client named one who exists: of all recipients, for one message has many."""
    source, is_of_message = recipients_of(record.client_address), record.event in _MESSAGE_EVENTS
    is_unknown = _NO_SUCH_USER in record.reply
    if source and (is_of_message or (is_unknown and record.event == "rcpt-refused")):
        yield source, partial(add, deed="unknown" if is_unknown else "clean", at=record.at)


def recipients_of(address: str) -> str:
    """What the recipients are counted by that an address names; "" where nobody is told apart."""
    plain = _outside(address)
    return f"to:{plain}" if plain else ""


def deed_of(record: TrackRecord) -> Deed | None:
    """What a record adds; None for those that say nothing of a source.

    Of a message its first record counts, which has what was found of the sender.
    """
    if record.event == "rcpt-refused":
        return "unknown" if _NO_SUCH_USER in record.reply else None
    if record.authenticity is None or record.event not in _MESSAGE_EVENTS:
        return None
    if record.event == "rejected" and record.band == "clean":  # Not we but the next hop did it.
        return "unknown" if _NO_SUCH_USER in record.reply else None
    return _evidence_of(record)


def _evidence_of(record: TrackRecord) -> Deed | None:
    """What the verdict was, and would have been without this memory."""
    forces = {finding.force for finding in record.findings} - {None}
    own = sum(f.weight for f in record.findings if f.name.startswith(_OWN_FINDINGS))
    if forces & _NO_EVIDENCE or not record.band:
        return None
    is_evident = record.score - own >= EVIDENT_SCORE
    if record.band != "clean":
        return "spam" if forces or own <= 0 or is_evident else None
    return None if own < 0 and is_evident else "clean"


def sources_of(record: TrackRecord, system_of: SystemOf) -> Iterator[str]:
    """The sources that a record is about."""
    found = record.authenticity
    address = (found.client_address if found else "") or record.client_address
    yield from of_address(address, system_of)
    if found is None:
        return
    yield from of_domains(found)
    if record.band == "clean":
        yield from pairs_of(found, record.sender, record.recipient)


def of_address(address: str, system_of: SystemOf) -> tuple[str, ...]:
    """The address, its network, and its system; none of those that tell nobody apart."""
    plain = _outside(address)
    if not plain:
        return ()
    system = system_of(plain)
    named = (f"asn:{system}",) if system else ()
    return (f"ip:{plain}", f"net:{network_of(plain)}", *named)


@lru_cache(maxsize=4096)
def _outside(address: str) -> str:
    """The address in one way of writing; "" where it is none, or none of the outside."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    is_inside = any(parsed in network for network in _INSIDE if network.version == parsed.version)
    return "" if is_inside else str(parsed)


def network_of(address: str) -> str:
    """The /24 or /64 that an address lies in; "" where it is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    bits = NETWORK_BITS[parsed.version]
    shift = parsed.max_prefixlen - bits
    first = type(parsed)(int(parsed) >> shift << shift)
    return f"{first}/{bits}"


def of_domains(found: Authenticity) -> tuple[str, ...]:
    """Domains that are proven to have sent a message."""
    return tuple(f"domain:{name}" for name in sorted(found.proven_domains)[:DOMAINS_COUNT_MAX])


def pairs_of(found: Authenticity, sender: str, recipient: str) -> tuple[str, ...]:
    """Who writes to one of our domains, where that is proven."""
    theirs, ours = sender.lower(), recipient.lower().rpartition("@")[2]
    if not ours or "@" not in theirs or not found.proves(theirs.rpartition("@")[2]):
        return ()
    return (f"pair:{ours} {theirs}",)


def add(past: Past | None, deed: Deed, at: float) -> Past:
    """The past with one more deed. What comes late counts as of the newest that is known."""
    if past is None:
        past = NOTHING._replace(first_at=at, last_at=at)
    past = past.at(max(at, past.last_at))
    counted = {"clean": past.clean, "spam": past.spam, "unknown": past.unknown}
    counted[deed] += 1.0
    recent = past.recent + 1.0
    return past._replace(**counted, recent=recent, first_at=min(past.first_at, at))
