"""Command lines to verbs and arguments; the dialogs have the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.mail.reply import Reply
from katharion.protocols import smtp_grammar as grammar

A = Address("a", "b.example")


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (b"FROM:<a@b.example>", grammar.MailArguments(A)),
        (b"from:<a@B.Example>", grammar.MailArguments(A)),
        (b"FROM: <a@b.example>  ", grammar.MailArguments(A)),
        (b"FROM:<>", grammar.MailArguments(None)),
        (
            b"FROM:<a@b.example> SIZE=10 BODY=8BITMIME",
            grammar.MailArguments(A, is_8bit=True, size_bytes_declared=10),
        ),
        (b"FROM:<a@b.example> body=7bit smtputf8", grammar.MailArguments(A, is_smtputf8=True)),
        (b"FROM:<a@b.example> PRDR", grammar.MailArguments(A, is_prdr=True)),
        (b"FROM:<a@b.example> SIZE=", replies.BAD_PARAMETERS),
        (b"FROM:<a@b.example> SIZE=" + b"9" * 21, replies.BAD_PARAMETERS),
        (b"FROM:<a@b.example> RET=HDRS", replies.UNKNOWN_PARAMETER),
        (b"FROM:<a@b.example> " + b"A=1 " * 21, replies.BAD_PARAMETERS),
        (b"FROM:a@b.example", replies.BAD_SENDER_SYNTAX),
        (b"FROM <a@b.example>", replies.BAD_SENDER_SYNTAX),
        (b"FROM:<<a@b.example>>", replies.BAD_SENDER_SYNTAX),
        (b"FROM:<a@b.example>SIZE=1", replies.BAD_SENDER_SYNTAX),
        (b"FROM:<" + b"x" * 65 + b"@b.example>", replies.BAD_SENDER_SYNTAX),
        (b"FROM:<\xc3\xb6@b.example>", replies.BAD_SENDER_SYNTAX),
        (
            "FROM:<ö@b.example> SMTPUTF8".encode(),
            grammar.MailArguments(Address("ö", "b.example"), is_smtputf8=True),
        ),
    ],
)
def test_mail(rest: bytes, expected: grammar.MailArguments | Reply) -> None:
    assert grammar.parse_mail(rest, has_prdr=True) == expected


def test_prdr_where_it_is_not_offered() -> None:
    refused = grammar.parse_mail(b"FROM:<a@b.example> PRDR", has_prdr=False)
    assert refused == replies.UNKNOWN_PARAMETER


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (b"10", grammar.Chunk(10, is_last=False)),
        (b"0 LAST", grammar.Chunk(0, is_last=True)),
        (b"10 last", grammar.Chunk(10, is_last=True)),
        (b"-1", None),
        (b"", None),
        (b"1 2", None),
        (b"9" * 13, None),
        ("\u00b2".encode(), None),
    ],
)
def test_chunks(rest: bytes, expected: grammar.Chunk | None) -> None:
    assert grammar.parse_chunk(rest) == expected


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        (b"mail.example.org", "mail.example.org"),
        (b" [192.0.2.1] ", "[192.0.2.1]"),
        (b"not_a_domain", "not_a_domain"),  # Judged by the checks, not refused here.
        (b"", None),
        (b"two words", None),
        (b"a\x01b", None),
        (b"x" * 256, None),
    ],
)
def test_hello(rest: bytes, name: str | None) -> None:
    assert grammar.parse_hello(rest) == name


@given(st.binary(max_size=300))
def test_no_octets_raise(octets: bytes) -> None:
    verb, rest = grammar.split_command(octets)
    assert verb == verb.upper()
    for is_utf8 in (False, True):
        grammar.parse_rcpt(rest, is_utf8=is_utf8)
        grammar.parse_rcpt(b"TO:<" + octets + b">", is_utf8=is_utf8)
    grammar.parse_mail(b"FROM:<" + octets + b"> SMTPUTF8", has_prdr=True)
    grammar.parse_mail(b"FROM:<a@b.example> " + octets, has_prdr=True)
    grammar.parse_chunk(octets)
    grammar.parse_hello(octets)
