"""Where a domain's DMARC policy stands, and to which organization it belongs: the DNS tree walk.

The names of a walk are known beforehand, so all are asked in one round; the walk itself then goes
through the answers. `Known` holds what they said: a name that is not in it was not asked, or its
answer did not come, and nothing is concluded from that.

Sources: RFC 9989 sections 4.10 (the walk), 4.10.1 (policy discovery), 4.10.2 (organizational
domains), 3.2.13 and appendix A.4 (domains that do not exist); RFC 8020 (nothing below them).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from katharion.authentication import dmarc_record
from katharion.authentication.dmarc_record import Record
from katharion.values.dns import Asking, DnsAnswer, DnsStatus, Question

NAMES_COUNT_MAX = 8
NAME_LENGTH_MAX = 253

Known = dict[str, Record | None]

_VOID_LABELS = NAMES_COUNT_MAX - 1  # A longer name is cut to so many labels after the first step.


class Discovery(msgspec.Struct, frozen=True):
    """What DNS says of an author domain.

    `record`: the one that applies, None where there is none; `policy_domain`: where it stands.
    `policy`: what its owner asks for, for this domain, test mode not yet heeded. `organization`:
    "" where it is not known. `is_failed`: DNS did not say whether there is a record.
    `organizations`: those of other domains, as far as they had to be asked for (dmarc.align).
    """

    domain: str
    record: Record | None = None
    policy_domain: str = ""
    policy: str = ""
    organization: str = ""
    is_failed: bool = False
    known: Known = {}
    organizations: dict[str, str] = {}


@lru_cache(maxsize=8192)
def names(domain: str) -> tuple[str, ...]:
    """The names of a walk from `domain` up, at most eight (section 4.10, steps 3, 4 and 7)."""
    labels = domain.split(".")
    shorter = labels[-min(len(labels) - 1, NAMES_COUNT_MAX - 1) :] if len(labels) > 1 else []
    return (domain, *(".".join(shorter[at:]) for at in range(len(shorter))))


@lru_cache(maxsize=8192)
def _questions(domain: str) -> tuple[Question, ...]:
    return tuple(_question(name) for name in names(domain) if _is_askable(name))


def _question(name: str) -> Question:
    return Question("TXT", f"_dmarc.{name}")


def _is_askable(name: str) -> bool:
    return len(name) + len("_dmarc.") <= NAME_LENGTH_MAX


def discover(domains: Sequence[str]) -> Asking[tuple[Discovery, ...]]:
    """Find the policy of each author domain; nearly always there is one domain and one round."""
    questions = [question for domain in domains for question in _questions(domain)]
    answers = dict(zip(questions, (yield tuple(questions)), strict=True))
    found = [_discovered(domain, answers) for domain in domains]
    unsure = [at for at, one in enumerate(found) if _depends_on_existence(one, answers)]
    if unsure:
        # Of any type: what is asked for is the name (appendix A.4). SPF asks for TXT, too.
        existence = yield tuple(Question("TXT", found[at].domain) for at in unsure)
        for at, answer in zip(unsure, existence, strict=True):
            found[at] = _with_existence(found[at], answer)
    return tuple(found)


def walk(domains: Iterable[str], known: Known) -> Asking[Known]:
    """What is known, and beside it all that the walks from `domains` need."""
    needed = {name: None for domain in domains for name in names(domain) if name not in known}
    asked = tuple(_question(name) for name in needed if _is_askable(name))
    answers = dict(zip(asked, (yield asked), strict=True)) if asked else {}
    return known | _read(needed, answers)


def organization(domain: str, known: Known) -> str:
    """The organizational domain (section 4.10.2); "" where an answer that matters is missing."""
    found = domain
    for name in names(domain):
        if name not in known:
            return ""
        record = known[name]
        if record is None:
            continue
        if record.psd == "n":
            return name
        if record.psd == "y":
            # The domain below; but a public suffix that is the author itself is its own.
            return _below(name, domain)
        found = name
    return found


def _read(needed: Iterable[str], answers: dict[Question, DnsAnswer]) -> Known:
    known: Known = {}
    for name in needed:
        answer = answers.get(_question(name))
        if answer is None:
            known[name] = None  # Too long to be asked: it can't be there.
        elif answer.status is not DnsStatus.FAILED:
            known[name] = dmarc_record.of(answer.records)
    return known


def _discovered(domain: str, answers: dict[Question, DnsAnswer]) -> Discovery:
    """The author's own record; else its organization's; else that of its public suffix."""
    known = _read(names(domain), answers)
    if domain not in known:
        return Discovery(domain, is_failed=True)
    mine = organization(domain, known)
    if record := known[domain]:
        return Discovery(domain, record, domain, record.policy, mine, known=known)
    if not mine:
        return Discovery(domain, is_failed=True)
    place = mine if known.get(mine) else _suffix_with_record(domain, known)
    record = known.get(place)
    policy = record.subdomains if record else ""
    return Discovery(domain, record, place, policy, mine, known=known)


def _suffix_with_record(domain: str, known: Known) -> str:
    """The first name of the walk whose record says psd=y; "" where there is none."""
    for name in names(domain):
        record = known.get(name)
        if record and record.psd == "y":
            return name
    return ""


def _below(suffix: str, domain: str) -> str:
    """The domain one label below `suffix`, towards `domain`."""
    labels = domain.split(".")
    return ".".join(labels[-(suffix.count(".") + 2) :])


def _depends_on_existence(found: Discovery, answers: dict[Question, DnsAnswer]) -> bool:
    """Whether another policy holds if the domain does not exist, and it may be so."""
    record = found.record
    if record is None or found.policy_domain == found.domain or record.missing == found.policy:
        return False
    # A name below it exists, so it does; but NXDOMAIN there says nothing of the name above.
    answer = answers.get(_question(found.domain))
    return answer is None or answer.status is DnsStatus.NXDOMAIN


def _with_existence(found: Discovery, answer: DnsAnswer) -> Discovery:
    """Of a domain that does not exist, np is the policy (section 4.10.1).

    Where DNS does not say whether it exists, the milder of sp and np.
    """
    assert found.record is not None
    missing = found.record.missing
    if answer.status is DnsStatus.FAILED:
        policy = min(missing, found.policy, key=dmarc_record.POLICIES.index)
    else:
        policy = missing if answer.status is DnsStatus.NXDOMAIN else found.policy
    return msgspec.structs.replace(found, policy=policy)
