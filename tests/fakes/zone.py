"""DNS from a table of records, and a driver for cores that ask."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import TypeVar

from katharion.values.dns import FAILED, NXDOMAIN, Asking, DnsAnswer, DnsStatus, Question

ALIASES_COUNT_MAX = 8
_T = TypeVar("_T")


class Zone:
    """`records` by name: "KIND value" each, or "TIMEOUT" for every kind that is not listed.

    `rounds`: what was asked, round by round. `fixed`: answers that are there before all records.
    """

    def __init__(self, records: Mapping[str, Sequence[str]]) -> None:
        self._records = {name.lower().rstrip("."): list(rs) for name, rs in records.items()}
        self.rounds: list[tuple[Question, ...]] = []
        self.fixed: dict[Question, DnsAnswer] = {}

    def answer(self, question: Question) -> DnsAnswer:
        name = question.name
        if question in self.fixed:
            return self.fixed[question]
        for _ in range(ALIASES_COUNT_MAX):
            records = self._records.get(name)
            if records is None:
                return NXDOMAIN
            found = [r.partition(" ")[2] for r in records if r.startswith(f"{question.kind} ")]
            if found:
                return _answer(question.kind, found)
            if "TIMEOUT" in records:
                return FAILED
            alias = next((r for r in records if r.startswith("CNAME ")), None)
            if alias is None:
                return DnsAnswer(DnsStatus.NODATA)
            name = alias.partition(" ")[2].lower().rstrip(".")
        return FAILED

    def drive(self, asking: Asking[_T]) -> _T:
        """Answer all that the core asks, and give its result."""
        try:
            questions = next(asking)
            while True:
                self.rounds.append(questions)
                questions = asking.send(tuple(map(self.answer, questions)))
        except StopIteration as end:
            result: _T = end.value
            return result

    @property
    def asked(self) -> list[str]:
        """All names asked for, in order."""
        return [question.name for questions in self.rounds for question in questions]


def _answer(kind: str, values: list[str]) -> DnsAnswer:
    if kind == "MX":
        pairs = sorted((int(v.split()[0]), v.split(" ", 1)[1].rstrip(".").lower()) for v in values)
        hosts = tuple(host for _, host in pairs)
        return DnsAnswer(DnsStatus.FOUND, hosts, tuple(preference for preference, _ in pairs))
    if kind == "PTR":
        return DnsAnswer(DnsStatus.FOUND, tuple(v.rstrip(".").lower() for v in values))
    if kind in ("A", "AAAA"):
        return DnsAnswer(DnsStatus.FOUND, tuple(str(ip_address(v)) for v in values))
    return DnsAnswer(DnsStatus.FOUND, tuple(values))
