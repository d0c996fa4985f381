"""SPF: may this host send for that domain. A core that asks DNS; values in, a value out.

Sources: RFC 7208 (sections in place); RFC 8616 section 4 (names that are not ASCII).
"""

import re
from collections.abc import Generator, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from katharion.authentication.spf_macro import (
    DOMAIN_LENGTH_MAX,
    Identity,
    MacroText,
    askable,
    expand,
    expand_name,
    is_name,
    read_explanation,
)
from katharion.authentication.spf_record import Record, Term, is_spf, read
from katharion.mail.address import Address
from katharion.values.authenticity import Result, SpfResult
from katharion.values.dns import Asking, DnsAnswer, DnsStatus, Kind, Question

LOOKUPS_COUNT_MAX = 10  # Terms that ask DNS (section 4.6.4).
VOIDS_COUNT_MAX = 2  # Of them, those that find nothing.
EXCHANGERS_COUNT_MAX = 10
NAMES_COUNT_MAX = 10  # Of the client's address (section 5.5).
AHEAD_COUNT_MAX = 10  # Questions of one record that are asked before their turn.
RECORDS_LENGTH_MAX = 16 * 1024  # Of all records of one check: reading them is what costs most.
ADDRESSES_COUNT_MAX = 2000  # Of hosts, compared with a network.
EXPLANATION_LENGTH_MAX = 250
IDENTITY_LENGTH_MAX = 256  # Of a local part, a domain, a HELO; none that is good is longer.

_EXPLANATION = re.compile(r"[ -~]*\Z")
_IPV4 = 4

