"""Replies of a server: octets to whole replies, within bounds, without I/O.

Sources: RFC 5321 sections 4.2 (format) and 4.5.3.1.5 (length); RFC 2034 (enhanced codes).
"""

import re

from katharion.mail.answer import Words

REPLY_LINE_OCTETS_MAX = 2048  # RFC 5321 4.5.3.1.5 says 512; many say more.
REPLY_LINES_COUNT_MAX = 200

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3}) ?(.*)\Z", re.DOTALL)


class ReplyReader:
    """Reads replies. Once `trouble` is set, what comes is nonsense, and is not read."""

    __slots__ = ("_buffer", "_lines", "trouble")

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[str] = []
        self.trouble = ""

    @property
    def has_more(self) -> bool:
        """Whether octets lie unread, or a reply half-read."""
        return bool(self._buffer or self._lines)

    def receive(self, data: bytes) -> None:
        """Take what was read; call `next_reply` until it gives None."""
        self._buffer = self._buffer + data if self._buffer else data

    def next_reply(self) -> Words | None:
        """The next whole reply."""
        while not self.trouble:
            line, end, rest = self._buffer.partition(b"\n")
            if not end:
                if len(line) > REPLY_LINE_OCTETS_MAX:
                    self.trouble = "a reply line without end"
                return None
            self._buffer = rest
            words = self._read_line(line.removesuffix(b"\r"))
            if words is not None:
                return words
        return None

    def _read_line(self, line: bytes) -> Words | None:
        match = _LINE.match(line)
        if match is None or len(line) > REPLY_LINE_OCTETS_MAX:
            self.trouble = f"no SMTP reply: {_printable(line[:80])}"
            return None
        self._lines.append(_printable(match[3] or b""))
        if match[2] == b"-":
            if len(self._lines) >= REPLY_LINES_COUNT_MAX:
                self.trouble = "a reply of too many lines"
            return None
        lines, self._lines = tuple(self._lines), []
        return _words(int(match[1]), lines)


def _words(code: int, lines: tuple[str, ...]) -> Words:
    match = _ENHANCED.match(lines[0])
    if match is None or match[1][0] != str(code // 100):
        return Words(code, "", lines)
    enhanced = match[1]
    return Words(code, enhanced, tuple(line.removeprefix(enhanced).lstrip() for line in lines))


def _printable(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
