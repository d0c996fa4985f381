"""A list in the DNS: what is asked of it, and what its answers mean.

An answer outside of 127/8, or in 127.255.255/24, is no listing: so a list says that it may not be
asked in this way, or that its domain has been sold.

Sources: RFC 5782 (lists of addresses and of domains, their test entries).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network
from typing import NamedTuple

import msgspec

from katharion.sources.known_lists import KNOWN
from katharion.sources.options import BlocklistOptions, Subject
from katharion.values.dns import DnsAnswer, DnsStatus, Question

DOMAIN_LENGTH_MAX = 253
TOKEN_OCTETS = 3  # Of chance, for what nobody has heard of.
_NO_ANSWER = "{!r} is no answer: write such as 127.0.0.2, 127.0.0.0/24, 127.0.*.3 or 127.0.0.0&8."
_LISTINGS = IPv4Network("127.0.0.0/8")
_NEAR = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"),
        ),
    )
)
_ERRORS = IPv4Network("127.255.255.0/24")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")


class Meaning(NamedTuple):
    """An answer counts `weight` where its bits in `mask` are `wanted`; `is_bit`: any of them."""

    mask: int
    wanted: int
    weight: float
    is_bit: bool = False
    sentence: str = ""

    def is_meant(self, answer: IPv4Address) -> bool:
        """Whether this is what the answer says."""
        bits = int(answer) & self.mask
        return bool(bits) if self.is_bit else bits == self.wanted


class Blocklist(NamedTuple):
    """One list. `good` is never on it, `bad` always."""

    name: str
    zone: str
    asks: tuple[Subject, ...]
    meanings: tuple[Meaning, ...]
    says: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    errors: tuple[Meaning, ...] = ()
    refuses: bool = False  # Alone, at RCPT.

    @property
    def is_of_addresses(self) -> bool:
        """Otherwise it is of domains."""
        return "address" in self.asks

    def question(self, subject: str) -> Question | None:
        """What is asked of an address or a domain; None where it can't be."""
        under = reversed_address(subject) if self.is_of_addresses else _domain(subject)
        name = f"{under}.{self.zone}"
        return Question("A", name) if under and len(name) <= DOMAIN_LENGTH_MAX else None


def unheard_of(blocklist: Blocklist, token: bytes) -> str:
    """What no list has, and no cache: an address of 127.128/9, or a name that can't be.

    `token`: octets of chance.
    """
    if blocklist.is_of_addresses:
        return f"127.{128 + token[0] % 127}.{token[1]}.{token[2]}"
    return f"{token.hex()}.invalid"


class Listing(NamedTuple):
    """What an answer came to. `lie`: why it is no answer of an honest list."""

    is_listed: bool = False
    weight: float = 0.0
    codes: str = ""
    lie: str = ""
    is_silent: bool = False
    sentence: str = ""


_UNLISTED = Listing()
_SILENT = Listing(is_silent=True)


def make(name: str, options: BlocklistOptions) -> Blocklist:
    """The list that is meant; ValueError with a sentence where it can't be one."""
    options = _completed(name, options)
    zone = _domain(options.zone)
    if not zone:
        raise ValueError(f"{options.zone!r} is no name for the DNS.")
    is_of_addresses = "address" in options.asks
    if is_of_addresses and len(options.asks) > 1:
        raise ValueError("A list is of addresses or of domains: asks mixes them.")
    if not is_of_addresses and min(options.answers.values()) < 0:
        raise ValueError("Anybody can name a domain: only a list of addresses may speak for mail.")
    if options.refuses and not is_of_addresses:
        raise ValueError("Before a message its client's address is known, and no domain.")
    for subject in (*options.good, *options.bad):
        if not (reversed_address(subject) if is_of_addresses else _domain(subject)):
            kind = "address" if is_of_addresses else "domain"
            raise ValueError(f"{subject!r} is no {kind}, which the list is of.")
    return Blocklist(
        name,
        zone,
        options.asks,
        tuple(
            _meaning(text, weight, options.sentences.get(text, ""))
            for text, weight in options.answers.items()
        ),
        options.says,
        (*(("127.0.0.1",) if is_of_addresses else ("invalid",)), *options.good),
        options.bad or (("127.0.0.2",) if is_of_addresses else ("test",)),
        tuple(_meaning(text, 0.0) for text in options.errors),
        options.refuses,
    )


