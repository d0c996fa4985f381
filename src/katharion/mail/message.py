"""A message as it came: a read-only view of its header, split once, within bounds.

Sources: RFC 5322 sections 2.1, 2.2 and 3.6; RFC 2047 (encoded words).
"""

import binascii
import re
from base64 import b64decode
from quopri import decodestring
from typing import NamedTuple

FIELDS_COUNT_MAX = 1000
HEADER_OCTETS_MAX = 512 * 1024
VALUE_OCTETS_MAX = 8 * 1024  # Of one field, for people and checks; the rest is not looked at.
SUBJECT_LENGTH_MAX = 200

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9_-]{1,40})\?([BbQq])\?([^?\s]{0,2000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t]{1,80}(=\?)")
# Charsets that a name in strangers' mail may choose; some others cost without bound.
_CHARSETS = frozenset(
    (
        *("utf-8", "us-ascii", "big5", "shift_jis", "iso-2022-jp", "euc-jp", "euc-kr", "gb18030"),
        *("gb2312", "gbk", "koi8-r", "koi8-u", "windows-1250", "windows-1251", "windows-1252"),
        *("windows-1253", "windows-1254", "windows-1256", "iso-8859-1", "iso-8859-2"),
        *("iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15"),
    )
)


class HeaderField(NamedTuple):
    """One header field: `name` in lower case, `value` unfolded and stripped, `start` to `end`."""

    name: bytes
    value: bytes
    start: int
    end: int


class Message:
    """The view of one message. No octets raise. `content` has CRLF line ends."""

    __slots__ = ("_fields", "content", "header_end", "is_header_cut")

    def __init__(self, content: bytes) -> None:
        self.content = content
        # The header ends at the first empty line, or at the end of the content.
        if content.startswith(b"\r\n"):
            self.header_end = 0
        else:
            found = content.find(b"\r\n\r\n")
            self.header_end = len(content) if found < 0 else found + 2
        self.is_header_cut = False
        self._fields: tuple[HeaderField, ...] | None = None

    @property
    def body_start(self) -> int:
        """Where the body begins, behind the empty line."""
        return min(self.header_end + 2, len(self.content))

    @property
    def fields(self) -> tuple[HeaderField, ...]:
        """All header fields in their order; lines that are none are left out."""
        if self._fields is None:
            self._fields = self._split()
        return self._fields

    def values(self, name: bytes) -> tuple[bytes, ...]:
        """The values of all fields of that (lower-case) name."""
        return tuple(field.value for field in self.fields if field.name == name)

    def first(self, name: bytes) -> bytes:
        """The value of the first field of that name; b"" where there is none."""
        return next((field.value for field in self.fields if field.name == name), b"")

    @property
    def subject(self) -> str:
        """The subject for people: decoded, printable, cut."""
        return decode_words(self.first(b"subject"))[:SUBJECT_LENGTH_MAX]

    @property
    def header_id(self) -> str:
        """The Message-ID without its brackets, printable, cut."""
        value = self.first(b"message-id")[:SUBJECT_LENGTH_MAX].decode("ascii", "replace")
        return printable(value.strip().strip("<>"))

    def _split(self) -> tuple[HeaderField, ...]:
        header = self.content[: min(self.header_end, HEADER_OCTETS_MAX)]
        self.is_header_cut = self.header_end > HEADER_OCTETS_MAX
        fields: list[HeaderField] = []
        end = 0
        for field in _FIELD_END.split(header):
            start, end = end, min(end + len(field) + 2, len(header))
            name, colon, value = field.partition(b":")
            if colon:
                if len(fields) >= FIELDS_COUNT_MAX:
                    self.is_header_cut = True
                    break
                text = value[:VALUE_OCTETS_MAX].replace(b"\r\n", b"").strip()
                fields.append(HeaderField(name.rstrip().lower(), text, start, end))
        return tuple(fields)


def field_end(header: bytes, start: int) -> int:
    """Behind the CRLF that ends a field: the first that no folding white space follows."""
    at = start
    while True:
        found = header.find(b"\r\n", at)
        if found < 0:
            return len(header)
        at = found + 2
        if header[at : at + 1] not in (b" ", b"\t"):
            return at


def decode_words(value: bytes) -> str:
    """A header value for people: encoded words decoded, what is not printable replaced."""
    text = value[:VALUE_OCTETS_MAX].decode("utf-8", "replace")
    if "=?" in text:
        text = _ENCODED_WORD.sub(_decode_word, _BETWEEN_WORDS.sub(r"\1\2", text))
    return printable(text)


def printable(text: str) -> str:
    """`text` with everything that is not printable replaced, so that it can't write a line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _decode_word(match: re.Match[str]) -> str:
    charset, encoding, payload = match[1].lower(), match[2], match[3]
    if charset not in _CHARSETS:
        return match[0]
    try:
        if encoding in "Bb":
            octets = b64decode(payload + "=" * (-len(payload) % 4))
        else:
            octets = decodestring(payload.replace("_", " ").encode(), header=True)
    except (binascii.Error, ValueError):
        return match[0]
    return octets.decode(charset, "replace")
