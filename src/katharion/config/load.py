"""Read a configuration: all mistakes at once, each with its place and what to do."""

import copy
import difflib
import hashlib
import math
import re
import tomllib
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from katharion import __version__
from katharion.config.lines import index_lines, line_of
from katharion.config.options import Config
from katharion.directory.resolve import Customers, Problem, parse_next_hop, resolve
from katharion.mail.address import is_domain, parse_address
from katharion.pipeline.checks.registry import NAMES
from katharion.queue.options import OwnMailOptions
from katharion.sources.blocklist import make as make_blocklist
from katharion.values.snapshot import OWN_ROUTE, OnFailure, Route, Snapshot

RUNTIME_PATH_OCTETS_MAX = 80  # A socket's whole path has 107, our names up to 20.
_LISTENER_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")  # It travels in lists with commas.


class ConfigError(Exception):
    """The configuration can't be used; `problems` are lines for people."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Loaded(NamedTuple):
    """A configuration that is right, and its directory."""

    config: Config
    snapshot: Snapshot
    text: str

    @property
    def digest(self) -> str:
        """Names this very text as read by this version: what a process says that it runs."""
        return hashlib.sha256(f"{__version__}\n{self.text}".encode()).hexdigest()[:16]


def load(path: Path) -> Loaded:
    """Read and check a file; ConfigError with everything that is wrong in it."""
    try:
        text = path.read_text()
    except OSError as error:
        raise ConfigError(
            [f"{path}: can't be read ({error.strerror}). `katharion config example` prints one."]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text (octet {error.start})."]) from error
    try:
        return parse(text)
    except ConfigError as error:
        raise ConfigError([f"{path}:{problem}" for problem in error.problems]) from error


def parse(text: str) -> Loaded:
    """The same of a text; each problem begins with its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f" not TOML: {error}."]) from error
    problems = _check_shape(data, Config, ())
    config = _convert_rest(data, problems)
    if config is not None:
        snapshot, more = resolve(Customers(config.routes, config.policies, config.domains))
        route, others = own_route(config.own_mail)
        problems += [*_check_meaning(config), *more, *others, *_check_reports(config, snapshot)]
        if not problems:
            routes = {**snapshot.routes, OWN_ROUTE: route}
            return Loaded(config, msgspec.structs.replace(snapshot, routes=routes), text)
    lines = index_lines(text)
    raise ConfigError([_render(problem, line_of(lines, problem.path)) for problem in problems])


def _convert_rest(data: dict[str, Any], problems: list[Problem]) -> Config | None:
    """The configuration without what is wrong in it, so that all else is looked at too.

    None where what is left is none, because something that is needed is missing.
    """
    rest = copy.deepcopy(data)
    for problem in problems:
        *above, last = problem.path
        table: Any = rest
        for key in above:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table.pop(last, None)
    try:
        return msgspec.convert(rest, Config)
    except msgspec.ValidationError:
        return None


def _render(problem: Problem, line: int | None) -> str:
    where = f"{line}: " if line else " "
    return f"{where}{'.'.join(problem.path)}: {problem.sentence}"


def _check_shape(data: Any, shape: Any, path: tuple[str, ...]) -> list[Problem]:  # noqa: ANN401 # TOML is untyped.
    """Unknown keys, missing keys and wrong values, each by itself, so that all are found."""
    if not isinstance(data, dict):
        return [Problem(path, "Here stands a table, not a value.")]
    fields = {field.name: field for field in msgspec.structs.fields(shape)}
    problems = [_unknown(key, tuple(fields), path) for key in data if key not in fields]
    for name, field in fields.items():
        at = (*path, name)
        if name not in data:
            if field.required:
                problems.append(Problem(at, f"This is needed: {_sentence(field.type)}"))
            continue
        problems += _check_value(data[name], field.type, at)
    return problems


def _check_value(value: Any, kind: Any, path: tuple[str, ...]) -> list[Problem]:  # noqa: ANN401 # Likewise.
    described = msgspec.inspect.type_info(kind)
    inner = described.type if isinstance(described, msgspec.inspect.Metadata) else described
    if isinstance(inner, msgspec.inspect.StructType):
        return _check_shape(value, inner.cls, path)
    if isinstance(inner, msgspec.inspect.DictType) and isinstance(
        inner.value_type, msgspec.inspect.StructType
    ):
        if not isinstance(value, dict):
            return [Problem(path, "Here stand tables by name.")]
        if len(value) < (inner.min_length or 0):
            return [Problem(path, f"At least one is needed. {_sentence(kind)}")]
        if inner.max_length is not None and len(value) > inner.max_length:
            return [Problem(path, f"At most {inner.max_length}. {_sentence(kind)}")]
        shape = inner.value_type.cls
        return [p for key, each in value.items() for p in _check_shape(each, shape, (*path, key))]
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        detail = str(error).replace(" - at `$", " (at `").rstrip(".")
        return [Problem(path, f"{detail}. {_sentence(kind)}")]
    numbers = value if isinstance(value, list) else [value]
    if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
        return [Problem(path, f"Expected a finite number. {_sentence(kind)}")]
    return []


def _unknown(key: str, known: tuple[str, ...], path: tuple[str, ...]) -> Problem:
    near = difflib.get_close_matches(key, known, 1)
    hint = f" Is it {near[0]!r}?" if near else f" Known here: {', '.join(sorted(known))}."
    return Problem((*path, key), f"There is no option of this name.{hint}")


