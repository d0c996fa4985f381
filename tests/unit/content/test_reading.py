"""A message read once: texts, links, files and what is odd, together."""

import base64
import binascii
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.reading import TEXT_OCTETS_MAX, read
from katharion.mail.message import Message
from katharion.mail.mime import with_crlf
from katharion.values.reading import LinkKind, Person, Reading

CPU_SECONDS_MAX = 0.25
ALTERNATIVE = """\
From: =?utf-8?Q?J=C3=BCrgen?= <J@example.com>
Reply-To: other@example.net
Subject: =?utf-8?B?aGVsbG8=?= there
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

f=FCr http://a.example/x
--a
Content-Type: text/html

<p>f&uuml;r <a href="http://b.example/">http://a.example/x</a>
<img src=cid:1><span style="display:none">hidden words</span>
--a--
--m
Content-Type: image/png; name=a.png
Content-Disposition: inline
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--m
Content-Type: text/plain; name=note.txt
Content-Disposition: attachment

see http://c.example
--m--
"""


def reading(text: str) -> Reading:
    return read(Message(with_crlf(text.encode("latin-1"))))


def test_all_of_it() -> None:
    found = reading(ALTERNATIVE)
    assert found.subject == "hello there"
    assert found.author == Person("J\u00fcrgen", "j@example.com")
    assert (found.reply_to.domain, found.sender) == ("example.net", Person())
    assert [(part.path, part.is_html) for part in found.texts] == [
        ("1.1", False),
        ("1.2", True),
        ("3", False),
    ]
    assert found.texts[1].text == "f\u00fcr http://a.example/x"
    assert found.texts[1].hidden == "hidden words"
    assert "http://c.example" in found.text
    assert [(link.kind, link.host, link.text) for link in found.links] == [
        (LinkKind.TEXT, "a.example", "http://a.example/x"),
        (LinkKind.ANCHOR, "b.example", "http://a.example/x"),
        (LinkKind.LOADED, "", ""),
        (LinkKind.TEXT, "c.example", "http://c.example"),
    ]
    assert [(file.path, file.name, file.is_inline) for file in found.attachments] == [
        ("2", "a.png", True),
        ("3", "note.txt", False),
    ]
    assert found.attachments[0].content() == b"\x89PNG\r\n\x1a\n"
    assert found.structure[:3] == ("multipart/mixed", "multipart/alternative", "text/plain")
    assert found.oddities == ()
    assert not found.is_cut


@pytest.mark.parametrize(
    ("content_type", "encoding", "body", "text", "oddities"),
    [
        ("text/plain; charset=utf-8", "8bit", "f\xc3\xbcr", "f\u00fcr", []),
        ("text/plain; charset=utf-8", "8bit", "f\xfcr", "f\ufffdr", ["CHARSET_WRONG"]),
        ("text/plain; charset=of-nobody", "8bit", "f\xfcr", "f\u00fcr", ["CHARSET_UNKNOWN"]),
        ("text/plain", "8bit", "f\xfcr", "f\u00fcr", ["CHARSET_MISSING"]),
        ("text/plain; charset=utf-7", "7bit", "+AGg-i", "hi", []),
        ("text/plain", "base64", "aGk=*", "hi", ["BASE64_BROKEN"]),
        ("text/enriched", "7bit", "<bold>hi</bold>", "<bold>hi</bold>", []),
    ],
)
def test_texts(content_type: str, encoding: str, body: str, text: str, oddities: list[str]) -> None:
    head = f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n\n"
    found = reading(head + body)
    assert found.text == text
    assert [oddity.name for oddity in found.oddities] == oddities


def test_files_inside_of_others() -> None:
    inner = b"begin 644 a.exe\n" + binascii.b2a_uu(b"MZ") + b"`\nend\n"
    found = reading("Subject: x\n\nhello\n" + inner.decode("latin-1"))
    assert [(file.path, file.name, file.content()) for file in found.attachments] == [
        ("1.1", "a.exe", b"MZ")
    ]


@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable"])
def test_of_a_long_text_head_and_tail_are_read(encoding: str) -> None:
    octets = b"the head " + b"middle \n" * (TEXT_OCTETS_MAX // 4) + b" the tail"
    if encoding == "base64":
        octets = base64.encodebytes(octets)
    found = reading(f"Content-Transfer-Encoding: {encoding}\n\n" + octets.decode())
    assert found.is_cut
    assert [oddity.name for oddity in found.oddities] == ["TEXT_LONG"]
    assert found.text.startswith("the head")
    assert found.text.rstrip().endswith("the tail")
    assert len(found.text) <= TEXT_OCTETS_MAX + 100


def test_texts_behind_a_long_one_are_still_read() -> None:
    parts = ["x " * TEXT_OCTETS_MAX, "http://a.example"]
    body = "".join(f"--b\n\n{part}\n" for part in parts)
    found = reading(f"Content-Type: multipart/mixed; boundary=b\n\n{body}--b--\n")
    assert [link.host for link in found.links] == ["a.example"]


@given(st.binary(max_size=400))
def test_no_octets_raise(octets: bytes) -> None:
    read(Message(octets))
    read(Message(with_crlf(ALTERNATIVE.encode()[:300] + octets)))


@given(st.integers(0, 900), st.integers(0, 900), st.binary(max_size=8))
def test_no_change_raises(start: int, end: int, octets: bytes) -> None:
    original = with_crlf(ALTERNATIVE.encode())
    for attachment in read(Message(original[:start] + octets + original[end:])).attachments:
        attachment.content()


@pytest.mark.parametrize(
    "piece",
    [
        "--m\n",
        "--m\nContent-Type: text/html\n\n<a href=http://a.example>x</a>\n",
        "--m\nContent-Type: text/html\n\n<p hidden>\n",
        "--m\n\nhttp://a.example/ www.b.example\n",
        "--m\n\nbegin 644 a\n!\n",
        "--m\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\neJ8+IgEA\n",
        "--m\nContent-Type: text/plain; charset=utf-7\n\n+AAA-+\n",
        "<a href='http://a.example/'>",
        "=\n",
        "=?utf-8?Q?x?= ",
    ],
)
def test_time_is_linear_for_a_megabyte(piece: str) -> None:
    head = ALTERNATIVE.partition("\n\n")[0] + "\n\n"
    message = Message(with_crlf((head + piece * (1024 * 1024 // len(piece))).encode()))
    started = time.process_time()
    read(message)
    assert time.process_time() - started < CPU_SECONDS_MAX
