"""Our DNS against a real server: Unbound, on loopback, with what it is told."""

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from fixtures.fix_ports import free_port, wait_until
from katharion.adapters.clock import SystemClock
from katharion.adapters.dice import SystemDice
from katharion.adapters.resolver import CachedResolver, ResolverOptions
from katharion.values.dns import DnsAnswer, DnsStatus, Kind, Question

LONG = "v=DKIM1; k=rsa; p=" + "A" * 2000  # Does not fit into a datagram of 1,232 octets.
STRINGS = " ".join(f'"{LONG[at : at + 250]}"' for at in range(0, len(LONG), 250))
CONFIGURATION = """\
server:
  interface: 127.0.0.1
  port: {port}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: "{folder}/log"
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  max-udp-size: 1232
  do-not-query-localhost: no
  local-zone: "here.example." static
  local-data: "here.example. 300 IN A 192.0.2.1"
  local-data: "here.example. 300 IN A 192.0.2.2"
  local-data: "here.example. 300 IN AAAA 2001:db8::1"
  local-data: "here.example. 300 IN MX 20 b.here.example."
  local-data: "here.example. 300 IN MX 10 a.here.example."
  local-data: 'here.example. 300 IN TXT "v=spf1 " "-all"'
  local-data: 'long.here.example. 300 IN TXT {long}'
  local-data: "none.here.example. 300 IN MX 0 ."
  local-data-ptr: "192.0.2.1 here.example"
  local-zone: "dead.example." transparent
forward-zone:
  name: "dead.example."
  forward-addr: 127.0.0.1@{dead}
"""


@pytest.fixture(scope="module")
def unbound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with that zone; its "address:port"."""
    program = shutil.which("unbound") or shutil.which("unbound", path="/usr/sbin")
    if program is None:
        pytest.skip("unbound is not installed: run scripts/packages")
    folder, port = tmp_path_factory.mktemp("unbound"), free_port()
    text = CONFIGURATION.format(folder=folder, port=port, long=STRINGS, dead=free_port())
    (folder / "conf").write_text(text)
    server = subprocess.Popen([program, "-d", "-c", str(folder / "conf")])
    try:
        wait_until(lambda: "start of service" in _log(folder), 10, "unbound serves")
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _log(folder: Path) -> str:
    return (folder / "log").read_text() if (folder / "log").exists() else ""


def with_resolver(address: str, scene: Callable[[CachedResolver], Awaitable[None]]) -> None:
    async def run() -> None:
        options = ResolverOptions(servers=(address,))
        resolver = CachedResolver(options, SystemClock(), SystemDice())
        try:
            await scene(resolver)
        finally:
            await resolver.close()

    asyncio.run(run())


FOUND = [
    ("A", "here.example", {"192.0.2.1", "192.0.2.2"}),
    ("AAAA", "here.example", {"2001:db8::1"}),
    ("MX", "here.example", {"a.here.example", "b.here.example"}),
    ("MX", "none.here.example", {""}),
    ("TXT", "here.example", {"v=spf1 -all"}),
    ("PTR", "1.2.0.192.in-addr.arpa", {"here.example"}),
    ("TXT", "long.here.example", {LONG}),
]


@pytest.mark.parametrize(("kind", "name", "records"), FOUND, ids=[f"{k} {n}" for k, n, _ in FOUND])
def test_what_is_there(unbound: str, kind: Kind, name: str, records: set[str]) -> None:
    async def scene(resolver: CachedResolver) -> None:
        answer = await resolver.ask(Question(kind, name))
        assert (answer.status, set(answer.records)) == (DnsStatus.FOUND, records)
        if kind == "MX" and len(records) > 1:
            assert answer.records[0] == "a.here.example"
        assert resolver.known(Question(kind, name)) == answer

    with_resolver(unbound, scene)


@pytest.mark.parametrize(
    ("kind", "name", "status"),
    [
        ("A", "nobody.here.example", DnsStatus.NXDOMAIN),
        ("PTR", "here.example", DnsStatus.NODATA),
        ("A", "x.dead.example", DnsStatus.FAILED),
    ],
)
def test_what_is_not_there_and_what_nobody_can_say(
    unbound: str, kind: Kind, name: str, status: DnsStatus
) -> None:
    async def scene(resolver: CachedResolver) -> None:
        assert (await resolver.ask(Question(kind, name))).status is status

    with_resolver(unbound, scene)


def test_many_at_once(unbound: str) -> None:
    async def scene(resolver: CachedResolver) -> None:
        questions = [Question("TXT", f"x{n}.here.example") for n in range(300)]
        questions += [Question("TXT", "long.here.example")] * 50
        answers: list[DnsAnswer] = await asyncio.gather(*map(resolver.ask, questions))
        assert [a.status for a in answers[:300]] == [DnsStatus.NXDOMAIN] * 300
        assert {a.records for a in answers[300:]} == {(LONG,)}

    with_resolver(unbound, scene)
