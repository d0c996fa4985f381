"""DNS behind a cache that knows what is not there, over several servers.

Sources: RFC 1035, 2308 (negative answers), 5321 section 5.1 (MX), 7505 (null MX).
"""

import asyncio
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from katharion.adapters.dns_message import Reply
from katharion.adapters.dns_servers import Servers
from katharion.adapters.hosts_file import HostsFile
from katharion.ports import Clock, Dice
from katharion.values.dns import FAILED, DnsAnswer, DnsStatus, Kind, Question

FAMILIES: tuple[Kind, ...] = ("AAAA", "A")
HOSTS_FILE = Path("/etc/hosts")


class ResolverOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where names are asked for, and for how long answers hold."""

    servers: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description='DNS servers as "address" or "address:port"; none: the system\'s.'
        ),
    ] = ()
    query_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds until a question counts as failed.", gt=0, le=60)
    ] = 1.8
    cache_entries_max: Annotated[int, msgspec.Meta(description="Answers kept in memory.", ge=0)] = (
        50_000
    )
    ttl_seconds_min: Annotated[
        int, msgspec.Meta(description="Shortest time an answer is kept, in seconds.", ge=0)
    ] = 5
    ttl_seconds_max: Annotated[
        int, msgspec.Meta(description="Longest time an answer is kept, in seconds.", ge=0)
    ] = 3600
    negative_seconds: Annotated[
        int,
        msgspec.Meta(description="Longest time that an absence is kept, in seconds.", ge=0),
    ] = 300
    failed_seconds: Annotated[
        float,
        msgspec.Meta(
            description="Seconds that a failure is kept, so that it is not asked for at once.",
            ge=0,
            le=30,
        ),
    ] = 1.0


class _Kept(NamedTuple):
    answer: DnsAnswer
    until: float


class CachedResolver:
    """Implements ports.Resolver. To be made on a running loop."""

    def __init__(
        self, options: ResolverOptions, clock: Clock, dice: Dice, hosts: Path = HOSTS_FILE
    ) -> None:
        self._options = options
        self._clock = clock
        self._cache: dict[Question, _Kept] = {}
        self._asked: dict[Question, asyncio.Future[DnsAnswer]] = {}
        self._hosts = HostsFile(hosts, clock)
        self.upstream = Servers(options.servers, options.query_seconds_max, clock, dice)

    def known(self, question: Question) -> DnsAnswer | None:
        """The answer where it is in memory, without waiting."""
        kept = self._cache.get(question)
        return kept.answer if kept and kept.until > self._clock.monotonic() else None

    async def ask(self, question: Question) -> DnsAnswer:
        """The answer of memory, or of the servers.

        Who is no longer interested does not end the question: its answer is kept.
        """
        answer = self.known(question)
        if answer is not None:
            return answer
        asked = self._asked.get(question)
        if asked is None:
            asked = self._asked[question] = asyncio.get_running_loop().create_future()
            self.upstream.ask(question, lambda reply: self._heard(question, reply))
        return await asyncio.shield(asked)

    async def addresses(self, name: str) -> DnsAnswer:
        """AAAA and A of `name`, or what the hosts file says; an address answers itself."""
        if _is_address(name):
            return DnsAnswer(DnsStatus.FOUND, (name,))
        listed = self._hosts.addresses(name)
        if listed:
            return DnsAnswer(DnsStatus.FOUND, listed)
        v6, v4 = await asyncio.gather(
            *(self.ask(Question(kind, name.lower())) for kind in FAMILIES)
        )
        if v6.records or v4.records:
            return DnsAnswer(DnsStatus.FOUND, (*v4.records, *v6.records))
        return FAILED if DnsStatus.FAILED in (v4.status, v6.status) else v4

    async def mail_exchangers(self, domain: str) -> DnsAnswer:
        """MX hosts, best first. A null MX (RFC 7505) answers FOUND with the one record ""."""
        return await self.ask(Question("MX", domain.lower()))

    async def names(self, address: str) -> DnsAnswer:
        """PTR of an IPv4 or IPv6 address."""
        if not _is_address(address):
            return FAILED
        return await self.ask(Question("PTR", ip_address(address).reverse_pointer))

    async def close(self) -> None:
        """Let go of the sockets."""
        await self.upstream.close()

    def _heard(self, question: Question, reply: Reply) -> None:
        self._keep(question, reply.answer, self._seconds(reply))
        self._asked.pop(question).set_result(reply.answer)

    def _seconds(self, reply: Reply) -> float:
        """For how long it is kept."""
        options, told = self._options, reply.ttl_seconds
        if reply.answer.status is DnsStatus.FAILED:
            return options.failed_seconds
        if reply.answer.status is DnsStatus.FOUND:
            return min(max(told or 0.0, options.ttl_seconds_min), options.ttl_seconds_max)
        longest = float(options.negative_seconds)
        return longest if told is None else max(min(told, longest), options.ttl_seconds_min)

    def _keep(self, question: Question, answer: DnsAnswer, seconds: float) -> None:
        if not self._options.cache_entries_max:
            return
        if len(self._cache) >= self._options.cache_entries_max:
            self._cache.pop(next(iter(self._cache)))  # The oldest entry.
        self._cache[question] = _Kept(answer, self._clock.monotonic() + seconds)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