def _sentence(kind: Any) -> str:  # noqa: ANN401 # Types are values of many kinds.
    described = msgspec.inspect.type_info(kind)
    if isinstance(described, msgspec.inspect.Metadata) and described.extra_json_schema:
        return str(described.extra_json_schema.get("description", ""))
    return ""


def _check_names(config: Config) -> list[Problem]:
    """Who we are."""
    problems = []
    if not is_domain(config.hostname) or "." not in config.hostname:
        sentence = f"{config.hostname!r} is no full host name, such as mx1.example.org."
        problems.append(Problem(("hostname",), sentence))
    if config.postmaster and parse_address(config.postmaster) is None:
        problems.append(Problem(("postmaster",), f"{config.postmaster!r} is no mail address."))
    return problems


def _check_meaning(config: Config) -> list[Problem]:
    """What no type can say."""
    problems = _check_names(config)
    problems += _check_folders(config)
    places: dict[tuple[str, int], str] = {}
    for name, listener in config.listeners.items():
        at = ("listeners", name)
        if not _LISTENER_NAME.fullmatch(name):
            sentence = "A listener's name has 1 to 40 letters, digits, - or _."
            problems.append(Problem(at, sentence))
        other = places.setdefault((listener.address, listener.port), name)
        if listener.port and other != name:
            sentence = f"Address and port are those of listeners.{other}: each needs its own."
            problems.append(Problem((*at, "port"), sentence))
        if not _is_ip(listener.address):
            sentence = f"{listener.address!r} is no IPv4 or IPv6 address."
            problems.append(Problem((*at, "address"), sentence))
        problems += [
            Problem((*at, "proxy_from"), f"{text!r} is no network, such as 192.0.2.0/24.")
            for text in listener.proxy_from
            if not _is_network(text)
        ]
    problems += [
        Problem(("checks", "trusted_relays"), f"{text!r} is no network, such as 192.0.2.0/24.")
        for text in config.checks.trusted_relays
        if not _is_network(text)
    ]
    for name in config.checks.disabled:
        if name not in NAMES:
            sentence = f"There is no check {name!r}. Known: {', '.join(NAMES)}."
            problems.append(Problem(("checks", "disabled"), sentence))
    problems += _check_lists(config)
    problems += [
        Problem(("policies", name, "greylist"), "It needs sources.remember = true.")
        for name, policy in config.policies.items()
        if policy.greylist and not config.sources.remember
    ]
    if bool(config.tls.certificate) != bool(config.tls.key):
        sentence = "certificate and key are given together, or neither."
        problems.append(Problem(("tls",), sentence))
    problems += _check_name(("arc", "domain"), config.arc.domain)
    problems += _check_name(("arc", "selector"), config.arc.selector)
    if config.queue.lease_seconds <= config.queue.attempt_seconds_max:
        sentence = "A lease must last longer than an attempt (attempt_seconds_max)."
        problems.append(Problem(("queue", "lease_seconds"), sentence))
    return problems


def _check_lists(config: Config) -> list[Problem]:
    problems = []
    for name, options in config.blocklists.items():
        try:
            make_blocklist(name, options)
        except ValueError as error:
            problems.append(Problem(("blocklists", name), str(error)))
    return problems


def own_route(options: OwnMailOptions) -> tuple[Route, list[Problem]]:
    """The way of our own mail, and what is wrong with it."""
    problems = []
    hops = [(text, parse_next_hop(text)) for text in options.next_hops]
    for text, hop in hops:
        if hop is None:
            sentence = f'{text!r} is no server: write "host:port" or "[IPv6]:port".'
            problems.append(Problem(("own_mail", "next_hops"), sentence))
    if options.sender and parse_address(options.sender) is None:
        sentence = f"{options.sender!r} is no mail address."
        problems.append(Problem(("own_mail", "sender"), sentence))
    for name, domain in (
        ("dkim_domain", options.dkim_domain),
        ("dkim_selector", options.dkim_selector),
    ):
        problems += _check_name(("own_mail", name), domain)
    known = tuple(hop for _, hop in hops if hop is not None)
    return Route(OWN_ROUTE, known, is_mx=not known, tls=options.tls), problems


def _check_name(at: tuple[str, ...], domain: str) -> list[Problem]:
    if not domain or is_domain(domain):
        return []
    return [Problem(at, f"{domain!r} is no name for the DNS.")]


def _check_reports(config: Config, snapshot: Snapshot) -> list[Problem]:
    """Addresses that take reports are of domains that we serve, whose mail may wait."""
    problems = []
    for text in config.dmarc.take_reports_at:
        at = ("dmarc", "take_reports_at")
        address = parse_address(text)
        domain = snapshot.domains.get(address.domain) if address else None
        if domain is None:
            problems.append(Problem(at, f"{text!r} is no address of a domain served here."))
        elif domain.route.on_failure is not OnFailure.QUEUE:
            sentence = f'{text!r}: reports are taken from the queue; on_failure must be "queue".'
            problems.append(Problem(at, sentence))
    return problems


def _check_folders(config: Config) -> list[Problem]:
    problems = [
        Problem((name,), f"{folder!r} is no absolute path, such as /run/katharion.")
        for name, folder in (("store", config.store), ("runtime", config.runtime))
        if not Path(folder).is_absolute()
    ]
    if len(config.runtime.encode()) > RUNTIME_PATH_OCTETS_MAX:
        sentence = f"At most {RUNTIME_PATH_OCTETS_MAX} octets: sockets lie in it (unix(7))."
        problems.append(Problem(("runtime",), sentence))
    return problems


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
