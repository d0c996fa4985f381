"""A signature as its field states it: read, and found fit to be verified or not.

DKIM-Signature, ARC-Message-Signature and ARC-Seal share their tags; what differs is which of
them have to be there, and what i= means.

Sources: RFC 6376 sections 3.5 (the tags) and 6.1.1 (what makes a signature unfit); RFC 8301
section 3 (no SHA-1); RFC 8463 section 3 (Ed25519); RFC 8601 section 2.7.1 (which result);
RFC 8616 section 3 (U-labels); RFC 8617 sections 4.1.2 and 4.1.3 (the fields of ARC).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from katharion.authentication.canonical import Extent
from katharion.authentication.dkim_tags import number, octets, read_tags
from katharion.mail.domain_name import DOMAIN_LENGTH_MAX, a_labels
from katharion.mail.message import printable
from katharion.values.authenticity import Result
from katharion.values.dns import Question

FIELD_OCTETS_MAX = 8 * 1024
IDENTITY_LENGTH_MAX = 320
ALGORITHM_LENGTH_MAX = 40
TAG_LENGTH = 8  # RFC 6008 section 3.
TIME_DIGITS_COUNT_MAX = 12
LENGTH_DIGITS_COUNT_MAX = 76
# A clock in the wrong time zone is no forgery.
FUTURE_SECONDS_MAX = 14 * 3600

_RELAXED = {b"simple": False, b"relaxed": True}
_ALGORITHMS = {b"rsa-sha256": "rsa-sha256", b"ed25519-sha256": "ed25519-sha256"}
_DIGEST_OCTETS = 32
_HEX = re.compile(rb"=([0-9A-F]{2})")  # dkim-quoted-printable, section 2.11.

Tags = Mapping[bytes, bytes]


class Flaw(NamedTuple):
    """Why a signature proves nothing, as a result and a sentence for people."""

    result: Result
    reason: str


class Signature(NamedTuple):
    """`names`: h=, in lower case. `digest`: bh=. `name` and `domain`: s= and d= in A-labels."""

    algorithm: str
    domain: str
    selector: str
    identity: str
    names: tuple[bytes, ...]
    is_relaxed: bool  # The header; the body's form is in its extent.
    extent: Extent
    digest: bytes
    value: bytes
    tag: str  # The beginning of b=, as in header.b (RFC 6008).

    @property
    def question(self) -> Question:
        """Where its key stands (section 3.6.2.1)."""
        return Question("TXT", f"{self.selector}._domainkey.{self.domain}")


class _Covered(NamedTuple):
    """What of a message is signed, and its hash; of a seal nothing that it names itself."""

    names: tuple[bytes, ...] = ()
    is_relaxed: bool = True
    extent: Extent = Extent(is_relaxed=True)
    digest: bytes = b""


_BY_RULE = _Covered()  # RFC 8617 section 5.1.1 says what a seal covers.


class _UnfitError(Exception):
    """Leaves the reading of a field; never this module."""

    def __init__(self, reason: str, result: Result = Result.PERMERROR) -> None:
        super().__init__(reason)
        self.flaw = Flaw(result, reason)


def tags_of(field: bytes) -> dict[bytes, bytes] | Flaw:
    """The tags of a whole signature field."""
    if len(field) > FIELD_OCTETS_MAX:
        return Flaw(Result.PERMERROR, "The signature is too long to be read.")
    tags = read_tags(field.partition(b":")[2])
    if isinstance(tags, str):
        return Flaw(Result.PERMERROR, f"The signature can't be read: {tags}.")
    return tags


def read_dkim(tags: Tags, now: float) -> Signature | Flaw:
    """A DKIM-Signature, by section 6.1.1."""
    try:
        _require(tags, b"v", b"a", b"b", b"bh", b"d", b"h", b"s")
        _demand(tags[b"v"] == b"1", "The signature is of a version that is not known.")
        covered = _covered(tags, c_default=b"simple/simple", now=now)
        signature = _signed_by(tags, covered, has_identity=True)
        _demand(b"from" in signature.names, "The signature does not cover the From field.")
    except _UnfitError as unfit:
        return unfit.flaw
    return signature


def read_arc_message(tags: Tags, now: float) -> Signature | Flaw:
    """An ARC-Message-Signature: no version, i= is the instance, and no seal may be covered."""
    try:
        _require(tags, b"a", b"b", b"bh", b"d", b"h", b"i", b"s")
        covered = _covered(tags, c_default=b"relaxed/relaxed", now=now)
        signature = _signed_by(tags, covered)
        is_fit = b"arc-seal" not in signature.names
        _demand(is_fit, "The signature covers seals, which it must not.")
    except _UnfitError as unfit:
        return unfit.flaw
    return signature


def read_arc_seal(tags: Tags, now: float) -> Signature | Flaw:
    """An ARC-Seal: it covers the ARC fields only, always relaxed, and may not name any."""
    try:
        _require(tags, b"a", b"b", b"cv", b"d", b"i", b"s")
        _demand(b"h" not in tags, "The seal names fields that it covers, which it must not.")
        _judge_time(tags, now)
        return _signed_by(tags, _BY_RULE)
    except _UnfitError as unfit:
        return unfit.flaw


def short_tag(tags: Tags) -> str:
    """The beginning of b=, which tells signatures apart; printable."""
    text = tags.get(b"b", b"").translate(None, b" \t")[:TAG_LENGTH]
    return printable(text.decode("ascii", "replace"))


def algorithm_of(tags: Tags) -> str:
    """a= as it is written; printable."""
    return printable(tags.get(b"a", b"")[:ALGORITHM_LENGTH_MAX].decode("ascii", "replace"))


def name_of(value: bytes) -> str:
    """A domain name in A-labels, "" where it is none."""
    return a_labels(value[: 4 * DOMAIN_LENGTH_MAX].decode("utf-8", "replace"))


def _demand(is_fit: bool, reason: str) -> None:  # noqa: FBT001 # Reads as a sentence.
    if not is_fit:
        raise _UnfitError(reason)


def _require(tags: Tags, *names: bytes) -> None:
    for name in names:
        _demand(name in tags, f"The signature can't be read: it has no {name.decode()}= tag.")


def _covered(tags: Tags, *, c_default: bytes, now: float) -> _Covered:
    """What DKIM and ARC have in common."""
    if b"dns/txt" not in map(bytes.strip, tags.get(b"q", b"dns/txt").split(b":")):
        raise _UnfitError("The signature's key is not kept in DNS.")
    stated = tags.get(b"c", c_default)
    header, _, body = stated.partition(b"/")
    is_relaxed, is_body_relaxed = _RELAXED.get(header), _RELAXED.get(body or b"simple")
    if is_relaxed is None or is_body_relaxed is None or stated.endswith(b"/"):
        raise _UnfitError("The signature uses a canonicalization that is not known.")
    _judge_time(tags, now)
    digest = octets(tags[b"bh"])
    if digest is None or len(digest) != _DIGEST_OCTETS:
        raise _UnfitError("The signature can't be read: its hash of the body is none.")
    names = tuple([name.strip(b" \t").lower() for name in tags[b"h"].split(b":")])
    return _Covered(names, is_relaxed, Extent(is_body_relaxed, _length(tags)), digest)


def _signed_by(tags: Tags, covered: _Covered, *, has_identity: bool = False) -> Signature:
    """Who signed and how, and the value of the signature."""
    algorithm = _ALGORITHMS.get(tags[b"a"])
    if algorithm is None:
        if tags[b"a"] == b"rsa-sha1":
            # RFC 8301 section 3.1: it has permanently failed evaluation.
            raise _UnfitError("The signature uses SHA-1, which proves nothing any more.")
        raise _UnfitError("The signature uses an algorithm that is not known.")
    domain, selector = name_of(tags[b"d"]), name_of(tags[b"s"])
    if "." not in domain or not selector:
        raise _UnfitError("The signature names no valid place for its key.")
    if len(selector) + len("._domainkey.") + len(domain) > DOMAIN_LENGTH_MAX:
        raise _UnfitError("The signature names a place for its key that is too long.")
    value = octets(tags[b"b"])
    if value is None:
        raise _UnfitError("The signature can't be read: its value is not Base64.")
    return Signature(
        algorithm=algorithm,
        domain=domain,
        selector=selector,
        identity=_identity(tags, domain) if has_identity else f"@{domain}",
        names=covered.names,
        is_relaxed=covered.is_relaxed,
        extent=covered.extent,
        digest=covered.digest,
        value=value,
        tag=short_tag(tags),
    )


def _identity(tags: Tags, domain: str) -> str:
    """i=, which must lie within d= (section 3.5)."""
    stated = tags.get(b"i")
    if stated is None:
        return f"@{domain}"
    local, at, host = stated.translate(None, b" \t").rpartition(b"@")
    host = _HEX.sub(_octet, host)
    name = name_of(host)
    if not at or not f".{name}".endswith(f".{domain}"):
        raise _UnfitError("The signature speaks for somebody outside of the domain that signed.")
    text = _HEX.sub(_octet, local)[:IDENTITY_LENGTH_MAX].decode("utf-8", "replace")
    return f"{printable(text)}@{name}"[:IDENTITY_LENGTH_MAX]


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _length(tags: Tags) -> int | None:
    if b"l" not in tags:
        return None
    length = number(tags[b"l"], LENGTH_DIGITS_COUNT_MAX)
    if length is None:
        raise _UnfitError("The signature can't be read: its length of the body is no number.")
    return length


def _judge_time(tags: Tags, now: float) -> None:
    """t= and x=: what expired, or is not signed yet, proves nothing."""
    signed = _time(tags, b"t")
    expires = _time(tags, b"x")
    if signed is not None and expires is not None and expires <= signed:
        raise _UnfitError("The signature expired before it was made.")
    if expires is not None and expires < now:
        raise _UnfitError("The signature has expired.", Result.FAIL)
    if signed is not None and signed > now + FUTURE_SECONDS_MAX:
        raise _UnfitError("The signature is dated in the future.", Result.POLICY)


def _time(tags: Tags, name: bytes) -> int | None:
    if name not in tags:
        return None
    seconds = number(tags[name], TIME_DIGITS_COUNT_MAX)
    if seconds is None:
        raise _UnfitError("The signature can't be read: its time is no number.")
    return seconds
