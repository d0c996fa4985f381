"""Rules at work: one database of patterns for each place, and the conditions over what it finds.

Time is linear in the message by construction: hyperscan does not go back, and each place is
looked at up to a bound, its head and its tail.

Source: the Hyperscan developer reference (patterns, block mode).
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import NamedTuple

import hyperscan
import msgspec

from katharion.content.rules.rule import GROUP_CAP, Place, Rule, Rules, RulesError
from katharion.mail.message import printable
from katharion.values.verdict import Finding

EVIDENCE_LENGTH_MAX = 120
EVIDENCE_OCTETS = 60  # Before the end of a match, where its beginning is not known.
CONFIRM_OCTETS = 300  # Around the end of a match.
PLACE_LENGTH_MAX = 64 * 1024  # Characters; of more, half from each end.

_CLASS = re.compile(r"(?<!\\)\[((?:[^\]\\]|\\.)+)\]")
_CODE = re.compile(r"\\x\{([0-9a-f]{2,6})\}")
View = Callable[[Place], str]
Fact = Callable[[str], bool]


class Expression(NamedTuple):
    """What hyperscan is given."""

    pattern: bytes
    number: int
    flags: int


class _Condition(NamedTuple):
    """A rule's names of others, rules and facts apart."""

    rule: Rule
    all_rules: frozenset[str]
    any_rules: frozenset[str]
    none_rules: frozenset[str]
    all_facts: tuple[str, ...]
    any_facts: tuple[str, ...]
    none_facts: tuple[str, ...]


class Hit(NamedTuple):
    """A rule that found something; `evidence` is printable. Of words: it looks at the text."""

    rule: Rule
    evidence: str
    is_of_words: bool = False


def expressions(rules: Rules) -> dict[Place, list[Expression]]:
    """The patterns of each place. A rule's number is its index, of `but_not` less than 0."""
    found: dict[Place, list[Expression]] = defaultdict(list)
    for number, rule in enumerate(rules.rules):
        if rule.place is None:
            continue
        for pattern, own in ((rule.pattern, number), (rule.but_not, -1 - number)):
            if pattern:
                found[rule.place].append(Expression(as_octets(pattern), own, flags_of(rule)))
    return dict(found)


def as_octets(pattern: str) -> bytes:
    """The pattern over octets of UTF-8: classes with other letters as alternatives.

    Hyperscan's own mode for UTF-8 makes patterns ten times slower to compile.
    """
    pattern = _CODE.sub(lambda match: chr(int(match[1], 16)), pattern)
    return _CLASS.sub(_alternatives, pattern).encode()


def _alternatives(match: re.Match[str]) -> str:
    letters = match[1]
    if letters.isascii():
        return match[0]
    plain = "".join(c for c in letters if c.isascii())
    others = [c for c in letters if not c.isascii()]
    return f"(?:{'|'.join(([f'[{plain}]'] if plain else []) + others)})"


def flags_of(rule: Rule) -> int:
    """Each pattern is told once, but where its matches are counted or looked at again."""
    flags = hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_MULTILINE
    if rule.count_min == 1 and not rule.confirm:
        flags |= hyperscan.HS_FLAG_SINGLEMATCH
    return int(flags)


def compile_place(wanted: Iterable[Expression]) -> hyperscan.Database:
    """A database. RulesError where a pattern is none."""
    listed = list(wanted)
    database = hyperscan.Database()
    # Hyperscan's numbers are not below 0: ours go by the order.
    try:
        database.compile(
            expressions=[each.pattern for each in listed],
            ids=list(range(len(listed))),
            flags=[each.flags for each in listed],
        )
    except hyperscan.error as error:
        raise RulesError([f"A pattern can't be compiled: {error}"]) from None
    return database


def key_of(wanted: Iterable[Expression]) -> str:
    """What tells a database from others."""
    octets = msgspec.msgpack.encode([tuple(each) for each in wanted])
    return hashlib.sha256(version("hyperscan").encode() + octets).hexdigest()[:32]


