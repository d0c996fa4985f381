"""SPF: may this host send for that domain. A core that asks DNS; values in, a value out.

Sources: RFC 7208 (sections in place); RFC 8616 section 4 (names that are not ASCII).
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from katharion.authentication.spf_macro import (
    DOMAIN_LENGTH_MAX,
    Identity,
    MacroText,
    askable,
    expand,
    expand_name,
    is_never,
    read_explanation,
)
from katharion.authentication.spf_record import Record, Term, is_spf, read
from katharion.authentication.spf_rounds import IPV4, Rounds
from katharion.mail.address import Address
from katharion.values.authenticity import Result, SpfResult
from katharion.values.dns import Asking, DnsAnswer, DnsStatus, Question

LOOKUPS_COUNT_MAX = 10  # Terms that ask DNS (section 4.6.4).
VOIDS_COUNT_MAX = 2  # Of them, those that find nothing.
EXCHANGERS_COUNT_MAX = 10
RECORDS_LENGTH_MAX = 16 * 1024  # Of all records of one check: reading them is what costs most.
ADDRESSES_COUNT_MAX = 2000  # Of hosts, compared with a network.
EXPLANATION_LENGTH_MAX = 250
IDENTITY_LENGTH_MAX = 256  # Of a local part, a domain, a HELO; none that is good is longer.

_EXPLANATION = re.compile(r"[ -~]*\Z")


class _Found(NamedTuple):
    """What a record came to, and whose explanation may be given."""

    result: Result
    mechanism: str = ""
    reason: str = ""
    explanation: tuple[MacroText, str] | None = None  # Of the domain whose record decided.


class _EndError(Exception):
    """The check is over at once: a limit, or DNS that does not answer."""

    def __init__(self, result: Result, reason: str) -> None:
        super().__init__(reason)
        self.found = _Found(result, reason=reason)


def mail_from(  # All that an identity is.
    client: IPv4Address | IPv6Address,
    sender: Address | None,
    helo: str,
    *,
    receiver: str = "",
    now: float = 0.0,
) -> Identity:
    """The identity MAIL FROM; of the null sender, postmaster at HELO's name (section 2.4)."""
    helo = helo[:IDENTITY_LENGTH_MAX]
    if sender is None or not sender.domain:
        return Identity(_unmapped(client), "postmaster", helo, helo, receiver, now)
    local = (sender.local or "postmaster")[:IDENTITY_LENGTH_MAX]
    domain = sender.domain[:IDENTITY_LENGTH_MAX]
    return Identity(_unmapped(client), local, domain, helo, receiver, now)


def helo_of(identity: Identity) -> Identity:
    """The identity HELO of the same client (section 2.3)."""
    return identity._replace(local="postmaster", domain=identity.helo, scope="helo")


def check(identity: Identity) -> Asking[SpfResult]:
    """The result for one identity (section 4: check_host)."""
    evaluation = _Evaluation(identity)
    try:
        found = yield from evaluation.judge(identity.domain)
    except _EndError as end:
        found = end.found
    explanation = ""
    if found.result is Result.FAIL and found.explanation is not None:
        explanation = yield from evaluation.explain(*found.explanation)
    return SpfResult(
        found.result,
        identity.domain[:DOMAIN_LENGTH_MAX],
        identity.scope,
        found.mechanism,
        explanation,
        found.reason,
    )


