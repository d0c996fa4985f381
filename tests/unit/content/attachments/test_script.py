"""Scripts, by their words."""

import pytest

from fixtures.fix_files import examined, names_in


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (b"console.log('Good day')", "a.js", []),
        (b"new ActiveXObject('WScript.Shell').Run('x')", "a.js", ["FILE_SCRIPT_ACTS"]),
        (b"#@~^AAAA==", "a.vbe", ["FILE_SCRIPT_ACTS"]),
        (b"powershell -enc AAAA", "a.bat", ["FILE_SCRIPT_ACTS"]),
        ("IEX (x)".encode("utf-16"), "a.ps1", ["FILE_SCRIPT_ACTS"]),
    ],
)
def test_scripts(content: bytes, name: str, found: list[str]) -> None:
    assert names_in(examined(content, name)) == found
