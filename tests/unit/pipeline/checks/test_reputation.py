"""What is made of what is remembered."""

from fakes.fake_history import FakeHistory
from fixtures.fix_transaction import NOW, names, transaction
from katharion.pipeline.checks.reputation import Reputation
from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import Authenticity, Result, SpfResult
from katharion.values.verdict import Finding

PROVEN = Authenticity(spf=SpfResult(Result.PASS, "sender.example"), client_address="192.0.2.7")


def judged(history: FakeHistory, asked: Transaction | None = None) -> tuple[Finding, ...]:
    asked = asked or transaction()._replace(authenticity=PROVEN)
    return Reputation(history, lambda _: "64500").judge(asked)


def test_a_source_that_nobody_knows() -> None:
    history = FakeHistory()
    assert names(judged(history)) == ["SOURCE_NEW"]
    assert history.asked == [
        (
            *("ip:192.0.2.7", "net:192.0.2.0/24", "asn:64500", "domain:sender.example"),
            "pair:customer.example writer@sender.example",
        )
    ]


def test_a_source_of_spam() -> None:
    history = FakeHistory()
    history.happened("ip:192.0.2.7", "spam", NOW, 9)
    history.happened("ip:192.0.2.7", "clean", NOW, 1)
    (finding,) = judged(history)
    assert (finding.name, finding.weight) == ("SOURCE_BAD_IP", 2.25)
    assert finding.sentence == "The sender's server has mostly sent spam lately."
    assert finding.evidence == "192.0.2.7: 9 of 10 lately"
    history.happened("asn:64500", "spam", NOW, 60)
    assert names(judged(history)) == ["SOURCE_BAD_IP", "SOURCE_BAD_ASN"]


def test_a_little_says_nothing() -> None:
    history = FakeHistory()
    history.happened("ip:192.0.2.7", "spam", NOW, 3)
    history.happened("net:192.0.2.0/24", "spam", NOW, 9)
    assert judged(history) == ()


def test_it_is_forgiven_in_time() -> None:
    history = FakeHistory()
    history.happened("ip:192.0.2.7", "spam", NOW - 30 * 86_400, 20)
    assert judged(history) == ()


def test_a_good_source_and_a_good_domain_but_never_a_good_provider() -> None:
    history = FakeHistory()
    for source in ("ip:192.0.2.7", "domain:sender.example", "asn:64500", "net:192.0.2.0/24"):
        history.happened(source, "clean", NOW, 100)
    found = judged(history)
    assert names(found) == ["SOURCE_GOOD_IP", "SOURCE_GOOD_DOMAIN"]
    assert all(finding.weight == -1.0 for finding in found)


def test_one_who_tries_addresses() -> None:
    history = FakeHistory()
    history.happened("ip:192.0.2.7", "unknown", NOW, 12)
    history.happened("ip:192.0.2.7", "clean", NOW, 3)
    (finding,) = judged(history)
    assert (finding.name, finding.evidence) == ("SOURCE_HARVESTS", "12 of 15 lately")


def test_one_who_sends_far_more_than_usual() -> None:
    history = FakeHistory()
    history.happened("ip:192.0.2.7", "clean", NOW - 86_400 * 3, 30)
    history.happened("ip:192.0.2.7", "spam", NOW, 40)
    history.happened("ip:192.0.2.7", "clean", NOW, 60)
    assert names(judged(history)) == ["SOURCE_BURST"]
    history.happened("ip:192.0.2.7", "clean", NOW, 2000)
    assert names(judged(history)) == ["SOURCE_GOOD_IP"]


def test_a_correspondent_is_one_who_is_proven() -> None:
    history = FakeHistory()
    history.happened("pair:customer.example writer@sender.example", "clean", NOW, 2)
    history.happened("ip:192.0.2.7", "clean", NOW, 2)
    (finding,) = judged(history)
    assert (finding.name, finding.weight) == ("CORRESPONDENT", -0.7)
    assert judged(history, transaction()) == ()  # Nobody proves that it is he.


def test_no_address_no_finding() -> None:
    assert judged(FakeHistory(), transaction(client="")) == ()
