"""What is remembered of the source: spam, unknown recipients, or a long time without either.

Source: DESIGN section 3 (sources).
"""

from collections.abc import Mapping

from katharion.pipeline.transaction import Transaction
from katharion.ports import History
from katharion.sources.memory import (
    EVERYBODY,
    SystemOf,
    of_address,
    of_domains,
    pairs_of,
    recipients_of,
)
from katharion.values.history import Past
from katharion.values.verdict import Finding

NAME = "reputation"
# Messages that must be known of a source before its share of spam says anything.
JUDGED_COUNT_MIN = {"ip": 4.0, "net": 10.0, "asn": 50.0, "domain": 5.0}
BAD_SHARE, GOOD_SHARE = 0.6, 0.05
# Points for a source that sent nothing but spam.
BAD_WEIGHT = {"ip": 2.5, "net": 1.5, "asn": 0.7, "domain": 2.0}
GOOD_JUDGED_COUNT_MIN = 10.0
GOOD_WEIGHT, KNOWN_WEIGHT, NEW_WEIGHT = -1.0, -0.7, 0.3
UNKNOWN_COUNT_MIN, UNKNOWN_SHARE, UNKNOWN_WEIGHT = 8.0, 0.5, 2.0
BURST_COUNT_MIN, BURST_TIMES, BURST_WEIGHT = 60.0, 20.0, 0.7
WEEK_HOURS = 168.0
LEARNING_SECONDS_MIN = WEEK_HOURS * 3600.0
KNOWN_COUNT_MIN = 1.5  # Clean messages of a pair: twice lately.

_WHAT = {
    "ip": "The sender's server",
    "net": "The sender's network",
    "asn": "The sender's provider",
    "domain": "The domain that is proven to have sent this",
}


class Reputation:
    """The check, over what is remembered."""

    def __init__(self, history: History, system_of: SystemOf) -> None:
        self._history = history
        self._system_of = system_of

    def judge(self, transaction: Transaction) -> tuple[Finding, ...]:
        """Findings of all that is known of the message's sources."""
        found = transaction.authenticity
        address = found.client_address or transaction.facts.client_address
        sources = of_address(address, self._system_of) + of_domains(found)
        if not sources:
            return ()
        sender, recipients = transaction.envelope.sender, transaction.envelope.recipients
        pairs = pairs_of(found, str(sender or ""), str(recipients[0])) if recipients else ()
        named = recipients_of(address)
        known = self._history.look_up((*sources, *pairs, EVERYBODY, *([named] if named else [])))
        if known is None:
            return ()
        pasts = {source: known[source].at(transaction.now) for source in known}
        return tuple(_findings(pasts, pairs, transaction.now))


def _findings(pasts: Mapping[str, Past], pairs: tuple[str, ...], now: float) -> list[Finding]:
    findings = []
    kinds = {source: source.partition(":")[0] for source in pasts}
    for source, past in pasts.items():
        if kinds[source] in _WHAT:
            findings += _of_one(kinds[source], source, past)
        elif kinds[source] == "to":
            findings += _of_recipients(past)
    if any(pasts[pair].clean >= KNOWN_COUNT_MIN for pair in pairs if pair in pasts):
        sentence = "The sender, who is proven, has written here before."
        findings.append(Finding("CORRESPONDENT", KNOWN_WEIGHT, sentence))
    # Where nothing was remembered for a week, or the memory is away, everybody would be new.
    learned_seconds = now - pasts[EVERYBODY].first_at if EVERYBODY in pasts else 0.0
    is_new = not any(kinds[source] in ("ip", "net", "domain") for source in pasts)
    if is_new and learned_seconds >= LEARNING_SECONDS_MIN:
        sentence = "Nobody here has had mail from this source before."
        findings.append(Finding("SOURCE_NEW", NEW_WEIGHT, sentence))
    return findings


def _of_one(kind: str, source: str, past: Past) -> list[Finding]:
    findings, name = [], kind.upper()
    evidence = f"{source.partition(':')[2]}: {past.spam:.0f} of {past.judged:.0f} lately"
    if past.judged >= JUDGED_COUNT_MIN[kind] and past.spam_share >= BAD_SHARE:
        weight = round(BAD_WEIGHT[kind] * past.spam_share, 2)
        sentence = f"{_WHAT[kind]} has mostly sent spam lately."
        findings.append(Finding(f"SOURCE_BAD_{name}", weight, sentence, evidence))
    elif is_good(kind, past):
        sentence = f"{_WHAT[kind]} has sent good mail for a while."
        findings.append(Finding(f"SOURCE_GOOD_{name}", GOOD_WEIGHT, sentence, evidence))
    usual = max(past.judged - past.recent, 1.0) / WEEK_HOURS
    is_burst = past.recent >= max(BURST_COUNT_MIN, BURST_TIMES * usual)
    if kind == "ip" and is_burst and not is_good(kind, past):
        sentence = "The sender's server sends far more than it usually does."
        shown = f"{past.recent:.0f} in the last hours, {usual:.1f} an hour before"
        findings.append(Finding("SOURCE_BURST", BURST_WEIGHT, sentence, shown))
    return findings


def _of_recipients(past: Past) -> list[Finding]:
    """Whether addresses are guessed: of all that were named, not of messages."""
    tried = past.clean + past.unknown
    if past.unknown < UNKNOWN_COUNT_MIN or past.unknown < UNKNOWN_SHARE * tried:
        return []
    sentence = "The sender's server tries many addresses that do not exist."
    shown = f"{past.unknown:.0f} of {tried:.0f} lately"
    return [Finding("SOURCE_HARVESTS", UNKNOWN_WEIGHT, sentence, shown)]


def is_good(kind: str, past: Past) -> bool:
    """Whether a source has earned trust. A provider has not: it is many people."""
    is_known = past.judged >= GOOD_JUDGED_COUNT_MIN and past.spam_share <= GOOD_SHARE
    return is_known and kind in ("ip", "domain")
