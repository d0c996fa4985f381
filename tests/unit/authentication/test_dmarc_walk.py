"""The tree walk: the same as one that goes step by step, as the standard tells it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.text_zone import TextZone
from katharion.authentication import dmarc_record
from katharion.authentication.dmarc_walk import Discovery, discover, names, organization, walk
from katharion.values.dns import Question

CPU_SECONDS_MAX = 0.02
REJECT = "v=DMARC1; p=reject"

LABELS = st.lists(st.sampled_from("ab"), min_size=1, max_size=11).map(".".join)
TEXTS = st.sampled_from(
    [
        *([], ["x"], [REJECT], [f"{REJECT}; psd=n"], [f"{REJECT}; psd=y"], [REJECT, REJECT]),
        *(["v=DMARC1; p=none; sp=reject; np=quarantine"], ["v=DMARC1"], None),
    ]
)
ZONES = st.dictionaries(LABELS.map("_dmarc.{}".format), TEXTS, max_size=6)


def step_by_step(domain: str, zone: TextZone) -> str | None:
    """Section 4.10 and 4.10.2, one question at a time. None: a question failed."""
    target, retrieved = domain, []
    while target:
        texts = zone.texts.get(f"_dmarc.{target}", [])
        if texts is None:
            return None
        record = dmarc_record.of(tuple(texts))
        if record:
            retrieved.append((target, record.psd))
            if record.psd in ("y", "n"):
                break
        labels = target.split(".")
        target = ".".join(labels[1:] if len(labels) < 8 else labels[-7:])
    for name, psd in retrieved:
        if psd == "n":
            return name
        if psd == "y" and name != domain:
            return ".".join(domain.split(".")[-(len(name.split(".")) + 1) :])
    return retrieved[-1][0] if retrieved else domain


@given(LABELS, ZONES)
def test_organization(domain: str, texts: dict[str, list[str] | None]) -> None:
    zone = TextZone(texts)
    known = zone.drive(walk([domain], {}))
    assert organization(domain, known) == (step_by_step(domain, zone) or "")


@given(LABELS, ZONES)
def test_policy(domain: str, texts: dict[str, list[str] | None]) -> None:
    zone = TextZone(texts)
    (found,) = zone.drive(discover((domain,)))
    mine = step_by_step(domain, zone)
    own = dmarc_record.of(tuple(texts.get(f"_dmarc.{domain}") or ()))
    if own:
        assert (found.record, found.policy_domain, found.policy) == (own, domain, own.policy)
        assert found.organization == (mine or "")
    elif mine is None:
        assert found == Discovery(domain, is_failed=True)
    else:
        assert found.organization == mine
        if found.record:
            assert found.policy in (found.record.subdomains, found.record.missing)
            assert f".{domain}".endswith(f".{found.policy_domain}")
    assert len(zone.rounds) <= 2


def test_names() -> None:
    assert names("a") == ("a",)
    assert names("a.b") == ("a.b", "b")
    assert names("1.2.3.4.5.6.7.8")[1] == "2.3.4.5.6.7.8"
    assert names("0.1.2.3.4.5.6.7.8")[1] == "2.3.4.5.6.7.8"
    assert len(names(".".join("a" * 120))) == 8


def test_several_authors_are_asked_for_together() -> None:
    zone = TextZone({"_dmarc.one.example": [f"{REJECT}; np=none"], "_dmarc.two.example": [REJECT]})
    found = zone.drive(discover(("a.one.example", "a.two.example", "b.one.example")))
    assert [one.policy_domain for one in found] == ["one.example", "two.example", "one.example"]
    assert [one.policy for one in found] == ["none", "reject", "none"]
    assert zone.rounds[1] == (Question("TXT", "a.one.example"), Question("TXT", "b.one.example"))


def test_a_walk_asks_only_for_what_is_not_known() -> None:
    zone = TextZone({"_dmarc.example.com": [REJECT]})
    known = zone.drive(walk(["example.com"], {}))
    assert zone.drive(walk(["example.com"], known)) == known
    assert zone.asked == ["_dmarc.example.com", "_dmarc.com"]
    zone.drive(walk(["a.example.com", "b.example.com"], known))
    assert zone.asked[2:] == ["_dmarc.a.example.com", "_dmarc.b.example.com"]


def test_existence_is_asked_for_where_the_author_is_too_long_to_have_a_record() -> None:
    label = "x" * 60
    domain = f"{label}.{label}.{label}.{'x' * 52}.example.com"
    zone = TextZone({"_dmarc.example.com": [f"{REJECT}; np=none"]})
    (found,) = zone.drive(discover((domain,)))
    assert found.policy == "none"
    assert zone.asked[-1] == domain


@pytest.mark.parametrize("texts", [["v=DMARC1;" + "p=none;" * 500], [REJECT] * 1000])
def test_no_zone_costs_much(texts: list[str]) -> None:
    domain = ".".join("a" * 126)
    zone = TextZone({f"_dmarc.{name}": texts for name in names(domain)})
    dmarc_record.parse.cache_clear()
    start = time.process_time()
    zone.drive(discover((domain,)))
    assert time.process_time() - start < CPU_SECONDS_MAX


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"_dmarc.a.example": None}, None),
        ({"_dmarc.example": None}, None),
        ({"_dmarc.example": [f"{REJECT}; np=none"], "a.example": None}, "none"),
        ({"_dmarc.example": [f"{REJECT}; sp=none; np=reject"], "a.example": None}, "none"),
        ({"_dmarc.example": [f"{REJECT}; np=none"], "a.example": ["x"]}, "reject"),
        ({"_dmarc.example": [f"{REJECT}; np=none"], "b.a.example": ["x"]}, "reject"),
        ({"_dmarc.example": [f"{REJECT}; np=none"]}, "none"),
    ],
)
def test_where_dns_fails(texts: dict[str, list[str] | None], expected: str | None) -> None:
    (found,) = TextZone(texts).drive(discover(("a.example",)))
    assert found.is_failed is (expected is None)
    assert found.policy == (expected or "")


def test_public_suffixes() -> None:
    suffix = {"_dmarc.example": [f"{REJECT}; psd=y"]}
    (found,) = TextZone(suffix).drive(discover(("b.a.example",)))
    assert (found.organization, found.policy_domain) == ("a.example", "example")
    (found,) = TextZone(suffix | {"_dmarc.a.example": [REJECT]}).drive(discover(("b.a.example",)))
    assert (found.organization, found.policy_domain) == ("a.example", "a.example")


def test_an_organization_that_could_not_be_asked_for() -> None:
    zone = TextZone({"_dmarc.a.example": None})
    assert organization("a.example", zone.drive(walk(["a.example"], {}))) == ""
    zone = TextZone({"_dmarc.a.example": [f"{REJECT}; psd=n"], "_dmarc.example": None})
    assert organization("b.a.example", zone.drive(walk(["b.a.example"], {}))) == "a.example"
