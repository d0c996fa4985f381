"""Chains as they arrive: whole ones, changed ones, and those that are to cost us something."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.sealers import LETTER, NOW, Sealers
from fakes.text_zone import TextZone
from katharion.authentication import arc, arc_seal
from katharion.authentication.arc_seal import Link, Signer
from katharion.mail.message import Message
from katharion.values.authenticity import ArcResult, Result

HOSTILE_SECONDS_MAX = 0.02


def test_no_chain() -> None:
    assert Sealers().verify(LETTER) == ArcResult(Result.NONE)


def test_a_chain_tells_who_sealed_and_what_the_first_saw() -> None:
    sealers = Sealers()
    found = sealers.verify(sealers.pass_on(LETTER, "a.example", "b.example", "c.example"))
    assert found.result is Result.PASS
    assert found.sealers == ("a.example", "b.example", "c.example")
    assert found.first_results.startswith("a.example;")
    assert "spf=pass smtp.mailfrom=author.example" in found.first_results
    assert found.oldest_pass == 0
    assert not found.reason


def test_all_keys_in_one_round() -> None:
    sealers = Sealers()
    content = sealers.pass_on(LETTER, "a.example", "b.example")
    sealers.zone.rounds.clear()
    sealers.verify(content)
    assert [len(questions) for questions in sealers.zone.rounds] == [2]


def test_oldest_pass_says_who_changed_it() -> None:
    sealers = Sealers()
    content = sealers.pass_on(LETTER, "a.example", "b.example")
    listed = sealers.pass_on(content, "list.example", change=(b"Hello  there", b"[list] Hello"))
    found = sealers.verify(sealers.pass_on(listed, "d.example"))
    assert (found.result, found.oldest_pass) == (Result.PASS, 3)


@pytest.mark.parametrize(
    ("selector", "names", "oldest"),
    [("arc", [b"from"], 0), ("arc", [b"from", b"arc-seal"], 2), ("away", [b"from"], 2)],
)
def test_older_signatures_need_not_hold(selector: str, names: list[bytes], oldest: int) -> None:
    sealers = Sealers()
    first = Signer(sealers.key("a.example")._replace(selector=selector), NOW, names)
    if selector == "away":  # Its seal is made by a key that there is, its signature is not.
        sealers.zone.texts["away._domainkey.a.example"] = []
    content = arc_seal.fields(Message(LETTER), Link(1, "none"), "a; none", first) + LETTER
    second = Signer(sealers.key("b.example"), NOW, [b"from"])
    content = arc_seal.fields(Message(content), Link(2, "pass"), "b; none", second) + content
    found = sealers.verify(content)
    if selector == "away":
        assert found.result is Result.FAIL
    else:
        assert (found.result, found.oldest_pass) == (Result.PASS, oldest)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Hello.", b"Hallo.", "by the newest signature: The body of the message was changed"),
        (b"ARC-Seal:", b"X-Seal:", "fields of it are missing"),
        (b"cv=pass;", b"cv=pass;h=from;", "number 2 is unfit. The seal names fields"),
        (b" h=from", b" h=arc-seal:from", "newest signature is unfit. The signature covers seals"),
        (b"cv=pass", b"cv=fail", "A sealer on its way had found the chain of seals broken."),
        (b"Results: i=1; a.", b"Results: i=1; x.", "seal with the number 2: The seal does not"),
    ],
)
def test_what_breaks_it(old: bytes, new: bytes, reason: str) -> None:
    """One of each kind; tests/tables/arc.toml has more."""
    sealers = Sealers()
    content = sealers.pass_on(LETTER, "a.example", "b.example")
    assert old in content
    found = sealers.verify(content.replace(old, new, 1))
    assert found.result is Result.FAIL
    assert reason in found.reason


def test_a_seal_that_was_made_anew_needs_the_key() -> None:
    sealers = Sealers()
    content = sealers.pass_on(LETTER, "a.example", "b.example")
    sealers.zone.texts["arc._domainkey.a.example"] = ["v=DKIM1; p="]
    found = sealers.verify(content)
    assert found.result is Result.FAIL
    assert "by the seal with the number 1: The key of the signature was revoked" in found.reason


def test_dns_that_fails_leaves_it_open() -> None:
    sealers = Sealers()
    content = sealers.pass_on(LETTER, "a.example", "b.example")
    for name in ("a", "b"):
        kept = sealers.zone.texts[f"arc._domainkey.{name}.example"]
        sealers.zone.texts[f"arc._domainkey.{name}.example"] = None
        assert sealers.verify(content).result is Result.TEMPERROR
        sealers.zone.texts[f"arc._domainkey.{name}.example"] = kept


def test_fifty_sets_and_no_more() -> None:
    sealers = Sealers()
    domains = [f"d{number}.example" for number in range(50)]
    content = sealers.pass_on(LETTER, *domains)
    found = sealers.verify(content)
    assert found.result is Result.PASS
    assert found.sealers == tuple(domains)
    assert sealers.pass_on(content, "one.more.example") == content


def chain_of(count: int) -> bytes:
    """Fields that look like a chain of that many sets, whose signatures are noise."""
    value = b"A" * 344
    sets = []
    for number in range(count, 0, -1):
        tags = b"i=%d; a=rsa-sha256; d=d%d.example; s=s; b=%b" % (number, number, value)
        claims = b"pass" if number > 1 else b"none"
        sets += [
            b"ARC-Seal: %b; cv=%b\r\n" % (tags, claims),
            b"ARC-Message-Signature: %b; h=from; bh=%b=\r\n" % (tags, b"A" * 43),
            b"ARC-Authentication-Results: i=%d; x; spf=pass\r\n" % number,
        ]
    return b"".join(sets) + LETTER


def seconds_of(content: bytes, zone: TextZone) -> float:
    message = Message(content)
    began = time.process_time()
    zone.drive(arc.verify(message, NOW))
    return time.process_time() - began


def test_sixty_sets_are_asked_nothing() -> None:
    zone = TextZone({})
    found = zone.drive(arc.verify(Message(chain_of(60)), NOW))
    assert found.result is Result.FAIL
    assert "more than 50" in found.reason
    assert not zone.asked
    assert min(seconds_of(chain_of(60), zone) for _ in range(3)) < HOSTILE_SECONDS_MAX


def test_fifty_sets_of_noise_are_cheap() -> None:
    zone = TextZone({})
    found = zone.drive(arc.verify(Message(chain_of(50)), NOW))
    assert found.result is Result.FAIL
    assert len(zone.asked) == 50
    assert min(seconds_of(chain_of(50), zone) for _ in range(3)) < HOSTILE_SECONDS_MAX


def test_a_header_that_was_cut_proves_nothing() -> None:
    found = Sealers().verify(b"ARC-Seal: i=1\r\n" + b"X: y\r\n" * 1000 + LETTER)
    assert found.result is Result.FAIL
    assert "too long" in found.reason


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results", b"X"]
            ),
            st.binary(max_size=60),
        ),
        max_size=12,
    )
)
def test_nothing_raises(fields: list[tuple[bytes, bytes]]) -> None:
    content = b"".join(b"%b: i=1; %b\r\n" % field for field in fields)
    assert Sealers().verify(content + LETTER).result in Result
