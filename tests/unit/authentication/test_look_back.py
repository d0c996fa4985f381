"""What relays write, in the forms of their programs, and what strangers would like us to read."""

import time
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.authentication.look_back import Hop, look_back, read_line
from katharion.mail.message import Message

TRUSTED = [ip_network("198.51.100.0/24"), ip_network("2001:db8:1::/48")]
RELAY, STRANGER = "198.51.100.25", "192.0.2.7"

LINES = [
    (
        "from mail.a.example (mx.a.example [192.0.2.7]) by relay.example (Postfix) id 4X",
        Hop(STRANGER, "mail.a.example", "mx.a.example"),
    ),
    (
        "from [10.0.0.5] (unknown [192.0.2.7])\r\n\tby relay.example (Postfix) with ESMTPSA",
        Hop(STRANGER, "[10.0.0.5]", ""),
    ),
    (
        "from a.example (a.example [IPv6:2001:db8::7]) by relay.example",
        Hop("2001:db8::7", "a.example", "a.example"),
    ),
    (
        "from mx.a.example ([192.0.2.7]:41234 helo=a.example) by relay.example (Exim 4.96)",
        Hop(STRANGER, "mx.a.example", ""),
    ),
    (
        "from [192.0.2.7] (helo=a.example) by relay.example (Exim 4.96)",
        Hop(STRANGER, "[192.0.2.7]", ""),
    ),
    (
        "from mail-x.google.com (mail-x.google.com. [209.85.1.1]) by mx.google.com with ESMTPS",
        Hop("209.85.1.1", "mail-x.google.com", "mail-x.google.com"),
    ),
    (
        "from AM0PR01.eurprd01.prod.outlook.com (2603:10a6:208::1) by DB7PR.outlook.com with HTTPS",
        Hop("2603:10a6:208::1", "AM0PR01.eurprd01.prod.outlook.com", ""),
    ),
    (
        "from mail.a.example (192.0.2.7) by relay.outlook.com (10.1.2.3) with HTTPS",
        Hop(STRANGER, "mail.a.example", ""),
    ),
    (
        "from unknown (HELO a.example) (192.0.2.7) by relay.example with SMTP",
        Hop(STRANGER, "unknown", ""),
    ),
    (
        "from a.example (a.example [::ffff:192.0.2.7]) by relay.example",
        Hop(STRANGER, "a.example", "a.example"),
    ),
    (
        "from unknown (HELO a.example) (joe@192.0.2.7) by relay.example with SMTP",
        Hop(STRANGER, "unknown", ""),
    ),
    (
        "from a.example (IDENT:joe@mx.a.example [192.0.2.7]) by relay.example (8.18.1)",
        Hop(STRANGER, "a.example", ""),
    ),
    (
        "from a.example (mx.a.example [192.0.2.7] (may be forged)) by relay.example (8.18.1)",
        Hop(STRANGER, "a.example", ""),
    ),
    (
        'from a.example (mx.a.example [192.0.2.7]) (Client CN "a", Issuer "b" (not verified)) by x',
        Hop(STRANGER, "a.example", "mx.a.example"),
    ),
    (
        "from [192.0.2.7] (port=41234 helo=a.example) by relay.example (Exim 4.96)",
        Hop(STRANGER, "[192.0.2.7]", ""),
    ),
    ("from [192.0.2.7] (port=41234) by relay.example", Hop(STRANGER, "[192.0.2.7]", "")),
    # What the client says of itself.
    (
        "from [198.51.100.1] (mx.a.example [192.0.2.7]) by relay.example",
        Hop(STRANGER, "[198.51.100.1]", "mx.a.example"),
    ),
    (
        "from [198.51.100.1] (192.0.2.7) by relay.example",
        Hop(STRANGER, "[198.51.100.1]", ""),
    ),
    (
        "from [192.0.2.7] (helo=x ([198.51.100.1])) by relay.example",
        Hop(STRANGER, "[192.0.2.7]", ""),
    ),
    (
        "from [192.0.2.7] (ident=[198.51.100.1]) by relay.example",
        Hop(STRANGER, "[192.0.2.7]", ""),
    ),
    ("from x (y [198.51.100.1]) (mx.a.example [192.0.2.7]) by relay.example", None),
    ("from x [198.51.100.1] (192.0.2.7) by relay.example", None),
    ("from unknown (HELO [198.51.100.1]) (192.0.2.7) by relay.example with SMTP", None),
    ("from unknown (HELO [198.51.100.1]) (joe@192.0.2.7) by relay.example with SMTP", None),
    ('from x (y [192.0.2.7]) (Client CN "[198.51.100.1]") by relay.example (Postfix)', None),
    ("from [198.51.100.1] (unknown) by relay.example", None),
    ("from x by y (z [198.51.100.1]) (mx.a.example [192.0.2.7]) by relay.example", None),
    ("from a.example by relay.example with SMTP", None),
    ("from [198.51.100.1] by relay.example", Hop("198.51.100.1", "[198.51.100.1]", "")),
    ("by relay.example (Postfix, from userid 1000) id 4X", None),
    ("from a.example (a.example [999.0.2.7]) by relay.example", None),
    ("", None),
]


@pytest.mark.parametrize(("line", "hop"), LINES)
def test_lines(line: str, hop: Hop | None) -> None:
    assert read_line(line.replace("\r\n", "")) == hop


def message(*lines: str) -> Message:
    header = "".join(f"Received: {line}\r\n" for line in lines)
    return Message(f"{header}From: a@b.example\r\n\r\n".encode())


FROM_STRANGER = f"from s.example (s.example [{STRANGER}]) by in.relay.example; Mon"
FROM_RELAY = "from in.relay.example (in.relay.example [198.51.100.26]) by relay.example; Mon"
FROM_SELF = "from localhost (localhost [127.0.0.1]) by relay.example; Mon"
FORGED = "from good.example (good.example [203.0.113.1]) by s.example; Mon"


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ((FROM_STRANGER, FORGED), STRANGER),
        ((FROM_RELAY, FROM_STRANGER, FORGED), STRANGER),
        ((FROM_SELF, FROM_RELAY, FROM_STRANGER), STRANGER),
        ((FROM_RELAY,), ""),
        ((FROM_RELAY, "by relay.example (Postfix, from userid 1000)"), ""),
        ((), ""),
        ((*[FROM_RELAY] * 30, FROM_STRANGER), ""),
    ],
)
def test_as_far_as_relays_are_trusted(lines: tuple[str, ...], address: str) -> None:
    found = look_back(message(*lines), RELAY, TRUSTED)
    assert (found.address if found else "") == address


def test_a_stranger_is_not_asked() -> None:
    for client in (STRANGER, "", "nonsense", "2001:db8:2::1"):
        assert look_back(message(FROM_STRANGER), client, TRUSTED) is None
    assert look_back(message(FROM_STRANGER), "2001:db8:1::1", TRUSTED) is not None
    assert look_back(message(FROM_STRANGER), RELAY, []) is None


@given(st.text(max_size=200))
def test_any_line(line: str) -> None:
    read_line(line)
    read_line(f"from {line} by x")
    look_back(message(line.replace("\r", "").replace("\n", "")), RELAY, TRUSTED)


@pytest.mark.parametrize(
    "piece", ["from ", "(", "[1", " by", "(a [", "(a@", "[1]", "(port=", "helo=", "\t"]
)
def test_no_line_is_dear(piece: str) -> None:
    line = "from " + piece * (100_000 // len(piece))
    began = time.process_time()
    look_back(message(*[line] * 20), RELAY, TRUSTED)
    assert time.process_time() - began < 0.02
