"""The DMARC cases of authheaders and the From fields of others' mail, read in place.

authheaders follows RFC 7489 and an early draft; of its cases one no longer holds under RFC 9989,
and says so here. The cases of rspamd need its own zone, and are used for their From fields only.
"""

from pathlib import Path

import pytest

from fakes.text_zone import TextZone
from katharion.authentication import author, dmarc
from katharion.mail.message import Message
from katharion.values.authenticity import DkimResult, Result

# As in authheaders/test/test_authentication.py.
ZONE: dict[str, list[str] | None] = {
    "_dmarc.example.com": ["v=DMARC1; p=reject; rua=mailto:dmarc.reports@valimail.com"],
    "_dmarc.example.org": ["v=DMARC1; p=none"],
    "_dmarc.example.net": ["v=DMARC1; p=none; sp=reject"],
    "_dmarc.example.biz": ["v=DMARC1; p=none; sp=quarantine; np=reject"],
    "_dmarc.nop.example.org": ["v=DMARC1; sp=quarantine; np=reject"],
    "sub2.example.biz": ["host.example.biz"],
    "_dmarc.bad.example.com": ["v=DMARC1; p=none; reject"],
    "_dmarc.gov": ["v=DMARC1; p=reject; sp=none; np=reject; psd=y"],
}


CASES = [
    ("test.message_signed", ["example.com"], ("pass", "example.com", "reject")),
    ("testcomma.message", ["example.com"], ("pass", "example.com", "reject")),
    ("test.message_multi", ["example.org"], ("fail", "example.com", "reject")),
    ("test.message_multi2", ["example.org"], ("fail", "example.com", "reject")),
    ("test.message_sub", [], ("fail", "sub.example.net", "reject")),
    ("test.message_np1", [], ("fail", "sub.example.biz", "reject")),
    ("test.message_np2", [], ("fail", "sub2.example.biz", "quarantine")),
    ("test_nop.message", [], ("none", "nop.example.org", "")),
    ("test.nofrom.message", [], ("permerror", "", "")),
    ("test.gov.message", [], ("fail", "example.gov", "reject")),
    # There: permerror. RFC 9989 section 4.8 ignores what is no tag.
    ("test.bad.message", [], ("fail", "bad.example.com", "none")),
]


@pytest.mark.parametrize(("name", "signers", "expected"), CASES)
def test_authheaders(
    conformance: Path, name: str, signers: list[str], expected: tuple[str, str, str]
) -> None:
    content = (conformance / "authheaders/authheaders/test" / name).read_bytes()
    who = author.find(Message(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")))
    zone, dkim = TextZone(ZONE), [DkimResult(Result.PASS, signer) for signer in signers]
    found = zone.drive(dmarc.judge(who, zone.drive(dmarc.discover(who)), None, dkim))
    assert (found.result.value, found.domain, found.policy) == expected


def test_from_fields_of_rspamd(conformance: Path) -> None:
    folder = conformance / "rspamd_test/test/functional/messages/dmarc"
    found = {
        path.stem: author.find(Message(path.read_bytes().replace(b"\n", b"\r\n")))
        for path in sorted(folder.glob("*.eml"))
    }
    assert len(found) >= 20
    assert not [name for name, who in found.items() if who.fault or len(who.domains) != 1]
    assert found["fail_none"].domains == ("cacophony.za.org",)


def test_from_fields_of_all_suites(conformance: Path) -> None:
    """No mail of any suite raises, and nearly all of it names an author."""
    authors = []
    for path in sorted(conformance.rglob("*.eml")):
        octets = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        authors.append(author.find(Message(octets)))
    assert len(authors) > 500
    assert sum(1 for who in authors if who.domains) > 0.8 * len(authors)