def _completed(name: str, options: BlocklistOptions) -> BlocklistOptions:
    """With what is known of a list of that name, where nothing else is written."""
    known = KNOWN.get(name)
    if known is not None:
        written = msgspec.structs.asdict(options)
        options = msgspec.structs.replace(known.options, **{k: v for k, v in written.items() if v})
        if not written["sentences"]:
            fitting = {t: s for t, s in options.sentences.items() if t in options.answers}
            options = msgspec.structs.replace(options, sentences=fitting)
    if not options.zone or not options.answers:
        names = ", ".join(KNOWN)
        raise ValueError(f"It needs a zone and answers; only these are known by name: {names}.")
    for text in options.sentences:
        if text not in options.answers:
            raise ValueError(f"There is a sentence for {text!r}, which is none of the answers.")
    return options if options.asks else msgspec.structs.replace(options, asks=("address",))


def read(blocklist: Blocklist, answer: DnsAnswer) -> Listing:
    """What the list says. Of several codes the heaviest counts, once."""
    if not answer.records:
        return _SILENT if answer.status is DnsStatus.FAILED else _UNLISTED
    found = [address for address in map(_address, answer.records) if address is not None]
    for address in found:
        if address not in _LISTINGS or address in _ERRORS:
            return Listing(lie=f"it answers {address}, which is no listing")
        if any(error.is_meant(address) for error in blocklist.errors):
            return Listing(lie=f"it answers {address}, which refuses the question")
    meant = [m for m in blocklist.meanings if any(map(m.is_meant, found))]
    if not meant:
        return Listing(is_listed=bool(found))
    codes = " ".join(str(address) for address in sorted(found)[:5])
    heaviest = max(meant, key=lambda meaning: abs(meaning.weight))
    return Listing(is_listed=True, weight=heaviest.weight, codes=codes, sentence=heaviest.sentence)


@lru_cache(maxsize=4096)
def reversed_address(text: str) -> str:
    """The name under which lists know an address (RFC 5782 sections 2.1, 2.4); "" for none."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


@lru_cache(maxsize=4096)
def is_near(address: str) -> bool:
    """Whether an address is of the machine or a network of our own: on no public list."""
    try:
        near = ip_address(address)
    except ValueError:
        return False
    near = (isinstance(near, IPv6Address) and near.ipv4_mapped) or near
    return any(near in network for network in _NEAR)


def lookups_of(host: str) -> Iterable[str]:
    """The domains under which lists may know a host of a link: its last two and three labels."""
    labels = host.split(".")
    return dict.fromkeys(".".join(labels[-count:]) for count in (2, 3) if len(labels) > 1)


def _meaning(text: str, weight: float, sentence: str = "") -> Meaning:
    if "*" in text:
        return _any_octet(text, weight, sentence)
    first, sign, bits = text.partition("&")
    network = _network(first)
    is_bit = bool(sign) and bits.isdigit() and 0 < int(bits) < 1 << 24
    if network is None or (sign and not is_bit):
        raise ValueError(_NO_ANSWER.format(text))
    if is_bit:
        return Meaning(int(bits), 0, weight, is_bit=True, sentence=sentence)
    mask, wanted = int(network.netmask), int(network.network_address)
    return Meaning(mask, wanted, weight, sentence=sentence)


def _any_octet(text: str, weight: float, sentence: str) -> Meaning:
    """An answer of which some octets may be any, such as 127.0.*.3."""
    address = _address(text.replace("*", "0"))
    mask = _address(".".join("0" if octet == "*" else "255" for octet in text.split(".")))
    if address is None or mask is None or address not in _LISTINGS or text.startswith("*"):
        raise ValueError(_NO_ANSWER.format(text))
    return Meaning(int(mask), int(address), weight, sentence=sentence)


def _network(text: str) -> IPv4Network | None:
    try:
        network = IPv4Network(text)
    except ValueError:
        return None
    return network if network.subnet_of(_LISTINGS) else None


@lru_cache(maxsize=4096)
def _domain(text: str) -> str:
    name = text.lower().removesuffix(".")
    return name if _DOMAIN.match(name) else ""


def is_name(text: str) -> bool:
    """Whether a list of domains may be asked about it: no address, and no host of ours alone."""
    above, _, last = text.rpartition(".")
    return bool(above) and not last.isdigit()


def _address(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except ValueError:
        return None
