"""DKIM: sign our own mail. Octets and a key in, a header field out.

Sources: RFC 6376 sections 3.5 (the field), 3.7 (hashes) and 5.4 (what is signed); RFC 8301 (RSA
of 1024 bits at least, SHA-256); RFC 8463 (Ed25519).
"""

import base64
import hashlib
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from katharion.authentication.canonical import Header, body_digest, relaxed_field
from katharion.mail.message import Message

RSA_BITS_MIN = 1024
LINE_LENGTH = 72
NAMES_IN_LINE = 5
# Signed once more than it is there, so that nobody can add another (RFC 6376 section 8.15).
_OVERSIGNED = (b"from", b"to", b"subject", b"date", b"message-id")
_SIGNED = (
    *_OVERSIGNED,
    *(b"mime-version", b"content-type", b"content-transfer-encoding", b"auto-submitted"),
    *(b"reply-to", b"in-reply-to", b"references"),
)


class KeyUnusableError(Exception):
    """The key can't sign; says why, for people."""


class SigningKey(NamedTuple):
    """A private key, and where its public half stands: `<selector>._domainkey.<domain>`."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """a=, as it is written."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, octets: bytes) -> bytes:
        """The signature of the octets."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(hashlib.sha256(octets).digest())  # RFC 8463 section 3.
        return self.private.sign(octets, PKCS1v15(), hashes.SHA256())

    @property
    def record_name(self) -> str:
        """The name of the TXT record."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """What the TXT record says (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
        public = self.private.public_key()
        if isinstance(self.private, Ed25519PrivateKey):
            octets = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return f"v=DKIM1; k=ed25519; p={base64.b64encode(octets).decode()}"
        octets = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return f"v=DKIM1; k=rsa; p={base64.b64encode(octets).decode()}"


def read_key(pem: bytes, domain: str, selector: str) -> SigningKey:
    """The key of a PEM file; KeyUnusableError where it can't sign."""
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnusableError(
            f"it is no private key in PEM without a password ({error})"
        ) from error
    if isinstance(private, RSAPrivateKey):
        if private.key_size < RSA_BITS_MIN:
            raise KeyUnusableError(f"an RSA key needs {RSA_BITS_MIN} bits, better 2048")
        return SigningKey(domain, selector, private)
    if isinstance(private, Ed25519PrivateKey):
        return SigningKey(domain, selector, private)
    raise KeyUnusableError("it must be an RSA or an Ed25519 key")


def sign(content: bytes, key: SigningKey, at: float) -> bytes:
    """The DKIM-Signature field for `content`, with its CRLF, to be put before it."""
    message = Message(content)
    names = names_to_sign(message)
    tags = [
        "v=1",
        f"a={key.algorithm}",
        "c=relaxed/relaxed",
        f"d={key.domain}",
        f"s={key.selector}",
        f"t={int(at)}",
        "h=" + _wrapped_names(names),
        f"bh={base64.b64encode(body_digest(message)).decode()}",
        "b=",
    ]
    field = "DKIM-Signature: " + _folded(tags)
    signed = Header(message).chosen(names) + relaxed_field(field.encode())[:-2]
    return f"{field}{_folded_text(base64.b64encode(key.sign(signed)).decode())}\r\n".encode()


def names_to_sign(message: Message) -> list[bytes]:
    """Field names to sign, each as often as it is there; some once more."""
    there = [field.name for field in message.fields]
    names: list[bytes] = []
    for name in _SIGNED:
        names += [name] * (there.count(name) + (name in _OVERSIGNED))
    return names


def _folded(tags: list[str]) -> str:
    """Tags one behind the other, on lines of a bearable length."""
    lines, line = [], ""
    for tag in tags:
        if line and len(line) + len(tag) > LINE_LENGTH:
            lines.append(line)
            line = ""
        line += f"{' ' if line else ''}{tag}{'' if tag == 'b=' else ';'}"
    return "\r\n\t".join([*lines, line])


def _wrapped_names(names: list[bytes]) -> str:
    """Names with colons between them; spaces may stand beside these (RFC 6376 section 3.5)."""
    rows = [names[at : at + NAMES_IN_LINE] for at in range(0, len(names), NAMES_IN_LINE)]
    return ":\r\n\t".join(":".join(name.decode() for name in row) for row in rows)


def _folded_text(text: str) -> str:
    pieces = [text[at : at + LINE_LENGTH] for at in range(0, len(text), LINE_LENGTH)]
    return "\r\n\t".join(["", *pieces])
