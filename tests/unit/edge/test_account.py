"""What the journal is told: one record a recipient, with the reply that it heard."""

from fixtures.fix_edge import ANN, BOB, SPAM, House, play
from katharion.edge.account import Account
from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.values.attempt import Outcome, Words
from katharion.values.facts import ClientFacts
from katharion.values.fate import State
from katharion.values.held import Lease, Settlement

HELD = Address("ann", "quarantine.example")
REDIRECTED = Address("ann", "redirect.example")
ACCOUNT = Account("node", "filter-00")


def test_each_recipient_has_its_record() -> None:
    async def scene(house: House) -> None:
        house.relay.outcomes = {ANN: Outcome.ACCEPTED, BOB: Outcome.DEFERRED}
        await house.client().mail(ANN, BOB)
        ann, bob = house.journal.records
        assert (ann.event, ann.state, ann.words) == ("delivered", "", "250 2.0.0 Kept")
        assert (bob.event, bob.state, bob.reason) == ("held", "queued", "next hop")
        assert ann.reply == bob.reply == "250 2.0.0 Accepted"
        assert ann.message_id == bob.message_id != ""
        assert (ann.sender, ann.subject, ann.tenant) == ("s@sender.example", "hello", "acme")
        assert ann.next_hop == "192.0.2.25:25"
        assert ann.authenticity is not None
        assert bob.authenticity is None
        assert ann.stages.keys() == {"receive", "judge", "carry_out"}

    play(scene)


def test_spam_is_told_with_its_findings() -> None:
    async def scene(house: House) -> None:
        await house.client().mail(HELD, content=SPAM)
        (record,) = house.journal.records
        assert (record.event, record.state, record.band) == ("held", "quarantined", "definite")
        assert [finding.name for finding in record.findings] == ["GTUBE"]

    play(scene)


def test_a_redirect_names_whose_row_stands_for_it() -> None:
    async def scene(house: House) -> None:
        await house.client().mail(REDIRECTED, content=SPAM)
        (record,) = house.journal.records
        (row,) = house.spool.rows
        assert record.recipient == str(REDIRECTED)
        assert record.redirected_to == str(row[1]) == "abuse@customer.example"

    play(scene)


def test_refusal_before_a_message() -> None:
    facts = ClientFacts("192.0.2.7", 1, "public", "c.example")
    record = ACCOUNT.refusal("rcpt-refused", 5.0, facts, replies.NO_SUCH_USER, ("s@x", "r@y"))
    assert (record.event, record.sender, record.recipient) == ("rcpt-refused", "s@x", "r@y")
    assert record.reply == "550 5.1.1 No such user here"
    assert record.message_id == ""


def test_late_answer() -> None:
    lease = Lease("ID", "spool-00", ANN, 1)
    words = Words(250, "2.0.0", ("Kept",))
    settlement = Settlement(lease, State.DELIVERED, 0.0, words, "192.0.2.25:25")
    (record,) = ACCOUNT.late(9.0, [settlement])
    assert (record.event, record.state, record.message_id) == ("settled", "delivered", "ID")
    assert record.words == "250 2.0.0 Kept"
