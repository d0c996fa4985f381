"""The questions of one SPF check: each asked once, and in few rounds.

Records name other records and hosts, these again others: asked one after the other, each costs
the time of an answer. So a round carries also what records and hosts seen so far lead to, of all
branches at once; a level of includes costs one round, however many there are on it. What is
asked here counts for nothing: limits are counted when a term's turn comes (RFC 7208 4.6.4).
"""

from katharion.authentication.spf_macro import (
    Identity,
    MacroText,
    askable,
    expand_name,
    is_never,
)
from katharion.authentication.spf_record import Record, TermKind, is_spf, read
from katharion.values.dns import Asking, DnsAnswer, Kind, Question

AHEAD_COUNT_MAX = 20  # Questions of one check that are asked before their turn.
AHEAD_LENGTH_MAX = 4096  # Of the records that are read before their turn.
TERMS_COUNT_MAX = 10  # Of one record: more can't come to their turn.
HOSTS_COUNT_MAX = 10  # Of one answer (sections 4.6.4 and 5.5).
IPV4 = 4

_ASKED: dict[TermKind, Kind] = {"include": "TXT", "mx": "MX", "exists": "A"}


class Rounds:
    """What was asked, and what may be asked before its turn."""

    def __init__(self, identity: Identity) -> None:
        client = identity.client
        self.number, self.version = int(client), client.version
        self.kind: Kind = "A" if self.version == IPV4 else "AAAA"
        self._identity = identity
        self._answers: dict[Question, DnsAnswer] = {}
        self._hosts: dict[Question, list[Question]] = {}
        self._unread: list[Question] = []  # Answers that were not looked at for what they lead to.
        self._count_left = AHEAD_COUNT_MAX
        self._length_left = AHEAD_LENGTH_MAX

    def known(self, question: Question) -> DnsAnswer | None:
        """What was answered already."""
        return self._answers.get(question)

    def ask(self, question: Question) -> Asking[DnsAnswer]:
        """The answer to one."""
        if question not in self._answers:
            asked = self._with_likely([question])
            self._keep(asked, (yield asked))
        return self._answers[question]

    def ask_hosts(self, question: Question) -> Asking[list[tuple[str, DnsAnswer]]]:
        """The first hosts of an answer, and their addresses of the client's family."""
        hosts = self._hosts_of(question)
        missing = [host for host in hosts if host not in self._answers]
        if missing:
            asked = self._with_likely(missing)
            self._keep(asked, (yield asked))
        return [(host.name, self._answers[host]) for host in hosts]

    def _keep(self, asked: tuple[Question, ...], answers: tuple[DnsAnswer, ...]) -> None:
        self._answers.update(zip(asked, answers, strict=True))
        self._unread += asked

    def _with_likely(self, needed: list[Question]) -> tuple[Question, ...]:
        """A round: what is needed, and with it what will be as far as it can be told."""
        likely: list[Question] = []
        for question in self._unread:
            if question.kind == "TXT":
                likely += self._needs_of(question)
            elif question.kind in ("MX", "PTR"):
                likely += self._hosts_of(question)
        self._unread.clear()
        asked = dict.fromkeys(needed)
        for question in likely:
            if question not in asked and question not in self._answers and self._count_left:
                self._count_left -= 1
                asked[question] = None
        return tuple(asked)

    def _hosts_of(self, question: Question) -> list[Question]:
        found = self._hosts.get(question)
        if found is None:
            records = self._answers[question].records[:HOSTS_COUNT_MAX]
            names = [name for record in records if (name := askable(record)) is not None]
            found = self._hosts[question] = [Question(self.kind, name) for name in names]
        return found

    def _needs_of(self, question: Question) -> list[Question]:
        texts = [text for text in self._answers[question].records if is_spf(text)]
        if len(texts) != 1 or len(texts[0]) > self._length_left:
            return []
        self._length_left -= len(texts[0])
        return self._needs(read(texts[0]), question.name)

    def _needs(self, record: Record, domain: str) -> list[Question]:
        """What the record asks, up to the term that is known to match."""
        needs: list[Question | None] = []
        for term in record.terms:
            if term.network is not None:
                version, first, mask = term.network
                if self.number & mask == first and version == self.version:
                    break
            elif term.kind == "all" or len(needs) == TERMS_COUNT_MAX:
                break
            else:
                needs.append(self._question(term.kind, term.target, domain))
        else:
            if record.redirect is not None:
                needs.append(self._question("include", record.redirect, domain))
        return [question for question in needs if question is not None]

    def _question(self, kind: TermKind, target: MacroText | None, domain: str) -> Question | None:
        """What a term asks, where its name can be told already."""
        if kind == "ptr" or (target is not None and target.needs_name):
            return Question("PTR", self._identity.client.reverse_pointer)
        name: str | None = domain
        if target is not None and target.plain is not None:
            name = askable(target.plain)
        elif target is not None:
            is_said = not is_never(target, self._identity)
            name = askable(expand_name(target, self._identity, domain)) if is_said else None
        return None if name is None else Question(_ASKED.get(kind, self.kind), name)
