"""DNS by c-ares, behind a cache that knows what is not there.

c-ares keeps answers for their TTL as well; ours spares the way to it, and keeps absences.

Sources: RFC 1035, 2308 (negative answers), 5321 section 5.1 (MX), 7505 (null MX).
"""

import asyncio
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated, Any, NamedTuple

import aiodns
import msgspec
import pycares

from katharion.ports import Clock
from katharion.values.dns import FAILED, DnsAnswer, DnsStatus, Kind, Question

FAMILIES: tuple[Kind, ...] = ("AAAA", "A")
_MISSING = {
    pycares.errno.ARES_ENODATA: DnsStatus.NODATA,
    pycares.errno.ARES_ENOTFOUND: DnsStatus.NXDOMAIN,
}


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
    ] = 5.0
    cache_entries_max: Annotated[int, msgspec.Meta(description="Answers kept in memory.", ge=0)] = (
        50_000
    )
    ttl_seconds_max: Annotated[
        int, msgspec.Meta(description="Longest time an answer is kept, in seconds.", ge=0)
    ] = 3600
    negative_seconds: Annotated[
        int, msgspec.Meta(description="Seconds that a name's absence is kept.", ge=0)
    ] = 300


class _Kept(NamedTuple):
    answer: DnsAnswer
    until: float


class CachedResolver:
    """Implements ports.Resolver. To be made on a running loop."""

    def __init__(self, options: ResolverOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._cache: dict[Question, _Kept] = {}
        self._asked: dict[Question, asyncio.Future[DnsAnswer | None]] = {}
        servers: dict[str, Any] = {"nameservers": list(options.servers)} if options.servers else {}
        self._resolver = aiodns.DNSResolver(
            timeout=options.query_seconds_max / 2, tries=2, **servers
        )

    def known(self, question: Question) -> DnsAnswer | None:
        """The answer where it is in memory, without waiting."""
        kept = self._cache.get(question)
        return kept.answer if kept and kept.until > self._clock.monotonic() else None

    async def ask(self, question: Question) -> DnsAnswer:
        """The answer of memory, or of the servers."""
        answer = self.known(question)
        while answer is None and (asked := self._asked.get(question)) is not None:
            # The same question is under way: wait for its answer.
            answer = await asyncio.shield(asked)
        return answer or await self._ask_once(question)

    async def addresses(self, name: str) -> DnsAnswer:
        """AAAA and A of `name`; a literal address answers itself."""
        if _is_address(name):
            return DnsAnswer(DnsStatus.FOUND, (name,))
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
        await self._resolver.close()

    async def _ask_once(self, key: Question) -> DnsAnswer:
        future: asyncio.Future[DnsAnswer | None] = asyncio.get_running_loop().create_future()
        self._asked[key] = future
        answer: DnsAnswer | None = None  # Stays so where we are cancelled: the next one asks.
        try:
            answer, ttl_seconds = await self._query(key)
            self._keep(key, answer, ttl_seconds)
        finally:
            del self._asked[key]
            future.set_result(answer)
        return answer

    async def _query(self, question: Question) -> tuple[DnsAnswer, float]:
        try:
            async with asyncio.timeout(self._options.query_seconds_max):
                result = await self._resolver.query_dns(question.name, question.kind)
        except (aiodns.error.DNSError, TimeoutError, ValueError, UnicodeError) as error:
            status = _MISSING.get(error.args[0] if error.args else None, DnsStatus.FAILED)
            return DnsAnswer(status), self._options.negative_seconds
        return _read_answer(result, question.kind)

    def _keep(self, key: Question, answer: DnsAnswer, ttl_seconds: float) -> None:
        if answer.status is DnsStatus.FAILED or not self._options.cache_entries_max:
            return
        if len(self._cache) >= self._options.cache_entries_max:
            self._cache.pop(next(iter(self._cache)))  # The oldest entry.
        until = self._clock.monotonic() + min(ttl_seconds, self._options.ttl_seconds_max)
        self._cache[key] = _Kept(answer, until)


def _read_answer(result: Any, kind: Kind) -> tuple[DnsAnswer, float]:  # noqa: ANN401 # Untyped library.
    records = [r for r in result.answer if r.type == getattr(pycares, f"QUERY_TYPE_{kind}")]
    if not records:
        return DnsAnswer(DnsStatus.NODATA), 0.0
    preferences: tuple[int, ...] = ()
    if kind == "MX":
        records.sort(key=lambda record: record.data.priority)
        preferences = tuple(record.data.priority for record in records)
    read = _READERS[kind]
    answer = DnsAnswer(DnsStatus.FOUND, tuple(read(r.data) for r in records), preferences)
    return answer, float(min(record.ttl for record in records))


def _host(name: str) -> str:
    return name.rstrip(".").lower()


_READERS: dict[Kind, Callable[[Any], str]] = {
    "A": lambda data: str(data.addr),
    "AAAA": lambda data: str(data.addr),
    "MX": lambda data: _host(data.exchange),
    "PTR": lambda data: _host(data.dname),
    "TXT": lambda data: bytes(data.data).decode("iso8859-1"),
}


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