class RuleSet:
    """Compiled rules. Not for several threads at once: each database has one scratch."""

    def __init__(self, rules: Rules, databases: Mapping[Place, hyperscan.Database]) -> None:
        self.rules = rules
        numbers = {p: [e.number for e in listed] for p, listed in expressions(rules).items()}
        self._places = [(place, databases[place], numbers[place]) for place in databases]
        self._conditions = [_condition(rule) for rule in rules.rules if rule.is_condition]
        self._by_name = {rule.name: rule for rule in rules.rules}
        self._of_words: set[str] = set()
        for rule in rules.rules:  # Conditions come behind what they name.
            if rule.place == "text" or not self._of_words.isdisjoint(rule.all + rule.any):
                self._of_words.add(rule.name)
        self._confirms = {
            number: re.compile(rule.confirm or rule.pattern, re.DOTALL)
            for number, rule in enumerate(rules.rules)
            if rule.confirm or rule.count_min > 1
        }

    def judge(self, view: View, fact: Fact) -> list[Hit]:
        """All rules that hit: patterns, then conditions."""
        found: dict[str, str] = {}
        for place, database, numbers in self._places:
            text = bounded(view(place))
            if text:
                self._scan(text.lower().encode("utf-8", "replace"), database, numbers, found)
        for condition in self._conditions:
            if _holds(condition, found, fact):
                rule = condition.rule
                found[rule.name] = next((found[n] for n in rule.all + rule.any if n in found), "")
        return [Hit(self._by_name[n], shown, n in self._of_words) for n, shown in found.items()]

    def _scan(
        self,
        octets: bytes,
        database: hyperscan.Database,
        numbers: list[int],
        found: dict[str, str],
    ) -> None:
        ends: dict[int, list[int]] = defaultdict(list)

        def note(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends[numbers[index]].append(end)

        database.scan(octets, note)
        for number, where in ends.items():
            if number < 0 or -1 - number in ends:
                continue
            rule = self.rules.rules[number]
            evidence = self._evidence(number, rule, octets, where)
            if evidence is not None:
                found[rule.name] = evidence

    def _evidence(self, number: int, rule: Rule, octets: bytes, where: list[int]) -> str | None:
        """What was found, for people; None where it is not confirmed."""
        pattern = self._confirms.get(number)
        if pattern is None:
            end = where[0]
            return _shown(octets[max(0, end - EVIDENCE_OCTETS) : end])
        if rule.count_min > 1:
            matches = [m[0] for m in pattern.finditer(octets.decode("utf-8", "replace"))]
            return _shown(", ".join(matches).encode()) if len(matches) >= rule.count_min else None
        for end in where[:20]:
            around = octets[max(0, end - CONFIRM_OCTETS) : end + CONFIRM_OCTETS // 10]
            match = pattern.search(around.decode("utf-8", "replace"))
            if match:
                return _shown(match[0].encode())
        return None


def bounded(text: str) -> str:
    """A text's head and its tail."""
    if len(text) <= PLACE_LENGTH_MAX:
        return text
    half = PLACE_LENGTH_MAX // 2
    return f"{text[:half]}\n{text[-half:]}"


def findings_of(
    hits: Iterable[Hit], caps: Mapping[str, float], share_of_words: float = 1.0
) -> tuple[Finding, ...]:
    """One finding a rule that weighs; a group counts up to its cap, each a smaller share.

    What rules of words count against a message is multiplied by `share_of_words`.
    """
    weights = {
        hit: hit.rule.weight * (share_of_words if hit.is_of_words and hit.rule.weight > 0 else 1.0)
        for hit in hits
        if hit.rule.weight
    }
    totals: dict[str, float] = defaultdict(float)
    for hit, weight in weights.items():
        totals[hit.rule.group] += max(0.0, weight)
    findings = []
    for hit, full in weights.items():
        rule, weight, cap = hit.rule, full, caps.get(hit.rule.group, GROUP_CAP)
        if weight > 0 and totals[rule.group] > cap:
            weight *= cap / totals[rule.group]
        findings.append(Finding(rule.name, round(weight, 2), rule.sentence, hit.evidence))
    return tuple(findings)


def _condition(rule: Rule) -> _Condition:
    def rules(names: tuple[str, ...]) -> frozenset[str]:
        return frozenset(name for name in names if name.isupper())

    def facts(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if not name.isupper())

    return _Condition(
        rule,
        *(rules(rule.all), rules(rule.any), rules(rule.none)),
        *(facts(rule.all), facts(rule.any), facts(rule.none)),
    )


def _holds(condition: _Condition, found: Mapping[str, str], fact: Fact) -> bool:
    """Rules first, for what they found is known already; facts cost."""
    c = condition
    if not c.all_rules <= found.keys() or not c.none_rules.isdisjoint(found):
        return False
    if c.any_rules.isdisjoint(found) and (c.any_rules or c.any_facts):
        return all(map(fact, c.all_facts)) and any(map(fact, c.any_facts)) and _none(c, fact)
    return all(map(fact, c.all_facts)) and _none(c, fact)


def _none(condition: _Condition, fact: Fact) -> bool:
    return not any(map(fact, condition.none_facts))


def _shown(octets: bytes) -> str:
    text = octets.decode("utf-8", "ignore").replace("\n", " ").strip()
    return printable(text)[-EVIDENCE_LENGTH_MAX:]
