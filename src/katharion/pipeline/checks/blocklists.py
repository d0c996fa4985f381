"""Lists in the DNS: whether they know the client, or a domain that the message names.

All lists are asked in one round; about the client's name, which has to be asked for first, in
one more. Together they count POINTS_MAX at most, which leaves room for small things that are to
be said of honest mail: none of it is held for lists alone. A list that is not proven to be
honest, or does not answer, adds nothing, and is no check that a fail mode could insist on.

Sources: RFC 5782; DESIGN section 2 (verdict).
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import NamedTuple

import msgspec

from katharion.authentication import author
from katharion.authentication.dkim_signature import Flaw, name_of, tags_of
from katharion.mail.domain_name import a_labels
from katharion.pipeline.transaction import Transaction
from katharion.ports import Clock
from katharion.sources.blocklist import (
    Blocklist,
    Listing,
    is_name,
    is_near,
    lookups_of,
    read,
    reversed_address,
    unheard_of,
)
from katharion.sources.health import ListHealth
from katharion.sources.links import hosts_of
from katharion.sources.options import Subject
from katharion.values.dns import Asking, DnsAnswer, Question
from katharion.values.verdict import Finding

NAME = "blocklists"
POINTS_MAX = 3.5
SUBJECTS_COUNT_MAX = 30  # Of one list and message.
SIGNERS_COUNT_MAX = 8
POINTERS_COUNT_MAX = 2
EVIDENCE_LENGTH_MAX = 200


class _Asked(NamedTuple):
    """One look-up."""

    blocklist: Blocklist
    subject: str
    question: Question


class Blocklists:
    """The lists of a process, and what it knows of their health, by name."""

    def __init__(self, lists: Sequence[Blocklist], clock: Clock) -> None:
        self.lists = tuple(lists)
        self.health = {each.name: ListHealth() for each in lists}
        self._clock = clock
        self._wanted = {subject for each in lists for subject in each.asks}

    def judge(self, transaction: Transaction) -> Asking[tuple[Finding, ...]]:
        """One finding a list that knows anybody, and one a list that can't be believed."""
        findings = [self._not_checked(each) for each in self.lists if not self._counts(each)]
        asked = list(self._lookups(transaction, filter(self._counts, self.lists)))
        questions = tuple(dict.fromkeys(each.question for each in asked))
        pointer = self._pointer(transaction.facts.client_address)
        if not questions and not pointer:
            return tuple(findings)
        answers = yield questions + pointer
        known = dict(zip(questions, answers, strict=False))
        by_pointer = self._by_pointer(answers[len(questions) :])
        later = [each for each in by_pointer if each.question not in known]
        if later:
            questions = tuple(each.question for each in later)
            known.update(zip(questions, (yield questions), strict=True))
            asked += later
        now = self._clock.monotonic()
        heard: dict[str, list[tuple[_Asked, Listing]]] = {}
        for each in asked:
            listing = read(each.blocklist, known[each.question])
            self.health[each.blocklist.name].heard(each.subject, listing, now)
            heard.setdefault(each.blocklist.name, []).append((each, listing))
        for of_list in heard.values():
            # What was heard just now may have shown that the list lies: then nothing counts.
            blocklist = of_list[0][0].blocklist
            if self._counts(blocklist):
                findings += _findings(blocklist, of_list)
            else:
                findings.append(self._not_checked(blocklist))
        return _capped(findings)

    def decides(self, blocklist: Blocklist) -> bool:
        """Whether a list may refuse clients by itself just now."""
        return blocklist.refuses and self.health[blocklist.name].is_healthy

    def refusing(self, client: str, token: bytes) -> Asking[Blocklist | None]:
        """The list that decides alone about a client, and knows it as bad; see doorman.py."""
        about = [each for one in filter(self.decides, self.lists) for each in _about(one, [client])]
        if not about:
            return None
        answers = yield tuple(each.question for each in about)
        now = self._clock.monotonic()
        for (blocklist, subject, _), answer in zip(about, answers, strict=True):
            listing = read(blocklist, answer)
            self.health[blocklist.name].heard(subject, listing, now)
            if listing.weight > 0 and (yield from self._proves_itself(blocklist, token)):
                return blocklist
        return None

    def _proves_itself(self, blocklist: Blocklist, token: bytes) -> Asking[bool]:
        """Whether it does not list what nobody can have listed, asked now."""
        (about,) = _about(blocklist, [unheard_of(blocklist, token)])
        (proof,) = yield (about.question,)
        listing = read(blocklist, proof)
        if listing.is_listed:
            reason = "it lists what nobody can have listed"
            self.health[blocklist.name].suspect(reason, self._clock.monotonic())
        return self.decides(blocklist) and listing == Listing()

    def _counts(self, blocklist: Blocklist) -> bool:
        return self.health[blocklist.name].is_counted

    def _not_checked(self, blocklist: Blocklist) -> Finding:
        reason = self.health[blocklist.name].reason
        sentence = f"not checked: the list {blocklist.name} is left out, because {reason}."
        return Finding(_name("LIST_OUT", blocklist), 0.0, sentence, blocklist.zone)

    def _pointer(self, client: str) -> tuple[Question, ...]:
        """The question about the client's name, where a list that counts wants it."""
        is_wanted = any("ptr" in each.asks and self._counts(each) for each in self.lists)
        if not is_wanted or not reversed_address(client) or is_near(client):
            return ()
        return (Question("PTR", ip_address(client).reverse_pointer),)

    def _by_pointer(self, answers: Iterable[DnsAnswer]) -> Iterable[_Asked]:
        """About the names that the client's address has; nobody has proven them."""
        records = [name for answer in answers for name in answer.records[:POINTERS_COUNT_MAX]]
        for blocklist in self.lists:
            if "ptr" in blocklist.asks and self._counts(blocklist):
                yield from _about(blocklist, _names(records))

    def _lookups(self, transaction: Transaction, lists: Iterable[Blocklist]) -> Iterable[_Asked]:
        subjects = _subjects(transaction, self._wanted)
        for blocklist in lists:
            named = (subject for kind in blocklist.asks for subject in subjects.get(kind, ()))
            yield from _about(blocklist, named)


