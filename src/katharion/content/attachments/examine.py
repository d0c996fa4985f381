"""Look into files, and into those that they carry, until nothing is left or a limit is met.

No octets raise: an archive that can't be read and an inspector that broke are findings.
"""

from collections.abc import Iterable, Mapping

import msgspec

from katharion.content.attachments.archives import (
    BombError,
    BrokenError,
    LimitError,
    Meter,
    members,
)
from katharion.content.attachments.eicar import FOUND as EICAR
from katharion.content.attachments.eicar import is_eicar
from katharion.content.attachments.inspectors import INSPECTORS
from katharion.content.attachments.kinds import ARCHIVES, kind_of
from katharion.content.attachments.names import judge_name
from katharion.content.attachments.options import Rules
from katharion.content.attachments.values import Inspect, Inspected
from katharion.mail.message import printable
from katharion.values.examination import Examination, File
from katharion.values.verdict import Finding

LINKS_COUNT_MAX = 200
LINK_LENGTH_MAX = 2000
FINDINGS_COUNT_MAX = 50
EVIDENCE_LENGTH_MAX = 200
REFUSED_SHARE_IN_MANY = 0.25  # Of the points: a collection of sources has scripts in it.
MANY_FILES_COUNT = 10


def examine(
    files: Iterable[File], rules: Rules, inspectors: Mapping[str, tuple[Inspect, ...]] = INSPECTORS
) -> Examination:
    """All that is to be said of `files`, without that which their own names say."""
    walk = _Walk(tuple(files), rules, inspectors)
    try:
        walk.run()
    except BombError:
        walk.add("ARCHIVE_BOMB", 4.5, "An archive unpacks to far more than it is.", walk.at)
    except LimitError:
        sentence = "An archive holds more than is looked at; the rest was not."
        walk.add("ARCHIVE_LIMIT", 0.5, sentence, walk.at)
    return walk.examination()


class _Walk:
    def __init__(
        self, files: tuple[File, ...], rules: Rules, inspectors: Mapping[str, tuple[Inspect, ...]]
    ) -> None:
        self._rules = rules
        self._inspectors = inspectors
        self._meter = Meter(sum(len(file.content) for file in files), rules.limits)
        self._files = files
        self._found: dict[str, Finding] = {}  # By name, the heaviest of each.
        self._links: dict[str, None] = {}
        self._is_encrypted = False
        self.at = ""  # Where we are, for whoever asks why.

    def run(self) -> None:
        for file in self._files:
            self._look(file, 0)

    def examination(self) -> Examination:
        findings = tuple(self._found.values())[:FINDINGS_COUNT_MAX]
        return Examination(findings, tuple(self._links), self._is_encrypted)

    def add(self, name: str, weight: float, sentence: str, evidence: str) -> None:
        self._keep(Finding(name, weight, sentence, printable(evidence)[:EVIDENCE_LENGTH_MAX]))

    def _keep(self, finding: Finding) -> None:
        before = self._found.get(finding.name)
        if before is None or abs(finding.weight) > abs(before.weight):
            self._found[finding.name] = finding

    def _look(self, file: File, depth: int) -> None:
        self.at = file.path
        if is_eicar(file.content):
            self._keep(EICAR)
        if depth > self._rules.limits.depth_max:
            self.add("ARCHIVE_DEEP", 3.0, "Archives lie in archives without an end.", file.path)
            return
        for inspect in self._inspectors.get(file.kind, ()):
            self._inspect(inspect, file, depth)
        if file.kind in ARCHIVES:
            self._unpack(file, depth)

    def _inspect(self, inspect: Inspect, file: File, depth: int) -> None:
        try:
            seen = inspect(file)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 # A broken inspector is a finding.
            self._keep(_not_checked(file, error))
            return
        self._note(seen)
        for name, content in seen.files:
            self._meter.add_file()
            inner = _inner(file, name, content)
            for finding in self._judge_name(inner):
                self._keep(finding)
            self._look(inner, depth + 1)

    def _note(self, seen: Inspected) -> None:
        for finding in seen.findings:
            self._keep(finding)
        for link in seen.links[: LINKS_COUNT_MAX - len(self._links)]:
            self._links.setdefault(link[:LINK_LENGTH_MAX])
        self._is_encrypted |= seen.is_encrypted

    def _unpack(self, archive: File, depth: int) -> None:
        unwanted: list[Finding] = []
        count = 0
        try:
            for member in members(archive.kind, archive.name, archive.content, self._meter):
                count += 1
                if member.is_encrypted:
                    self._encrypted(archive, member.name)
                inner = _inner(archive, member.name, member.content)
                unwanted += self._judge_name(inner)
                self._look(inner, depth + 1)
        except BrokenError as error:
            sentence = "An archive can't be read to its end."
            self.add("ARCHIVE_BROKEN", 0.5, sentence, f"{archive.path}: {error}")
        share = REFUSED_SHARE_IN_MANY if count > MANY_FILES_COUNT else 1.0
        for finding in unwanted:
            self._keep(msgspec.structs.replace(finding, weight=finding.weight * share))

    def _judge_name(self, file: File) -> tuple[Finding, ...]:
        rules = self._rules
        found = judge_name(file.name, file.kind, rules.refused, rules.refused_points)
        return tuple(
            msgspec.structs.replace(f, evidence=printable(file.path)[:EVIDENCE_LENGTH_MAX])
            for f in found
        )

    def _encrypted(self, archive: File, name: str) -> None:
        self._is_encrypted = True
        sentence = "An archive can only be opened with a password; it was not looked into."
        shown = f"{archive.path}/{name}" if name else f"{archive.path}: its names as well"
        self.add("ARCHIVE_ENCRYPTED", 1.0 if name else 1.5, sentence, shown)


def _inner(outer: File, path: str, content: bytes) -> File:
    """A file within a file; its name is the last part of its path."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return File(f"{outer.path}/{path}", name, kind_of(content, name), content)


def _not_checked(file: File, error: Exception) -> Finding:
    sentence = "not checked: a file could not be read."
    shown = printable(f"{file.path} ({file.kind}): {error!r}")[:EVIDENCE_LENGTH_MAX]
    return Finding("FILE_UNREADABLE", 0.0, sentence, shown, was_checked=False)
