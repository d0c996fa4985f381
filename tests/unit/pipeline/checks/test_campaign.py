"""What is made of mailings: many at once, spam before, and bulk that is listed."""

from fakes.fake_history import FakeCampaigns, FakeHistory
from fixtures.fix_transaction import CLEAN, NOW, names, transaction
from katharion.pipeline.checks.campaign import (
    BURST_SECONDS,
    KNOWN_SECONDS_MIN,
    NETWORKS_COUNT_MIN,
    TENANTS_COUNT_MIN,
    TENANTS_WEIGHT_MAX,
    Mailings,
)
from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import (
    Authenticity,
    DkimResult,
    DmarcResult,
    Result,
    SpfResult,
)
from katharion.values.reading import Person, Reading
from katharion.values.track import TrackRecord
from katharion.values.verdict import Finding

PRINTS = ("text:1", "text:2", "link:3", "file:4")
LISTED = b"List-Unsubscribe: <https://sender.example/leave>\r\n" + CLEAN
PROVEN = Authenticity(
    dmarc=DmarcResult(Result.PASS, "sender.example"),
    dkim=(DkimResult(Result.PASS, "sender.example"),),
    spf=SpfResult(Result.PASS, "sender.example"),
)
READING = Reading(author=Person("Writer", "writer@sender.example"))


class House:
    """What is remembered, and a message that is judged."""

    def __init__(self) -> None:
        self.campaigns, self.history = FakeCampaigns(), FakeHistory()

    def came(
        self,
        count: int = 1,
        *,
        tenant: str = "t",
        band: str = "clean",
        at: float = NOW,
        networks: int = 1,
        prints: tuple[str, ...] = PRINTS,
        proven: str = "",
    ) -> None:
        """Messages, each to a tenant of its own."""
        spf = SpfResult(Result.PASS, proven) if proven else None
        for number in range(count):
            address = f"198.51.{number % networks}.7"
            record = TrackRecord(
                at=at,
                event="delivered" if band == "clean" else "held",
                tenant=f"{tenant}{number}",
                sender="a@sender.example",
                client_address=address,
                band=band,
                score=0.0 if band == "clean" else 12.0,
                authenticity=Authenticity(spf=spf, client_address=address),
            )
            self.campaigns.happened(prints, record)

    def judged(
        self,
        content: bytes = CLEAN,
        found: Authenticity | None = None,
        prints: tuple[str, ...] = PRINTS,
    ) -> tuple[Finding, ...]:
        asked: Transaction = transaction(content)._replace(
            authenticity=found or Authenticity(), prints=prints, reading=READING, tenant="mine"
        )
        return Mailings(self.campaigns, self.history).judge(asked)

    def knows(self, domain: str = "sender.example", at: float = NOW - KNOWN_SECONDS_MIN) -> None:
        self.history.happened(f"domain:{domain}", "clean", at, 10)


def test_nobody_knows_it() -> None:
    house = House()
    assert house.judged() == ()
    assert house.judged(prints=()) == ()
    house.campaigns.is_away = True
    assert house.judged() == ()


def test_many_tenants_within_minutes() -> None:
    house = House()
    house.came(TENANTS_COUNT_MIN - 2)
    assert house.judged() == ()
    house.came(TENANTS_COUNT_MIN - 1)
    (finding,) = house.judged()
    assert (finding.name, finding.weight) == ("BULK_MANY_TENANTS", 1.0)
    assert finding.evidence == "text:1: 4 in 15 minutes"
    house.came(1000, networks=NETWORKS_COUNT_MIN)
    many, networks = house.judged()
    assert many.weight == TENANTS_WEIGHT_MAX
    assert networks.name == "BULK_MANY_NETWORKS"


def test_how_many_are_many_is_the_operators_to_say() -> None:
    house = House()
    house.came(1)
    asked = transaction()._replace(prints=PRINTS, tenant="mine")
    assert names(Mailings(house.campaigns, house.history, 2).judge(asked)) == ["BULK_MANY_TENANTS"]


def test_slowly_is_not_at_once_and_of_one_tenant_is_not_of_many() -> None:
    house = House()
    house.came(50, at=NOW - BURST_SECONDS - 1)
    for _ in range(50):
        house.came(1)
    assert house.judged() == ()


