"""YARA rules, our own and an operator's, compiled once in the process that looks into files.

A rule's meta data say what it counts: `sentence` for people and `points`; other people's rules
have neither, and count what the operator's rules count by default.

Source: the manual of YARA-X, "Writing rules".
"""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

import yara_x

from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

SECONDS_MAX = 3
FILE_OCTETS_MAX = 32 * 1024 * 1024
MATCHES_COUNT_MAX = 20
POINTS_MAX = 4.5
POINTS_DEFAULT = 2.0
MATCHES_OF_PATTERN_MAX = 100
EVIDENCE_LENGTH_MAX = 200
SENTENCE_LENGTH_MAX = 200
_OWN = "katharion.yar"


class Signatures:
    """A compiled set of rules."""

    def __init__(self, sources: Iterable[tuple[str, str]]) -> None:
        """Of (name, rules); `broken` names those that are no rules, and why."""
        self.broken: list[str] = []
        compiler = yara_x.Compiler()
        for name, source in sources:
            compiler.new_namespace(name)
            try:
                compiler.add_source(source, origin=name)
            except yara_x.CompileError as error:
                self.broken.append(f"{name}: {printable(str(error))[:EVIDENCE_LENGTH_MAX]}")
        self._scanner = yara_x.Scanner(compiler.build())
        self._scanner.set_timeout(SECONDS_MAX)
        self._scanner.max_matches_per_pattern(MATCHES_OF_PATTERN_MAX)

    def inspect(self, file: File) -> Inspected:
        """Each rule that matches is a finding of its own."""
        try:
            results = self._scanner.scan(file.content[:FILE_OCTETS_MAX])
        except yara_x.TimeoutError:
            sentence = "not checked: the signatures took too long for a file."
            shown = printable(file.path)[:EVIDENCE_LENGTH_MAX]
            late = Finding("FILE_SIGNATURES_LATE", 0.0, sentence, shown, was_checked=False)
            return Inspected((late,))
        return Inspected(tuple(_findings(results.matching_rules[:MATCHES_COUNT_MAX], file)))


def own_rules() -> str:
    """Those that come with the program."""
    return files(__package__).joinpath(_OWN).read_text("utf-8")


def _findings(rules: Iterable[Any], file: File) -> Iterator[Finding]:
    for rule in rules:
        meta = dict(rule.metadata)
        points = meta.get("points", POINTS_DEFAULT)
        if isinstance(points, bool) or not isinstance(points, int | float):
            points = POINTS_DEFAULT
        weight = max(-POINTS_MAX, min(float(points), POINTS_MAX))
        sentence = str(meta.get("sentence", "A file looks like one that a rule describes."))
        name = f"FILE_YARA_{rule.identifier.upper()}"
        shown = printable(f"{file.path}: {rule.namespace}:{rule.identifier}")
        yield Finding(
            name, weight, printable(sentence)[:SENTENCE_LENGTH_MAX], shown[:EVIDENCE_LENGTH_MAX]
        )


_in_use = [Signatures([("katharion", own_rules())])]


def use_rules(sources: Iterable[tuple[str, str]]) -> list[str]:
    """Take an operator's rules beside our own from now on; returns which are broken."""
    _in_use[0] = Signatures([("katharion", own_rules()), *sources])
    return _in_use[0].broken


def inspect_signatures(file: File) -> Inspected:
    """Compare with all rules in use."""
    return _in_use[0].inspect(file)
