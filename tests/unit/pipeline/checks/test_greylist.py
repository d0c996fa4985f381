"""Who is asked to come again, who never is, and what it costs those who do."""

import pytest

from fakes.fake_history import FakeFirstSeen, FakeHistory
from fixtures.fix_transaction import CLEAN, NOW, transaction
from katharion.mail.address import Address
from katharion.pipeline.checks.greylist import Greylist
from katharion.pipeline.transaction import Transaction
from katharion.sources.options import SourcesOptions
from katharion.values.authenticity import (
    Authenticity,
    DkimResult,
    IprevResult,
    Result,
    SpfResult,
)
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Force

ON, OFF = EffectivePolicy(greylist=True), EffectivePolicy()
OPTIONS = SourcesOptions(greylist_seconds=60.0, greylist_hours=10.0)
WEAK = Authenticity(
    spf=SpfResult(Result.NONE, "sender.example"),
    dkim=(DkimResult(Result.FAIL, "sender.example"),),
    iprev=IprevResult(Result.PERMERROR),
    client_address="192.0.2.7",
)


class House:
    def __init__(self) -> None:
        self.history, self.first_seen = FakeHistory(), FakeFirstSeen()
        self.check = Greylist(self.history, self.first_seen, OPTIONS)

    def is_asked(self, asked: Transaction, policy: EffectivePolicy = ON) -> bool:
        findings = self.check.judge(asked, policy)
        return any(finding.force is Force.GREYLISTED for finding in findings)


def weak(at: float = NOW, client: str = "192.0.2.7", content: bytes = CLEAN) -> Transaction:
    asked = transaction(content, client=client)
    return asked._replace(authenticity=WEAK, now=at)


def test_a_stranger_is_asked_once_and_taken_when_he_comes_again() -> None:
    house = House()
    assert house.is_asked(weak())
    assert house.is_asked(weak(NOW + 59))
    assert not house.is_asked(weak(NOW + 60))
    # By another server of the same network as well.
    assert not house.is_asked(weak(NOW + 61, client="192.0.2.200"))


def test_all_his_later_mail_is_taken() -> None:
    house = House()
    assert house.is_asked(weak())
    house.history.happened("ip:192.0.2.7", "clean", NOW + 60)  # It was delivered.
    house.history.happened("net:192.0.2.0/24", "clean", NOW + 60)
    other = transaction(client="192.0.2.9", sender=None)
    assert not house.is_asked(other._replace(authenticity=WEAK, now=NOW + 61))


def test_who_comes_too_late_is_new() -> None:
    house = House()
    assert house.is_asked(weak())
    assert house.is_asked(weak(NOW + 11 * 3600))
    assert not house.is_asked(weak(NOW + 11 * 3600 + 60))


@pytest.mark.parametrize(
    "found",
    [
        Authenticity(spf=SpfResult(Result.PASS, "sender.example")),
        Authenticity(dkim=(DkimResult(Result.PASS, "any.example"),)),
        Authenticity(iprev=IprevResult(Result.PASS, "mail.sender.example")),
        Authenticity(spf=SpfResult(Result.TEMPERROR, "sender.example")),
        Authenticity(iprev=IprevResult(Result.TEMPERROR)),
    ],
)
def test_who_proves_anything_or_whom_dns_left_alone_is_never_asked(found: Authenticity) -> None:
    assert not House().is_asked(weak()._replace(authenticity=found))


@pytest.mark.parametrize("source", ["ip:192.0.2.7", "net:192.0.2.0/24"])
def test_a_known_source_is_never_asked(source: str) -> None:
    house = House()
    house.history.happened(source, "clean", NOW)
    assert not house.is_asked(weak())
    assert not house.first_seen.seen


def test_a_source_of_nothing_but_spam_is_not_known() -> None:
    house = House()
    house.history.happened("ip:192.0.2.7", "spam", NOW, 5)
    assert house.is_asked(weak())


def test_a_login_code_is_never_asked() -> None:
    house = House()
    code = CLEAN.replace(b"Minutes", b"Your login code is 482913")
    assert not house.is_asked(weak(content=code))
    (finding,) = house.check.judge(weak(content=code), ON)
    assert finding.name == "GREYLIST_SPARED"


def test_off_or_without_an_address_or_memory_nobody_is_asked() -> None:
    house = House()
    assert not house.is_asked(weak(), OFF)
    assert not house.is_asked(weak(client=""))
    house.first_seen.is_full = True
    assert not house.is_asked(weak())


def test_own_machines_and_what_a_relay_of_ours_brings_are_never_asked() -> None:
    house = House()
    assert not house.is_asked(weak(client="10.0.0.9"))
    assert not house.is_asked(weak()._replace(is_relayed=True))
    assert not house.first_seen.seen


def test_where_the_memory_is_away_nobody_is_asked() -> None:
    house = House()
    house.history.is_away = True
    assert not house.is_asked(weak())


def test_who_comes_again_with_other_recipients_beside_is_the_same() -> None:
    house = House()
    two = weak()._replace(envelope=transaction(policies=(ON, ON)).envelope)
    assert house.is_asked(weak())
    assert not house.is_asked(two._replace(now=NOW + 60))


def test_another_sender_or_recipient_is_another() -> None:
    house = House()
    assert house.is_asked(weak())
    other = transaction(sender=Address("writer", "else.example"))
    assert house.is_asked(other._replace(authenticity=WEAK, now=NOW + 60))
