"""ARC: seal what we pass on, so that those behind us can rely on what we found.

A customer's server sees our address, not the sender's: its own SPF must fail. A seal tells it,
verifiably, what held before. Tags stand in the order of the alphabet, one space between them:
so do those of others, and their tests.

Sources: RFC 8617 sections 4.1 (the fields), 5.1 (sealing), 5.1.2 (chains that fail); RFC 6376
section 3.5 (tags).
"""

import base64
from collections.abc import Sequence
from typing import NamedTuple

from katharion.authentication import results
from katharion.authentication.arc_chain import SETS_COUNT_MAX, places_of, read_sets, survey
from katharion.authentication.canonical import Header, body_digest, relaxed_field
from katharion.authentication.dkim_sign import SigningKey, names_to_sign
from katharion.authentication.dkim_signature import Flaw
from katharion.mail.message import Message
from katharion.values.authenticity import ArcResult, Authenticity, Result

LINE_LENGTH_MAX = 900  # RFC 5322 section 2.1.1 has 998; a value is broken only beyond this.
SIGNATURES_SIGNED_COUNT_MAX = 8

_CLAIMS = {Result.NONE: "none", Result.PASS: "pass", Result.FAIL: "fail"}


class Link(NamedTuple):
    """What is to be added: the instance, and what we say of the chain before it (cv=)."""

    instance: int
    claims: str


class Signer(NamedTuple):
    """Who seals, when (seconds since the epoch), and which fields are signed."""

    key: SigningKey
    at: float
    names: Sequence[bytes]


def seal(
    content: bytes, found: Authenticity, key: SigningKey, *, hostname: str, at: float
) -> bytes:
    """The three fields, to be put before the message; b"" where none may be added."""
    message = Message(content)
    link = next_link(message, found.arc or ArcResult(Result.NONE))
    if link is None:
        return b""
    words = results.value(hostname, found, found.client_address)
    return fields(message, link, words, Signer(key, at, _names(message)))


def next_link(message: Message, found: ArcResult) -> Link | None:
    """The link to add; None where the chain has ended, or nobody knows whether it stands."""
    claims = _CLAIMS.get(found.result)
    highest, has_ended = survey(message)
    # Section 5.1: nothing is added behind a seal that says "fail".
    if claims is None or has_ended or highest >= SETS_COUNT_MAX or message.is_header_cut:
        return None
    return Link(highest + 1, claims)


def fields(message: Message, link: Link, words: str, signer: Signer) -> bytes:
    """The seal, the message signature and the results, `words`; the last is made first."""
    instance = link.instance
    told = f"ARC-Authentication-Results: i={instance}; {words}\r\n".encode("ascii")
    signed = _signature_field(message, instance, signer)
    covered = b"".join((_sets_before(message, link), relaxed_field(told), relaxed_field(signed)))
    tags = _tags(signer, instance) | {"cv": link.claims}
    return _signed(b"ARC-Seal", tags, covered, signer.key) + signed + told


def _signature_field(message: Message, instance: int, signer: Signer) -> bytes:
    """ARC-Message-Signature: as a DKIM signature, with the instance as i= (section 4.1.2)."""
    header = Header(message)
    tags = _tags(signer, instance) | {
        "bh": base64.b64encode(body_digest(message)).decode(),
        "c": "relaxed/relaxed",
        "h": ":".join(name.decode() for name in signer.names),
    }
    covered = header.chosen(signer.names)
    return _signed(b"ARC-Message-Signature", tags, covered, signer.key)


def _sets_before(message: Message, link: Link) -> bytes:
    """What the seal covers beside its own set: nothing where the chain fails (section 5.1.2)."""
    if link.claims != "pass":
        return b""
    sets = read_sets(message, places_of(message))
    assert not isinstance(sets, Flaw), "a chain that passed has its sets"
    header = Header(message)
    return b"".join(header.relaxed(place.at) for each in sets for place in each)


def _tags(signer: Signer, instance: int) -> dict[str, str]:
    key = signer.key
    return {
        "a": key.algorithm,
        "b": "",
        "d": key.domain,
        "i": str(instance),
        "s": key.selector,
        "t": str(int(signer.at)),
    }


def _signed(name: bytes, tags: dict[str, str], covered: bytes, key: SigningKey) -> bytes:
    """The field with its signature of what it covers and of itself."""
    own = relaxed_field(_field(name, tags)).removesuffix(b"\r\n")
    return _field(name, tags | {"b": base64.b64encode(key.sign(covered + own)).decode()})


def _field(name: bytes, tags: dict[str, str]) -> bytes:
    """A line a tag; the space that begins it is what some readers look for before a tag."""
    words = [f"{tag}={_broken(text)}" for tag, text in sorted(tags.items())]
    return b"%b: %b\r\n" % (name, ";\r\n ".join(words).encode("ascii"))


def _broken(text: str) -> str:
    pieces = [text[at : at + LINE_LENGTH_MAX] for at in range(0, len(text), LINE_LENGTH_MAX)]
    return "\r\n ".join(pieces)


def _names(message: Message) -> list[bytes]:
    """What a DKIM signature of ours covers, and the signatures of others (section 4.1.2)."""
    count = sum(field.name == b"dkim-signature" for field in message.fields)
    others = [b"dkim-signature"] * min(count, SIGNATURES_SIGNED_COUNT_MAX)
    return [*names_to_sign(message), *others]
