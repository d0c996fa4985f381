"""DNS messages: a question to octets, octets to an answer. No I/O; no octets raise.

Why our own: docs/decisions/0015-dns.md.

Sources: RFC 1035 section 4 (messages) and 3.3 (types); RFC 3596 (AAAA); RFC 6891 (EDNS);
RFC 6840 section 5.7 (AD in a question); RFC 2308 section 5 (how long absences hold);
RFC 5452 section 9.1 (what an answer must repeat).
"""

from ipaddress import IPv6Address
from struct import Struct
from typing import NamedTuple

from katharion.values.dns import DnsAnswer, DnsStatus, Kind, Question

RECORDS_COUNT_MAX = 400  # Of one message; more are not looked at.
ALIASES_COUNT_MAX = 12
POINTERS_COUNT_MAX = 64
NAME_OCTETS_MAX = 255
LABEL_OCTETS_MAX = 63
PAYLOAD_OCTETS_MAX = 1232  # What fits into a packet that is not cut anywhere.

_HEADER, _FIXED, _SOA = Struct("!HHHHHH"), Struct("!HHIH"), Struct("!IIIII")
_TYPES: dict[Kind, int] = {"A": 1, "AAAA": 28, "MX": 15, "PTR": 12, "TXT": 16}
_CNAME, _SOA_TYPE, _IN = 5, 6, 1
_QR, _TC, _RD, _AD, _OPCODE, _RCODE = 0x8000, 0x0200, 0x0100, 0x0020, 0x7800, 0x000F
_NO_ERROR, _NXDOMAIN = 0, 3
_POINTER = 0xC0
_EDNS = b"\0" + Struct("!HHIH").pack(41, PAYLOAD_OCTETS_MAX, 0, 0)


class Reply(NamedTuple):
    """What a server said. `is_cut`: ask again by TCP. `ttl_seconds`: of the whole chain."""

    answer: DnsAnswer
    ttl_seconds: float | None = None
    is_cut: bool = False


class _MalformedError(Exception):
    """The octets are no DNS message."""


class _Record(NamedTuple):
    owner: str
    type: int
    ttl_seconds: int
    start: int
    end: int


def ask(number: int, question: Question) -> bytes | None:
    """The question on the wire; None where the name can't be asked for."""
    name = _encode(question.name)
    if name is None:
        return None
    header = _HEADER.pack(number, _RD | _AD, 1, 0, 0, 1)
    return header + name + _TYPES[question.kind].to_bytes(2, "big") + b"\0\1" + _EDNS


def number_of(data: bytes) -> int:
    """Which question it answers; -1 where it is none."""
    return int.from_bytes(data[:2], "big") if len(data) >= _HEADER.size else -1


def read(data: bytes, question: Question) -> Reply | None:
    """What it answers to `question`; None where it is no answer to it."""
    try:
        return _read(data, question)
    except _MalformedError:
        return None


def _read(data: bytes, question: Question) -> Reply | None:
    if len(data) < _HEADER.size:
        return None
    _, flags, questions, answers, authorities, _ = _HEADER.unpack_from(data)
    wanted = _encode(question.name)
    asked_end = _HEADER.size + len(wanted or b"")
    is_answer = flags & _QR and not flags & _OPCODE and questions == 1 and wanted is not None
    if not is_answer or data[_HEADER.size : asked_end].lower() != wanted:
        return None
    if data[asked_end : asked_end + 4] != _TYPES[question.kind].to_bytes(2, "big") + b"\0\1":
        return None
    if flags & _TC:
        return Reply(DnsAnswer(DnsStatus.FAILED), is_cut=True)
    rcode = flags & _RCODE
    if rcode not in (_NO_ERROR, _NXDOMAIN):
        return Reply(DnsAnswer(DnsStatus.FAILED))
    records, at = _records(data, asked_end + 4, answers)
    found = _follow(data, question, records)
    if found is not None:
        return _marked(found, is_authentic=bool(flags & _AD))
    status = DnsStatus.NXDOMAIN if rcode == _NXDOMAIN else DnsStatus.NODATA
    others, _ = _records(data, at, authorities)
    return Reply(DnsAnswer(status, is_authentic=bool(flags & _AD)), _absence_seconds(data, others))


def _marked(reply: Reply, *, is_authentic: bool) -> Reply:
    if not is_authentic:
        return reply
    answer = reply.answer
    marked = DnsAnswer(answer.status, answer.records, answer.preferences, is_authentic=True)
    return reply._replace(answer=marked)