def _unmapped(client: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address in IPv6's clothes is an IPv4 address (section 5)."""
    return (isinstance(client, IPv6Address) and client.ipv4_mapped) or client


class _Evaluation:
    """One check: what is counted, and what was asked ahead."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._text = ""  # The client's address; made when first needed: that is dear.
        self._is_ipv4 = identity.client.version == IPV4
        self._rounds = Rounds(identity)
        self._lookups_count = self._voids_count = 0
        self._records_length_left = RECORDS_LENGTH_MAX
        self._addresses_count_left = ADDRESSES_COUNT_MAX
        self._names: tuple[str, ...] | None = None  # Validated ones of the client.

    def judge(self, domain: str) -> Asking[_Found]:
        """What the record of `domain` says (section 4.3 and on)."""
        name = askable(domain)
        if name is None:
            return _Found(Result.NONE, reason="The domain is none that could be asked about.")
        answer = yield from self._rounds.ask(Question("TXT", name))
        if answer.status is DnsStatus.FAILED:
            raise _EndError(Result.TEMPERROR, f"The record of {name} could not be asked.")
        texts = [text for text in answer.records if is_spf(text)]
        if not texts:
            return _Found(Result.NONE, reason=f"{name} does not say who may send for it.")
        if len(texts) > 1:
            raise _EndError(Result.PERMERROR, f"{name} has more than one record (section 4.5).")
        self._records_length_left -= len(texts[0])
        if self._records_length_left < 0:
            raise _EndError(Result.PERMERROR, "The records are longer than records may be.")
        record = read(texts[0])
        if record.fault:
            raise _EndError(Result.PERMERROR, f"The record of {name} has {record.fault}.")
        return (yield from self._evaluate(record, name))

    def _evaluate(self, record: Record, domain: str) -> Asking[_Found]:
        number, version = self._rounds.number, self._rounds.version
        for term in record.terms:
            if term.network is not None:  # Here, not in a function: some records have hundreds.
                of_version, first, mask = term.network
                matches = number & mask == first and version == of_version
            elif term.kind == "all":
                matches = True
            else:
                matches = yield from self._matches(term, domain)
            if matches:
                explanation = (record.explanation, domain) if record.explanation else None
                return _Found(term.result, term.text, explanation=explanation)
        if record.redirect is None:
            return _Found(Result.NEUTRAL, "default", "No term of the record speaks of the sender.")
        return (yield from self._redirect(record.redirect, domain))

    def _redirect(self, target: MacroText, domain: str) -> Asking[_Found]:
        """Section 6.1."""
        self._count_lookup()
        if is_never(target, self.identity):
            return _Found(Result.NEUTRAL, "default", "The record points nowhere for this sender.")
        name = yield from self._target(target, domain)
        found = _Found(Result.NONE) if name is None else (yield from self.judge(name))
        if found.result is Result.NONE:
            raise _EndError(Result.PERMERROR, f"{domain} points to a record that is not there.")
        return found

    # Mechanisms (section 5).

    def _matches(self, term: Term, domain: str) -> Asking[bool]:
        self._count_lookup()
        name: str | None = domain
        if term.target is not None:
            if is_never(term.target, self.identity):
                return False
            name = yield from self._target(term.target, domain)
        if name is None:  # Nothing that could be asked.
            if term.kind == "include":
                raise _EndError(Result.PERMERROR, f"{domain} includes a record that can't be.")
            return False
        if term.kind == "include":
            return (yield from self._include(name))
        if term.kind == "ptr":
            return (yield from self._has_name_under(name))
        if term.kind == "mx":
            return (yield from self._is_exchanger(name, term.bits))
        question = Question("A" if term.kind == "exists" else self._rounds.kind, name)
        # What was asked ahead costs no generator.
        answer = self._rounds.known(question) or (yield from self._rounds.ask(question))
        records = self._heard(question, answer).records
        return bool(records) if term.kind == "exists" else self._is_among(records, term.bits)

    def _include(self, name: str) -> Asking[bool]:
        """Section 5.2, with its table."""
        found = yield from self.judge(name)
        if found.result is Result.NONE:
            raise _EndError(Result.PERMERROR, f"{name} is included and has no record.")
        return found.result is Result.PASS

    def _is_exchanger(self, name: str, bits: tuple[int, int]) -> Asking[bool]:
        """Section 5.4."""
        question = Question("MX", name)
        answer = self._heard(question, (yield from self._rounds.ask(question)))
        if len(answer.records) > EXCHANGERS_COUNT_MAX:
            raise _EndError(Result.PERMERROR, f"{name} has more than ten mail exchangers.")
        found = yield from self._rounds.ask_hosts(question)
        has_failed = False
        for _, one in found:
            if self._is_among(one.records, bits):
                return True
            has_failed = has_failed or one.status is DnsStatus.FAILED
        if has_failed:
            raise _EndError(Result.TEMPERROR, f"A mail exchanger of {name} could not be asked.")
        return False

    def _has_name_under(self, name: str) -> Asking[bool]:
        """Section 5.5."""
        names = yield from self._validated_names(is_term=True)
        return any(each == name or each.endswith("." + name) for each in names)

    def _validated_names(self, *, is_term: bool = False) -> Asking[tuple[str, ...]]:
        """Names of the client that lead back to it; what DNS does not answer is left out."""
        if self._names is None:
            question = Question("PTR", self.identity.client.reverse_pointer)
            answer = yield from self._rounds.ask(question)
            # "If a DNS error occurs … the mechanism fails to match": it found nothing out.
            if is_term and answer.status is not DnsStatus.FAILED:
                self._count_void(answer)
            found = yield from self._rounds.ask_hosts(question)
            self._names = tuple(
                name for name, one in found if self._is_among(one.records, (32, 128))
            )
        return self._names

    def _is_among(self, addresses: tuple[str, ...], bits: tuple[int, int]) -> bool:
        if not addresses:
            return False
        shift = 32 - bits[0] if self._is_ipv4 else 128 - bits[1]
        if not shift:
            self._text = self._text or str(self.identity.client)
            return self._text in addresses
        self._addresses_count_left -= len(addresses)
        if self._addresses_count_left < 0:
            raise _EndError(Result.PERMERROR, "The record names more addresses than are compared.")
        wanted = self._rounds.number >> shift
        numbers = (_number(address, is_ipv4=self._is_ipv4) for address in addresses)
        return any(number is not None and number >> shift == wanted for number in numbers)

    # Macros (section 7) and the explanation (section 6.2).

    def _target(self, text: MacroText, domain: str) -> Asking[str | None]:
        """The domain that is meant; None where it is none that could be asked about."""
        if text.plain is not None:
            return askable(text.plain)
        name = "unknown"
        if text.needs_name:
            name = yield from self._name_for(domain)
        return askable(expand_name(text, self.identity, domain, name))

    def _name_for(self, domain: str) -> Asking[str]:
        """What %{p} says (section 7.3): best the domain itself, then a name below it."""
        names = yield from self._validated_names()
        below = [name for name in names if name.endswith("." + domain)]
        return next(iter([n for n in names if n == domain] + below + list(names)), "unknown")

    def explain(self, text: MacroText, domain: str) -> Asking[str]:
        """The domain's own words; "" where anything about them is wrong."""
        if is_never(text, self.identity):
            return ""
        name = yield from self._target(text, domain)
        if name is None:
            return ""
        answer = yield from self._rounds.ask(Question("TXT", name))
        words = read_explanation(answer.records[0]) if len(answer.records) == 1 else None
        if words is None:
            return ""
        client_name = "unknown"
        if words.needs_name:
            client_name = yield from self._name_for(domain)
        said = expand(words, self.identity, domain, client_name)
        return said[:EXPLANATION_LENGTH_MAX] if _EXPLANATION.match(said) else ""

    # Questions.

    def _heard(self, question: Question, answer: DnsAnswer) -> DnsAnswer:
        """Of a term, which ends the check where DNS does not answer (section 4.4)."""
        if answer.status is DnsStatus.FAILED:
            raise _EndError(Result.TEMPERROR, f"{question.name} could not be asked.")
        self._count_void(answer)
        return answer

    def _count_lookup(self) -> None:
        self._lookups_count += 1
        if self._lookups_count > LOOKUPS_COUNT_MAX:
            raise _EndError(Result.PERMERROR, "The record asks for more than ten look-ups.")

    def _count_void(self, answer: DnsAnswer) -> None:
        """Only what a term asks for itself: the hosts of an MX may well have no IPv6 address."""
        if not answer.records:
            self._voids_count += 1
            if self._voids_count > VOIDS_COUNT_MAX:
                raise _EndError(Result.PERMERROR, "The record asks for too much that is not there.")


def _number(address: str, *, is_ipv4: bool) -> int | None:
    try:
        return int(IPv4Address(address) if is_ipv4 else IPv6Address(address))
    except ValueError:
        return None
