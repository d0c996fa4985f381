"""DNS from a file: so that anybody can judge a message again, offline, and find the same.

    ["example.com"]
    TXT = ["v=spf1 mx -all"]
    MX = ["10 mail.example.com"]
    ["mail.example.com"]
    A = "192.0.2.1"
    ["192.0.2.1"]
    PTR = "mail.example.com"
    ["slow.example"]
    TXT = "TIMEOUT"

A name that is not in the file, nor above one that is, does not exist (NXDOMAIN); neither does a
type that its table leaves out (NODATA). SERVFAIL or TIMEOUT in place of a record: nobody can say.

Sources: RFC 1035 sections 3.3 (types) and 5.1; RFC 2308 section 2 and RFC 8020
(what is not there).
"""

import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from katharion.values.dns import FAILED, NXDOMAIN, DnsAnswer, DnsStatus, Question

ALIASES_COUNT_MAX = 8
KINDS = ("A", "AAAA", "CNAME", "MX", "PTR", "TXT")
_AROUND = ("zones", "records", "dns", "names")
_FAILURES = ("SERVFAIL", "TIMEOUT")
_SHAPE = 'a table a name, such as ["example.com"] with TXT = ["…"]'


class ZoneFileError(Exception):
    """The file can't be used; says why and what to do, for people."""


class _Record(NamedTuple):
    name: str
    kind: str
    values: tuple[str, ...]


