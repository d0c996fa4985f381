"""The test file of all scanners."""

import pytest

from fixtures.fix_files import EICAR
from katharion.content.attachments.eicar import is_eicar, is_eicar_text


@pytest.mark.parametrize(
    ("content", "is_it"),
    [
        (EICAR, True),
        (EICAR + b"\r\n", True),
        (EICAR + b"\n\x1a", True),
        (b"x" + EICAR, False),
        (EICAR + b"x", False),
        (b"", False),
    ],
)
def test_files(content: bytes, is_it: bool) -> None:  # noqa: FBT001 # A table.
    assert is_eicar(content) is is_it


def test_texts() -> None:
    assert is_eicar_text("\n" + EICAR.decode() + "\n")
    assert not is_eicar_text("The file begins with X5O! and is harmless.")
    assert not is_eicar_text("\u20ac")
