"""The front door: which balancers are believed, whose postmaster is meant, what is counted."""

import pytest

from fixtures.fix_edge import ANN, ROUTE, USERS, House, play
from katharion.edge.carry_out import Ending
from katharion.edge.front import Listener
from katharion.edge.options import ListenerOptions
from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.values.attempt import Words
from katharion.values.disposition import Defer, Hold, Reject
from katharion.values.fate import State
from katharion.values.policy import EffectivePolicy
from katharion.values.snapshot import ServedDomain

BALANCERS = [
    ("192.0.2.9", True),
    ("192.0.3.1", False),
    ("2001:db8::5", True),
    ("2001:db9::5", False),
    ("", False),
    ("nonsense", False),
]


@pytest.mark.parametrize(("address", "is_one"), BALANCERS)
def test_balancer(address: str, *, is_one: bool) -> None:
    options = ListenerOptions(proxy_from=("192.0.2.0/24", "2001:db8::/32"))
    assert Listener("public", options, has_tls=False).is_balancer(address) is is_one


def test_starttls_is_offered_only_with_a_certificate() -> None:
    options = ListenerOptions()
    assert Listener("public", options, has_tls=True).extensions.has_starttls
    assert not Listener("public", options, has_tls=False).extensions.has_starttls


def test_bare_postmaster_is_ours() -> None:
    async def scene(house: House) -> None:
        assert house.front.home(Address("postmaster", "")) == Address("postmaster", "mx.example")
        assert house.front.home(ANN) == ANN

    play(scene)


def test_ids_differ_and_follow_time() -> None:
    async def scene(house: House) -> None:
        ids = [house.front.make_id(1000.0 + second) for second in range(20)]
        assert ids == sorted(set(ids))

    play(scene)


def test_fates_are_counted() -> None:
    async def scene(house: House) -> None:
        lefts = (
            None,
            Hold((ANN,), State.QUEUED, "x", None),
            Reject((ANN,), replies.BLOCKED),
            Defer((ANN,), replies.TRY_LATER),
            None,
        )
        house.front.count([Ending(ANN, left, Words(0, "", ("",)), "", "") for left in lefts])
        fates = {"delivered": 2, "held": 1, "rejected": 1, "deferred": 1}
        assert house.front.fates == fates

    play(scene)


def test_full_journal_loses_records_and_counts_them() -> None:
    async def scene(house: House) -> None:
        house.journal.is_full = True
        house.client("").leave()
        house.front.drain()
        house.client()
        assert house.front.lost_records_count == 1

    play(scene)


class OneRefused:
    """A doorman to whom a list has said what it thinks of one client."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.asked: list[str] = []

    def known(self, client: str) -> str | None:
        if client not in self.asked:
            return None
        return "bl.example" if client == self.client else ""

    async def ask(self, client: str) -> str:
        self.asked.append(client)
        return self.known(client) or ""


@pytest.mark.parametrize(
    ("client", "recipient", "reply"),
    [
        ("198.51.100.7", "ann@customer.example", "550 5.7.1 Your server is listed by bl.example"),
        ("198.51.100.8", "ann@customer.example", "250 2.1.5"),
        ("198.51.100.7", "postmaster@customer.example", "250 2.1.5"),
        ("198.51.100.7", "nobody@customer.example", "550 5.1.1"),
        ("198.51.100.7", "ann@letsin.example", "250 2.1.5"),
        ("198.51.100.7", "bob@letsin.example", "250 2.1.5"),
    ],
)
def test_a_list_that_decides_is_asked_at_rcpt(client: str, recipient: str, reply: str) -> None:
    async def scene(house: House) -> None:
        house.front.doorman = doorman = OneRefused("198.51.100.7")  # type: ignore[assignment] # As far as it is asked.
        policy = EffectivePolicy(allow=("198.51.100.0/29",))
        domain = ServedDomain("letsin.example", "acme", ROUTE, USERS, policy)
        house.directory.domains["letsin.example"] = domain
        one = house.client(client)
        await one.say(b"EHLO c.example", b"MAIL FROM:<s@sender.example>")
        one.transport.take()
        for _ in range(2):
            said = await one.send(b"RCPT TO:<%b>\r\n" % recipient.encode())
            assert said.decode().startswith(reply)
        assert doorman.asked == [client]
        records = [(event, told.partition(":")[0]) for event, told in house.journal.told()]
        assert records == ([("rcpt-refused", recipient)] * 2 if reply.startswith("550") else [])

    play(scene)
