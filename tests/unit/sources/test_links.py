"""Hosts in a body, however it is written."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.sources.links import HOSTS_COUNT_MAX, LINKS_COUNT_MAX, OCTETS_MAX, hosts_of


@pytest.mark.parametrize(
    ("body", "hosts"),
    [
        (b"see http://Bad.Example/x and https://b.example.", ("bad.example", "b.example")),
        (b'<a href="https://user:pw@evil.example:8080/?q">', ("evil.example",)),
        (b"http://192.0.2.1/ http://localhost/", ()),
        (b"https://split.ex=\r\nample/path", ("split.example",)),
        (b"https://a.example/ https://A.example/", ("a.example",)),
        (b"mailto:a@b.example", ()),
        (b"HTTPS://b.Example... (http://a.example), x", ("b.example", "a.example")),
        (b"http://bank.example@evil.example/", ("evil.example",)),
        (b"http://" + b"bank.example." * 8 + b"x@evil.example", ("evil.example",)),
        (b"http://u:p@bank.example@evil.example", ("evil.example",)),
        (b"http://evil.example?@bank.example", ("evil.example",)),
        (b"http://evil.example\\@bank.example", ("evil.example",)),
        (b"http://ev%69l.example/", ("evil.example",)),
        ("http://b\u00fccher.example/".encode(), ("b\u00fccher.example",)),
        (b"http://[2001:db8::1]/ http:///x http://", ()),
        (b"://a.example/ xttp://a.example/ ftp://a.example", ()),
        (b"", ()),
    ],
)
def test_hosts(body: bytes, hosts: tuple[str, ...]) -> None:
    assert hosts_of(body) == hosts


def test_bounds() -> None:
    many = b" ".join(b"http://h%d.example/" % n for n in range(100))
    found = hosts_of(many)
    assert len(found) == HOSTS_COUNT_MAX
    assert (found[0], found[-1]) == ("h0.example", "h99.example")
    assert len(hosts_of(b"http://a.example " * (LINKS_COUNT_MAX + 1))) == 1
    long = b"x" * OCTETS_MAX * 3 + b" http://last.example/"
    assert hosts_of(long) == ("last.example",)


@pytest.mark.parametrize(
    "piece",
    [
        *(b"http://", b"http://a@", b"http://" + b"a" * 60, b"=\r\n", b"h", b":/", b"://"),
        *(b"http://%41@", b"http://a.b/ "),
    ],
)
def test_no_body_is_dear(piece: bytes) -> None:
    body = piece * (1_000_000 // len(piece))
    began = time.process_time()
    hosts_of(body)
    assert time.process_time() - began < 0.02


@given(st.binary())
def test_any_octets(body: bytes) -> None:
    hosts_of(body)
    hosts_of(b"http://" + body)
