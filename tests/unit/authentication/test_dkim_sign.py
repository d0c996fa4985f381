"""Signatures that others accept: dkimpy verifies them."""

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from katharion.authentication.dkim_sign import KeyUnusableError, SigningKey, read_key, sign

RSA = SigningKey("own.example", "s1", rsa.generate_private_key(65537, 2048))
ED25519 = SigningKey("own.example", "s2", ed25519.Ed25519PrivateKey.generate())
KEYS = [RSA, ED25519]
CONTENT = (
    b"From: <postmaster@own.example>\r\nTo:   <eve@sender.example>\r\n"
    b"Subject: folded\r\n\tand  spaced \r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@own.example>\r\n\r\nbody  with   spaces \r\n\r\n.\r\n\r\n\r\n"
)


def is_good(content: bytes, key: SigningKey) -> bool:
    signed = sign(content, key, 1_790_000_000.0) + content

    def record(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 # dkimpy's signature.
        assert name.decode().rstrip(".") == key.record_name
        return key.record.encode()

    return bool(dkim.verify(signed, dnsfunc=record))


@pytest.mark.parametrize("key", KEYS, ids=["rsa", "ed25519"])
@pytest.mark.parametrize(
    "content",
    [
        CONTENT,
        b"From: a@own.example\r\n\r\n",
        b"From: a@own.example\r\n\r\nno line end",
        b"From: a@own.example\r\nSubject: one\r\nSubject: two\r\n\r\n\r\n\r\n",
    ],
)
def test_others_accept_it(content: bytes, key: SigningKey) -> None:
    assert is_good(content, key)


@pytest.mark.parametrize("key", KEYS, ids=["rsa", "ed25519"])
def test_a_change_is_seen(key: SigningKey) -> None:
    field = sign(CONTENT, key, 1_790_000_000.0)

    def record(_name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 # dkimpy's signature.
        return key.record.encode()

    for changed in (
        CONTENT.replace(b"body", b"BODY"),
        CONTENT.replace(b"folded", b"changed"),
        b"From: another@own.example\r\n" + CONTENT,
        b"Subject: another\r\n" + CONTENT,
    ):
        assert not dkim.verify(field + changed, dnsfunc=record)


@settings(deadline=None, max_examples=60)
@given(
    lines=st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\r", b"").replace(b"\n", b"")))
)
def test_any_lines_are_signed_as_others_read_them(lines: list[bytes]) -> None:
    assert is_good(
        b"From: a@own.example\r\n\r\n" + b"".join(b"%b\r\n" % line for line in lines), RSA
    )


def test_no_line_is_long() -> None:
    field = sign(CONTENT, RSA, 1_790_000_000.0)
    assert field.endswith(b"\r\n")
    assert all(len(line) <= 100 for line in field.split(b"\r\n"))


def _pem(private: object) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_keys_are_read() -> None:
    for key in KEYS:
        assert read_key(_pem(key.private), "own.example", "s").record == key.record


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (b"nonsense", "no private key"),
        (_pem(rsa.generate_private_key(65537, 2048)).replace(b"PRIVATE", b"PUBLIC"), "no private"),
        (_pem(dsa.generate_private_key(2048)), "RSA or an Ed25519"),
    ],
)
def test_keys_that_can_not_sign(pem: bytes, words: str) -> None:
    with pytest.raises(KeyUnusableError, match=words):
        read_key(pem, "own.example", "s")
