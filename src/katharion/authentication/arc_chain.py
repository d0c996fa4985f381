"""The sets of an ARC chain as they stand in the header: complete, in order, and read.

Sources: RFC 8617 sections 4.1 (the fields), 4.2 (sets and instances), 4.2.1 (50 of them), 5.2
step 3 (what a structure must be).
"""

import re
from typing import NamedTuple

from katharion.authentication.dkim_signature import (
    Flaw,
    Signature,
    Tags,
    read_arc_message,
    read_arc_seal,
    tags_of,
)
from katharion.mail.message import HeaderField, Message
from katharion.values.authenticity import Result

SETS_COUNT_MAX = 50
RESULTS, SIGNED, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"
KINDS = (RESULTS, SIGNED, SEAL)

# Comments may stand in ARC-Authentication-Results, not in the others (section 4.1.1).
_CFWS = rb"(?:[ \t]|\([^()]*\))*+"
_RESULTS = re.compile(_CFWS.join((b"", b"i", b"=", rb"(\d{1,2})", rb";(.*)\Z")), re.DOTALL)
_INSTANCE = re.compile(rb"\d{1,2}\Z")


class Place(NamedTuple):
    """A field of a chain: where it stands, its tags (of signatures), its text (of results)."""

    at: int
    tags: Tags
    text: bytes = b""


class ArcSet(NamedTuple):
    """The three fields of one instance."""

    results: Place
    signed: Place
    seal: Place

    @property
    def claims(self) -> bytes:
        """cv=: what its sealer says of the chain before it."""
        return self.seal.tags.get(b"cv", b"")


class Chain(NamedTuple):
    """A whole chain. A message signature that is unfit breaks it only where it is the newest."""

    sets: tuple[ArcSet, ...]
    seals: tuple[Signature, ...]
    signed: tuple[Signature | Flaw, ...]


def places_of(message: Message) -> list[int]:
    """Where the fields of a chain stand."""
    return [at for at, field in enumerate(message.fields) if field.name in KINDS]


def read_sets(message: Message, places: list[int]) -> tuple[ArcSet, ...] | Flaw:
    """The sets, the first instance first."""
    if len(places) > SETS_COUNT_MAX * len(KINDS):
        return _broken(f"it has more than {SETS_COUNT_MAX} seals")
    found: dict[tuple[int, bytes], Place] = {}
    for at in places:
        field = message.fields[at]
        place = _place(message, at, field)
        if isinstance(place, Flaw):
            return place
        number, read = place
        if (number, field.name) in found:
            return _broken(f"it has two fields of a kind with the number {number}")
        found[number, field.name] = read
    count = len(found) // len(KINDS)
    numbers = range(1, count + 1)
    wanted = {(number, kind) for number in numbers for kind in KINDS}
    if found.keys() != wanted:
        return _broken("fields of it are missing")
    return tuple(ArcSet(*(found[number, kind] for kind in KINDS)) for number in numbers)


def read_chain(sets: tuple[ArcSet, ...], now: float) -> Chain | Flaw:
    """The signatures of the sets, as far as they have to be fit."""
    for number, each in enumerate(sets, 1):
        if each.claims != (b"pass" if number > 1 else b"none"):
            return _broken(f"the seal with the number {number} does not say that it was whole")
    seals: list[Signature] = []
    for number, each in enumerate(sets, 1):
        seal = read_arc_seal(each.seal.tags, now)
        if isinstance(seal, Flaw):
            return _broken(f"the seal with the number {number} is unfit. {seal.reason}")
        seals.append(seal)
    signed = tuple(read_arc_message(each.signed.tags, now) for each in sets)
    newest = signed[-1]
    if isinstance(newest, Flaw):
        return _broken(f"its newest signature is unfit. {newest.reason}")
    return Chain(sets, tuple(seals), signed)


class Survey(NamedTuple):
    """Of a chain in any state: its highest number, and whether a sealer called it broken."""

    highest: int
    has_ended: bool


def survey(message: Message) -> Survey:
    """What a next sealer has to know."""
    highest, has_ended = 0, False
    for at in places_of(message)[: SETS_COUNT_MAX * len(KINDS)]:
        place = _place(message, at, message.fields[at])
        if not isinstance(place, Flaw):
            highest = max(highest, place[0])
            has_ended |= place[1].tags.get(b"cv") == b"fail"
    return Survey(highest, has_ended)


def _place(message: Message, at: int, field: HeaderField) -> tuple[int, Place] | Flaw:
    """The instance of a field, and the field."""
    if field.name == RESULTS:
        match = _RESULTS.match(field.value)
        number = int(match[1]) if match else 0
        place = Place(at, {}, match[2].strip() if match else b"")
    else:
        tags = tags_of(message.content[field.start : field.end])
        if isinstance(tags, Flaw):
            return _broken(f"a field of it can't be read. {tags.reason}")
        stated = tags.get(b"i", b"")
        number = int(stated) if _INSTANCE.match(stated) else 0
        place = Place(at, tags)
    if not 1 <= number <= SETS_COUNT_MAX:
        return _broken("a field of it has no valid number")
    return number, place


def _broken(why: str) -> Flaw:
    return Flaw(Result.FAIL, f"The chain of seals is broken: {why.removesuffix('.')}.")
