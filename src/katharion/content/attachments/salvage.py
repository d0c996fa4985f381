"""Files of a message whose form programs read in different ways: whatever is written in base64.

Where two boundaries or two encodings are given, another program may see a file where we see a
text, or nothing. So each block of base64 is taken for a file, wherever it stands.
"""

import re
from collections.abc import Iterator

from pybase64 import b64decode

FILES_COUNT_MAX = 20
FILE_OCTETS_MIN = 32
# What makes programs disagree about where parts are, and how they are encoded.
DISPUTED = frozenset(
    (
        *("BOUNDARY_UNUSED", "MULTIPART_ENCODED", "PARAMETER_TWICE"),
        *("PART_BEHIND_END", "PART_FIELD_TWICE", "ENCODING_UNKNOWN", "TYPE_MALFORMED"),
    )
)
_BLOCK = re.compile(rb"\r\n\r\n((?:[A-Za-z0-9+/]{4,1000}={0,2}[ \t]{0,4}(?:\r\n|$))+)")


def salvage(body: bytes) -> Iterator[bytes]:
    """What the blocks of base64 in `body` hold. No octets raise."""
    found = _BLOCK.finditer(b"\r\n\r\n" + body)
    for _, block in zip(range(FILES_COUNT_MAX), found, strict=False):
        text = b"".join(block[1].split())
        content = b64decode(text[: len(text) // 4 * 4])
        if len(content) >= FILE_OCTETS_MIN:
            yield content
