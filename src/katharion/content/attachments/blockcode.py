"""QR codes drawn with characters: blocks of Unicode, as programs for terminals draw them.

A filter for pictures does not see them, a telephone's camera does.

Source: Unicode, Block Elements (U+2580 to U+259F).
"""

import re

ROWS_COUNT_MIN = 10  # The smallest code has 21 rows, two of which stand in one line.
BLOCKS_COUNT_MIN = 5  # In each of them.
TEXT_LENGTH_MAX = 200_000
_ROW = re.compile(r"^[\s]{0,40}[\u2580-\u259f \u00a0\u2003\u3000]{10,400}[\s]{0,40}$")
_BLOCK = re.compile(r"[\u2580-\u259f]")


def is_code_of_blocks(text: str) -> bool:
    """Whether so many lines in succession are made of blocks. Linear in the text's length."""
    rows = 0
    for line in text[:TEXT_LENGTH_MAX].splitlines():
        is_row = bool(_ROW.match(line[:600])) and len(_BLOCK.findall(line)) >= BLOCKS_COUNT_MIN
        rows = rows + 1 if is_row else 0
        if rows >= ROWS_COUNT_MIN:
            return True
    return False
