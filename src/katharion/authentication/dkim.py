"""DKIM: who has signed a message, and whether it is still as it was signed.

All keys are asked for in one round. The body is hashed once for all signatures, the header's
fields are canonicalized once, and a key is read once for all messages.

Sources: RFC 6376 sections 3.7, 3.9 and 6.1 (verifying), 6.1.1 (how many), 8.2 (l=), 8.15 (added
fields); RFC 8301; RFC 8463; RFC 8601 section 2.7.1 (results).
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from katharion.authentication.canonical import BodyHash, Header, hash_body, relaxed_field
from katharion.authentication.dkim_key import Key, keys_for
from katharion.authentication.dkim_signature import (
    Flaw,
    Signature,
    algorithm_of,
    name_of,
    read_dkim,
    short_tag,
    tags_of,
)
from katharion.authentication.dkim_tags import without_signature
from katharion.mail.message import Message
from katharion.values.authenticity import DkimResult, Result
from katharion.values.dns import Asking, DnsAnswer, Question

SIGNATURES_COUNT_MAX = 8

BODY_CHANGED = Flaw(Result.FAIL, "The body of the message was changed after it was signed.")
BODY_SHORTER = Flaw(Result.FAIL, "The body of the message is shorter than what was signed.")
NO_MATCH = Flaw(Result.FAIL, "The signature does not match the header of the message.")
FROM_ADDED = Flaw(Result.POLICY, "The message has a From field that the signature does not cover.")
HEADER_TOO_LONG = Flaw(Result.POLICY, "The header of the message is too long to be verified.")


class Case(NamedTuple):
    """A signature at its place in the header, with the keys that it may be of."""

    place: int
    signature: Signature
    keys: tuple[Key, ...]


def verify(message: Message, now: float) -> Asking[tuple[DkimResult, ...]]:
    """One result a signature, from the top; none where the message is not signed."""
    places = [at for at, field in enumerate(message.fields) if field.name == b"dkim-signature"]
    if not places:
        return ()
    if message.is_header_cut:  # Fields are chosen from below, which this view does not have.
        return (DkimResult(HEADER_TOO_LONG.result, reason=HEADER_TOO_LONG.reason),)
    header = Header(message)
    read = [(place, _read(header.raw(place), now)) for place in places[:SIGNATURES_COUNT_MAX]]
    answers = yield from look_up(one for _, one in read if isinstance(one, Signature))
    cases = [_with_keys(place, one, answers) for place, one in read]
    extents = {case.signature.extent for case in cases if isinstance(case, Case)}
    bodies = yield from hash_body(message, extents)
    results = [
        _judged(case, header, bodies[case.signature.extent]) if isinstance(case, Case) else case
        for case in cases
    ]
    left = len(places) - SIGNATURES_COUNT_MAX
    if left > 0:  # Section 6.1: a verifier may limit how many it tries.
        reason = f"{left} more signatures were not looked at."
        results.append(DkimResult(Result.POLICY, reason=reason))
    return tuple(results)


def look_up(signatures: Iterable[Signature]) -> Asking[Mapping[Question, DnsAnswer]]:
    """What DNS says of the keys of all of them, in one round."""
    questions = tuple(dict.fromkeys(signature.question for signature in signatures))
    if not questions:
        return {}
    return dict(zip(questions, (yield questions), strict=True))


def prove(case: Case, header: Header, body: BodyHash) -> Key | Flaw:
    """The key by which the message is as it was signed (section 6.1.3), or what is wrong."""
    signature = case.signature
    if body.digest != signature.digest:
        return BODY_CHANGED if body.digest else BODY_SHORTER
    own = without_signature(header.raw(case.place))
    if signature.is_relaxed:
        own = relaxed_field(own)[:-2]
    fields = header.chosen(signature.names, own_place=case.place, is_relaxed=signature.is_relaxed)
    digest = hashlib.sha256(fields + own).digest()
    return next((key for key in case.keys if key.verifies(signature.value, digest)), NO_MATCH)


def _read(field: bytes, now: float) -> Signature | DkimResult:
    tags = tags_of(field)
    if isinstance(tags, Flaw):
        return DkimResult(tags.result, reason=tags.reason)
    read = read_dkim(tags, now)
    if isinstance(read, Signature):
        return read
    return DkimResult(
        read.result,
        domain=name_of(tags.get(b"d", b"")),
        selector=name_of(tags.get(b"s", b"")),
        algorithm=algorithm_of(tags),
        tag=short_tag(tags),
        reason=read.reason,
    )


def _with_keys(
    place: int, read: Signature | DkimResult, answers: Mapping[Question, DnsAnswer]
) -> Case | DkimResult:
    if isinstance(read, DkimResult):
        return read
    keys = keys_for(read, answers[read.question])
    return _result(read, keys) if isinstance(keys, Flaw) else Case(place, read, keys)


def _judged(case: Case, header: Header, body: BodyHash) -> DkimResult:
    signature, key = case.signature, case.keys[0]
    found = prove(case, header, body)
    if isinstance(found, Flaw):
        return _result(signature, found, key)
    if header.count(b"from") > signature.names.count(b"from"):
        # Section 8.15: readers may be shown the one that was added.
        return _result(signature, FROM_ADDED, found)
    length = signature.extent.length
    unsigned = 0 if length is None else body.size_octets - length
    reason = f"The last {unsigned} octets of the body are not signed." if unsigned else ""
    return _result(signature, Flaw(Result.PASS, reason), found, unsigned_octets=unsigned)


def _result(
    signature: Signature, flaw: Flaw, key: Key | None = None, *, unsigned_octets: int = 0
) -> DkimResult:
    return DkimResult(
        flaw.result,
        domain=signature.domain,
        selector=signature.selector,
        identity=signature.identity,
        algorithm=signature.algorithm,
        key_bits=key.bits if key else 0,
        unsigned_octets=unsigned_octets,
        is_testing=key.is_testing if key else False,
        tag=signature.tag,
        reason=flaw.reason,
    )
