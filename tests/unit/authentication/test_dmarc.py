"""DMARC's results beyond tests/tables/dmarc.toml: reasons, several authors, bounds."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.text_zone import TextZone
from katharion.authentication import author, dmarc
from katharion.authentication.author import Author
from katharion.values.authenticity import DkimResult, DmarcResult, Result, SpfResult

CPU_SECONDS_MAX = 0.02
ZONE: dict[str, list[str] | None] = {
    "_dmarc.example.com": ["v=DMARC1; p=reject; rua=mailto:r@example.com"],
    "_dmarc.quarantine.example": ["v=DMARC1; p=quarantine"],
    "_dmarc.strict.example": ["v=DMARC1; p=reject; aspf=s; adkim=s"],
    "_dmarc.void.example": ["v=DMARC1; p=x"],
    "_dmarc.failed.example": None,
    "_dmarc.half.failed.example": ["v=DMARC1; p=reject; t=y"],
}
DOMAINS = [name.removeprefix("_dmarc.") for name in ZONE]


def judged(
    domains: Sequence[str],
    spf: SpfResult | None = None,
    dkim: Sequence[DkimResult] = (),
    fault: str = "",
) -> DmarcResult:
    zone, who = TextZone(ZONE), Author(tuple(domains), fault)
    return zone.drive(dmarc.judge(who, zone.drive(dmarc.discover(who)), spf, dkim))


def signed(domain: str, result: Result = Result.PASS) -> DkimResult:
    return DkimResult(result, domain)


def passed(domain: str) -> SpfResult:
    return SpfResult(Result.PASS, domain)


def test_all_that_a_result_says() -> None:
    assert judged(["example.com"], passed("example.com"), [signed("a.example.com")]) == DmarcResult(
        Result.PASS,
        "example.com",
        policy="reject",
        policy_domain="example.com",
        organization="example.com",
        aligned_by=("spf", "dkim"),
        report_to=("mailto:r@example.com",),
        record="v=DMARC1; p=reject; rua=mailto:r@example.com",
    )


@pytest.mark.parametrize(
    ("domain", "spf", "dkim", "reason"),
    [
        (
            "example.com",
            None,
            [],
            "The message says that it comes from example.com, but neither SPF nor DKIM proves it.",
        ),
        (
            "example.com",
            passed("B.example"),
            [signed("a.example"), signed("example.com", Result.FAIL), signed("?")],
            (
                "The message says that it comes from example.com, but what was proven is that"
                " a.example and b.example sent it."
            ),
        ),
        ("none.example", None, [], "The domain none.example publishes no DMARC policy."),
        ("void.example", None, [], "The DMARC record at void.example states no valid policy."),
        ("failed.example", None, [], "DNS did not say whether failed.example has a DMARC policy."),
        (
            "half.failed.example",
            None,
            [signed("failed.example")],
            (
                "DNS did not answer all that it takes to tell whether half.failed.example"
                " sent the message."
            ),
        ),
    ],
)
def test_reasons(domain: str, spf: SpfResult | None, dkim: list[DkimResult], reason: str) -> None:
    assert judged([domain], spf, dkim).reason == reason


def test_strict() -> None:
    assert judged(["strict.example"], passed("a.strict.example")).result is Result.FAIL
    assert judged(["strict.example"], passed("strict.example")).result is Result.PASS
    assert judged(["strict.example"], None, [signed("strict.example")]).aligned_by == ("dkim",)


@pytest.mark.parametrize(
    ("domains", "signers", "expected"),
    [
        # The strictest policy among those that fail.
        (["quarantine.example", "example.com"], [], ("fail", "example.com", "reject")),
        (["example.com", "quarantine.example"], [], ("fail", "example.com", "reject")),
        (["example.com", "x.example"], ["x.example"], ("fail", "example.com", "reject")),
        (["example.com", "failed.example"], [], ("fail", "example.com", "reject")),
        (["example.com", "failed.example"], ["example.com"], ("temperror", "failed.example", "")),
        (["example.com", "x.example"], ["example.com", "x.example"], ("none", "x.example", "")),
        (
            ["example.com", "quarantine.example"],
            ["example.com", "quarantine.example"],
            ("pass", "example.com", "reject"),
        ),
    ],
)
def test_several_authors(
    domains: list[str], signers: list[str], expected: tuple[str, str, str]
) -> None:
    found = judged(domains, None, list(map(signed, signers)))
    assert (found.result.value, found.domain, found.policy) == expected


def test_a_field_at_fault_never_passes() -> None:
    fault = author.SEVERAL_FIELDS
    found = judged(["example.com"], None, [signed("example.com")], fault)
    assert (found.result, found.reason, found.policy) == (Result.PERMERROR, fault, "reject")
    assert judged(["x.example"], fault=fault).result is Result.PERMERROR
    assert judged(["example.com"], fault=fault).result is Result.FAIL
    assert judged([], fault=author.NO_FIELD) == DmarcResult(
        Result.PERMERROR, reason=author.NO_FIELD
    )


def test_what_could_not_be_told() -> None:
    signatures = [signed("example.com", Result.TEMPERROR)]
    assert judged(["example.com"], None, signatures).result is Result.TEMPERROR
    both = [*signatures, signed("example.com")]
    assert judged(["example.com"], None, both).result is Result.PASS
    spf = SpfResult(Result.TEMPERROR, "example.com")
    assert judged(["example.com"], spf).result is Result.TEMPERROR


def test_walks_are_bounded() -> None:
    who, zone = Author(("example.com",)), TextZone(ZONE)
    discoveries = zone.drive(dmarc.discover(who))
    zone.rounds.clear()
    dkim = [signed(f"{'a.' * 20}{number:02}.example.com") for number in range(30)]
    assert zone.drive(dmarc.judge(who, discoveries, None, dkim)).result is Result.PASS
    assert len(zone.rounds) == 1
    assert len(zone.asked) <= dmarc.WALKS_COUNT_MAX * 8
    (only,) = discoveries
    assert dmarc.evaluate(only, None, dkim).result is Result.FAIL  # Nothing was asked for.


def test_nothing_is_asked_twice_where_the_names_are_the_authors_own() -> None:
    who, zone = Author(("mail.example.com",)), TextZone(ZONE)
    discoveries = zone.drive(dmarc.discover(who))
    rounds = len(zone.rounds)
    dkim = [signed("mail.example.com"), signed("example.com"), signed("example.org")]
    result = zone.drive(dmarc.judge(who, discoveries, passed("bounce.example.net"), dkim))
    assert result.aligned_by == ("dkim",)
    assert len(zone.rounds) == rounds


@given(
    st.lists(st.sampled_from(DOMAINS) | st.text(max_size=20), max_size=3),
    st.lists(st.tuples(st.sampled_from(Result), st.sampled_from(DOMAINS) | st.text(max_size=20))),
    st.sampled_from(["", author.MALFORMED]),
)
def test_no_domain_raises(domains: list[str], said: list[tuple[Result, str]], fault: str) -> None:
    names = [found for domain in domains if (found := author.a_labels(domain))]
    dkim = [DkimResult(result, domain) for result, domain in said]
    spf = SpfResult(*said[0]) if said else None
    found = judged(names, spf, dkim, fault)
    assert found.reason.isprintable()
    if found.result is Result.PASS:
        assert not fault
        assert found.aligned_by
        assert any(result is Result.PASS for result, _ in said)


def test_many_signatures_cost_little() -> None:
    who, zone = Author(("example.com",)), TextZone(ZONE)
    discoveries = zone.drive(dmarc.discover(who))
    dkim = [signed(f"{'a.' * 100}{number:03}.example.com") for number in range(200)]
    start = time.process_time()
    zone.drive(dmarc.judge(who, discoveries, None, dkim))
    assert time.process_time() - start < CPU_SECONDS_MAX
