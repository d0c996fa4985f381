"""What SPF, DKIM, DMARC and ARC came to, as findings with a sentence each.

They are one check, so that their weights together are capped as one: they say one thing, that
the sender may be forged. What a tenant does at the wish of a domain's owner is checks/dmarc.py.

Sources: RFC 7208 section 8 (what results mean); RFC 6376 section 6.3 (a broken signature is no
worse than none); RFC 8601 section 2.7; RFC 9989 (DMARC).
"""

from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import (
    ArcResult,
    Authenticity,
    DkimResult,
    DmarcResult,
    Result,
    SpfResult,
)
from katharion.values.verdict import Finding

EVIDENCE_LENGTH_MAX = 200
# Of the weight of an SPF failure where the author is proven in another way: it was forwarded.
FORWARDED_SHARE = 0.2

_SPF = {
    Result.PASS: (0.0, "The sender's domain says that this server may send for it."),
    Result.FAIL: (2.5, "The sender's domain says that this server may not send for it."),
    Result.SOFTFAIL: (1.0, "The sender's domain says that this server should not send for it."),
    Result.NEUTRAL: (0.2, "The sender's domain does not say whether this server may send for it."),
    Result.NONE: (0.4, "The sender's domain does not say which servers may send for it."),
    Result.PERMERROR: (0.5, "What the sender's domain says of its servers can't be understood."),
}
_DMARC_FAILED = {
    "reject": (4.0, "The author's domain is not proven to have sent it, and asks to refuse it."),
    "quarantine": (
        3.0,
        "The author's domain is not proven to have sent it, and asks to hold it.",
    ),
    "none": (1.0, "The author's domain can't be proven to have sent this message."),
}


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """Findings of all methods that were asked."""
    found = transaction.authenticity
    findings: list[Finding] = []
    if found.spf is not None:
        findings.append(_spf(found.spf, is_forwarded=is_proven(found)))
    if found.helo is not None and found.helo.result is Result.FAIL:
        sentence = "The name that the sender's server gives itself may not be used by it."
        findings.append(Finding("HELO_SPF_FAIL", 1.0, sentence, found.helo.domain))
    findings += _dkim(found.dkim)
    if found.dmarc is not None:
        findings += _dmarc(found.dmarc)
    if found.arc is not None:
        findings += _arc(found.arc)
    return tuple(findings)


def is_proven(found: Authenticity) -> bool:
    """Whether the author's domain, or somebody who signs for it, is proven."""
    return found.dmarc is not None and found.dmarc.result is Result.PASS


def _spf(spf: SpfResult, *, is_forwarded: bool) -> Finding:
    if spf.result is Result.TEMPERROR:
        sentence = "not checked: DNS did not say which servers may send for the sender's domain."
        return Finding("SPF", 0.0, sentence, spf.domain, was_checked=False)
    weight, sentence = _SPF[spf.result]
    if is_forwarded:
        weight = round(weight * FORWARDED_SHARE, 2)
    evidence = " ".join(filter(None, (spf.domain, spf.mechanism, spf.explanation or spf.reason)))
    return Finding(f"SPF_{spf.result.name}", weight, sentence, evidence[:EVIDENCE_LENGTH_MAX])


def _dkim(signatures: tuple[DkimResult, ...]) -> list[Finding]:
    if not signatures:
        return [Finding("DKIM_NONE", 0.0, "The message is not signed.")]
    passed = [one for one in signatures if one.result is Result.PASS]
    if passed:
        return _dkim_passed(passed)
    if any(one.result is Result.TEMPERROR for one in signatures):
        sentence = "not checked: the key of a signature could not be asked."
        return [Finding("DKIM", 0.0, sentence, _who(signatures), was_checked=False)]
    failed = [one for one in signatures if one.result is Result.FAIL]
    if failed:
        sentence = "The message is signed, but its signature does not match."
        evidence = f"{_who(tuple(failed))}: {failed[0].reason}"
        return [Finding("DKIM_FAIL", 0.7, sentence, evidence[:EVIDENCE_LENGTH_MAX])]
    sentence = "The message is signed in a way that proves nothing."
    evidence = f"{_who(signatures)}: {signatures[0].reason}"
    return [Finding("DKIM_WEAK", 0.5, sentence, evidence[:EVIDENCE_LENGTH_MAX])]


def _dkim_passed(passed: list[DkimResult]) -> list[Finding]:
    sentence = "A signature proves who has passed on this message unchanged."
    findings = [Finding("DKIM_PASS", 0.0, sentence, _who(tuple(passed)))]
    if all(one.unsigned_octets for one in passed):
        sentence = "Only the beginning of the message is signed; anybody may have added the rest."
        evidence = f"{min(one.unsigned_octets for one in passed)} octets"
        findings.append(Finding("DKIM_PART", 1.0, sentence, evidence))
    return findings


def _who(signatures: tuple[DkimResult, ...]) -> str:
    return ", ".join(dict.fromkeys(one.domain or "?" for one in signatures))[:EVIDENCE_LENGTH_MAX]


def _dmarc(dmarc: DmarcResult) -> list[Finding]:
    if dmarc.result is Result.PASS:
        sentence = "The author's domain is proven to have sent this message."
        by = " and ".join(dmarc.aligned_by).upper()
        return [Finding("DMARC_PASS", 0.0, sentence, f"{dmarc.domain} by {by}")]
    if dmarc.result is Result.TEMPERROR:
        sentence = "not checked: DNS did not say what the author's domain asks for."
        return [Finding("DMARC", 0.0, sentence, dmarc.domain, was_checked=False)]
    if dmarc.result is Result.PERMERROR:
        # Where there is no author at all, the check of the header says so.
        weight = 1.0 if dmarc.domain else 0.0
        return [Finding("DMARC_NO_AUTHOR", weight, dmarc.reason, dmarc.domain)]
    if dmarc.result is not Result.FAIL:
        return []  # Without a policy there is nothing to say.
    policy = dmarc.policy or "none"
    weight, sentence = _DMARC_FAILED[policy]
    evidence = (dmarc.reason or dmarc.domain)[:EVIDENCE_LENGTH_MAX]
    return [Finding(f"DMARC_FAIL_{policy.upper()}", weight, sentence, evidence)]


def _arc(arc: ArcResult) -> list[Finding]:
    if arc.result is Result.PASS:
        sentence = "Those who passed this message on say, under seal, what they found."
        return [Finding("ARC_PASS", 0.0, sentence, ", ".join(arc.sealers)[:EVIDENCE_LENGTH_MAX])]
    if arc.result is Result.FAIL:
        sentence = "The seals of those who passed this message on do not match."
        return [Finding("ARC_FAIL", 0.3, sentence, arc.reason[:EVIDENCE_LENGTH_MAX])]
    return []
