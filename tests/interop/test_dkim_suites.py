"""Messages that others signed, of three suites, read in place; dkimpy is asked the same."""

import json
import re
from pathlib import Path

import dkim as dkimpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.signer import ED25519, RSA, TAGS, signed
from fakes.text_zone import TextZone
from katharion.authentication import dkim
from katharion.mail.message import Message
from katharion.values.authenticity import Result

NOW = 1_790_000_000.0
PASSED = {
    "ed25519test2.msg": 1,
    "rfc6376.signed.msg": 2,
    "rfc6376.signed.rsa.msg": 1,
    "signed.eml": 2,
    "test.message_signed": 1,
    "testcomma.message": 1,
}
SIGNATURES_COUNT = 34


def zone_of(conformance: Path) -> TextZone:
    """The keys that the suites bring along."""
    rfc = json.loads((conformance / "mailauth/test/dkim/ec/fixtures/dns.json").read_text())
    texts = {n: "".join(kinds["TXT"][0]) for n, kinds in rfc.items()}
    data = conformance / "dkimpy/dkim/tests/data"
    for name, file in (
        ("test._domainkey.example.com", "test.txt"),
        ("test._domainkey.example.biz", "test.txt"),
        ("sed._domainkey.test.ex", "eximtest.dns"),
        ("20120113._domainkey.gmail.com", "test2.txt"),
    ):
        texts[name] = (data / file).read_text()
    return TextZone({name: [text] for name, text in texts.items()})


def does_dkimpy_pass(content: bytes, number: int, zone: TextZone) -> bool:
    def text_of(name: bytes, timeout: int = 5) -> bytes | None:  # noqa: ARG001 # dkimpy's.
        texts = zone.texts.get(name.decode().rstrip("."))
        return texts[0].encode() if texts else None

    try:
        return bool(dkimpy.DKIM(content).verify(idx=number, dnsfunc=text_of))
    except dkimpy.DKIMException:
        return False


def files_of(conformance: Path) -> list[Path]:
    folders = ("dkimpy/dkim/tests/data", "authheaders/authheaders/test", "mailauth/test")
    found = [path for folder in folders for path in (conformance / folder).rglob("*")]
    return sorted(path for path in found if path.is_file())


def test_the_suites_messages(conformance: Path) -> None:
    zone, passed, count = zone_of(conformance), dict[str, int](), 0
    for path in files_of(conformance):
        content = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        for number, found in enumerate(zone.drive(dkim.verify(Message(content), NOW))):
            count += 1
            is_good = found.result is Result.PASS
            assert is_good is does_dkimpy_pass(content, number, zone), (path, found.reason)
            if is_good:
                passed[path.name] = passed.get(path.name, 0) + 1
    assert passed == PASSED
    assert count == SIGNATURES_COUNT


LETTER = (
    b"Received: from a by b\r\nFrom: Joe <joe@signer.example>\r\nTo: ann@reader.example\r\n"
    b"Subject: Dinner\r\n\tat  eight \r\n\r\nHi.\r\n\r\n We lost \tthe game. \r\nJoe.\r\n\r\n"
)
FORMS = ["simple/simple", "relaxed/relaxed", "simple/relaxed", "relaxed/simple"]
# What a relay may do to a message.
FIELD = re.compile(rb"[!-9;-~]+:")
PIECES = [b" ", b"\t", b"\r\n", b"\r\n ", b"x", b":", b"From: x@y.example\r\n", b"\r\n\r\n", b""]


def is_plain(content: bytes) -> bool:
    """Whether dkimpy reads it as the RFC says.

    It takes lone CR and LF for line ends, needs a CRLF at the end, and refuses a header with a
    line that is no field, or has space before its colon.
    """
    if re.search(rb"\r(?!\n)|(?<!\r)\n", content) or not content.endswith(b"\r\n"):
        return False
    lines = re.split(rb"\r\n(?![ \t])", content.partition(b"\r\n\r\n")[0])
    return all(map(FIELD.match, lines))


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data(), is_rsa=st.booleans())
def test_dkimpy_says_the_same_of_changed_messages(
    form: str,
    data: st.DataObject,
    is_rsa: bool,  # noqa: FBT001 # From hypothesis.
) -> None:
    tags = TAGS.replace("relaxed/relaxed", form)
    if is_rsa:
        tags = tags.replace("ed25519-sha256", "rsa-sha256").replace("s=ed", "s=rsa")
    content = signed(LETTER, tags)
    zone = TextZone({key.record_name: [key.record] for key in (ED25519, RSA)})
    own_end = content.index(b"Received")
    at = data.draw(st.integers(own_end, len(content)))
    cut = data.draw(st.sampled_from([0, 0, 1, 2]))
    changed = content[:at] + data.draw(st.sampled_from(PIECES)) + content[at + cut :]
    if not is_plain(changed):
        return
    (found,) = zone.drive(dkim.verify(Message(changed), NOW))
    assert (found.result is Result.PASS) is does_dkimpy_pass(changed, 0, zone), found.reason