_Steps = Generator[tuple[Question, ...], tuple[DnsAnswer, ...], None]


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
        self._number = int(identity.client)
        self._text = str(identity.client)
        self._is_local_ascii = identity.local.isascii()
        self._version = identity.client.version
        self._is_ipv4 = self._version == _IPV4
        self._kind: Kind = "A" if self._is_ipv4 else "AAAA"
        self._lookups_count = self._voids_count = 0
        self._records_length_left = RECORDS_LENGTH_MAX
        self._addresses_count_left = ADDRESSES_COUNT_MAX
        self._answers: dict[Question, DnsAnswer] = {}
        self._ahead: dict[str, None] = {}  # Names of records that were asked for before their turn.
        self._names: tuple[str, ...] | None = None  # Validated ones of the client.

    def judge(self, domain: str) -> Asking[_Found]:
        """What the record of `domain` says (section 4.3 and on)."""
        name = askable(domain)
        if name is None:
            return _Found(Result.NONE, reason="The domain is none that could be asked about.")
        answer = yield from self._ask(Question("TXT", name))
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
        yield from self._ask_ahead(record, domain)
        for term in record.terms:
            if term.network is not None:
                matches = self._is_in(term.network)
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
        if self._is_never(target):
            return _Found(Result.NEUTRAL, "default", "The record points nowhere for this sender.")
        name = yield from self._target(target, domain)
        found = _Found(Result.NONE) if name is None else (yield from self.judge(name))
        if found.result is Result.NONE:
            raise _EndError(Result.PERMERROR, f"{domain} points to a record that is not there.")
        return found

    # Mechanisms (section 5).

    def _is_in(self, network: tuple[int, int, int]) -> bool:
        version, first, mask = network
        return self._number & mask == first and version == self._version

    def _matches(self, term: Term, domain: str) -> Asking[bool]:
        if term.kind == "all":
            return True
        self._count_lookup()
        name: str | None = domain
        if term.target is not None:
            if self._is_never(term.target):
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
        if term.kind == "exists":
            answer = yield from self._ask_term(Question("A", name))
            return bool(answer.records)
        if term.kind == "a":
            answer = yield from self._ask_term(Question(self._kind, name))
            return self._is_among(answer.records, term.bits)
        return (yield from self._is_exchanger(name, term.bits))

    def _include(self, name: str) -> Asking[bool]:
        """Section 5.2, with its table."""
        found = yield from self.judge(name)
        if found.result is Result.NONE:
            raise _EndError(Result.PERMERROR, f"{name} is included and has no record.")
        return found.result is Result.PASS

    def _is_exchanger(self, name: str, bits: tuple[int, int]) -> Asking[bool]:
        """Section 5.4."""
        answer = yield from self._ask_term(Question("MX", name))
        if len(answer.records) > EXCHANGERS_COUNT_MAX:
            raise _EndError(Result.PERMERROR, f"{name} has more than ten mail exchangers.")
        hosts = [host for host in answer.records if is_name(host)]
        found = yield from self._ask_all([Question(self._kind, host) for host in hosts])
        if any(self._is_among(one.records, bits) for one in found):
            return True
        if any(one.status is DnsStatus.FAILED for one in found):
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
            answer = yield from self._ask(question)
            # "If a DNS error occurs … the mechanism fails to match": it found nothing out.
            if is_term and answer.status is not DnsStatus.FAILED:
                self._count_void(answer)
            names = [name.lower() for name in answer.records[:NAMES_COUNT_MAX] if is_name(name)]
            found = yield from self._ask_all([Question(self._kind, name) for name in names])
            self._names = tuple(
                name
                for name, one in zip(names, found, strict=True)
                if self._is_among(one.records, (32, 128))
            )
        return self._names

    def _is_among(self, addresses: tuple[str, ...], bits: tuple[int, int]) -> bool:
        if not addresses:
            return False
        shift = 32 - bits[0] if self._is_ipv4 else 128 - bits[1]
        if not shift:
            return self._text in addresses
        self._addresses_count_left -= len(addresses)
        if self._addresses_count_left < 0:
            raise _EndError(Result.PERMERROR, "The record names more addresses than are compared.")
        wanted = self._number >> shift
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

    def _is_never(self, text: MacroText) -> bool:
        """RFC 8616 section 4: no name says a local part that is not ASCII; it never matches."""
        return not self._is_local_ascii and text.needs_local

    def _name_for(self, domain: str) -> Asking[str]:
        """What %{p} says (section 7.3): best the domain itself, then a name below it."""
        names = yield from self._validated_names()
        below = [name for name in names if name.endswith("." + domain)]
        return next(iter([n for n in names if n == domain] + below + list(names)), "unknown")

    def explain(self, text: MacroText, domain: str) -> Asking[str]:
        """The domain's own words; "" where anything about them is wrong."""
        if self._is_never(text):
            return ""
        name = yield from self._target(text, domain)
        if name is None:
            return ""
        answer = yield from self._ask(Question("TXT", name))
        words = read_explanation(answer.records[0]) if len(answer.records) == 1 else None
        if words is None:
            return ""
        client_name = "unknown"
        if words.needs_name:
            client_name = yield from self._name_for(domain)
        said = expand(words, self.identity, domain, client_name)
        return said[:EXPLANATION_LENGTH_MAX] if _EXPLANATION.match(said) else ""

    # Questions.

    def _ask_ahead(self, record: Record, domain: str) -> _Steps:
        """Ask in one round what this record is likely to need; it counts when its turn comes.

        Beside it what its siblings need whose records are there already: so that levels of
        includes cost a round each, however many there are on a level.
        """
        needed = dict.fromkeys(self._needs(record, domain))
        if all(question in self._answers for question in needed):
            return
        for name in self._ahead:
            texts = self._answers[Question("TXT", name)].records
            if name != domain and len(texts) == 1 and is_spf(texts[0]):
                needed.update(dict.fromkeys(self._needs(read(texts[0]), name)))
        left = min(AHEAD_COUNT_MAX, LOOKUPS_COUNT_MAX - self._lookups_count)
        asked = [question for question in needed if question not in self._answers][: max(0, left)]
        if len(asked) > 1:
            yield from self._ask_all(asked)
            self._ahead.update((each.name, None) for each in asked if each.kind == "TXT")

    def _needs(self, record: Record, domain: str) -> Iterator[Question]:
        """What the record asks, as far as its names are plain and no term is known to match."""
        for term in record.terms:
            if term.network is not None:
                if self._is_in(term.network):
                    return
                continue
            if term.kind == "all":
                return
            name = domain if term.target is None else self._plain(term.target)
            if name is not None and term.kind in _ASKS:
                yield Question(_ASKS[term.kind] or self._kind, name)
        name = self._plain(record.redirect)
        if name is not None:
            yield Question("TXT", name)

    def _plain(self, text: MacroText | None) -> str | None:
        return askable(text.plain) if text is not None and text.plain is not None else None

    def _ask_term(self, question: Question) -> Asking[DnsAnswer]:
        """For a term, which ends the check where DNS does not answer (section 4.4)."""
        answer = yield from self._ask(question)
        if answer.status is DnsStatus.FAILED:
            raise _EndError(Result.TEMPERROR, f"{question.name} could not be asked.")
        self._count_void(answer)
        return answer

    def _ask(self, question: Question) -> Asking[DnsAnswer]:
        kept = self._answers.get(question)
        if kept is None:
            (kept,) = yield (question,)
            self._answers[question] = kept
        return kept

    def _ask_all(self, questions: list[Question]) -> Asking[list[DnsAnswer]]:
        missing = tuple(dict.fromkeys(q for q in questions if q not in self._answers))
        if missing:
            answers = yield missing
            self._answers.update(zip(missing, answers, strict=True))
        return [self._answers[question] for question in questions]

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


# What is asked for a term; None: by the client's family.
_ASKS: dict[str, Kind | None] = {"include": "TXT", "a": None, "mx": "MX", "exists": "A"}


def _number(address: str, *, is_ipv4: bool) -> int | None:
    try:
        return int(IPv4Address(address) if is_ipv4 else IPv6Address(address))
    except ValueError:
        return None
