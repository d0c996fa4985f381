"""PTR: no name, a name that lies, a name that leads back, and nobody to ask."""

import pytest

from fakes.fake_resolver import FakeResolver
from fixtures.fix_transaction import names, transaction
from katharion.pipeline.asking import Parked, go_on
from katharion.pipeline.checks import ptr
from katharion.values.dns import DnsAnswer, DnsStatus, Question
from katharion.values.verdict import Finding

CLIENT = "192.0.2.7"
LOST = DnsAnswer(DnsStatus.FAILED)


class Resolver(FakeResolver):
    """Counts what it is asked; cannot answer for `lost` names."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()
        self.asked: list[str] = []

    def known(self, question: Question) -> DnsAnswer | None:
        self.asked.append(question.name)
        return LOST if question.name in self.lost else super().known(question)


def judged(resolver: Resolver) -> tuple[Finding, ...]:
    found = go_on(ptr.judge(transaction(client=CLIENT)), resolver)
    assert not isinstance(found, Parked)
    return found


@pytest.mark.parametrize(
    ("pointers", "hosts", "lost", "wanted"),
    [
        ((), {}, (), ["PTR_NONE"]),
        (("a.example",), {"a.example": (CLIENT,)}, (), ["PTR_CONFIRMED"]),
        (("a.example",), {"a.example": ("192.0.2.9",)}, (), ["PTR_MISMATCH"]),
        (("a.example",), {}, (), ["PTR_MISMATCH"]),
        (("b.example", "a.example"), {"a.example": ("192.0.2.9", CLIENT)}, (), ["PTR_CONFIRMED"]),
        (("a.example",), {}, ("a.example",), ["PTR"]),
        (("b.example", "a.example"), {"a.example": (CLIENT,)}, ("b.example",), ["PTR_CONFIRMED"]),
        (("b.example", "a.example"), {}, ("b.example",), ["PTR"]),  # Not known to lie.
    ],
)
def test_names_and_addresses(
    pointers: tuple[str, ...],
    hosts: dict[str, tuple[str, ...]],
    lost: tuple[str, ...],
    wanted: list[str],
) -> None:
    resolver = Resolver()
    if pointers:
        resolver.pointers[CLIENT] = DnsAnswer(DnsStatus.FOUND, pointers)
    resolver.hosts, resolver.lost = hosts, set(lost)
    findings = judged(resolver)
    assert names(findings) == wanted
    assert all(finding.was_checked != (finding.name == "PTR") for finding in findings)


def test_nobody_to_ask() -> None:
    resolver = Resolver()
    resolver.pointers[CLIENT] = LOST
    (finding,) = judged(resolver)
    assert not finding.was_checked
    assert finding.sentence.startswith("not checked: ")


def test_few_of_many_names_are_asked() -> None:
    resolver = Resolver()
    many = tuple(f"{'h' * 250}{n}.example" for n in range(50))
    resolver.pointers[CLIENT] = DnsAnswer(DnsStatus.FOUND, many)
    (finding,) = judged(resolver)
    assert len(resolver.asked) == 1 + ptr.NAMES_COUNT_MAX
    assert len(finding.evidence) <= 200
