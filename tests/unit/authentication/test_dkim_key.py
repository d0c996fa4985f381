"""Keys as DNS has them; what they must be for a signature stands in tests/tables/dkim.toml."""

import base64
import hashlib
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from fakes.signer import ED25519, RSA
from katharion.authentication.dkim_key import (
    MISSING,
    RECORD_LENGTH_MAX,
    RECORDS_TRIED_COUNT_MAX,
    UNKNOWN,
    Key,
    keys_for,
    read_record,
)
from katharion.authentication.dkim_sign import SigningKey
from katharion.authentication.dkim_signature import Flaw, Signature, read_dkim, tags_of
from katharion.values.authenticity import Result
from katharion.values.dns import DnsAnswer, DnsStatus

HOSTILE_SECONDS_MAX = 0.02
PKCS1 = PublicFormat.PKCS1
DIGEST = b"d" * 32


def signature(algorithm: str) -> Signature:
    field = f"S: v=1; a={algorithm}; d=signer.example; s=s; h=from; bh={'A' * 43}=; b=AAAA"
    tags = tags_of(field.encode())
    assert not isinstance(tags, Flaw)
    read = read_dkim(tags, 0)
    assert isinstance(read, Signature)
    return read


def found(*records: str) -> DnsAnswer:
    return DnsAnswer(DnsStatus.FOUND, records)


def record_of(public: rsa.RSAPublicKey, form: PublicFormat) -> str:
    return f"v=DKIM1; p={base64.b64encode(public.public_bytes(Encoding.DER, form)).decode()}"


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
def test_both_forms_of_rsa_keys(form: PublicFormat) -> None:
    private = RSA.private
    assert isinstance(private, rsa.RSAPrivateKey)
    key = read_record(record_of(private.public_key(), form))
    assert isinstance(key, Key)
    assert (key.kind, key.bits) == ("rsa", 2048)
    assert not key.verifies(b"v" * 256, DIGEST)


def test_keys_that_are_not_looked_at() -> None:
    huge = rsa.RSAPublicNumbers(65537, (1 << 16383) + 1).public_key()
    exponent = rsa.RSAPublicNumbers((1 << 1000) + 1, (1 << 2047) + 1).public_key()
    for public in (huge, exponent):
        flaw = read_record(record_of(public, PublicFormat.SubjectPublicKeyInfo))
        assert isinstance(flaw, Flaw)
        assert flaw.result is Result.POLICY


def test_a_record_is_read_once_and_line_ends_in_it_are_space() -> None:
    record = ED25519.record.replace("; ", ";\r\n ")
    assert read_record(record) is read_record(record)
    assert isinstance(read_record(record), Key)


def test_several_records_have_a_bound() -> None:
    asked = signature("ed25519-sha256")
    noise = ["nonsense"] * (RECORDS_TRIED_COUNT_MAX - 1)
    keys = keys_for(asked, found(*noise, ED25519.record))
    assert isinstance(keys, tuple)
    assert isinstance(keys[0], Key)
    assert isinstance(keys_for(asked, found(*noise, "noise", ED25519.record)), Flaw)


def test_a_long_record_is_not_read() -> None:
    record = ED25519.record + "; n=" + "a" * RECORD_LENGTH_MAX
    flaw = keys_for(signature("ed25519-sha256"), found(record))
    assert isinstance(flaw, Flaw)
    assert "too long" in flaw.reason


ED = ED25519.record.partition("p=")[2]
FAULTS = [
    (f"v=DKIM2; p={ED}", "version not known"),
    (f"k=ed25519; v=DKIM1; p={ED}", "version not known"),
    ("v=DKIM1; k=ed25519", "no p= tag"),
    ("v=DKIM1; p=", "revoked"),
    (f"v=DKIM1; k=ed25519; h=sha1; p={ED}", "with SHA-256"),
    (f"v=DKIM1; k=ed25519; s=tlsrpt; p={ED}", "for mail"),
    ("v=DKIM1; k=ed25519; p=!", "can't be read"),
    (f"v=DKIM1; k=ed448; p={ED}", "can't be read"),
    ("v=DKIM1; k=ed25519; p=AAAA", "can't be read"),
    ("v=DKIM1; p=AAAA", "can't be read"),
    ("v=DKIM1; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "its record says"),
    (record_of(rsa.RSAPublicNumbers(65537, (1 << 511) + 1).public_key(), PKCS1), "512 bits only"),
    (RSA.record, "another kind than the signature"),
    (ED25519.record.replace("p=", "t=s; p="), "speak for a subdomain"),
]


@pytest.mark.parametrize(("record", "words"), FAULTS)
def test_what_makes_a_key_unfit(record: str, words: str) -> None:
    asked = signature("ed25519-sha256")._replace(identity="@sub.signer.example")
    flaw = keys_for(asked, found(record))
    assert isinstance(flaw, Flaw)
    assert words in flaw.reason


def test_no_key_and_no_answer() -> None:
    asked = signature("ed25519-sha256")
    assert keys_for(asked, DnsAnswer(DnsStatus.FAILED)) is UNKNOWN
    assert keys_for(asked, DnsAnswer(DnsStatus.NXDOMAIN)) is MISSING
    assert keys_for(asked, DnsAnswer(DnsStatus.NODATA)) is MISSING


@pytest.mark.parametrize("signer", [ED25519, RSA], ids=["ed25519", "rsa"])
def test_what_it_signed(signer: SigningKey) -> None:
    key = read_record(signer.record)
    assert isinstance(key, Key)
    value = signer.sign(b"octets")
    assert key.verifies(value, hashlib.sha256(b"octets").digest())
    assert not key.verifies(value, DIGEST)
    assert not key.verifies(b"", DIGEST)


def seconds_of(record: str) -> float:
    read_record.cache_clear()
    began = time.process_time()
    keys = keys_for(signature("rsa-sha256"), found(record, record, record))
    for key in () if isinstance(keys, Flaw) else keys:
        key.verifies(b"v" * (key.bits // 8), DIGEST)
    return time.process_time() - began


BOMBS = {
    "a megabyte": "v=DKIM1; p=" + "A" * 1_000_000,
    "a thousand tags": "v=DKIM1; " + "".join(f"t{at}=;" for at in range(500)),
    "the largest that is looked at": record_of(
        rsa.RSAPublicNumbers((1 << 63) + 1, (1 << 8191) + 1).public_key(),
        PublicFormat.SubjectPublicKeyInfo,
    ),
    "16 384 bits": record_of(
        rsa.RSAPublicNumbers(65537, (1 << 16383) + 1).public_key(),
        PublicFormat.SubjectPublicKeyInfo,
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_record_is_dear(name: str) -> None:
    assert min(seconds_of(BOMBS[name]) for _ in range(3)) < HOSTILE_SECONDS_MAX


@given(st.text() | st.text().map(lambda text: f"v=DKIM1; k=ed25519; p={text}"))
def test_any_record(record: str) -> None:
    assert isinstance(read_record(record), Key | Flaw)


@given(st.binary(max_size=80))
def test_any_material(material: bytes) -> None:
    for kind in ("rsa", "ed25519"):
        read_record(f"v=DKIM1; k={kind}; p={base64.b64encode(material).decode()}")
