"""Selective greylisting: who proves nothing and is known to nobody is asked to come again.

Asked is after the content: so a message that looks like a login code is never asked, nor one of
a source that anybody here has had good mail from, or whose address or domain is proven. Programs
that send spam and run do not come again; a server does within minutes, and is known then.

Source: DESIGN section 3 (sources); RFC 6647 (greylisting).
"""

import hashlib

from katharion.pipeline.transaction import Transaction
from katharion.ports import FirstSeen, History
from katharion.sources.login_code import looks_like_a_code
from katharion.sources.memory import network_of, of_address
from katharion.sources.options import SourcesOptions
from katharion.values.authenticity import Authenticity, Result
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Finding, Force

NAME = "greylist"
RECIPIENTS_COUNT_MAX = 20  # Of one message; he may come with others the next time.
KNOWN_CLEAN_COUNT_MIN = 0.5  # One good message lately is enough.


class Greylist:
    """The check, over what is remembered; its own memory is shared by the node's filters."""

    def __init__(self, history: History, first_seen: FirstSeen, options: SourcesOptions) -> None:
        self._history = history
        self._first_seen = first_seen
        self._options = options

    def judge(self, transaction: Transaction, policy: EffectivePolicy) -> tuple[Finding, ...]:
        """A forced finding where the sender is to come again."""
        network = network_of(transaction.facts.client_address)
        if not policy.greylist or not network or _is_proven(transaction.authenticity):
            return ()
        # A relay of ours would come again for him, whoever he is: he would learn nothing of it.
        if transaction.is_relayed or not of_address(transaction.facts.client_address, _nobody):
            return ()
        if self._is_known(transaction):
            return ()
        message = transaction.message
        body = message.content[message.body_start :]
        if looks_like_a_code(message.subject, body):
            return (Finding("GREYLIST_SPARED", 0.0, "It looks like a code that somebody awaits."),)
        waited = self._waited(transaction, network)
        if waited is None or waited >= self._options.greylist_seconds:
            return ()
        sentence = "Nobody knows this sender, who proves nothing: he is asked to come again."
        return (Finding("GREYLISTED", 0.0, sentence, network, force=Force.GREYLISTED),)

    def _is_known(self, transaction: Transaction) -> bool:
        sources = of_address(transaction.facts.client_address, _nobody)
        pasts = self._history.look_up(sources)
        if pasts is None:
            return True  # Nobody can say, and whom we may know is not asked.
        now = transaction.now
        return any(past.at(now).clean >= KNOWN_CLEAN_COUNT_MIN for past in pasts.values())

    def _waited(self, transaction: Transaction, network: str) -> float | None:
        """Seconds since this sender first wrote to any of these; None where nobody knows."""
        envelope = transaction.envelope
        sender = envelope.sender.domain if envelope.sender else ""
        firsts = [
            self._first_at(f"{network}\n{sender}\n{str(recipient).lower()}", transaction.now)
            for recipient in envelope.recipients[:RECIPIENTS_COUNT_MAX]
        ]
        known = [first for first in firsts if first is not None]
        return transaction.now - min(known) if known else None

    def _first_at(self, about: str, now: float) -> float | None:
        key = hashlib.sha256(about.encode()).hexdigest()[:40]
        first = self._first_seen.first_at(key, now)
        if first is not None and now - first > self._options.greylist_hours * 3600:
            self._first_seen.forget(key)
            first = self._first_seen.first_at(key, now)
        return first


def _nobody(_: str) -> str:
    """No table of autonomous systems: a provider is no acquaintance."""
    return ""


def _is_proven(found: Authenticity) -> bool:
    """Whether anything speaks for who the sender is. What DNS did not say is no reproach."""
    if found.proven_domains or found.name_of_client:
        return True
    unsaid = (found.spf, found.iprev, *found.dkim)
    return any(one is not None and one.result is Result.TEMPERROR for one in unsaid)
