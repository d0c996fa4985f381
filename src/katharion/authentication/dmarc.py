"""DMARC: may this message bear its author's name, and what does the name's owner ask for if not.

    found = author.find(message)
    discoveries = yield from dmarc.discover(found)       # Beside SPF and DKIM: needs no results.
    result = yield from dmarc.judge(found, discoveries, spf, dkim)

The domains that SPF and DKIM vouch for are the author's own in nearly all mail; then `judge` asks
nothing. Otherwise `align` finds the organizations that it can't tell without.

Sources: RFC 9989 sections 4.4 (alignment), 4.10.2 (when it needs a tree walk), 5.3 (what a
receiver does), 11.5 (several author domains); RFC 8601 section 2.7 (the words of results).
"""

from collections.abc import Iterator, Sequence

import msgspec

from katharion.authentication import dmarc_record, dmarc_walk
from katharion.authentication.author import Author
from katharion.authentication.dmarc_walk import Discovery
from katharion.mail.domain_name import a_labels
from katharion.values.authenticity import DkimResult, DmarcResult, Result, SpfResult
from katharion.values.dns import Asking

WALKS_COUNT_MAX = 10  # Of organizations of what SPF and DKIM vouch for, a message.

_VOUCHING = (Result.PASS, Result.TEMPERROR)
# Which of several author domains' results stands for the message (section 11.5).
_WORST_FIRST = (Result.FAIL, Result.TEMPERROR, Result.PERMERROR, Result.NONE, Result.PASS)

_ALIGNED_BY: dict[tuple[bool, bool], tuple[str, ...]] = {
    (False, False): (),
    (False, True): ("dkim",),
    (True, False): ("spf",),
    (True, True): ("spf", "dkim"),
}


def discover(author: Author) -> Asking[tuple[Discovery, ...]]:
    """Find the policies of the author's domains."""
    if not author.domains:
        return ()
    return (yield from dmarc_walk.discover(author.domains))


def judge(
    author: Author,
    discoveries: Sequence[Discovery],
    spf: SpfResult | None,
    dkim: Sequence[DkimResult],
) -> Asking[DmarcResult]:
    """The result of the message. `spf`: of MAIL FROM, or of HELO where MAIL FROM is empty."""
    results = []
    for discovery in discoveries:
        aligned = yield from align(discovery, spf, dkim)
        results.append(evaluate(aligned, spf, dkim))
    return strictest(author, results)


def align(
    discovery: Discovery, spf: SpfResult | None, dkim: Sequence[DkimResult]
) -> Asking[Discovery]:
    """The discovery, with the organizations that relaxed alignment depends on."""
    wanted = {domain for domain in _vouching(discovery, spf, dkim) if _depends(discovery, domain)}
    if not wanted:
        return discovery
    domains = sorted(wanted)[:WALKS_COUNT_MAX]
    known = yield from dmarc_walk.walk(domains, discovery.known)
    found = {domain: dmarc_walk.organization(domain, known) for domain in domains}
    return msgspec.structs.replace(discovery, organizations=found)


def evaluate(
    discovery: Discovery, spf: SpfResult | None, dkim: Sequence[DkimResult]
) -> DmarcResult:
    """The result for one author domain. `discovery`: as `align` gave it back; asks nothing."""
    if discovery.is_failed:
        return DmarcResult(
            Result.TEMPERROR,
            discovery.domain,
            reason=f"DNS did not say whether {discovery.domain} has a DMARC policy.",
        )
    record = discovery.record
    if record is None or record.is_void:
        return _without_policy(discovery)
    by_spf = _by_spf(discovery, spf)
    by_dkim = _by_dkim(discovery, dkim)
    if by_spf or by_dkim:
        result = Result.PASS
    else:
        result = Result.TEMPERROR if None in (by_spf, by_dkim) else Result.FAIL
    return DmarcResult(
        result,
        discovery.domain,
        policy=_milder(discovery.policy) if record.is_testing else discovery.policy,
        policy_domain=discovery.policy_domain,
        organization=discovery.organization,
        aligned_by=_ALIGNED_BY[bool(by_spf), bool(by_dkim)],
        is_testing=record.is_testing,
        report_to=record.report_to,
        reason=_reason(result, discovery, spf, dkim) if result is not Result.PASS else "",
        record=record.text,
    )


