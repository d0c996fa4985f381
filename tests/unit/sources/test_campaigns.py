"""What a message adds to its campaign."""

import msgspec

from katharion.sources.campaigns import RELEASED_COUNT, mark, with_message, with_release
from katharion.values.authenticity import Authenticity, Result, SpfResult
from katharion.values.campaign import SEEN_COUNT_MAX, Campaign, grouped, seen_since
from katharion.values.history import HALF_LIFE_SECONDS
from katharion.values.track import TrackRecord
from katharion.values.verdict import Finding

DAY = 86_400.0


def record(
    at: float = 1000.0,
    *,
    tenant: str = "one",
    sender: str = "a@Sender.example",
    band: str = "definite",
    findings: tuple[Finding, ...] = (),
    id: str = "m1",  # noqa: A002 # Short.
) -> TrackRecord:
    return TrackRecord(
        at=at,
        event="held" if band != "clean" else "delivered",
        message_id=id,
        tenant=tenant,
        sender=sender,
        client_address="192.0.2.7",
        band=band,
        score=0.0 if band == "clean" else 6.0,
        findings=findings,
        authenticity=Authenticity(client_address="192.0.2.7"),
    )


def test_the_first_and_others() -> None:
    one = with_message(None, "text:1", record())
    assert one.past.spam == one.messages_count == 1
    assert one.tenants == {mark("one"): 1000.0}
    assert one.networks == {mark("192.0.2.0/24"): 1000.0}
    assert one.domains == {"sender.example": 1000.0}
    two = with_message(one, "text:2", record(1060.0, tenant="two", band="clean", id="m2"))
    assert (two.id, two.kind, two.messages_count, len(two.tenants)) == ("text:1", "text", 2, 2)
    assert two.past.clean == 1.0
    assert two.past.spam < 1.0
    assert seen_since(two.tenants, 1001.0) == {mark("two")}


def test_a_sample_is_of_spam_where_there_is_any() -> None:
    one = with_message(None, "text:1", record(band="clean", id="good"))
    assert one.sample_id == "good"
    two = with_message(one, "text:1", record(id="bad"))
    three = with_message(two, "text:1", record(id="worse"))
    assert (two.sample_id, three.sample_id) == ("bad", "bad")


def test_it_fades() -> None:
    one = with_message(None, "text:1", record(at=0.0))
    assert one.past.at(HALF_LIFE_SECONDS).spam == 0.5
    late = with_message(one, "text:1", record(at=HALF_LIFE_SECONDS))
    assert late.past.spam == 1.5


def test_a_record_that_comes_late_turns_nothing_back() -> None:
    one = with_message(None, "text:1", record(at=5000.0))
    two = with_message(one, "text:1", record(at=1000.0))
    assert (two.past.first_at, two.past.last_at) == (1000.0, 5000.0)
    assert two.tenants == {mark("one"): 5000.0}


def test_what_only_these_memories_found_is_no_evidence() -> None:
    own = (Finding("CAMPAIGN_SPAM", 3.0, ""), Finding("BULK_MANY_TENANTS", 2.0, ""))
    one = with_message(None, "text:1", record(findings=own))
    assert (one.past.spam, one.past.unknown, one.messages_count) == (0.0, 1.0, 1)


def test_bounds() -> None:
    one: Campaign | None = None
    for number in range(SEEN_COUNT_MAX + 20):
        sender = f"a@{'x' * 500}{number}.example"
        one = with_message(one, "text:1", record(float(number), tenant=f"t{number}", sender=sender))
    assert one is not None
    assert len(one.tenants) == SEEN_COUNT_MAX
    assert mark("t0") not in one.tenants
    assert all(len(domain) < 100 for domain in one.domains)


def test_blamed_is_who_is_proven_to_have_sent_spam() -> None:
    proven = Authenticity(spf=SpfResult(Result.PASS, "sender.example"))
    spam, clean = (
        with_message(
            None, "text:1", msgspec.structs.replace(record(band=band), authenticity=proven)
        )
        for band in ("definite", "clean")
    )
    assert (list(spam.blamed), list(clean.blamed)) == (["sender.example"], [])
    assert not with_message(None, "text:1", record()).blamed


def test_a_persons_word() -> None:
    one = with_message(None, "text:1", record())
    freed = with_release(one, 1000.0)
    assert (freed.past.spam, freed.past.clean) == (0.0, RELEASED_COUNT)
    assert freed.messages_count == 1


def test_groups() -> None:
    assert grouped(["text:1", "link:2", "text:3", "file:4"]) == [
        ["text:1", "text:3"],
        ["link:2"],
        ["file:4"],
    ]
    assert grouped([]) == []
