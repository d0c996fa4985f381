"""Attachments: what is said at once, and what is waited for."""

import asyncio
import json
from base64 import encodebytes
from pathlib import Path

import pytest

from fakes.fake_examiner import FakeExaminer
from fixtures.fix_files import EICAR, EXE, zipped
from fixtures.fix_transaction import HEADER, names, transaction
from katharion.content.attachments.options import Rules
from katharion.content.reading import read
from katharion.mail.message import Message
from katharion.mail.mime import with_crlf
from katharion.pipeline.checks.attachments import Attachments
from katharion.values.examination import Examination
from katharion.values.verdict import Finding, Force

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
PDF_NAME = "minutes.pdf"


def with_file(content: bytes, name: str, text: str = "Good day.") -> bytes:
    encoded = encodebytes(content).replace(b"\n", b"\r\n")
    return (
        HEADER
        + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
        + text.encode()
        + b"\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        + f'Content-Disposition: attachment; filename="{name}"\r\n'.encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encoded
        + b"--b--\r\n"
    )


def judged(content: bytes, examiner: FakeExaminer | None = None) -> tuple[Finding, ...]:
    message = Message(content)
    given = transaction(content)._replace(message=message, reading=read(message))
    answer = Attachments(examiner or FakeExaminer(), Rules()).judge(given)
    if isinstance(answer, tuple):
        return answer

    async def wait() -> tuple[Finding, ...]:
        return await answer

    return asyncio.run(wait())


def test_what_nobody_looks_into_is_sent_to_nobody() -> None:
    examiner = FakeExaminer()
    for content, name in ((b"ID3" + bytes(99), "a.mp3"), (b"OggS" + bytes(99), "a.ogg")):
        assert judged(with_file(content, name), examiner) == ()
    assert examiner.asked == []


def test_what_its_name_and_content_tell_is_said_without_an_examiner() -> None:
    given = transaction()._replace(reading=read(Message(with_file(EXE, "photo.jpg"))))
    found = Attachments(None, Rules()).judge(given)
    assert isinstance(found, tuple)
    assert names(found) == ["FILE_REFUSED", "FILE_LIES"]


def test_archives_are_looked_into() -> None:
    assert names(judged(with_file(zipped({"a.exe": EXE}), "a.zip"))) == ["FILE_REFUSED"]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("The password is: 1234", True),
        ("Passwort: geheim", True),
        ("Пароль: 1234", True),
        ("Good day.", False),
    ],
)
def test_a_password_beside_a_locked_file(text: str, is_found: bool) -> None:  # noqa: FBT001 # A table.
    examiner = FakeExaminer(answers=[Examination(is_encrypted=True)])
    found = judged(with_file(zipped({"a": b""}), "a.zip", text), examiner)
    assert ("FILE_WITH_PASSWORD" in names(found)) is is_found


def test_links_in_files_are_shown() -> None:
    examiner = FakeExaminer(answers=[Examination(links=("http://x.example/\n",))])
    found = judged(with_file(zipped({"a": b""}), "a.zip"), examiner)
    assert [(each.name, each.weight) for each in found] == [("FILE_LINKS", 0.0)]
    assert found[0].evidence.isprintable()


def test_the_test_file_is_a_virus_as_a_file_and_as_the_text() -> None:
    for content in (with_file(EICAR, "a"), HEADER + b"\r\n" + EICAR + b"\r\n"):
        assert Force.VIRUS in {finding.force for finding in judged(content)}


WANTED = {
    "virus": lambda found: Force.VIRUS in {finding.force for finding in found},
    "limit": lambda found: "ARCHIVE_BOMB" in names(found),
    "clean": lambda found: not found,
    "spam": lambda found: Force.VIRUS not in {finding.force for finding in found},
    "either": lambda _found: True,
}


def test_every_verdict_of_the_suite_of_test_files(conformance: Path) -> None:
    folder = conformance / "eicar_gtube"
    expected = json.loads((folder / "expected.json").read_text())
    assert len(expected) == 20
    wrong = [
        f"{name}: {kind} is not {names(found)}"
        for name, kind in expected.items()
        if not WANTED[kind](found := judged(with_crlf((folder / name).read_bytes())))
    ]
    assert not wrong
