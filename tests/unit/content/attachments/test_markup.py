"""Attached pages."""

from base64 import b64encode

import pytest

from fixtures.fix_files import EXE, examined, names_in

LONG = b64encode(bytes(range(256)) * 10)


@pytest.mark.parametrize(
    ("page", "name", "found"),
    [
        (b"<html><p>Good day</p>", "a.html", []),
        (b"<html><script>var a = 1;</script>", "a.html", []),
        (
            b"<script>u = URL.createObjectURL(new Blob([x])); a.download = 'x'; a.click()</script>",
            "a.html",
            ["FILE_SMUGGLES"],
        ),
        (
            b"<html><script>document.write(atob('" + LONG + b"'))</script>",
            "a.html",
            ["FILE_PAGE_HIDDEN"],
        ),
        (
            b"<html><form action='https://x.example/'><input name=p type=password>",
            "a.html",
            ["FILE_ASKS_PASSWORD"],
        ),
        (
            b"<html><script>location.href='https://x.example/'</script>",
            "a.htm",
            ["FILE_LEADS_AWAY"],
        ),
        (b"<svg><script>var a = 1;</script></svg>", "a.svg", ["FILE_PICTURE_SCRIPT"]),
        (
            b"<html><script>var f='" + b64encode(EXE * 3) + b"'</script>",
            "a.html",
            ["FILE_SMUGGLES", "FILE_REFUSED"],
        ),
    ],
)
def test_pages(page: bytes, name: str, found: list[str]) -> None:
    seen = [each for each in names_in(examined(page, name)) if "_YARA_" not in each]
    assert seen == found


def test_links_are_told() -> None:
    page = b"<html><form action='https://x.example/'><a href=http://y.example/z>"
    assert examined(page, "a.html").links == ("https://x.example/", "http://y.example/z")
