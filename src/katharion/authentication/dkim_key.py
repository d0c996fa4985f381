"""Public keys as DNS has them: read once, judged, and used to verify.

Sources: RFC 6376 sections 3.6.1 (the record) and 6.1.2 (what makes a key unfit); RFC 8301
section 3.2 (RSA of 1024 bits at least); RFC 8463 section 4 (Ed25519).
"""

from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from katharion.authentication.dkim_signature import Flaw, Signature, Tags
from katharion.authentication.dkim_tags import octets, read_tags
from katharion.values.authenticity import Result
from katharion.values.dns import DnsAnswer, DnsStatus

RSA_BITS_MIN = 1024
RSA_BITS_MAX = 8192
# Verifying costs as much as the exponent is long; all that are in use have 17 bits or fewer.
EXPONENT_BITS_MAX = 64
RECORD_LENGTH_MAX = 4096
RECORDS_TRIED_COUNT_MAX = 3  # Several at one name should not be (section 3.6.2.2), and are.
KEYS_KEPT_COUNT_MAX = 1024

UNKNOWN = Flaw(Result.TEMPERROR, "The key of the signature could not be looked up.")
MISSING = Flaw(Result.PERMERROR, "There is no key at the place that the signature names.")
UNREADABLE = Flaw(Result.PERMERROR, "The key of the signature can't be read.")

_LINE_ENDS_TO_SPACE = bytes.maketrans(b"\r\n", b"  ")
_PADDING = PKCS1v15()
_HASHED = Prehashed(SHA256())


class Key(NamedTuple):
    """`is_strict`: the signer may not speak for subdomains (t=s)."""

    public: RSAPublicKey | Ed25519PublicKey
    kind: str
    bits: int
    is_testing: bool
    is_strict: bool

    def verifies(self, value: bytes, digest: bytes) -> bool:
        """Whether `value` signs the SHA-256 `digest`."""
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(value, digest)  # RFC 8463 section 3: it signs the hash.
            else:
                self.public.verify(value, digest, _PADDING, _HASHED)
        except InvalidSignature:
            return False
        return True


def keys_for(signature: Signature, answer: DnsAnswer) -> tuple[Key, ...] | Flaw:
    """The keys that DNS has for a signature, or why it has none that may be used."""
    if answer.status is DnsStatus.FAILED:
        return UNKNOWN
    keys: list[Key] = []
    flaw = MISSING
    for record in answer.records[:RECORDS_TRIED_COUNT_MAX]:
        key = _usable(record, signature)
        if isinstance(key, Key):
            keys.append(key)
        elif flaw is MISSING:
            flaw = key
    return tuple(keys) or flaw


def _usable(record: str, signature: Signature) -> Key | Flaw:
    """Section 6.1.2: what a key must be for this signature."""
    if len(record) > RECORD_LENGTH_MAX:
        return Flaw(Result.PERMERROR, "The key of the signature is too long to be read.")
    key = read_record(record)
    if isinstance(key, Flaw):
        return key
    if not signature.algorithm.startswith(f"{key.kind}-"):
        return Flaw(Result.PERMERROR, "The key is of another kind than the signature.")
    if key.is_strict and not signature.identity.endswith(f"@{signature.domain}"):
        return Flaw(Result.PERMERROR, "The key may not be used to speak for a subdomain.")
    return key


@lru_cache(maxsize=KEYS_KEPT_COUNT_MAX)
def read_record(record: str) -> Key | Flaw:
    """The key of one TXT record."""
    # Line ends that were pasted into a record are space, as all readers have it.
    tags = read_tags(record.encode("iso8859-1", "replace").translate(_LINE_ENDS_TO_SPACE))
    if isinstance(tags, str):
        return Flaw(Result.PERMERROR, f"The key of the signature can't be read: {tags}.")
    fault = _fault(tags)
    if fault:
        return Flaw(Result.PERMERROR, fault)
    material, kind = octets(tags[b"p"]), tags.get(b"k", b"rsa")
    if material is None or kind not in (b"rsa", b"ed25519"):
        return UNREADABLE
    key = _rsa(material) if kind == b"rsa" else _ed25519(material)
    if isinstance(key, Flaw):
        return key
    flags = tags.get(b"t", b"")
    return key._replace(is_testing=_has(flags, b"y"), is_strict=_has(flags, b"s"))


def _fault(tags: Tags) -> str:
    """What forbids the use of a key, beside the key itself; "" where nothing does."""
    if b"v" in tags and (next(iter(tags)) != b"v" or tags[b"v"] != b"DKIM1"):
        return "The key of the signature is of a version not known."
    if b"p" not in tags:
        return "The key of the signature can't be read: it has no p= tag."
    if not tags[b"p"]:
        return "The key of the signature was revoked by its owner."
    if not _has(tags.get(b"h", b"sha256"), b"sha256"):
        return "The key may not be used with SHA-256."
    services = tags.get(b"s", b"*")
    if not (_has(services, b"*") or _has(services, b"email")):
        return "The key may not be used for mail."
    return ""


def _has(listed: bytes, word: bytes) -> bool:
    return word in [each.strip(b" \t") for each in listed.split(b":")]


def _rsa(material: bytes) -> Key | Flaw:
    """SubjectPublicKeyInfo, as all publish, or RSAPublicKey, as section 3.6.1 says."""
    try:
        public = load_der_public_key(material)
    except (ValueError, UnsupportedAlgorithm):
        return UNREADABLE
    if not isinstance(public, RSAPublicKey):
        return Flaw(Result.PERMERROR, "The key is of another kind than its record says.")
    bits = public.key_size
    if bits < RSA_BITS_MIN:
        sentence = f"The key has {bits} bits only, with which anybody may sign in its name."
        return Flaw(Result.POLICY, sentence)
    if bits > RSA_BITS_MAX or public.public_numbers().e.bit_length() > EXPONENT_BITS_MAX:
        return Flaw(Result.POLICY, f"The key is larger than is looked at: {bits} bits.")
    return Key(public, "rsa", bits, is_testing=False, is_strict=False)


def _ed25519(material: bytes) -> Key | Flaw:
    try:
        public = Ed25519PublicKey.from_public_bytes(material)
    except ValueError:
        return UNREADABLE
    return Key(public, "ed25519", 256, is_testing=False, is_strict=False)
