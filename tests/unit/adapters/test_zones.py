"""DNS from a file: each shape it may have, and what is wrong with one that is none."""

import asyncio
from pathlib import Path

import pytest

from katharion.adapters.zones import ZoneFileError, ZoneResolver, read_zones
from katharion.values.dns import Kind, Question

FILE = """
"inline.example" = [{ TXT = "one" }, { TXT = "two", A = "192.0.2.4" }]

["Example.COM."]
TXT = ["v=spf1 mx -all", "other"]
MX = ["20 b.example.com", "10 A.example.com."]
A = "192.0.2.1"
AAAA = ["2001:DB8::1"]

["selector._domainkey.example.com"]
TXT = [["v=DKIM1; ", "p=AAAA"]]

["192.0.2.1"]
PTR = "mail.example.com."

["slow.example"]
TXT = "TIMEOUT"
A = "SERVFAIL"

["alias.example"]
CNAME = "example.com"

["ring.example"]
CNAME = "ring.example"

["broken-alias.example"]
CNAME = "TIMEOUT"

["empty.example"]

["none.example"]
A = []

["caf\u00e9.example"]
TXT = "caf\u00e9"

[plain.example.org]
A = "192.0.2.9"
MX = [[10, "mx.example.org"], { preference = 5, exchange = "best.example.org" }]

[[records]]
name = "listed.example"
type = "TXT"
value = "one"

[[records]]
name = "listed.example"
type = "TXT"
value = "two"

[zones."zoned.example"]
A = "192.0.2.3"

[TXT]
"typed.example" = ["by type"]
"""


@pytest.fixture
def zones(tmp_path: Path) -> ZoneResolver:
    (tmp_path / "zones.toml").write_text(FILE, encoding="utf-8")
    return read_zones(tmp_path / "zones.toml")


@pytest.mark.parametrize(
    ("kind", "name", "wanted"),
    [
        ("TXT", "example.com", ("v=spf1 mx -all", "other")),
        ("TXT", "EXAMPLE.com.", ("v=spf1 mx -all", "other")),
        ("MX", "example.com", ("a.example.com", "b.example.com")),
        ("AAAA", "example.com", ("2001:db8::1",)),
        ("TXT", "selector._domainkey.example.com", ("v=DKIM1; p=AAAA",)),
        ("PTR", "1.2.0.192.in-addr.arpa", ("mail.example.com",)),
        ("A", "alias.example", ("192.0.2.1",)),
        ("TXT", "xn--caf-dma.example", ("caf\u00c3\u00a9",)),
        ("A", "plain.example.org", ("192.0.2.9",)),
        ("MX", "plain.example.org", ("best.example.org", "mx.example.org")),
        ("TXT", "listed.example", ("one", "two")),
        ("A", "zoned.example", ("192.0.2.3",)),
        ("TXT", "typed.example", ("by type",)),
        ("TXT", "inline.example", ("one", "two")),
        ("A", "inline.example", ("192.0.2.4",)),
    ],
)
def test_found(zones: ZoneResolver, kind: Kind, name: str, wanted: tuple[str, ...]) -> None:
    answer = zones.known(Question(kind, name))
    assert (answer.status.value, answer.records) == ("found", wanted)
    assert asyncio.run(zones.ask(Question(kind, name))) == answer


@pytest.mark.parametrize(
    ("kind", "name", "wanted"),
    [
        ("A", "nobody.example", "nxdomain"),
        ("A", "example.org", "nodata"),
        ("A", "org", "nodata"),
        ("A", "ample.org", "nxdomain"),
        ("A", "empty.example", "nodata"),
        ("A", "none.example", "nodata"),
        ("PTR", "example.com", "nodata"),
        ("TXT", "slow.example", "failed"),
        ("A", "slow.example", "failed"),
        ("MX", "slow.example", "nodata"),
        ("A", "ring.example", "failed"),
        ("A", "broken-alias.example", "failed"),
    ],
)
def test_not_found(zones: ZoneResolver, kind: Kind, name: str, wanted: str) -> None:
    assert zones.known(Question(kind, name)).status.value == wanted


def test_the_older_questions(zones: ZoneResolver) -> None:
    async def scene() -> list[str]:
        answers = [
            await zones.addresses("example.com"),
            await zones.addresses("192.0.2.5"),
            await zones.addresses("slow.example"),
            await zones.addresses("nobody.example"),
            await zones.mail_exchangers("example.com"),
            await zones.names("192.0.2.1"),
            await zones.names("nonsense"),
        ]
        await zones.close()
        return [f"{answer.status.value} {' '.join(answer.records)}".strip() for answer in answers]

    assert asyncio.run(scene()) == [
        "found 192.0.2.1 2001:db8::1",
        "found 192.0.2.5",
        "failed",
        "nxdomain",
        "found a.example.com b.example.com",
        "found mail.example.com",
        "failed",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TXT = 'x'", "is no name with records"),
        ("['a.example']\nSRV = 'x'", "is no type of record"),
        ("['a.example']\nA = '1.2.3'", "is no address"),
        ("['a.example']\nAAAA = '1.2.3.4'", "is no address"),
        ("['a.example']\nMX = 'mail.example'", "is no MX"),
        ("['a.example']\nTXT = 5", "is no text"),
        ("['\u00ad.example']\nTXT = 'x'", "is no name"),
        ("[[records]]\ntype = 'A'", "needs a name"),
        ("x", "is no TOML"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "zones.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ZoneFileError, match=words) as error:
        read_zones(path)
    assert str(path) in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZoneFileError, match="can't be read"):
        read_zones(tmp_path / "none.toml")
