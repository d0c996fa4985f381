"""Hosts that pass a message on and seal it, and the DNS that has their keys."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fakes.text_zone import TextZone
from katharion.authentication import arc, arc_seal
from katharion.authentication.dkim_sign import SigningKey
from katharion.mail.message import Message
from katharion.values.authenticity import ArcResult, Authenticity, Result, SpfResult

NOW = 1_790_000_000.0
LETTER = (
    b"From: Ann <ann@author.example>\r\nTo: list@list.example\r\nSubject: Hello  there\r\n"
    b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@author.example>\r\n\r\nHello.\r\n"
)


class Sealers:
    """`keys` by domain; made when first asked for, small and quick (Ed25519)."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = {key.domain: key for key in keys}
        self.zone = TextZone({key.record_name: [key.record] for key in keys})

    def key(self, domain: str) -> SigningKey:
        if domain not in self.keys:
            key = SigningKey(domain, "arc", Ed25519PrivateKey.generate())
            self.keys[domain] = key
            self.zone.texts[key.record_name] = [key.record]
        return self.keys[domain]

    def verify(self, content: bytes) -> ArcResult:
        return self.zone.drive(arc.verify(Message(content), NOW))

    def pass_on(
        self, content: bytes, *domains: str, change: tuple[bytes, bytes] = (b"", b"")
    ) -> bytes:
        """The message as it leaves the last of the domains, each of which seals it.

        `change`: what each of them replaces in it, and by what, before it seals.
        """
        for domain in domains:
            found = Authenticity(
                spf=SpfResult(Result.PASS, "author.example"),
                arc=self.verify(content),
                client_address="192.0.2.1",
            )
            content = content.replace(*change, 1)
            seal = arc_seal.seal(content, found, self.key(domain), hostname=domain, at=NOW)
            content = seal + content
        return content