def _follow(data: bytes, question: Question, records: list[_Record]) -> Reply | None:
    """The records that the name comes to, through its aliases; None where there are none."""
    name, wanted = question.name, _TYPES[question.kind]
    seconds: list[int] = []
    for _ in range(ALIASES_COUNT_MAX):
        found = [one for one in records if one.owner == name and one.type == wanted]
        if found:
            seconds += [one.ttl_seconds for one in found]
            return Reply(_answer(data, question.kind, found), float(min(seconds)))
        alias = next((r for r in records if r.owner == name and r.type == _CNAME), None)
        if alias is None:
            return None
        seconds.append(alias.ttl_seconds)
        name, _ = _name(data, alias.start)
    return Reply(DnsAnswer(DnsStatus.FAILED))  # A ring of aliases.


def _answer(data: bytes, kind: Kind, found: list[_Record]) -> DnsAnswer:
    if kind == "MX":
        pairs = sorted((_short(data, one.start), _name(data, one.start + 2)[0]) for one in found)
        hosts = tuple(host for _, host in pairs)
        return DnsAnswer(DnsStatus.FOUND, hosts, tuple(preference for preference, _ in pairs))
    return DnsAnswer(DnsStatus.FOUND, tuple(_text(data, kind, one) for one in found))


def _text(data: bytes, kind: Kind, record: _Record) -> str:
    octets = data[record.start : record.end]
    if kind == "PTR":
        return _name(data, record.start)[0]
    if kind == "TXT":
        return _strings(octets)
    if len(octets) != (4 if kind == "A" else 16):
        raise _MalformedError
    return "{}.{}.{}.{}".format(*octets) if kind == "A" else str(IPv6Address(octets))


def _strings(octets: bytes) -> str:
    """The strings of a TXT record as one."""
    parts, at = [], 0
    while at < len(octets):
        end = at + 1 + octets[at]
        if end > len(octets):
            raise _MalformedError
        parts.append(octets[at + 1 : end])
        at = end
    return b"".join(parts).decode("iso8859-1")


def _absence_seconds(data: bytes, records: list[_Record]) -> float | None:
    """For how long the zone says that what is not there is not there."""
    for one in records:
        if one.type == _SOA_TYPE:
            _, at = _name(data, one.start)
            _, at = _name(data, at)
            if at + _SOA.size <= len(data):
                return float(min(one.ttl_seconds, _SOA.unpack_from(data, at)[4]))
    return None


def _records(data: bytes, at: int, count: int) -> tuple[list[_Record], int]:
    """Records of class IN from `at` on, and where they end."""
    found = []
    for _ in range(min(count, RECORDS_COUNT_MAX)):
        owner, at = _name(data, at)
        if at + _FIXED.size > len(data):
            raise _MalformedError
        kind, record_class, ttl_seconds, length = _FIXED.unpack_from(data, at)
        start = at + _FIXED.size
        at = start + length
        if at > len(data):
            raise _MalformedError
        if record_class == _IN:
            # A time to live with its highest bit set counts as none (RFC 2181 section 8).
            ttl_seconds = ttl_seconds if ttl_seconds < 1 << 31 else 0
            found.append(_Record(owner, kind, ttl_seconds, start, at))
    return found, at


def _short(data: bytes, at: int) -> int:
    if at + 2 > len(data):
        raise _MalformedError
    return int.from_bytes(data[at : at + 2], "big")


def _name(data: bytes, at: int) -> tuple[str, int]:
    """A name in lower case without its last dot, and where it ends."""
    labels: list[bytes] = []
    end, octets_count = -1, 0
    for _ in range(POINTERS_COUNT_MAX + NAME_OCTETS_MAX):
        if at >= len(data):
            raise _MalformedError
        length = data[at]
        if length & _POINTER == _POINTER:
            end = at + 2 if end < 0 else end
            at = _short(data, at) & 0x3FFF
        elif length > LABEL_OCTETS_MAX:
            raise _MalformedError
        elif length == 0:
            text = b".".join(labels).decode("iso8859-1").lower()
            return text, at + 1 if end < 0 else end
        else:
            # A dot within a label would read as two labels.
            labels.append(data[at + 1 : at + 1 + length].replace(b".", b"?"))
            at += 1 + length
            octets_count += 1 + length
            if octets_count > NAME_OCTETS_MAX:
                raise _MalformedError
    raise _MalformedError


def _encode(name: str) -> bytes | None:
    """The labels of a name (in lower case, as questions have it); None where it is none."""
    try:
        labels = name.encode("ascii").split(b".") if name else []
    except UnicodeEncodeError:
        return None
    if not all(0 < len(label) <= LABEL_OCTETS_MAX for label in labels):
        return None
    octets = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    return octets if len(octets) <= NAME_OCTETS_MAX else None
