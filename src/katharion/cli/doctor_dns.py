"""What `katharion doctor` asks the DNS: its servers, our own keys, the lists that are asked."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from katharion.adapters.clock import SystemClock
from katharion.adapters.dice import SystemDice
from katharion.adapters.resolver import CachedResolver
from katharion.authentication.dkim_key import Key, read_record
from katharion.authentication.dkim_sign import SigningKey
from katharion.authentication.dkim_signature import Flaw
from katharion.config.options import Config
from katharion.processes.own_mail import OwnMailError, sealing_key, signing_key
from katharion.processes.wiring import make_watch
from katharion.sources.health import Event
from katharion.sources.known_lists import KNOWN
from katharion.values.dns import DnsStatus, Question

SLOW_SECONDS = 0.5
ROOT = Question("A", "a.root-servers.net")


class Check(NamedTuple):
    """One thing looked at: "ok", "warn" or "wrong", and what to do about it."""

    state: str
    what: str
    remedy: str = ""


def names(config: Config) -> list[Check]:
    """All that the DNS is asked."""
    return asyncio.run(_names(config))


async def _names(config: Config) -> list[Check]:
    resolver = CachedResolver(config.resolver, SystemClock(), SystemDice())
    try:
        servers = [server.name for server in resolver.upstream.servers]
        checks = list(await asyncio.gather(*(_server(config, name) for name in servers)))
        if all(check.state != "ok" for check in checks):
            remedy = "See resolver.servers, or resolv.conf: checks and MX routes need it."
            return [*checks, Check("warn", "the DNS gives no answer", remedy)]
        own = [_key(resolver, "our own mail", lambda: signing_key(config))]
        own.append(_key(resolver, "seals (ARC)", lambda: sealing_key(config)))
        checks += [check for found in await asyncio.gather(*own) for check in found]
        checks += await _lists(config, resolver)
    finally:
        await resolver.close()
    return checks


async def _server(config: Config, name: str) -> Check:
    """One server by itself: any answer will do."""
    clock = SystemClock()
    alone = msgspec.structs.replace(config.resolver, servers=(name,))
    resolver = CachedResolver(alone, clock, SystemDice())
    began = clock.monotonic()
    try:
        answer = await resolver.ask(ROOT)
    finally:
        await resolver.close()
    seconds = clock.monotonic() - began
    where = f"DNS server {name}"
    if answer.status is DnsStatus.FAILED:
        return Check("warn", f"{where} gives no answer", "Mend it, or take it out of the list.")
    if seconds > SLOW_SECONDS:
        remedy = "Each message waits for it: a resolver on this machine or beside it is faster."
        return Check("warn", f"{where} took {seconds:.1f} s to answer", remedy)
    validates = ", validates DNSSEC" if answer.is_authentic else ""
    return Check("ok", f"{where} answers in {seconds * 1000:.0f} ms{validates}")


async def _key(
    resolver: CachedResolver, what: str, find: Callable[[], SigningKey | None]
) -> list[Check]:
    """Whether the public half of a key is published. What can't be read is told elsewhere."""
    try:
        key = find()
    except OwnMailError as error:
        return [Check("wrong", f"{what}: the key can't be used", str(error))]
    if key is None:
        return []
    answer = await resolver.ask(Question("TXT", key.record_name))
    if answer.status is DnsStatus.FAILED:
        return [Check("warn", f"{what}: the DNS does not say whether {key.record_name} is there")]
    published = [read_record(text) for text in answer.records]
    wanted = read_record(key.record)
    if any(_is_same(one, wanted) for one in published):
        return [Check("ok", f"{what}: {key.record_name} is published")]
    state = "another key" if published else "nothing"
    remedy = "Publish what `katharion config dkim-record` prints; until then signatures are void."
    return [Check("wrong", f"{what}: {key.record_name} has {state}", remedy)]


def _is_same(one: Key | Flaw, other: Key | Flaw) -> bool:
    if isinstance(one, Flaw) or isinstance(other, Flaw):
        return False
    return one.public == other.public


async def _lists(config: Config, resolver: CachedResolver) -> list[Check]:
    watch = make_watch(config, resolver, SystemClock(), SystemDice())
    lists = watch.blocklists.lists
    probes = await asyncio.gather(*map(watch.probe, lists))
    checks = []
    for blocklist, probe in zip(lists, probes, strict=True):
        where = f"blocklists.{blocklist.name}: {blocklist.zone}"
        if probe.event is Event.HONEST:
            checks.append(Check("ok", f"{where} passes its test"))
            continue
        remedy = (
            "Until it does it adds nothing. Public resolvers are often refused: ask by your own."
        )
        if blocklist.name in KNOWN:
            remedy = f"Until then it adds nothing. {KNOWN[blocklist.name].demands}"
        checks.append(Check("warn", f"{where}: {probe.reason}", remedy))
    return checks
