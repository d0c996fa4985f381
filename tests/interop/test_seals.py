"""A real node seals what it passes on, and dkimpy, behind it, believes the chain."""

from collections.abc import Callable
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fakes.signer import ED25519, TAGS, signed
from fixtures.fix_dns import DnsThread
from fixtures.fix_node import WITHOUT_CLASSIFIER, Node, Plan
from fixtures.fix_sender import Sender
from fixtures.fix_sink import MailBox
from katharion.authentication.dkim_sign import SigningKey

LETTER = (
    b"From: Ann <ann@signer.example>\r\nTo: <alice@customer.example>\r\nSubject: Hello  there\r\n"
    b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@signer.example>\r\n\r\nHello.\r\n"
)


def test_what_is_passed_on_is_sealed_once_a_node(
    node: Callable[[Plan], Node], mail_box: MailBox, dns: DnsThread, tmp_path: Path
) -> None:
    key = SigningKey("customer.example", "seal", generate_private_key(65537, 2048))
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "seal.pem").write_bytes(pem)
    record = key.record
    dns.dns.zone.update(
        {
            f"{key.record_name} TXT": [f'"{record[:200]}" "{record[200:]}"'],
            f"{ED25519.record_name} TXT": [f'"{ED25519.record}"'],
            "signer.example TXT": ['"v=spf1 ip4:198.51.100.7 -all"'],
        }
    )
    arc = f'[arc]\nkey = "{tmp_path}/seal.pem"\nselector = "seal"\ndomain = "customer.example"\n'
    here = node(
        Plan(
            (f"127.0.0.1:{mail_box.port}",),
            is_proxied=True,
            checks=WITHOUT_CLASSIFIER,
            extra=dns.option + arc,
        )
    )
    with Sender(here.port, "198.51.100.7") as session:
        content = signed(LETTER, TAGS)
        session.sendmail("ann@signer.example", ["alice@customer.example"], content)
    (first,) = mail_box.wait_for(1)
    # It goes on through us a second time, as by a forwarder behind the first server.
    with Sender(here.port, "203.0.113.9") as session:
        session.sendmail("fwd@else.example", ["alice@customer.example"], first.content)
    second = mail_box.wait_for(2)[1]

    def text_of(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 # dkimpy's.
        assert name.decode().rstrip(".") == key.record_name
        return record.encode()

    for letter, count in ((first, 1), (second, 2)):
        verdict, sets, reason = dkim.arc_verify(letter.content, dnsfunc=text_of)
        assert verdict == dkim.CV_Pass, reason
        assert len(sets) == count
    assert b"ARC-Authentication-Results: i=1; mx.customer.example" in first.content
    assert b"spf=pass smtp.mailfrom=signer.example" in first.content
    assert b"arc=pass" in second.content