def _about(blocklist: Blocklist, subjects: Iterable[str]) -> Iterable[_Asked]:
    """One question a subject, within the list's share."""
    for subject in list(dict.fromkeys(subjects))[:SUBJECTS_COUNT_MAX]:
        question = blocklist.question(subject)
        if question is not None:
            yield _Asked(blocklist, subject, question)


def _names(texts: Iterable[str]) -> list[str]:
    """In A-labels, those that lists of domains may be asked about."""
    return [name for name in map(a_labels, texts) if is_name(name)]


def _subjects(transaction: Transaction, wanted: set[Subject]) -> Mapping[Subject, list[str]]:
    """What may be looked up of a message, as far as any list wants it."""
    message, sender = transaction.message, transaction.envelope.sender
    facts = transaction.facts
    found: dict[Subject, list[str]] = {
        "address": [] if is_near(facts.client_address) else [facts.client_address],
        "helo": _names([facts.helo]),
        "sender": _names([sender.domain] if sender else []),
    }
    if "author" in wanted:
        found["author"] = _names(author.find(message).domains)
    if "signer" in wanted:
        found["signer"] = _names(_signers(transaction))
    if "links" in wanted:
        hosts = hosts_of(message.content[message.body_start :])
        found["links"] = [name for host in _names(hosts) for name in lookups_of(host)]
    return found


def _signers(transaction: Transaction) -> Iterable[str]:
    message = transaction.message
    fields = [field for field in message.fields if field.name == b"dkim-signature"]
    for field in fields[:SIGNERS_COUNT_MAX]:
        tags = tags_of(message.content[field.start : field.end])
        if not isinstance(tags, Flaw):
            yield name_of(tags.get(b"d", b""))


def _capped(findings: list[Finding]) -> tuple[Finding, ...]:
    """The same, where they count too much in all each by so much less."""
    against = sum(finding.weight for finding in findings if finding.weight > 0)
    if against <= POINTS_MAX:
        return tuple(findings)
    share = POINTS_MAX / against
    return tuple(
        msgspec.structs.replace(finding, weight=round(finding.weight * share, 2))
        if finding.weight > 0
        else finding
        for finding in findings
    )


def _findings(blocklist: Blocklist, heard: list[tuple[_Asked, Listing]]) -> list[Finding]:
    """The heaviest listing, once."""
    listed = [(asked, listing) for asked, listing in heard if listing.weight]
    if listed:
        asked, listing = max(listed, key=lambda each: abs(each[1].weight))
        sentence = listing.sentence or blocklist.says or _sentence(blocklist, listing.weight)
        evidence = f"{asked.subject} in {blocklist.zone}: {listing.codes}"[:EVIDENCE_LENGTH_MAX]
        return [Finding(_name("LISTED", blocklist), listing.weight, sentence, evidence)]
    if heard and all(listing.is_silent for _, listing in heard):
        sentence = f"not checked: the list {blocklist.name} does not answer."
        return [Finding(_name("LIST_OUT", blocklist), 0.0, sentence, blocklist.zone)]
    return []


def _sentence(blocklist: Blocklist, weight: float) -> str:
    who = "The sender's server" if blocklist.is_of_addresses else "A domain in the message"
    kind = "good" if weight < 0 else "bad"
    return f"{who} is on the list {blocklist.name} as {kind}."


def _name(what: str, blocklist: Blocklist) -> str:
    name = "".join(c if c.isalnum() else "_" for c in blocklist.name.upper())
    return f"{what}_{name}"
