"""`katharion check`: judge a message from a file, and explain it. Nothing is sent.

With DNS from a file as well nothing is asked, and everybody comes to the same verdict.
"""

import asyncio
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from katharion.adapters.clamd import make_scanner
from katharion.adapters.clock import SystemClock
from katharion.adapters.dice import SystemDice
from katharion.adapters.examiner import make_examiner
from katharion.adapters.resolver import CachedResolver, ResolverOptions
from katharion.adapters.store.sources import SourceReader
from katharion.adapters.zones import ZoneFileError, read_zones
from katharion.authentication import results
from katharion.cli.given import end, json_option, load_or_exit
from katharion.cli.moments import moment_of
from katharion.config.load import Loaded
from katharion.content.attachments.options import AttachmentsOptions
from katharion.content.rules.options import RulesOptions
from katharion.content.rules.rule import RulesError
from katharion.mail.address import Address, parse_address
from katharion.mail.envelope import Envelope
from katharion.mail.message import Message
from katharion.mail.trace import strip_own
from katharion.pipeline.checks.attachments import Attachments
from katharion.pipeline.checks.blocklists import Blocklists
from katharion.pipeline.checks.campaign import Mailings
from katharion.pipeline.checks.registry import (
    Checks,
    with_files,
    with_mailings,
    with_scanner,
    with_sources,
)
from katharion.pipeline.checks.rules import RulesCheck
from katharion.pipeline.disposition import Judged, plan
from katharion.pipeline.explain import as_data, explain
from katharion.pipeline.run import ChecksOptions, Judgement, Pipeline
from katharion.pipeline.transaction import Transaction
from katharion.ports import Resolver
from katharion.processes.wiring import make_classifier, make_rules
from katharion.sources.blocklist import make as make_blocklist
from katharion.sources.health import Event, Probe
from katharion.values.disposition import Plan
from katharion.values.facts import ClientFacts
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Band

NO_CLIENT = "Not checked: no address of a client was given (--client-ip)."

ZONES = """\b
DNS from a file (--dns), a table a name:
    ["sender.example"]
    TXT = ["v=spf1 ip4:192.0.2.1 -all"]
    MX = ["10 mail.sender.example"]
    ["s1._domainkey.sender.example"]
    TXT = ["v=DKIM1; k=rsa; p=MIGf..."]
    ["192.0.2.1"]
    PTR = "mail.sender.example"
    ["slow.example"]
    TXT = "TIMEOUT"
A name that is not there does not exist. SERVFAIL, TIMEOUT: nobody can say.
"""


class _Asked(NamedTuple):
    """What a file is judged under. `resolver` None: DNS itself is asked."""

    envelope: Envelope
    facts: ClientFacts
    policy: EffectivePolicy
    hostname: str
    at: float
    resolver: Resolver | None
    tenant: str = ""


@click.command("check", epilog=ZONES)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=None,
    help="Judge under this node's policies.",
)
@click.option("--mail-from", default="", help="The envelope's sender.")
@click.option("--rcpt-to", default="postmaster@localhost.localdomain", help="Its recipient.")
@click.option("--client-ip", default="", help="The client's address, for SPF and its name.")
@click.option("--helo", default="", help="What the client called itself.")
@click.option(
    "--dns",
    type=click.Path(path_type=Path),
    default=None,
    help="DNS from this TOML file (see below); nothing is asked on the network.",
)
@click.option("--at", default="", help="When it came, such as 2026-11-24T10:00:00Z; else now.")
@json_option
def check(files: tuple[Path, ...], *, is_json: bool, **given: Any) -> None:  # noqa: ANN401 # click's options.
    """Judge each of FILES ("-": standard input) and say why.

    DNS is asked for what SPF, DKIM, DMARC and ARC need; with --dns all of it comes from a file.

    Exit status: 0 all clean, 1 some are not, 2 a file can't be read.
    """
    loaded = load_or_exit(given["config_path"]) if given["config_path"] else None
    asked = _asked(loaded, given)
    verdicts: list[dict[str, Any]] = []
    is_clean = True
    for file in files:
        judgement, planned = asyncio.run(_judge(_read(file), asked, loaded))
        is_clean &= judgement.verdicts[0].band is Band.CLEAN
        if is_json:
            verdicts.append({"file": str(file), **_data(judgement, planned, asked)})
            continue
        print(f"{file}:")
        print("\n".join(f"  {line}" for line in explain(judgement, planned, (asked.policy,))))
        print(_written(judgement, asked))
    if is_json:
        found = verdicts[0] if len(verdicts) == 1 else verdicts
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    sys.exit(0 if is_clean else 1)


