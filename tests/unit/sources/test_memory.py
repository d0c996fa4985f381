"""What records say of sources, and how it fades."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.sources.memory import (
    DOMAINS_COUNT_MAX,
    EVERYBODY,
    add,
    deed_of,
    effects_of,
    network_of,
    of_address,
    of_domains,
    sources_of,
)
from katharion.values.authenticity import Authenticity, DkimResult, Result, SpfResult
from katharion.values.history import HALF_LIFE_SECONDS, RECENT_HALF_LIFE_SECONDS, Past
from katharion.values.track import TrackRecord
from katharion.values.verdict import Finding, Force

PROVEN = Authenticity(
    spf=SpfResult(Result.PASS, "sender.example"),
    dkim=(DkimResult(Result.PASS, "signer.example"), DkimResult(Result.FAIL, "other.example")),
    client_address="192.0.2.7",
)
CLEAN = TrackRecord(
    at=1000.0,
    event="delivered",
    band="clean",
    client_address="198.51.100.1",
    sender="Ann@sender.example",
    recipient="bob@customer.example",
    authenticity=PROVEN,
)


def changed(**fields: object) -> TrackRecord:
    return TrackRecord(**{name: getattr(CLEAN, name) for name in CLEAN.__struct_fields__} | fields)  # type: ignore[arg-type] # By name.


def with_finding(name: str, weight: float, **fields: object) -> TrackRecord:
    force = fields.pop("force", None)
    finding = Finding(name, weight, "", force=force)  # type: ignore[arg-type] # By name.
    return changed(findings=(finding,), **fields)


@pytest.mark.parametrize(
    ("record", "deed"),
    [
        (CLEAN, "clean"),
        (changed(event="held"), "clean"),  # It waits for its server.
        (changed(event="held", band="definite"), "spam"),
        (changed(event="rejected", band="definite"), "spam"),
        (changed(event="rejected", band="clean"), None),  # By the next hop, for its own reasons.
        (changed(event="rejected", band="clean", reply="550 5.1.1 Who?"), "unknown"),
        # By what the memory itself has added: no evidence for it.
        (with_finding("SOURCE_BAD_IP", 2.5, band="probable", score=5.5), None),
        (with_finding("SOURCE_BAD_IP", 2.5, band="probable", score=6.5), "spam"),
        (with_finding("SOURCE_GOOD_IP", -1.0, score=3.5), None),
        (with_finding("CORRESPONDENT", -0.7, score=3.5), None),
        (with_finding("SOURCE_GOOD_IP", -1.0, score=1.0), "clean"),
        (with_finding("SOURCE_NEW", 0.3, score=4.5), "clean"),
        # By one tenant's lists, by a test, or by what is no matter of the sender's.
        (with_finding("LIST", 0.0, band="definite", force=Force.BLOCKED), None),
        (with_finding("LIST", 0.0, force=Force.ALLOWED), None),
        (with_finding("GTUBE", 0.0, band="definite", force=Force.GTUBE), None),
        (with_finding("LOOP", 0.0, band="definite", force=Force.LOOP), None),
        (with_finding("DMARC", 0.0, band="definite", force=Force.DMARC_REJECT), "spam"),
        (changed(band="probable"), "spam"),  # Tagged.
        (changed(event="deferred"), None),
        (changed(authenticity=None), None),  # Another recipient of the same message.
        (changed(band=""), None),
        (TrackRecord(at=1.0, event="rcpt-refused", reply="550 5.1.1 No such user"), "unknown"),
        (TrackRecord(at=1.0, event="rcpt-refused", reply="451 4.3.0 Later"), None),
        (TrackRecord(at=1.0, event="connect-refused"), None),
    ],
)
def test_what_a_record_adds(record: TrackRecord, deed: str | None) -> None:
    assert deed_of(record) == deed
    named = [source for source, _ in effects_of(record, lambda _: "")]
    assert any(not source.startswith("to:") for source in named) is (
        deed is not None and bool(record.client_address)
    )


def test_the_sources_of_a_clean_message() -> None:
    assert list(sources_of(CLEAN, lambda _: "64500")) == [
        "ip:192.0.2.7",
        "net:192.0.2.0/24",
        "asn:64500",
        "domain:sender.example",
        "domain:signer.example",
        "pair:customer.example ann@sender.example",
    ]


def test_who_is_not_proven_is_no_correspondent_and_spam_makes_none() -> None:
    for record in (
        changed(sender="eve@else.example"),
        changed(sender=""),
        changed(recipient=""),
        changed(band="definite", event="held"),
    ):
        assert not any(s.startswith("pair:") for s in sources_of(record, lambda _: ""))


def test_a_refusal_is_of_an_address() -> None:
    record = TrackRecord(
        at=1.0, event="rcpt-refused", reply="550 5.1.1 x", client_address="2001:db8::7"
    )
    assert list(sources_of(record, lambda _: "")) == ["ip:2001:db8::7", "net:2001:db8::/64"]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:0:1:2::7", "2001:db8:0:1::/64"),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network
    assert bool(of_address(address, lambda _: "")) is bool(network)


@pytest.mark.parametrize(
    ("record", "counted"),
    [
        (CLEAN, (1.0, 0.0)),
        (changed(authenticity=None), (1.0, 0.0)),  # Another recipient of the same message.
        (changed(event="held", band="definite"), (1.0, 0.0)),
        (changed(event="rejected", reply="550 5.1.1 Who?"), (0.0, 1.0)),
        (changed(event="rcpt-refused", reply="550 5.1.1 Who?"), (0.0, 1.0)),
        (changed(event="rcpt-refused", reply="452 4.5.3 Too many"), None),
        (changed(event="deferred"), None),
        (changed(client_address="10.0.0.1"), None),
    ],
)
def test_recipients_are_counted_each(
    record: TrackRecord, counted: tuple[float, float] | None
) -> None:
    found = [change(None) for s, change in effects_of(record, lambda _: "") if s[:3] == "to:"]
    assert [(past.clean, past.unknown) for past in found] == ([counted] if counted else [])


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "::ffff:192.168.0.1", "fe80::1", "fd00::1"]
)
def test_addresses_of_the_inside_tell_nobody_apart(address: str) -> None:
    assert of_address(address, lambda _: "64500") == ()


def test_what_is_counted_at_all_is_counted_of_everybody() -> None:
    assert [source for source, _ in effects_of(CLEAN, lambda _: "")].count(EVERYBODY) == 1
    inside = changed(client_address="127.0.0.1", authenticity=Authenticity())
    assert not list(effects_of(inside, lambda _: ""))


def test_an_ipv4_address_in_other_clothes_is_the_same() -> None:
    assert of_address("::ffff:192.0.2.7", lambda _: "") == of_address("192.0.2.7", lambda _: "")


def test_domains_have_a_bound() -> None:
    many = tuple(DkimResult(Result.PASS, f"d{n}.example") for n in range(20))
    assert len(of_domains(Authenticity(dkim=many))) == DOMAINS_COUNT_MAX


def test_it_fades_by_half_a_week() -> None:
    past = add(add(None, "spam", 1000.0), "clean", 1000.0)
    assert (past.clean, past.spam, past.recent, past.first_at) == (1.0, 1.0, 2.0, 1000.0)
    later = past.at(1000.0 + HALF_LIFE_SECONDS)
    assert (later.clean, later.spam, later.first_at) == (0.5, 0.5, 1000.0)
    assert later.recent < 0.001
    assert past.at(1000.0 + RECENT_HALF_LIFE_SECONDS).recent == pytest.approx(1.0)
    assert (past.judged, past.spam_share) == (2.0, 0.5)
    assert Past(0, 0, 0, 0, 0, 0).spam_share == 0.0


def test_what_comes_late_turns_no_clock_back() -> None:
    past = add(add(None, "clean", 1000.0), "unknown", 500.0)
    assert (past.first_at, past.last_at, past.unknown) == (500.0, 1000.0, 1.0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["clean", "spam", "unknown"]), st.floats(0, 1e9)), min_size=1
    )
)
def test_counts_never_exceed_what_happened(deeds: list[tuple[str, float]]) -> None:
    past = None
    for deed, at in deeds:
        past = add(past, deed, at)  # type: ignore[arg-type] # From the samples.
    assert past is not None
    assert 0 <= past.judged + past.unknown <= len(deeds) + 1e-6
    assert past.last_at == max(at for _, at in deeds)
    assert past.first_at == min(at for _, at in deeds)