class ZoneResolver:
    """Implements ports.Resolver from a table; all is known without waiting."""

    def __init__(self, records: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        """Values by name (lower case, no final dot) and kind, or `_FAILURES`."""
        self._records = records
        # RFC 8020 section 2: a name exists if one below it does.
        self._above = {above for name in records for above in _all_above(name)}

    def known(self, question: Question) -> DnsAnswer:
        """The answer."""
        name = question.name.lower().removesuffix(".")
        for _ in range(ALIASES_COUNT_MAX):
            kinds = self._records.get(name)
            if kinds is None:
                return DnsAnswer(DnsStatus.NODATA) if name in self._above else NXDOMAIN
            values = kinds.get(question.kind)
            if values is not None:
                return _answer(question.kind, values)
            alias = kinds.get("CNAME")
            if alias is None:
                return DnsAnswer(DnsStatus.NODATA)
            if _is_failure(alias):
                return FAILED
            name = alias[0]
        return FAILED  # A ring.

    async def ask(self, question: Question) -> DnsAnswer:
        """The same."""
        return self.known(question)

    async def addresses(self, name: str) -> DnsAnswer:
        """AAAA and A of `name`; a literal address answers itself."""
        if _address(name):
            return DnsAnswer(DnsStatus.FOUND, (name,))
        v4, v6 = (self.known(Question("A", name)), self.known(Question("AAAA", name)))
        if v4.records or v6.records:
            return DnsAnswer(DnsStatus.FOUND, (*v4.records, *v6.records))
        return FAILED if DnsStatus.FAILED in (v4.status, v6.status) else v4

    async def mail_exchangers(self, domain: str) -> DnsAnswer:
        """MX hosts, best first."""
        return self.known(Question("MX", domain))

    async def names(self, address: str) -> DnsAnswer:
        """PTR of an address."""
        pointer = _address(address)
        return self.known(Question("PTR", pointer)) if pointer else FAILED

    async def close(self) -> None:
        """Nothing is open."""


def read_zones(path: Path) -> ZoneResolver:
    """The file's answers; ZoneFileError where it can't be read or says what can't be."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ZoneFileError(f"{path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ZoneFileError(f"{path} is no TOML: {error}.") from error
    zones: dict[str, dict[str, tuple[str, ...]]] = {}
    try:
        for record in _records(given):
            kinds = zones.setdefault(record.name, {})
            if record.kind:
                kinds[record.kind] = kinds.get(record.kind, ()) + record.values
        for kinds in zones.values():
            for kind, values in kinds.items():
                _check(kind, values)
    except ZoneFileError as error:
        raise ZoneFileError(f"{path}: {error}") from None
    return ZoneResolver(zones)


def _all_above(name: str) -> Iterator[str]:
    while "." in name:
        name = name.partition(".")[2]
        yield name


def _records(given: Mapping[str, Any]) -> Iterator[_Record]:
    """Tables a name, tables a type, or [[records]]; a word for all around them is allowed."""
    for key, value in given.items():
        if key in _AROUND and isinstance(value, list):
            yield from map(_listed, value)
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            for kinds in value:  # "example.com" = [{ TXT = "…" }, { MX = "…" }]
                yield from _of_name(key, kinds)
        elif not isinstance(value, dict):
            raise ZoneFileError(f"{key!r} is no name with records; wanted is {_SHAPE}.")
        elif key in _AROUND:
            yield from _records(value)
        elif key.upper() in KINDS and not any(name.upper() in KINDS for name in value):
            for name, values in value.items():  # [TXT], and names in it.
                yield from _of_name(name, {key: values})
        else:
            yield from _of_name(key, value)


def _of_name(name: str, kinds: Mapping[str, Any]) -> Iterator[_Record]:
    if not kinds or not all(isinstance(values, dict) for values in kinds.values()):
        yield _Record(_name(name), "", ())  # It exists, whatever it has.
    for kind, values in kinds.items():
        if isinstance(values, dict):
            # [example.com] without quotes: TOML reads com as a table within example.
            yield from _of_name(f"{name}.{kind}", values)
        else:
            yield _record(name, kind, values)


def _listed(entry: Any) -> _Record:  # noqa: ANN401 # From a file.
    """[[records]] with name, type and value."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ZoneFileError("each of [[records]] needs a name, a type and a value.")
    kind = entry.get("type", entry.get("kind", ""))
    values = entry.get("value", entry.get("values", entry.get("data")))
    return _record(entry["name"], str(kind), values)


def _record(name: str, kind: str, values: Any) -> _Record:  # noqa: ANN401 # From a file.
    kind = kind.upper()
    if kind not in KINDS:
        raise ZoneFileError(f"{name}: {kind!r} is no type of record; there are {', '.join(KINDS)}.")
    listed = values if isinstance(values, list) else [values]
    texts = [_text(value, name, kind) for value in listed]
    owner = (_address(name) if kind == "PTR" else "") or _name(name)
    return _Record(owner, kind, tuple(texts))


def _text(value: Any, name: str, kind: str) -> str:  # noqa: ANN401 # From a file.
    """One record's text. A list within the list: the strings of one long TXT record."""
    if isinstance(value, list) and kind == "TXT" and all(isinstance(v, str) for v in value):
        value = "".join(value)
    if kind == "MX" and isinstance(value, list):
        value = " ".join(map(str, value))
    if kind == "MX" and isinstance(value, dict):
        value = f"{value.get('preference', value.get('priority', 0))} {value.get('exchange', '')}"
    if not isinstance(value, str):
        raise ZoneFileError(f"{name}: {kind} = {value!r} is no text.")
    if value in _FAILURES:
        return value
    if kind == "TXT":
        return value if value.isascii() else value.encode().decode("iso8859-1")
    return value.strip() if kind == "MX" else _name(value)


def _name(text: str) -> str:
    """A name as it is asked for; an address is the name of its pointer."""
    text = text.strip().lower().removesuffix(".")
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ZoneFileError(f"{text!r} is no name: {error}.") from error
    return text


def _check(kind: str, values: tuple[str, ...]) -> None:
    """Whether the values can be answered with."""
    for value in values:
        if value in _FAILURES:
            continue
        if kind in ("A", "AAAA") and not _is_of_family(value, kind):
            raise ZoneFileError(f"{value!r} is no address for a record of type {kind}.")
        if kind == "MX" and not value.split(" ")[0].isdigit():
            raise ZoneFileError(f"{value!r} is no MX; wanted is such as '10 mail.example.com'.")


def _is_of_family(value: str, kind: str) -> bool:
    try:
        return ip_address(value).version == (4 if kind == "A" else 6)
    except ValueError:
        return False


def _is_failure(values: tuple[str, ...]) -> bool:
    return any(value in _FAILURES for value in values)


def _answer(kind: str, values: tuple[str, ...]) -> DnsAnswer:
    if _is_failure(values):
        return FAILED
    if not values:
        return DnsAnswer(DnsStatus.NODATA)
    if kind == "MX":
        pairs = sorted((int(p), h) for p, _, h in (v.partition(" ") for v in values))
        hosts = tuple(_name(host) for _, host in pairs)
        return DnsAnswer(DnsStatus.FOUND, hosts, tuple(preference for preference, _ in pairs))
    if kind in ("A", "AAAA"):
        return DnsAnswer(DnsStatus.FOUND, tuple(str(ip_address(v)) for v in values))
    return DnsAnswer(DnsStatus.FOUND, values)


def _address(text: str) -> str:
    """The name of an address's pointer; "" where it is no address."""
    try:
        return ip_address(text).reverse_pointer
    except ValueError:
        return ""
