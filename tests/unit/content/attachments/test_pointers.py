"""Files that lead to a place."""

import pytest

from fixtures.fix_files import examined


@pytest.mark.parametrize(
    ("content", "name", "evidence", "weight"),
    [
        (b"[InternetShortcut]\r\nURL=https://x.example/\r\n", "a.url", "https://x.example/", 2.0),
        (b"[InternetShortcut]\r\nURL=file://h@80/a.exe\r\n", "a.url", "file://h@80/a.exe", 4.0),
        (b"full address:s:h.example\r\n", "a.rdp", "h.example", 3.5),
        (b"<libraryDescription><url>\\\\h\\x</url>", "a.library-ms", "\\\\h\\x", 4.0),
        (
            b"<PCSettings><DeepLink>%windir%\\cmd.exe /c x</DeepLink>",
            "a.settingcontent-ms",
            "%windir%\\cmd.exe /c x",
            4.0,
        ),
    ],
)
def test_places(content: bytes, name: str, evidence: str, weight: float) -> None:
    finding = examined(content, name).findings[0]
    assert (finding.name, finding.evidence, finding.weight) == ("FILE_LEADS_TO", evidence, weight)


def test_links_are_told() -> None:
    found = examined(b"[InternetShortcut]\nURL=https://x.example/\n", "a.url")
    assert found.links == ("https://x.example/",)