def _data(judgement: Judgement, planned: Plan, asked: _Asked) -> dict[str, Any]:
    data = as_data(judgement, planned, (asked.policy,))
    if not judgement.authenticity.client_address:
        for name in ("spf", "helo", "iprev"):
            data[name]["reason"] = NO_CLIENT
    return data


def _written(judgement: Judgement, asked: _Asked) -> str:
    """What those behind us would read of it."""
    found = judgement.authenticity
    value = results.value(asked.hostname, found, found.client_address)
    lines = f"{results.NAME}: {value}".split("\r\n")
    return "\n".join(f"  {line.expandtabs(4)}" for line in lines)


def _read(file: Path) -> bytes:
    try:
        octets = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        end(f"{file} can't be read: {error.strerror}.")
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # Files end lines with LF.


def _asked(loaded: Loaded | None, given: dict[str, Any]) -> _Asked:
    sender = _address(given["mail_from"]) if given["mail_from"] else None
    recipient = _address(given["rcpt_to"])
    domain = loaded.snapshot.domains.get(recipient.domain) if loaded else None
    at = moment_of(given["at"]) if given["at"] else SystemClock().wall()
    if at is None:
        end(f"{given['at']!r} is no time; wanted is such as 2026-11-24T10:00:00Z.")
    client, helo = _client(given["client_ip"]), given["helo"] or "client.example.org"
    return _Asked(
        Envelope(sender, (recipient,)),
        ClientFacts(client, 0, "check", helo, is_esmtp=True, received_at=at),
        domain.policy if domain else EffectivePolicy(),
        loaded.config.hostname if loaded else "localhost.localdomain",
        at,
        _zones(given["dns"]) if given["dns"] else None,
        domain.tenant if domain else "",
    )


def _lists(loaded: Loaded | None, clock: SystemClock) -> Blocklists:
    """The operator's lists in the DNS, taken as honest: here nobody watches them."""
    given = loaded.config.blocklists if loaded else {}
    lists = Blocklists([make_blocklist(name, options) for name, options in given.items()], clock)
    for health in lists.health.values():
        health.probed(Probe(Event.HONEST), clock.monotonic())
    return lists


def _rules(loaded: Loaded | None) -> RulesCheck:
    try:
        return make_rules(loaded.config.rules if loaded else RulesOptions())
    except RulesError as error:
        end(str(error))


def _with_mailings(checks: Checks, loaded: Loaded | None) -> Checks:
    """The same checks, and what the node remembers of messages that are nearly the same."""
    if loaded is None or not loaded.config.sources.remember:
        return checks
    memory = SourceReader(Path(loaded.config.runtime))
    tenants_min = loaded.config.sources.mailing_tenants_min
    return with_mailings(checks, Mailings(memory, memory, tenants_min))


def _client(text: str) -> str:
    try:
        return str(ip_address(text.strip("[]"))) if text else ""
    except ValueError:
        end(f"{text!r} is no IP address; wanted is such as 192.0.2.1 or 2001:db8::1.")


def _zones(path: Path) -> Resolver:
    try:
        return read_zones(path)
    except ZoneFileError as error:
        end(str(error))


def _address(text: str) -> Address:
    address = parse_address(text, is_utf8=True)
    if address is None:
        end(f"{text!r} is no mail address.")
    return address


async def _judge(content: bytes, asked: _Asked, loaded: Loaded | None) -> tuple[Judgement, Plan]:
    clock = SystemClock()
    options = loaded.config.checks if loaded else ChecksOptions()
    resolver = asked.resolver or CachedResolver(
        loaded.config.resolver if loaded else ResolverOptions(), clock, SystemDice()
    )

    def report(name: str, error: BaseException) -> None:
        print(f"katharion: the check {name} broke: {error!r}", file=sys.stderr)

    message = Message(strip_own(content))
    transaction = Transaction(
        "0" * 26,
        asked.hostname,
        asked.facts,
        asked.envelope,
        message,
        (asked.policy,),
        (),
        asked.at,
        tenant=asked.tenant,
    )
    lists = _lists(loaded, clock)
    attachments = loaded.config.attachments if loaded else AttachmentsOptions()
    examiner = make_examiner(attachments)
    checks = with_sources(lists, learned=make_classifier(), ruled=_rules(loaded))
    checks = with_files(checks, Attachments(examiner, attachments.rules))
    checks = with_scanner(checks, make_scanner(loaded.config.clamd, clock) if loaded else None)
    pipeline = Pipeline(options, resolver, clock, report, _with_mailings(checks, loaded))
    judgement = await pipeline.judge(transaction)
    if examiner is not None:
        examiner.close()
    judged = Judged(asked.envelope.recipients[0], asked.policy, judgement.verdicts[0])
    planned = plan([judged], is_complete=judgement.is_complete, is_prdr=False)
    return judgement, planned
