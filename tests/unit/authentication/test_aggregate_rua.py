"""Where reports go: within the organization, or where they are wanted; nowhere else."""

import pytest

from fakes.text_zone import TextZone
from katharion.authentication.aggregate_rua import (
    ADDRESSES_COUNT_MAX,
    Destinations,
    destinations,
    mailbox,
)
from katharion.mail.address import Address

# The example of RFC 9990 section 4.
BLUE, RED = "blue.example.com", "red.example.net"
PERMIT = f"{BLUE}._report._dmarc.{RED}"
OWN: dict[str, list[str] | None] = {
    "_dmarc.example.com": ["v=DMARC1; p=none"],
    f"_dmarc.{BLUE}": ["v=DMARC1; p=none"],
}


def found(
    zone: dict[str, list[str] | None], *report_to: str, domain: str = BLUE
) -> tuple[list[str], bool]:
    result = TextZone(OWN | zone).drive(destinations(domain, report_to))
    return [str(address) for address in result.addresses], result.is_known


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("mailto:r@example.com", Address("r", "example.com")),
        ("MAILTO:r@EXAMPLE.com?subject=x", Address("r", "example.com")),
        ("mailto:a%2Bb@example.com", Address("a+b", "example.com")),
        ("mailto:a%0d%0ab@example.com", None),
        ("mailto:r@[192.0.2.1]", None),
        ("mailto:r", None),
        ("https://example.com/r", None),
    ],
)
def test_mailbox(uri: str, expected: Address | None) -> None:
    assert mailbox(uri) == expected


def test_within_the_organization() -> None:
    assert found({}, f"mailto:r@{BLUE}") == ([f"r@{BLUE}"], True)
    assert found({}, "mailto:r@example.com") == (["r@example.com"], True)
    assert found({}, "mailto:r@sub.example.com") == (["r@sub.example.com"], True)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], []),
        (["v=DMARC1"], [f"r@{RED}"]),
        (["v=DMARC1;"], [f"r@{RED}"]),
        (["x", "v=DMARC1", "v=DMARC1;"], [f"r@{RED}"]),  # Step 8: one is enough.
        (["v=DMARC1x", "p=none; v=DMARC1"], []),
        ([f"v=DMARC1; rua=mailto:other@{RED}"], [f"other@{RED}"]),
        (["v=DMARC1; rua=mailto:r@elsewhere.example"], []),
        ([f"v=DMARC1; rua=mailto:r@{RED},mailto:r@elsewhere.example"], []),
    ],
)
def test_outside_of_it(texts: list[str], expected: list[str]) -> None:
    assert found({PERMIT: texts}, f"mailto:r@{RED}") == (expected, True)


def test_several() -> None:
    addresses = [f"mailto:r@{RED}", "https://x.example", f"mailto:s@{BLUE}", f"mailto:r@{RED}"]
    assert found({PERMIT: ["v=DMARC1"]}, *addresses) == ([f"r@{RED}", f"s@{BLUE}"], True)
    many = [f"mailto:{number}@{BLUE}" for number in range(9)]
    assert len(found({}, *many)[0]) == ADDRESSES_COUNT_MAX


def test_nobody() -> None:
    zone = TextZone({})
    assert zone.drive(destinations(BLUE, ["https://x.example"])) == Destinations(())
    assert zone.rounds == []


def test_dns_fails() -> None:
    assert found({PERMIT: None}, f"mailto:r@{RED}") == ([], False)
    assert found({f"_dmarc.{RED}": None}, f"mailto:r@{RED}") == ([], False)


def test_a_name_too_long_to_be_asked() -> None:
    label = "x" * 60
    domain = f"{label}.{label}.{label}.example.com"
    host = f"{label}.example.net"
    permit = f"{domain}._report._dmarc.{host}"
    assert found({permit: ["v=DMARC1"]}, f"mailto:r@{host}", domain=domain) == ([], True)
