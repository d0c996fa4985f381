"""Links: hosts as browsers find them, links written out in text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.links import TARGET_LENGTH_MAX, TEXT_LINKS_COUNT_MAX, link, links_in, where
from katharion.values.reading import LinkKind

CPU_SECONDS_MAX = 0.1


@pytest.mark.parametrize(
    ("target", "scheme", "host"),
    [
        ("http://example.com/a", "http", "example.com"),
        ("HTTPS://Example.COM:443", "https", "example.com"),
        ("http://www.bank.example@evil.example/", "http", "evil.example"),
        ("http://user:pw@evil.example?x", "http", "evil.example"),
        (r"http:\\evil.example\@bank.example", "http", "evil.example"),
        ("http:evil.example", "http", "evil.example"),
        ("http:////evil.example", "http", "evil.example"),
        ("//evil.example/x", "", "evil.example"),
        ("www.evil.example/x", "", "www.evil.example"),
        ("/path", "", ""),
        ("http://b\u00fccher.example", "http", "xn--bcher-kva.example"),
        ("http://ev%69l.example", "http", "evil.example"),
        ("http://\uff45vil\u3002example", "http", "evil.example"),
        ("http://0x7f.1/", "http", "127.0.0.1"),
        ("http://2130706433/", "http", "127.0.0.1"),
        ("http://0300.0250.1", "http", "192.168.0.1"),
        ("http://1.2.3.4.5/", "http", "1.2.3.4.5"),
        ("http://256.1.1.1/", "http", ""),
        ("http://[2001:DB8::1]:80/", "http", "[2001:db8::1]"),
        ("mailto:a@example.com?subject=x", "mailto", "example.com"),
        ("javascript:alert(1)", "javascript", ""),
        ("data:text/html,x", "data", ""),
        ("cid:1@example.com", "cid", ""),
        ("http://", "http", ""),
        ("", "", ""),
    ],
)
def test_where_it_leads(target: str, scheme: str, host: str) -> None:
    """WHATWG URL standard, section 4.4; many of them are tricks that are sent."""
    assert where(target) == (scheme, host)


def test_line_ends_in_a_target_do_not_count() -> None:
    found = link(" http://exa\r\nmple.c\tom/ ", LinkKind.ANCHOR, "x")
    assert (found.target, found.host) == ("http://example.com/", "example.com")
    assert len(link("http://a.example/" + "x" * 5000, LinkKind.ANCHOR).target) == TARGET_LENGTH_MAX


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("See http://a.example/b.", ["http://a.example/b"]),
        ("(see http://a.example/b)", ["http://a.example/b"]),
        ("http://a.example/b_(c)", ["http://a.example/b_(c)"]),
        ("<http://a.example>, www.b.example!", ["http://a.example", "www.b.example"]),
        ('"https://a.example/?x=1&y=2"', ["https://a.example/?x=1&y=2"]),
        ("mail@www.example.com or ahttp://x.example", []),
        ("no links; see www. or 1:/2", []),
        ("HTTP://A.EXAMPLE", ["HTTP://A.EXAMPLE"]),
        ("读 http://a.example/读。", ["http://a.example/读。"]),
    ],
)
def test_links_in_text(text: str, targets: list[str]) -> None:
    assert [found.target for found in links_in(text)] == targets


def test_links_in_text_are_bounded() -> None:
    assert len(links_in("http://a.example " * 2000)) == TEXT_LINKS_COUNT_MAX


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    link(text, LinkKind.ANCHOR)
    link("http://" + text, LinkKind.ANCHOR)
    links_in("http://" + text)


@pytest.mark.parametrize("piece", ["http:/", "www.", "www.a", "http://a", ")", "(", ".", "a.", "@"])
def test_time_is_linear(piece: str) -> None:
    text = ("http://" + piece) * (256 * 1024 // (7 + len(piece)))
    started = time.process_time()
    links_in(text)
    links_in("http://" + piece * (256 * 1024 // len(piece)))
    link("http://" + text, LinkKind.ANCHOR)
    assert time.process_time() - started < CPU_SECONDS_MAX
