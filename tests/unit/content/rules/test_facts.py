"""Facts: each is so of one message, and not of another; none raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.links import link
from katharion.content.reading import read
from katharion.content.rules.facts import FACTS, Given
from katharion.mail.message import Message
from katharion.mail.mime import with_crlf
from katharion.values.reading import Attachment, LinkKind, Person, Reading, TextPart


def given_(header: str = "", **reading: object) -> Given:
    said = {"author": Person("Ann", "ann@example.com")} | reading
    return Given(Message(f"{header}\r\n\r\n".encode()), Reading(**said))  # type: ignore[arg-type] # Any.


def anchor(target: str, text: str = "") -> tuple[object, ...]:
    return (link(target, LinkKind.ANCHOR, text),)


HTML = (TextPart("1", is_html=True, text="x"),)
PNG = Attachment("1", "a.png", "image/png", 1, lambda: b"", is_inline=True)
ZIP = Attachment("2", "a.zip", "application/zip", 1, lambda: b"")
LONG = "word " * 200


@pytest.mark.parametrize(
    ("fact", "so", "not_so"),
    [
        ("fake_reply", given_(subject="Re: x"), given_("In-Reply-To: <1@x>", subject="Re: x")),
        ("reply_to_elsewhere", given_(reply_to=Person("", "a@example.org")),
         given_(reply_to=Person("", "a@mail.example.com"))),
        ("reply_free_mail", given_(reply_to=Person("", "a@gmail.com")),
         given_(author=Person("", "b@gmail.com"), reply_to=Person("", "a@gmail.com"))),
        ("target_mismatch", given_(links=anchor("http://evil.example", "www.bank.example.org")),
         given_(links=anchor("http://a.bank.example", "bank.example"))),
        ("user_info_in_link", given_(links=anchor("http://bank.example@evil.example/")),
         given_(links=anchor("http://evil.example/@bank"))),
        ("ip_in_link", given_(links=anchor("http://192.0.2.1/")), given_(links=anchor("http://a.b/"))),
        ("number_as_host", given_(links=anchor("http://0x7f.1/")),
         given_(links=anchor("http://127.0.0.1/"))),
        ("punycode_host", given_(links=anchor("http://b\u00fccher.example")),
         given_(links=anchor("http://books.example"))),
        ("mixed_scripts_host", given_(links=anchor("http://p\u0430ypal.example")),
         given_(links=anchor("http://b\u00fccher.example"))),
        ("shortener", given_(links=anchor("https://bit.ly/x")), given_(links=anchor("http://a.b"))),
        ("free_hosting", given_(links=anchor("https://x.pages.dev")),
         given_(links=anchor("https://pages.example"))),
        ("odd_top_domain", given_(links=anchor("https://x.top")), given_(links=anchor("https://x.org"))),
        ("author_odd_top", given_(author=Person("", "a@x.click")), given_()),
        ("open_redirect", given_(links=anchor("https://a.example/?url=https%3A%2F%2Fb")),
         given_(links=anchor("https://a.example/?url=b"))),
        ("script_link", given_(links=anchor("javascript:x()")), given_(links=anchor("http://a.b"))),
        ("form_in_mail", given_(links=(link("/x", LinkKind.FORM),)), given_()),
        ("many_organisations",
         given_(links=tuple(link(f"http://a{n}.example", LinkKind.ANCHOR) for n in range(20))),
         given_(links=anchor("http://a.b"))),
        ("one_foreign_link", given_(links=anchor("http://other.example.org")),
         given_(links=anchor("http://www.example.com"))),
        ("has_link", given_(links=anchor("http://a.example")), given_()),
        ("zero_width", given_(text="v\u200bi\u200ba\u200bg\u200br\u200ba"),
         given_(text="via\u200b")),
        ("bidi_override", given_(subject="a\u202egpj.exe"), given_(subject="a")),
        ("mixed_scripts_word", given_(text="p\u0430ypal \u0430pple"),
         given_(text="\u043f\u043e\u0447\u0442\u0430 mail")),
        ("mixed_scripts_name", given_(author=Person("P\u0430ypal", "")), given_()),
        ("fancy_letters", given_(text="\U0001d5d4" * 20), given_(text="\u00e9" * 20)),
        ("many_hidden",
         given_(texts=(TextPart("1", is_html=True, text="x", hidden=LONG),), text="x"),
         given_(texts=HTML, text=LONG)),
        ("has_html", given_(texts=HTML), given_(texts=(TextPart("1", is_html=False, text="x"),))),
        ("html_only", given_(texts=HTML), given_()),
        ("little_text", given_(text="hi"), given_(text=LONG)),
        ("short_text", given_(text="hi"), given_(text=LONG)),
        ("image_only", given_(text="hi", attachments=(PNG,)),
         given_(text=LONG, attachments=(PNG,))),
        ("has_attachment", given_(attachments=(ZIP,)), given_(attachments=(PNG,))),
        ("author_free_mail", given_(author=Person("", "a@gmail.com")), given_()),
        ("name_is_address", given_(author=Person("boss@example.org", "a@example.net")),
         given_(author=Person("a@example.net", "a@example.net"))),
        ("undisclosed", given_("To: undisclosed-recipients:;"), given_("To: a@example.com")),
        ("is_list", given_("List-Id: <x>"), given_()),
        ("is_signed", given_("DKIM-Signature: x"), given_()),
        ("is_reply", given_("References: <x>"), given_()),
        ("shouting", given_(subject="BUY EVERYTHING NOW"), given_(subject="NATO")),
    ],
)  # fmt: skip
def test_facts(fact: str, so: Given, not_so: Given) -> None:
    assert FACTS[fact](so)
    assert not FACTS[fact](not_so)


@given(st.binary(max_size=300))
def test_no_message_raises(octets: bytes) -> None:
    head = b"From: \xd0\xb0b <a@b.example>\r\nContent-Type: text/html\r\nSubject: Re: "
    message = Message(with_crlf(head + octets))
    found = Given(message, read(message))
    for fact in FACTS.values():
        fact(found)
