"""What the form says, and what it never may."""

from katharion.content.classifier.form import form_tokens, organisation, size_class
from katharion.mail.message import Message
from katharion.values.reading import Attachment, Link, LinkKind, Person, Reading

HEADER = (
    b"From: A <a@mail.shop.example>\r\nTo: somebody@private.example\r\nSubject: Re: HELLO!\r\n"
    b"Date: Mon, 5 Nov 2012 10:00:00 +0000\r\nX-Spam-Status: Yes\r\n"
    b"Message-ID: <1@shop.example>\r\n"
    b"Received: from secret.example\r\nList-Id: <secret.example>\r\n"
    b'Content-Type: text/plain; charset="utf-8"; boundary="ab12"\r\n\r\n'
)
READING = Reading(
    subject="Re: HELLO!",
    author=Person("A", "a@mail.shop.example"),
    links=(
        Link("http://other.example/a1.php?id=2", LinkKind.ANCHOR, "http", "other.example", "a.b"),
        Link("http://192.0.2.1/", LinkKind.ANCHOR, "http", "192.0.2.1", "shop.example"),
    ),
    attachments=(Attachment("2", "bill.exe", "application/pdf", 3, lambda: b"abc"),),
    text="hello",
    structure=("text/plain",),
)


def test_organisations() -> None:
    assert organisation("mail.shop.example") == "shop.example"
    assert organisation("mail.shop.co.uk") == "shop.co.uk"
    assert organisation("") == ""


def test_classes_of_size() -> None:
    assert [size_class(n) for n in (0, 1, 2, 3, 4, 10**9)] == [0, 1, 2, 2, 3, 12]


def test_what_is_seen_of_the_form() -> None:
    tokens = form_tokens(READING, Message(HEADER))
    for token in (
        "reply to nothing",
        "id:same",
        "suffix:php",
        "query:id",
        "shown:False",
        "link to number",
        "file name:exe",
        "boundary:a",
    ):
        assert token in tokens


def test_nothing_of_recipients_dates_filters_lists_and_paths() -> None:
    said = " ".join(form_tokens(READING, Message(HEADER))).lower()
    for word in ("private", "somebody", "2012", "spam", "secret", "received"):
        assert word not in said