def strictest(author: Author, results: Sequence[DmarcResult]) -> DmarcResult:
    """The one result of the message, of those for each of its author domains.

    Section 11.5: the strictest policy among those that fail. A From field that is at fault, and
    may be read in another way than ours, never passes.
    """
    if not results:
        return DmarcResult(Result.PERMERROR, reason=author.fault)
    worst = min(results, key=_badness)
    if author.fault and worst.result in (Result.PASS, Result.NONE):
        return msgspec.structs.replace(worst, result=Result.PERMERROR, reason=author.fault)
    return worst


def _badness(result: DmarcResult) -> tuple[int, int]:
    strictness = -dmarc_record.POLICIES.index(result.policy) if result.policy else 0
    return _WORST_FIRST.index(result.result), strictness


def _without_policy(discovery: Discovery) -> DmarcResult:
    domain = discovery.domain
    if discovery.record is None:
        reason = f"The domain {domain} publishes no DMARC policy."
    else:
        reason = f"The DMARC record at {discovery.policy_domain} states no valid policy."
    return DmarcResult(
        Result.NONE, domain, organization=discovery.organization or domain, reason=reason
    )


def _vouching(
    discovery: Discovery, spf: SpfResult | None, dkim: Sequence[DkimResult]
) -> Iterator[str]:
    """The domains that relaxed alignment asks about."""
    record = discovery.record
    if record is None:
        return
    if spf is not None and spf.result in _VOUCHING and not record.is_spf_strict:
        yield a_labels(spf.domain)
    if not record.is_dkim_strict:
        for signature in dkim:
            if signature.result in _VOUCHING:
                yield a_labels(signature.domain)


def _depends(discovery: Discovery, domain: str) -> bool:
    """Whether it takes the organization of `domain` to tell if it is aligned."""
    mine = discovery.organization
    return bool(mine) and domain != discovery.domain and _is_in(domain, mine)


def _is_in(domain: str, suffix: str) -> bool:
    return domain == suffix or domain.endswith(f".{suffix}")


def _by_spf(discovery: Discovery, spf: SpfResult | None) -> bool | None:
    """Whether SPF vouches for the author domain; None where DNS did not say."""
    assert discovery.record is not None
    if spf is None or spf.result not in _VOUCHING:
        return False
    aligned = _is_aligned(discovery, spf.domain, is_strict=discovery.record.is_spf_strict)
    return None if aligned and spf.result is Result.TEMPERROR else aligned


def _by_dkim(discovery: Discovery, dkim: Sequence[DkimResult]) -> bool | None:
    """Whether a signature vouches for the author domain; None where DNS did not say."""
    assert discovery.record is not None
    found: bool | None = False
    for signature in dkim:
        if signature.result not in _VOUCHING:
            continue
        aligned = _is_aligned(
            discovery, signature.domain, is_strict=discovery.record.is_dkim_strict
        )
        if aligned and signature.result is Result.PASS:
            return True
        if aligned is not False:
            found = None
    return found


def _is_aligned(discovery: Discovery, domain: str, *, is_strict: bool) -> bool | None:
    """Section 4.4: the same domain; or, relaxed, of the same organization. None: not known."""
    domain = a_labels(domain)
    if domain == discovery.domain:
        return True
    if is_strict or not domain:
        return False
    mine = discovery.organization
    if not mine:
        # What is not known is above the author; a domain elsewhere does not belong to it.
        top = discovery.domain.rpartition(".")[2]
        return None if _is_in(domain, top) else False
    if not _is_in(domain, mine):
        return False
    if domain not in discovery.organizations:
        return False  # Beyond WALKS_COUNT_MAX.
    theirs = discovery.organizations[domain]
    return theirs == mine if theirs else None


def _milder(policy: str) -> str:
    """Test mode: one level below what is asked for (section 4.7, t)."""
    return dmarc_record.POLICIES[max(0, dmarc_record.POLICIES.index(policy) - 1)]


def _reason(
    result: Result, discovery: Discovery, spf: SpfResult | None, dkim: Sequence[DkimResult]
) -> str:
    domain = discovery.domain
    if result is Result.TEMPERROR:
        return f"DNS did not answer all that it takes to tell whether {domain} sent the message."
    passed = {a_labels(signature.domain) for signature in dkim if signature.result is Result.PASS}
    if spf is not None and spf.result is Result.PASS:
        passed.add(a_labels(spf.domain))
    others = sorted(passed - {"", domain})[:2]
    if others:
        proof = f"what was proven is that {' and '.join(others)} sent it"
    else:
        proof = "neither SPF nor DKIM proves it"
    return f"The message says that it comes from {domain}, but {proof}."
