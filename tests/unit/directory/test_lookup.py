"""The directory over a snapshot: who is known, who always is, and who is not ours."""

import asyncio

import pytest

from katharion.directory.lookup import SnapshotDirectory
from katharion.mail.address import Address
from katharion.ports import RecipientStatus
from katharion.values.policy import EffectivePolicy
from katharion.values.snapshot import Route, ServedDomain, Snapshot

ROUTE = Route("customer")
LISTED = ServedDomain("listed.example", "acme", ROUTE, frozenset({"ann", "a b"}), EffectivePolicy())
OPEN = ServedDomain("open.example", "acme", ROUTE, None, EffectivePolicy())
DIRECTORY = SnapshotDirectory(
    Snapshot(1, {domain.name: domain for domain in (LISTED, OPEN)}, {"customer": ROUTE})
)
KNOWN, UNKNOWN = RecipientStatus.KNOWN, RecipientStatus.UNKNOWN

RECIPIENTS = [
    ("ann", "listed.example", KNOWN),
    ("Ann", "listed.example", KNOWN),
    ('"ann"', "listed.example", KNOWN),
    ('"A b"', "listed.example", KNOWN),
    ("ann+news", "listed.example", KNOWN),
    ("ann+news+more", "listed.example", KNOWN),
    ("ann-news", "listed.example", UNKNOWN),
    ("+ann", "listed.example", UNKNOWN),
    ("bob", "listed.example", UNKNOWN),
    ("postmaster", "listed.example", KNOWN),
    ("Postmaster", "listed.example", KNOWN),
    ("abuse", "listed.example", KNOWN),
    ("anybody", "open.example", KNOWN),
    ("ann", "sub.listed.example", RecipientStatus.NOT_SERVED),
    ("postmaster", "other.example", RecipientStatus.NOT_SERVED),
]


@pytest.mark.parametrize(("local", "domain", "status"), RECIPIENTS)
def test_recipients(local: str, domain: str, status: RecipientStatus) -> None:
    recipient = Address(local, domain)
    assert DIRECTORY.find(recipient) is status
    assert asyncio.run(DIRECTORY.ask(recipient)) is status


def test_domains_and_routes() -> None:
    assert DIRECTORY.domain("listed.example") is LISTED
    assert DIRECTORY.domain("other.example") is None
    assert DIRECTORY.route("customer") is ROUTE
    assert DIRECTORY.route("other") is None