def test_notifications_of_servers_are_alike_everywhere() -> None:
    house = House()
    house.came(50)
    asked = transaction(sender=None)._replace(prints=PRINTS, tenant="mine")
    assert Mailings(house.campaigns, house.history).judge(asked) == ()


def test_links_and_files_at_many_tenants_say_nothing() -> None:
    house = House()
    house.came(50, prints=("link:3",))
    house.came(50, prints=("file:4",))
    assert house.judged() == ()


def test_spam_before() -> None:
    house = House()
    house.came(2, band="definite", prints=("text:1",))
    assert house.judged() == ()
    house.came(1, band="definite", prints=("text:1", "text:9"))
    (finding,) = house.judged()
    assert (finding.name, finding.weight) == ("CAMPAIGN_SPAM", 3.0)
    assert finding.evidence == "text:1: 3 of 3 lately"
    house.came(1, prints=("text:9",))
    assert house.judged() == ()  # Three of four are too few.


def test_links_and_files_of_spam_alone() -> None:
    house = House()
    house.came(20, band="definite", prints=("link:3",))
    house.came(20, band="definite", prints=("file:4",))
    assert names(house.judged()) == ["CAMPAIGN_SPAM_FILE", "CAMPAIGN_SPAM_LINK"]
    house.came(5, prints=("link:3",))
    assert names(house.judged()) == ["CAMPAIGN_SPAM_FILE"]


def test_what_was_spam_is_forgotten() -> None:
    house = House()
    house.came(5, band="definite", at=NOW - 30 * 86_400)
    assert house.judged() == ()


def test_listed_mail_is_a_class_of_its_own() -> None:
    house = House()
    house.came(100)
    house.knows()
    (finding,) = house.judged(LISTED, PROVEN)
    assert finding.name == "BULK_LISTED"
    assert -0.5 <= finding.weight <= 0


def test_listed_mail_of_strangers_is_a_mailing_like_others() -> None:
    house = House()
    house.came(100)
    assert names(house.judged(LISTED, PROVEN)) == ["BULK_NEW", "BULK_MANY_TENANTS"]
    house.knows(at=NOW - 60.0)  # The first letters of the same mailing.
    assert names(house.judged(LISTED, PROVEN)) == ["BULK_NEW", "BULK_MANY_TENANTS"]


def test_who_proves_nothing_is_not_listed() -> None:
    house = House()
    house.came(100)
    house.knows()
    assert names(house.judged(LISTED)) == ["BULK_MANY_TENANTS"]
    other = Authenticity(dkim=(DkimResult(Result.PASS, "other.example"),))
    assert names(house.judged(LISTED, other)) == ["BULK_MANY_TENANTS"]
    aligned = Authenticity(dkim=(DkimResult(Result.PASS, "sender.example"),))
    assert names(house.judged(LISTED, aligned)) == ["BULK_LISTED"]


def test_a_mailing_service_vouches_for_nobody() -> None:
    house = House()
    house.came(100)
    house.knows("service.example")
    signed = (*PROVEN.dkim, DkimResult(Result.PASS, "service.example"))
    found = Authenticity(dmarc=PROVEN.dmarc, dkim=signed)
    assert names(house.judged(LISTED, found)) == ["BULK_NEW", "BULK_MANY_TENANTS"]
    house.knows("sender.example")
    assert names(house.judged(LISTED, found)) == ["BULK_LISTED"]


def test_receipts_of_a_known_shop_are_no_mailing_and_copies_of_them_spoil_nothing() -> None:
    house = House()
    house.came(100)
    house.knows()
    assert house.judged(CLEAN, PROVEN) == ()
    house.came(1000, band="definite", prints=("text:1",))
    assert house.judged(CLEAN, PROVEN) == ()
    assert names(house.judged(LISTED, PROVEN)) == ["BULK_LISTED"]
    assert "CAMPAIGN_SPAM" in names(house.judged())


def test_what_a_known_sender_is_proven_to_have_sent_as_spam_counts() -> None:
    house = House()
    house.knows()
    house.came(10, band="definite", proven="sender.example")
    expected = ["CAMPAIGN_SPAM", "CAMPAIGN_SPAM_FILE", "CAMPAIGN_SPAM_LINK"]
    assert names(house.judged(CLEAN, PROVEN)) == expected
    assert names(house.judged(LISTED, PROVEN)) == expected
