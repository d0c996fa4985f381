"""QR codes drawn with characters."""

from hypothesis import given
from hypothesis import strategies as st

from katharion.content.attachments.blockcode import is_code_of_blocks


def test_a_code_of_blocks() -> None:
    row = "█▀▀▀▀▀█ ▄▀ █▄ █▀▀▀▀▀█"
    assert is_code_of_blocks("Scan this:\n" + f"    {row}\n" * 12 + "Thanks")


def test_what_is_no_code() -> None:
    assert not is_code_of_blocks("█ done: ████████████ 80 %\n" * 20)
    assert not is_code_of_blocks(" " * 40 + "\n" * 30)
    assert not is_code_of_blocks("████████████████████\n" * 3)


@given(st.text(max_size=1000))
def test_no_text_raises(text: str) -> None:
    is_code_of_blocks(text)
