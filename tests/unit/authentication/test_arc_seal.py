"""Seals that others accept: dkimpy verifies them."""

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from fakes.sealers import LETTER, NOW, Sealers
from katharion.authentication import arc_seal
from katharion.authentication.dkim_sign import SigningKey
from katharion.mail.message import Message
from katharion.values.authenticity import ArcResult, Authenticity, Result

OURS = SigningKey("filter.example", "s1", generate_private_key(65537, 2048))


def accepted(sealers: Sealers, content: bytes) -> str:
    """What dkimpy says of the chain."""

    def record(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 # dkimpy's signature.
        texts = sealers.zone.texts[name.decode().rstrip(".")]
        return texts[0].encode() if texts else b""

    verdict, _, why = dkim.arc_verify(content, dnsfunc=record)
    return f"{verdict.decode()}: {why}"


@pytest.mark.parametrize(
    "content",
    [
        LETTER,
        b"From: a@author.example\r\n\r\n",
        b"From: a@author.example\r\nDKIM-Signature: v=1; b=x\r\n\r\nno line end",
        b"Subject: no author\r\nSubject: two\r\n\r\n \r\n\r\n",
    ],
)
def test_others_accept_it(content: bytes) -> None:
    sealers = Sealers(OURS)
    sealed = sealers.pass_on(content, "filter.example", "filter.example")
    assert accepted(sealers, sealed) == "pass: success"
    assert sealers.verify(sealed).result is Result.PASS


def test_the_newest_field_is_on_top() -> None:
    sealed = Message(Sealers(OURS).pass_on(LETTER, "filter.example"))
    assert [field.name for field in sealed.fields[:4]] == [
        b"arc-seal",
        b"arc-message-signature",
        b"arc-authentication-results",
        b"from",
    ]


def test_a_chain_that_fails_is_sealed_as_such_once() -> None:
    sealers = Sealers(OURS)
    changed = sealers.pass_on(LETTER, "a.example").replace(b"Hello.", b"Hallo.")
    sealed = sealers.pass_on(changed, "filter.example")
    assert Message(sealed).first(b"arc-seal").count(b"cv=fail") == 1
    assert b"i=2" in Message(sealed).first(b"arc-seal")
    assert sealers.pass_on(sealed, "b.example") == sealed


def test_what_nobody_knows_is_not_sealed() -> None:
    for result in (Result.TEMPERROR, Result.POLICY):
        found = Authenticity(arc=ArcResult(result))
        assert arc_seal.seal(LETTER, found, OURS, hostname="h", at=NOW) == b""


def test_a_header_that_was_cut_is_not_sealed() -> None:
    content = b"X: y\r\n" * 1001 + LETTER
    assert arc_seal.seal(content, Authenticity(), OURS, hostname="h", at=NOW) == b""


def test_lines_are_not_too_long() -> None:
    key = SigningKey("filter.example", "s1", generate_private_key(65537, 8192))
    sealed = arc_seal.seal(LETTER, Authenticity(), key, hostname="h", at=NOW)
    assert max(map(len, sealed.split(b"\r\n"))) < 998
    assert accepted(Sealers(key), sealed + LETTER) == "pass: success"
