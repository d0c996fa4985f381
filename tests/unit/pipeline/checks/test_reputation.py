"""What is made of what is remembered."""

from fakes.fake_history import FakeHistory
from fixtures.fix_transaction import NOW, names, transaction
from katharion.pipeline.checks.reputation import LEARNING_SECONDS_MIN, Reputation
from katharion.pipeline.transaction import Transaction
from katharion.pipeline.verdict import decide
from katharion.sources.memory import EVERYBODY, effects_of
from katharion.values.authenticity import Authenticity, Result, SpfResult
from katharion.values.policy import EffectivePolicy
from katharion.values.track import TrackRecord
from katharion.values.verdict import Band, Finding

PROVEN = Authenticity(spf=SpfResult(Result.PASS, "sender.example"), client_address="192.0.2.7")


def judged(history: FakeHistory, asked: Transaction | None = None) -> tuple[Finding, ...]:
    asked = asked or transaction()._replace(authenticity=PROVEN)
    return Reputation(history, lambda _: "64500").judge(asked)


def test_a_source_that_nobody_knows() -> None:
    history = FakeHistory()
    history.happened(EVERYBODY, "clean", NOW - LEARNING_SECONDS_MIN)
    assert names(judged(history)) == ["SOURCE_NEW"]
    assert history.asked == [
        (
            *("ip:192.0.2.7", "net:192.0.2.0/24", "asn:64500", "domain:sender.example"),
            *("pair:customer.example writer@sender.example", EVERYBODY, "to:192.0.2.7"),
        )
    ]


def test_where_nothing_is_remembered_nobody_is_new() -> None:
    history = FakeHistory()
    assert judged(history) == ()  # The memory is away, or was just begun.
    history.happened(EVERYBODY, "clean", NOW - LEARNING_SECONDS_MIN + 1)
    assert judged(history) == ()


def test_a_source_that_mends_its_ways_is_forgiven_though_it_goes_on_sending() -> None:
    """Harmless mail that is probable spam by the memory alone does not keep the memory bad."""
    history = FakeHistory()
    for source in ("ip:192.0.2.7", "net:192.0.2.0/24", "domain:sender.example"):
        history.happened(source, "spam", NOW, 20)
    policy, days = EffectivePolicy(), 0
    asked = transaction()._replace(authenticity=PROVEN)
    while True:
        now = NOW + days * 86_400.0
        found = judged(history, asked._replace(now=now))
        verdict = decide([(Finding("SMALL", 0.6, ""),), found], policy)
        if verdict.band is Band.CLEAN:
            break
        days += 1
        assert days < 60, "it would never end"
        record = TrackRecord(
            at=now,
            event="held",
            band=verdict.band.value,
            score=verdict.score,
            findings=verdict.findings,
            authenticity=PROVEN,
        )
        for source, change in effects_of(record, lambda _: ""):
            history.pasts[source] = change(history.pasts.get(source))
    assert 7 <= days <= 28


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
    history.happened("to:192.0.2.7", "unknown", NOW, 12)
    history.happened("to:192.0.2.7", "clean", NOW, 3)
    (finding,) = judged(history)
    assert (finding.name, finding.evidence) == ("SOURCE_HARVESTS", "12 of 15 lately")


def test_a_mailing_list_with_a_few_old_addresses_tries_none() -> None:
    """One message of it has many recipients: it is these that count."""
    history = FakeHistory()
    refused = TrackRecord(
        at=NOW, event="rcpt-refused", client_address="192.0.2.7", reply="550 5.1.1 No"
    )
    taken = TrackRecord(at=NOW, event="delivered", band="clean", client_address="192.0.2.7")
    for record in [refused] * 10 + [taken] * 40:
        for source, change in effects_of(record, lambda _: ""):
            history.pasts[source] = change(history.pasts.get(source))
    assert judged(history) == ()
    assert history.pasts["ip:192.0.2.7"].judged == 0.0


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


def test_where_the_memory_is_away_nothing_is_said() -> None:
    history = FakeHistory()
    history.is_away = True
    assert judged(history) == ()
