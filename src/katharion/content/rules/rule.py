"""Rules as they are written: TOML, read and looked over before anything uses them.

A rule is a pattern in one place of a message, or a condition over other rules and facts. All
that is wrong is told at once, with the file and the rule (docs/decisions/0019-rules.md).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec

PATTERN_LENGTH_MAX = 1500
REPEAT_COUNT_MAX = 400  # Of one bounded repetition.
WEIGHT_MAX = 4.0
GROUP_CAP = 3.0  # Points of a group that says nothing else.
RULES_COUNT_MAX = 5000

Place = Literal[
    "subject",
    "author",
    "reply_to",
    "text",
    "hidden",
    "markup",
    "target",
    "host",
    "link_text",
    "file",
    "header",
]
_NAME = re.compile(r"[A-Z][A-Z0-9_]{2,59}\Z")
_UNBOUNDED = re.compile(r"(?<!\\)(?:\.|\[[^\]]*\]|\\[wWsSdD])(?:[*+]|\{\d+,\})")
_REPEAT = re.compile(r"(?<!\\x)\{(\d+)(?:,(\d*))?\}")
_FACT = re.compile(r"[a-z][a-z0-9_]+\Z")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule. `pattern` in `place`, or a condition: `all`, `any` and `none` name others.

    Patterns are hyperscan's, over the place's text in lower case; `but_not` must not be found in
    it. With `count_min`, so many matches are wanted. A weight of 0 is a part for conditions.
    """

    name: str
    weight: Annotated[float, msgspec.Meta(ge=-WEIGHT_MAX, le=WEIGHT_MAX)]
    group: str
    sentence: str = ""
    place: Place | None = msgspec.field(default=None, name="in")
    pattern: str = ""
    but_not: str = ""
    count_min: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    confirm: str = ""
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    hits: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()

    @property
    def is_condition(self) -> bool:
        """Whether it is made of others."""
        return not self.pattern


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...] = ()
    groups: dict[str, Annotated[float, msgspec.Meta(ge=0, le=5)]] = {}


class Rules(NamedTuple):
    """Rules in an order in which each condition comes behind what it names; caps of groups."""

    rules: tuple[Rule, ...]
    caps: Mapping[str, float]


class RulesError(Exception):
    """Rules that can't be used: `problems`, a sentence each, with file, rule and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def read(files: Mapping[str, str], facts: Iterable[str]) -> Rules:
    """The rules of all files (name: text). RulesError with all that is wrong."""
    problems: list[str] = []
    found: dict[str, Rule] = {}
    caps: dict[str, float] = {}
    known_facts = frozenset(facts)
    for name, text in files.items():
        try:
            file = msgspec.toml.decode(text.encode(), type=_File)
        except (msgspec.MsgspecError, ValueError) as error:
            problems.append(f"{name}: {error}.")
            continue
        caps |= file.groups
        for rule in file.rule:
            problems += [f"{name}: {rule.name}: {problem}" for problem in faults(rule)]
            if rule.name in found:
                problems.append(f"{name}: {rule.name}: there is another rule of that name.")
            found[rule.name] = rule
    if len(found) > RULES_COUNT_MAX:
        problems.append(f"There are {len(found)} rules; {RULES_COUNT_MAX} may be.")
    ordered = _ordered(found, known_facts, problems)
    if problems:
        raise RulesError(problems)
    return Rules(tuple(ordered), caps)


def faults(rule: Rule) -> list[str]:
    """What is wrong with a rule by itself."""
    found = []
    if not _NAME.match(rule.name):
        found.append("a name is of capitals, digits and _, 3 to 60 of them.")
    if rule.weight and not rule.sentence:
        found.append("a rule that weighs has a sentence for people.")
    if rule.is_condition:
        if not (rule.all or rule.any):
            found.append("it needs a pattern, or `all` or `any`.")
    elif rule.place is None:
        found.append("a pattern needs a place (`in`).")
    elif rule.all or rule.any or rule.none:
        found.append("a pattern stands in a rule of its own; name it in the condition.")
    for pattern in (rule.pattern, rule.but_not, rule.confirm):
        found += _pattern_faults(pattern)
    return found


def _pattern_faults(pattern: str) -> list[str]:
    if len(pattern) > PATTERN_LENGTH_MAX:
        return [f"a pattern has {PATTERN_LENGTH_MAX} characters at most."]
    if _UNBOUNDED.search(pattern):
        return ["a repetition without an end (* + {n,}): say how often at most, as {0,60}."]
    times = [int(match[2] or match[1]) for match in _REPEAT.finditer(pattern)]
    if max(times, default=0) > REPEAT_COUNT_MAX:
        return [f"a repetition of more than {REPEAT_COUNT_MAX}."]
    return []


def _ordered(found: Mapping[str, Rule], facts: frozenset[str], problems: list[str]) -> list[Rule]:
    """Patterns first, then conditions, each behind what it names."""
    ordered = {rule.name: rule for rule in found.values() if not rule.is_condition}
    waiting = [rule for rule in found.values() if rule.is_condition]
    for rule in waiting:
        for name in (*rule.all, *rule.any, *rule.none):
            if name not in found and name not in facts:
                kind = "fact" if _FACT.match(name) else "rule"
                problems.append(f"{rule.name}: there is no {kind} {name!r}.")
    while waiting:
        ready = [r for r in waiting if all(n in ordered for n in _named(r, found))]
        if not ready:
            names = ", ".join(rule.name for rule in waiting[:5])
            problems.append(f"{names}: these conditions name each other in a ring.")
            break
        ordered |= {rule.name: rule for rule in ready}
        waiting = [rule for rule in waiting if rule.name not in ordered]
    return list(ordered.values())


def _named(rule: Rule, found: Mapping[str, Rule]) -> list[str]:
    return [name for name in (*rule.all, *rule.any, *rule.none) if name in found]
