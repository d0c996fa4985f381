"""Files that come by mail: what they are, what their names hide, and what is in them.

What its content and its name tell is said here; what is to be unpacked or read is looked into by
a process of its own, and waited for.

Source: DESIGN section 2 (verdict).
"""

import re
from collections.abc import Awaitable

from katharion.content.attachments.blockcode import is_code_of_blocks
from katharion.content.attachments.eicar import FOUND as EICAR
from katharion.content.attachments.eicar import is_eicar, is_eicar_text
from katharion.content.attachments.kinds import ARCHIVES, INSPECTED, kind_of
from katharion.content.attachments.names import judge_name
from katharion.content.attachments.options import Rules
from katharion.content.attachments.salvage import DISPUTED, salvage
from katharion.mail.message import printable
from katharion.pipeline.transaction import Transaction
from katharion.ports import Examiner
from katharion.values.examination import Examination, File
from katharion.values.reading import Reading
from katharion.values.verdict import Finding

NAME = "attachments"
TEXT_LENGTH_MAX = 64 * 1024
EVIDENCE_LENGTH_MAX = 200
LINKS_SHOWN_COUNT = 3
# "Password" as people write it, with something behind it that could be one.
_PASSWORD = re.compile(
    r"(?:pass(?:word|code|phrase|wort)\b|\bpwd\b|\bkennwort\b|\bmot de passe\b|\bcontrase[nñ]a\b"
    r"|\bsenha\b|\bwachtwoord\b|\bhas[lł]o\b|\bparola?\b|парол|密码|密碼|パスワード|비밀번호)"
    r"[^\n]{0,40}?[:=\s]\s{0,4}\S{3,40}",
    re.IGNORECASE,
)

CODE_OF_BLOCKS = Finding(
    "FILE_QR_BLOCKS", 3.0, "A text draws a QR code with characters, past filters for pictures."
)

_Findings = tuple[Finding, ...]


class Attachments:
    """The check, with whoever looks into files."""

    def __init__(self, examiner: Examiner | None, rules: Rules) -> None:
        """`examiner` None: nobody looks into files."""
        self._examiner = examiner
        self._rules = rules

    def judge(self, transaction: Transaction) -> _Findings | Awaitable[_Findings]:
        """Findings at once where there is nothing to be waited for."""
        reading = transaction.reading
        files = (*_files(reading), *_disputed_files(transaction))
        found = {finding.name: finding for finding in _of_texts(reading)}
        if is_code_of_blocks(reading.text):
            _keep(found, CODE_OF_BLOCKS)
        for file in files:
            for finding in self._at_once(file):
                _keep(found, finding)
        deep = tuple(file for file in files if file.kind in ARCHIVES or file.kind in INSPECTED)
        if not deep or self._examiner is None:
            return tuple(found.values())
        return self._look_into(self._examiner.examine(deep), found, reading)

    def _at_once(self, file: File) -> _Findings:
        rules = self._rules
        named = judge_name(file.name, file.kind, rules.refused, rules.refused_points)
        return (EICAR, *named) if is_eicar(file.content) else named

    async def _look_into(
        self, asked: Awaitable[Examination], found: dict[str, Finding], reading: Reading
    ) -> _Findings:
        examination = await asked
        for finding in (*examination.findings, *_of_links(examination)):
            _keep(found, finding)
        if examination.is_encrypted and _names_password(reading):
            sentence = "A locked file comes with its password, so that only people can open it."
            _keep(found, Finding("FILE_WITH_PASSWORD", 2.5, sentence))
        return tuple(found.values())


def _files(reading: Reading) -> list[File]:
    found = []
    for attachment in reading.attachments:
        content = attachment.content()
        kind = kind_of(content, attachment.name)
        found.append(File(attachment.path, attachment.name, kind, content))
    return found


def _disputed_files(transaction: Transaction) -> list[File]:
    """Those that other programs may see."""
    if not any(oddity.name in DISPUTED for oddity in transaction.reading.oddities):
        return []
    message = transaction.message
    contents = salvage(message.content[message.body_start :])
    return [File("other", "", kind_of(content), content) for content in contents]


def _of_texts(reading: Reading) -> _Findings:
    return (EICAR,) if any(is_eicar_text(part.text) for part in reading.texts) else ()


def _of_links(examination: Examination) -> _Findings:
    if not examination.links:
        return ()
    shown = printable(" ".join(examination.links[:LINKS_SHOWN_COUNT]))[:EVIDENCE_LENGTH_MAX]
    return (Finding("FILE_LINKS", 0.0, "A file holds links.", shown),)


def _names_password(reading: Reading) -> bool:
    return bool(_PASSWORD.search(f"{reading.subject}\n{reading.text[:TEXT_LENGTH_MAX]}"))


def _keep(found: dict[str, Finding], finding: Finding) -> None:
    """The heaviest of each name."""
    before = found.get(finding.name)
    if before is None or abs(finding.weight) > abs(before.weight):
        found[finding.name] = finding
