"""What the author's domain asks for by DMARC, where the tenant follows it.

RFC 9989 section 7.4 asks receivers not to refuse for DMARC alone: mail that went through a
list or a forwarder fails it. So the usual mode holds such mail, and a tenant may name sealers
(lists, forwarders, its own mail service) whose ARC seals it believes.

Sources: RFC 9989 sections 5.4 and 7.4; RFC 8617 section 7.2 (what a chain may be used for).
"""

import re

from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import ArcResult, Result
from katharion.values.policy import DmarcMode, EffectivePolicy
from katharion.values.verdict import Finding, Force

_PASSED = re.compile(r"(?<![\w-])(dmarc|dkim|spf)\s*=\s*pass(?![\w-])", re.IGNORECASE)


def judge(transaction: Transaction, policy: EffectivePolicy) -> tuple[Finding, ...]:
    """A forced finding where the owner asks for it, and the tenant follows."""
    dmarc, arc = transaction.authenticity.dmarc, transaction.authenticity.arc
    is_asked = dmarc is not None and dmarc.result is Result.FAIL
    if dmarc is None or not is_asked or dmarc.policy not in ("reject", "quarantine"):
        return ()
    if policy.dmarc is DmarcMode.SCORE:
        return ()
    sealer = _believed(arc, policy.trusted_sealers)
    if sealer:
        sentence = "It was changed on its way by a service that is trusted, and was proven before."
        return (Finding("DMARC_ARC_TRUSTED", -4.0, sentence, sealer),)
    is_refused = dmarc.policy == "reject" and policy.dmarc is DmarcMode.FOLLOW
    force = Force.DMARC_REJECT if is_refused else Force.DMARC_QUARANTINE
    wish = "refused" if is_refused else "held"
    sentence = f"The author's domain is not proven to have sent it, and asks that it be {wish}."
    return (Finding("DMARC_POLICY", 0.0, sentence, dmarc.domain, force=force),)


def _believed(arc: ArcResult | None, trusted: tuple[str, ...]) -> str:
    """The last sealer, where the tenant trusts all of them and the first saw a proof; else ""."""
    if arc is None or arc.result is not Result.PASS or not arc.sealers:
        return ""
    if not set(arc.sealers) <= set(trusted) or not _PASSED.search(arc.first_results):
        return ""
    return arc.sealers[-1]
