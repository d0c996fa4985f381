"""ARC: the chain of those who have passed a message on, and what the first of them saw.

A chain is asked about only when its structure is whole: no key is looked up for one that lacks
a field. All keys are asked for in one round. Each seal covers all sets before it, so their hash
is carried on, not made anew.

Sources: RFC 8617 sections 5.1.1 (what a seal covers) and 5.2 (validating).
"""

import hashlib
from collections.abc import Iterator, Mapping

from katharion.authentication.arc_chain import ArcSet, Chain, places_of, read_chain, read_sets
from katharion.authentication.canonical import Header, hash_body, relaxed_field
from katharion.authentication.dkim import Case, look_up, prove
from katharion.authentication.dkim_key import keys_for
from katharion.authentication.dkim_signature import Flaw, Signature, name_of
from katharion.authentication.dkim_tags import without_signature
from katharion.mail.message import Message, printable
from katharion.values.authenticity import ArcResult, Result
from katharion.values.dns import Asking, DnsAnswer, Question

RESULTS_LENGTH_MAX = 2000  # Of the first results, for checks and people.
# What older message signatures may cover in all: they say who changed the message, no more.
OLDER_OCTETS_MAX = 4 * 1024 * 1024

TOO_LONG = Flaw(Result.FAIL, "The header of the message is too long to be verified.")
SEAL_NO_MATCH = Flaw(Result.FAIL, "The seal does not match the chain before it.")
CLOSED = Flaw(Result.FAIL, "A sealer on its way had found the chain of seals broken.")

_Answers = Mapping[Question, DnsAnswer]


def verify(message: Message, now: float) -> Asking[ArcResult]:
    """The chain as a whole: none, pass or fail; temperror where a key could not be had."""
    places = places_of(message)
    if not places:
        return ArcResult(Result.NONE)
    if message.is_header_cut:
        return ArcResult(TOO_LONG.result, reason=TOO_LONG.reason)
    sets = read_sets(message, places)
    if isinstance(sets, Flaw):
        return ArcResult(sets.result, reason=sets.reason)
    if sets[-1].claims == b"fail":  # Section 5.2 step 2: nothing more is looked at.
        return _result(sets, CLOSED)
    chain = read_chain(sets, now)
    if isinstance(chain, Flaw):
        return _result(sets, chain)
    fit = [signature for signature in chain.signed if isinstance(signature, Signature)]
    answers = yield from look_up((*chain.seals, *fit))
    return _result(sets, (yield from _validate(message, chain, answers)))


def _result(sets: tuple[ArcSet, ...], found: Flaw | int) -> ArcResult:
    """What is known of a chain whose structure is whole: why it fails, or its oldest pass."""
    flaw = found if isinstance(found, Flaw) else Flaw(Result.PASS, "")
    text = sets[0].results.text[:RESULTS_LENGTH_MAX].decode("utf-8", "replace")
    return ArcResult(
        flaw.result,
        sealers=tuple(name_of(each.seal.tags.get(b"d", b"")) for each in sets),
        oldest_pass=0 if isinstance(found, Flaw) else found,
        first_results=printable(text),
        reason=flaw.reason,
    )


def _validate(message: Message, chain: Chain, answers: _Answers) -> Asking[int | Flaw]:
    """The oldest pass, or why the chain does not stand (section 5.2 steps 3 to 6)."""
    newest = _case(chain, len(chain.sets) - 1, answers)
    if isinstance(newest, Flaw):
        return _unproven("the newest signature", newest)
    header, older = Header(message), list(_older(message, chain, answers))
    extents = {case.signature.extent for case in (newest, *older)}
    bodies = yield from hash_body(message, extents)
    proven = prove(newest, header, bodies[newest.signature.extent])
    if isinstance(proven, Flaw):
        return _unproven("the newest signature", proven)
    for number, flaw in _seal_flaws(chain, header, answers):
        return _unproven(f"the seal with the number {number}", flaw)
    oldest = len(chain.sets)
    for case in older:
        if isinstance(prove(case, header, bodies[case.signature.extent]), Flaw):
            return oldest
        oldest -= 1
    # Step 4: 0 says that all of them verify.
    return 0 if oldest == 1 else oldest


def _case(chain: Chain, index: int, answers: _Answers) -> Case | Flaw:
    """A message signature with its keys."""
    signature = chain.signed[index]
    if isinstance(signature, Flaw):
        return signature
    keys = keys_for(signature, answers[signature.question])
    place = chain.sets[index].signed.at
    return keys if isinstance(keys, Flaw) else Case(place, signature, keys)


def _older(message: Message, chain: Chain, answers: _Answers) -> Iterator[Case]:
    """Message signatures before the newest, the latest first, as far as they can be verified."""
    count = OLDER_OCTETS_MAX // max(message.header_end, 1)
    for index in reversed(range(len(chain.sets) - 1)[-count:] if count else ()):
        case = _case(chain, index, answers)
        if isinstance(case, Flaw):
            return
        yield case


def _seal_flaws(chain: Chain, header: Header, answers: _Answers) -> Iterator[tuple[int, Flaw]]:
    """Seals that don't hold, by number, the latest first."""
    digests = list(_seal_digests(chain.sets, header))
    for index in reversed(range(len(chain.sets))):
        seal = chain.seals[index]
        keys = keys_for(seal, answers[seal.question])
        if isinstance(keys, Flaw):
            yield index + 1, keys
        elif not any(key.verifies(seal.value, digests[index]) for key in keys):
            yield index + 1, SEAL_NO_MATCH


def _seal_digests(sets: tuple[ArcSet, ...], header: Header) -> Iterator[bytes]:
    """Section 5.1.1: a seal covers the sets before it, and its own with b= left empty."""
    covered = hashlib.sha256()
    for each in sets:
        covered.update(header.relaxed(each.results.at) + header.relaxed(each.signed.at))
        own = covered.copy()
        own.update(relaxed_field(without_signature(header.raw(each.seal.at)))[:-2])
        yield own.digest()
        covered.update(header.relaxed(each.seal.at))


def _unproven(what: str, flaw: Flaw) -> Flaw:
    """A key that could not be had leaves open whether the chain is whole; all else does not."""
    result = Result.TEMPERROR if flaw.result is Result.TEMPERROR else Result.FAIL
    return Flaw(result, f"The chain of seals is not proven, by {what}: {flaw.reason}")
