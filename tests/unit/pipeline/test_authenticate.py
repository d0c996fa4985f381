"""Who sent it: what is asked together, what each method is told, what all came to."""

import pytest

from fakes.zone import Zone
from fixtures.fix_transaction import CLEAN, transaction
from katharion.mail.address import Address
from katharion.pipeline.authenticate import authenticate
from katharion.values.authenticity import Authenticity, Result

RECORDS = {
    "sender.example": ["TXT v=spf1 ip4:192.0.2.7 -all"],
    "_dmarc.sender.example": ["TXT v=DMARC1; p=reject"],
    "mail.sender.example": ["TXT v=spf1 a -all", "A 192.0.2.7"],
    "7.2.0.192.in-addr.arpa": ["PTR mail.sender.example"],
}


def found(records: dict[str, list[str]], **asked: object) -> tuple[Authenticity, Zone]:
    zone = Zone(records)
    return zone.drive(authenticate(transaction(CLEAN, **asked))), zone  # type: ignore[arg-type] # A test's own.


def words(what: Authenticity) -> list[str]:
    results = (what.spf, what.helo, what.dmarc, what.iprev)
    return [one.result.value if one else "" for one in results]


def test_all_that_is_good() -> None:
    what, zone = found(RECORDS)
    assert words(what) == ["pass"] * 4
    assert what.client_address == "192.0.2.7"
    assert what.name_of_client == "mail.sender.example"
    assert what.proves("sender.example")
    first = {(question.kind, question.name) for question in zone.rounds[0]}
    assert first >= {
        ("TXT", "sender.example"),
        ("TXT", "mail.sender.example"),
        ("TXT", "_dmarc.sender.example"),
        ("PTR", "7.2.0.192.in-addr.arpa"),
    }
    assert len(zone.rounds) == 2


def test_a_stranger_with_their_name() -> None:
    what, _ = found(RECORDS, client="198.51.100.1")
    assert words(what) == ["fail", "fail", "fail", "permerror"]
    assert what.dmarc is not None
    assert what.dmarc.policy == "reject"
    assert not what.proves("sender.example")


def test_dns_that_does_not_answer() -> None:
    what, _ = found({name: ["TIMEOUT"] for name in RECORDS})
    assert words(what) == ["temperror"] * 4


def test_the_null_sender_has_one_identity() -> None:
    what, _ = found(RECORDS, sender=None)
    assert (what.spf and what.spf.domain, what.helo) == ("mail.sender.example", None)


@pytest.mark.parametrize("client", ["", "unknown", "1.2.3"])
def test_no_address(client: str) -> None:
    what, _ = found(RECORDS, client=client)
    assert words(what) == ["", "", "fail", ""]


def test_a_sender_without_a_domain() -> None:
    what, _ = found(RECORDS, sender=Address("postmaster", ""))
    assert what.spf is not None
    assert what.spf.result is Result.PASS
