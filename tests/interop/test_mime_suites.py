"""Others' collections of well-formed and torn messages: the same parts where they say which.

Of what is torn, programs read differently; where ours differ from a suite's, the table says why.
"""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from katharion.content.reading import read
from katharion.mail.message import Message
from katharion.mail.mime import Part, parse, with_crlf

SUITES = (
    *("mime4j", "stalwart_mail-parser", "cpython_email", "mikel_mail", "nodemailer_mailparser"),
    *("meidielo_eml", "spamscanner", "eicar_gtube", "sisimai_bounces", "spamassassin_t_data"),
)
MESSAGES_COUNT_MIN = {"mime4j": 80, "stalwart_mail-parser": 110, "cpython_email": 47}
ENDINGS = (".eml", ".msg", ".txt")
_TAGS_THAT_SHOW_NOTHING = "script,style,title,iframe,noembed,noframes,xmp,noscript"

# Of mime4j: why our leaves are others.
_OTHER_LEAVES = {
    "badbound": "no part has the boundary that is said; we guess it",
    "multi-bad": "no part has the boundary that is said; we guess it",
    "frag": "base64 that ends too early: we read two octets more",
    "multi-frag": "base64 that ends too early: we read two octets more",
    "malformedHeaderStartsBody-nocrlfcrlf": "a header goes on behind a line that is none",
    "malformedHeaderStartsBody-noheader": "without an empty line, all is header in SMTP",
    "missing-boundary": "a multipart without parts is read as text",
    "missing-inner-boundary": "a multipart without parts is read as text",
    "missing-inner-start-boundary": "a multipart without parts is read as text",
    "multipartnopart": "a multipart without parts is read as text",
    "multipartemptypart": "two delimiters, one behind the other: one part, not two",
    "multipartnestedemptyparts": "two delimiters, one behind the other: one part, not two",
    "very-long-boundary": "a boundary may not end with spaces (RFC 2046 section 5.1.1)",
    "very-very-long-boundary": "a boundary of more than a line",
    "weird-boundary": "a boundary may not end with spaces (RFC 2046 section 5.1.1)",
}
# Of mail-parser.
_OTHER_TREES = {
    "malformed/000": "no part has the boundary that is said; we guess it",
    "malformed/001": "an inner multipart without parts has none",
    "malformed/002": "a multipart without parts is one to us, and read as text",
    "malformed/005": "a boundary that ends with hyphens: delimiter and end are one line",
    "malformed/007": "a multipart without parts is one to us, and read as text",
    "malformed/008": "behind a multipart without an end stands HTML, as it says",
    "malformed/009": "the part behind a multipart without an end is read",
    "malformed/011": "the part behind a multipart without an end is read",
    "malformed/012": "the part behind a multipart without an end is read",
    "malformed/016": "a boundary that goes on in another one ends nothing",
    "malformed/019": "the boundary is said in other letters; we guess it",
    "malformed/020": "of two Content-Type fields both are read",
    "malformed/021": "of two Content-Type fields both are read",
    "malformed/022": "a message that has no header is one nevertheless",
    "rfc/000": "unknown types are no texts (audio/basic, image/jpeg)",
    "thirdparty/015": "a bounced message whose header alone is sent back: its multipart is empty",
}


def messages(suite: Path) -> Iterator[Path]:
    """All files of a suite that are messages."""
    for path in sorted(suite.rglob("*")):
        if path.is_file() and (path.suffix in ENDINGS or "maildir" in path.parts):
            yield path


def kind_of(part: Part) -> str:
    if part.media_type.startswith("multipart/"):
        return "multi"
    if not part.is_leaf:
        return "message"
    if part.media_type == "text/html":
        return "html"
    return "text" if part.media_type.startswith("text/") else "binary"


@pytest.mark.parametrize("suite", SUITES)
def test_all_are_read(suite: str, conformance: Path) -> None:
    paths = list(messages(conformance / suite))
    assert len(paths) >= MESSAGES_COUNT_MIN.get(suite, 1)
    for path in paths:
        message = Message(with_crlf(path.read_bytes()))
        reading = read(message)
        for attachment in reading.attachments:
            assert len(attachment.content()) <= attachment.octets_max or attachment.path
        assert len(reading.structure) >= 1, path
        fields = message.fields
        assert all(a.end <= b.start for a, b in pairwise(fields)), path
        assert all(message.content[f.start : f.end].count(b":") for f in fields), path


def test_the_same_leaves_as_mime4j(conformance: Path) -> None:
    def tidy(octets: bytes) -> bytes:
        return re.sub(rb"\r?\n", b"\n", octets).strip()

    others = set()
    for path in (conformance / "mime4j/core/src/test/resources").rglob("*.msg"):
        files = path.parent.glob(f"{path.stem}_decoded_*")
        theirs = sorted(tidy(f.read_bytes()) for f in files if f.suffix in (".txt", ".bin"))
        parts = parse(Message(with_crlf(path.read_bytes()))).parts
        if sorted(tidy(part.content()) for part in parts if part.is_leaf) != theirs:
            others.add(path.stem)
    assert others == set(_OTHER_LEAVES)


def test_the_same_trees_as_mail_parser(conformance: Path) -> None:
    def tree(found: dict[str, Any], at: int = 0) -> Iterator[str]:
        ((kind, held),) = found["parts"][at]["body"].items()
        if kind == "Multipart":
            yield "multi"
            for number in held:
                yield from tree(found, number)
        elif kind == "Message":
            yield "message"
            yield from tree(held)
        else:
            yield {"Text": "text", "Html": "html"}.get(kind, "binary")

    others = set()
    for path in sorted((conformance / "stalwart_mail-parser/resources/eml").rglob("*.json")):
        source = path.with_suffix(".eml")
        if path.name.endswith(".crlf.json") or not source.exists():
            continue
        theirs = list(tree(json.loads(path.read_bytes())))
        parts = parse(Message(with_crlf(source.read_bytes()))).parts
        if [kind_of(part) for part in parts] != theirs:
            others.add(f"{path.parent.name}/{path.stem}")
    assert others == set(_OTHER_TREES)


def test_html_shows_what_lexbor_shows(corpora: Path) -> None:
    """The letters, in any order: lexbor moves what stands in the wrong place of a table."""
    lines = (corpora / "manifest.jsonl").read_text().splitlines()[::150]
    seen = other = 0
    for line in lines:
        octets = (corpora / json.loads(line)["id"]).read_bytes()
        for part in read(Message(with_crlf(octets))).texts:
            if not part.is_html:
                continue
            document = LexborHTMLParser(part.markup)
            for node in document.css(_TAGS_THAT_SHOW_NOTHING):
                node.decompose()
            theirs = document.body.text(separator="") if document.body else ""
            seen += 1
            other += letters(part.text + part.hidden) != letters(theirs)
    assert seen > 50, "too few to tell"
    assert other <= seen // 50


def letters(text: str) -> str:
    return "".join(sorted(re.sub(r"\W", "", text)))
