"""What signed HTML shows of its machine."""

from katharion.content.classifier.dress import dress_tokens, is_dressed, markup_tokens
from katharion.mail.message import Message
from katharion.values.reading import Person, Reading, TextPart

SIGNED = Message(
    b"DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=s12; h=From:To:From; i=x@y\r\n"
    b"From: a@shop.example\r\nX-Campaign: 7\r\nX-Spam-Score: 9\r\nSubject: x\r\n\r\n"
)
HTML = TextPart("1", is_html=True, text="Shop", markup="<p><a><img>", hidden="")
READING = Reading(author=Person("Shop", "a@shop.example"), texts=(HTML,), text="Shop")


def test_only_signed_html_is_dressed() -> None:
    assert is_dressed(READING, SIGNED)
    assert not is_dressed(READING, Message(b"From: a@shop.example\r\n\r\n"))
    assert not is_dressed(Reading(), SIGNED)


def test_signatures_and_names_of_fields_and_no_other_filters_opinion() -> None:
    tokens = dress_tokens(READING, SIGNED)
    for token in ("own signature:True", "selector:s0", "signed twice:True", "name:x-campaign"):
        assert token in tokens
    assert not [token for token in tokens if "spam" in token]


def test_markup_in_threes() -> None:
    assert markup_tokens(READING) == ["p a img"]
    assert markup_tokens(Reading()) == []
