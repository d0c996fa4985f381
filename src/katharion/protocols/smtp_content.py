"""SMTP message content: find its end, undo dot-stuffing, mend or refuse line ends, without I/O.

Sources: RFC 5321 sections 4.1.1.4 (end of data), 4.5.2 (transparency), 2.3.8 (CR and LF come
only in pairs), 4.5.3.1.6 (text lines), 4.5.3.1.10 (too much content); RFC 3030 (BDAT);
docs/decisions/0004-line-ends.md (a bare LF is mended, a bare CR or NUL is refused).
"""

from typing import NamedTuple

from katharion.mail import reply as replies
from katharion.mail.reply import Reply

LINE_OCTETS_MAX = 998  # RFC 5322 section 2.1.1; longer lines pass, and are a finding.
BARE_LF = "BARE_LF"
LONG_LINE = "LONG_LINE"

_END = b"\r\n.\r\n"
_END_PREFIXES = tuple(_END[:length] for length in (4, 3, 2, 1))
_MADE_UP = b"\r\n"


class ContentVerdict(NamedTuple):
    """What became of a content: its size, the refusal due (None: it is good), its findings."""

    size_bytes: int
    refusal: Reply | None
    findings: tuple[str, ...]


class ContentReader:
    """Reads the content of one message, by DATA or in BDAT chunks."""

    __slots__ = (
        "_column",
        "_findings",
        "_held",
        "_is_bare_lf_refused",
        "_made_up_octets",
        "_size_bytes_max",
        "refusal",
        "size_bytes",
    )

    def __init__(self, size_bytes_max: int, *, is_bare_lf_refused: bool, is_data: bool) -> None:
        assert size_bytes_max > 0
        self._size_bytes_max = size_bytes_max
        self._is_bare_lf_refused = is_bare_lf_refused
        self.size_bytes = 0
        self.refusal: Reply | None = None
        self._findings: tuple[str, ...] = ()
        self._column = 0  # Octets since the last line end, to find long lines.
        # As if a line had just ended, so that a dot on the first line needs no special case.
        self._held = _MADE_UP if is_data else b""
        self._made_up_octets = len(self._held)

    def read_data(self, data: bytes) -> tuple[bytes, bytes | None]:
        """Read what came after DATA: content without stuffed dots, and what follows its end.

        The second is None until the end of data (CRLF.CRLF and nothing else) was seen. No
        octets raise. The content is empty once it is refused.
        """
        text = self._held + data if self._held else data
        self._held = b""
        # One scan tells of the end and of stuffed dots: most contents have only the end.
        dot = text.find(b"\r\n.")
        end = text.find(_END, dot) if dot >= 0 else -1
        rest = None
        if end >= 0:
            rest = text[end + len(_END) :]
            text = text[: end + 2]  # The end of data also ends the last line (4.1.1.4).
        else:
            self._held = next((p for p in _END_PREFIXES if text.endswith(p)), b"")
            if self._held:
                text = text[: -len(self._held)]
        if 0 <= dot != end:
            text = text.replace(b"\r\n.", b"\r\n")
        return self._checked(text), rest

    def read_chunk(self, data: bytes, *, is_end: bool) -> bytes:
        """Read octets of a BDAT chunk; `is_end` with the last octets of the last chunk."""
        text = self._held + data
        # A CR that ends one chunk and an LF that begins the next are one line end.
        self._held = b"\r" if text.endswith(b"\r") and not is_end else b""
        return self._checked(text[: len(text) - len(self._held)])

    def refuse(self, reply: Reply) -> None:
        """Read on to the end, drop what comes, and give `reply` then."""
        if self.refusal is None:
            self.refusal = reply

    def verdict(self) -> ContentVerdict:
        """What became of it, once the end was read."""
        return ContentVerdict(self.size_bytes, self.refusal, self._findings)

    def _checked(self, text: bytes) -> bytes:
        """Judge line ends and size; drop the made-up line end."""
        pairs = text.count(b"\r\n")  # Three counts are ten times cheaper than a regex.
        if text.count(b"\r") != pairs or b"\0" in text:
            self.refuse(replies.BARE_CONTROL)
        if text.count(b"\n") != pairs:
            self._find(BARE_LF)
            if self._is_bare_lf_refused:
                self.refuse(replies.BARE_LINE_FEED)
            text = text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if self._made_up_octets and text:
            text = text[self._made_up_octets :]
            self._made_up_octets = 0
        self._measure_lines(text)
        self.size_bytes += len(text)
        if self.size_bytes > self._size_bytes_max:
            # Too much is still read to its end before we refuse it: after an early reply
            # the rest of the content would be taken for commands.
            self.refuse(replies.TOO_LARGE)
        return b"" if self.refusal else text

    def _measure_lines(self, text: bytes) -> None:
        """Look for a long line, in strides of a line's greatest length."""
        start = -self._column
        longest = LINE_OCTETS_MAX + len(b"\r\n")
        while len(text) - start > longest:
            end = text.rfind(b"\n", max(start, 0), start + longest)
            if end < 0:
                self._find(LONG_LINE)
                break
            start = end + 1
        last = text.rfind(b"\n")
        self._column = self._column + len(text) if last < 0 else len(text) - last - 1

    def _find(self, name: str) -> None:
        if name not in self._findings:
            # In one order, however the reads were cut.
            self._findings = tuple(sorted((*self._findings, name)))
