"""Options to a snapshot: names become what they stand for; all errors at once."""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from katharion.directory.options import DomainOptions, PolicyOptions, RouteOptions
from katharion.mail.address import is_domain, parse_address
from katharion.values.policy import Action, EffectivePolicy
from katharion.values.snapshot import SMTP_PORT, NextHop, Route, ServedDomain, Snapshot

PORT_MAX = 65_535

_NEXT_HOP = re.compile(
    r"(?:\[(?P<literal>[^\[\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?"
)


class Problem(NamedTuple):
    """One mistake: where (keys from the top), and what to do, in a sentence."""

    path: tuple[str, ...]
    sentence: str


class Customers(NamedTuple):
    """What the operator wrote."""

    routes: Mapping[str, RouteOptions]
    policies: Mapping[str, PolicyOptions]
    domains: Mapping[str, DomainOptions]


def resolve(customers: Customers, revision: int = 1) -> tuple[Snapshot, list[Problem]]:
    """The snapshot, and what is wrong. Use the snapshot only where nothing is."""
    problems: list[Problem] = []
    routes = {name: _route(name, options, problems) for name, options in customers.routes.items()}
    policies = {"default": _policy("default", PolicyOptions(), {}, [])}
    routes_by_domain = {name.lower(): domain.route for name, domain in customers.domains.items()}
    for name, policy_options in customers.policies.items():
        policies[name] = _policy(name, policy_options, routes_by_domain, problems)
    domains = {}
    for name, options in customers.domains.items():
        domain = _domain(name, options, (routes, policies), problems)
        if domain is None:
            continue
        if domain.name in domains:
            problems.append(Problem(("domains", name), f"{domain.name!r} stands here twice."))
        domains[domain.name] = domain
    return Snapshot(revision, domains, {r.name: r for r in routes.values()}), problems


def parse_next_hop(text: str) -> NextHop | None:
    """The server that `text` names (host, host:port, [IPv6]:port); None where it is none."""
    found = _NEXT_HOP.fullmatch(text)
    if found is None:
        return None
    host, port = found["literal"] or found["host"], int(found["port"] or SMTP_PORT)
    is_host = is_domain(host) if found["host"] else _is_address(host)
    return NextHop(host, port) if is_host and 0 < port <= PORT_MAX else None


def _route(name: str, options: RouteOptions, problems: list[Problem]) -> Route:
    at = ("routes", name)
    hops = []
    for text in options.next_hops:
        hop = parse_next_hop(text)
        if hop is None:
            sentence = f'{text!r} is no server: write "host:port" or "[IPv6]:port".'
            problems.append(Problem((*at, "next_hops"), sentence))
        else:
            hops.append(NextHop(hop.host, hop.port, options.lmtp))
    if not options.next_hops and not options.mx:
        sentence = "A route needs next_hops, or mx = true."
        problems.append(Problem(at, sentence))
    if options.mx_domain and not (options.mx and is_domain(options.mx_domain)):
        sentence = "mx_domain must be a domain name, beside mx = true."
        problems.append(Problem((*at, "mx_domain"), sentence))
    if options.next_hops and options.mx:
        problems.append(Problem((*at, "mx"), "Give next_hops or mx = true, not both."))
    return Route(
        name=name,
        next_hops=tuple(hops),
        is_mx=options.mx,
        mx_domain=options.mx_domain,
        tls=options.tls,
        on_failure=options.on_failure,
        is_8bit_refused=options.refuse_8bit,
        answer_seconds=options.answer_seconds,
        sessions_max=options.sessions_max,
        queue_deliveries_max=options.queue_deliveries_max,
        queue_messages_per_second_max=options.queue_messages_per_second_max,
    )


def _policy(
    name: str,
    options: PolicyOptions,
    routes_by_domain: Mapping[str, str],
    problems: list[Problem],
) -> EffectivePolicy:
    at = ("policies", name)
    if options.definite_score < options.probable_score:
        sentence = "definite_score must not be below probable_score."
        problems.append(Problem((*at, "definite_score"), sentence))
    actions = (options.probable_action, options.definite_action, options.blocked_action)
    target = parse_address(options.redirect_to)
    redirect_route = routes_by_domain.get(target.domain, "") if target else ""
    if Action.REDIRECT in actions and not redirect_route:
        sentence = 'The action "redirect" needs an address in redirect_to, of a domain served here.'
        problems.append(Problem((*at, "redirect_to"), sentence))
    if not (options.subject_tag.isascii() and options.subject_tag.isprintable()):
        sentence = "subject_tag must be of printable ASCII characters."
        problems.append(Problem((*at, "subject_tag"), sentence))
    for kind, patterns in (("allow", options.allow), ("block", options.block)):
        problems += [
            Problem((*at, kind), f'{p!r} is no "user@domain", "@domain" or "network/bits".')
            for p in patterns
            if not _is_pattern(p)
        ]
    return EffectivePolicy(
        probable_score=options.probable_score,
        definite_score=options.definite_score,
        probable_action=options.probable_action,
        definite_action=options.definite_action,
        blocked_action=options.blocked_action,
        redirect_to=options.redirect_to,
        redirect_route=redirect_route,
        subject_tag=options.subject_tag,
        fail_mode=options.fail_mode,
        quarantine_days=options.quarantine_days,
        allow=tuple(pattern.lower() for pattern in options.allow),
        block=tuple(pattern.lower() for pattern in options.block),
        dmarc=options.dmarc,
        trusted_sealers=tuple(domain.lower() for domain in options.trusted_sealers),
        greylist=options.greylist,
    )


def _domain(
    name: str,
    options: DomainOptions,
    known: tuple[Mapping[str, Route], Mapping[str, EffectivePolicy]],
    problems: list[Problem],
) -> ServedDomain | None:
    at = ("domains", name)
    routes, policies = known
    before = len(problems)
    if not is_domain(name, is_utf8=True):
        problems.append(Problem(at, f"{name!r} is no domain name."))
    if options.route not in routes:
        sentence = f"There is no route {options.route!r}: add [routes.{options.route}]."
        problems.append(Problem((*at, "route"), sentence))
    if options.policy not in policies:
        sentence = f"There is no policy {options.policy!r}: add [policies.{options.policy}]."
        problems.append(Problem((*at, "policy"), sentence))
    listed = options.recipients
    if listed != "all":
        problems += [
            Problem((*at, "recipients"), f"{local!r} is no local part: write what is before the @.")
            for local in listed
            if parse_address(f"{local}@{name}", is_utf8=True) is None
        ]
    if len(problems) > before:
        return None
    recipients = (
        None if listed == "all" else frozenset(local.lower().strip('"') for local in listed)
    )
    return ServedDomain(
        name.lower(), options.tenant, routes[options.route], recipients, policies[options.policy]
    )


def _is_pattern(text: str) -> bool:
    if "/" in text and "@" not in text:
        try:
            ip_network(text, strict=False)
        except ValueError:
            return False
        return True
    if text.startswith("@"):
        return is_domain(text[1:], is_utf8=True)
    return parse_address(text, is_utf8=True) is not None


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False
