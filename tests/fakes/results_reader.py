"""A reader of Authentication-Results by the grammar of RFC 8601 section 2.2, for tests.

Strict: what the grammar does not have is refused with a ValueError.
"""

import re
from typing import NamedTuple

_TOKEN = re.compile(r"[!#$%&'*+.^_`{|}~A-Za-z0-9-]+")
_KEYWORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_QUOTED = re.compile(r'"((?:[ \t!#-\[\]-~]|\\[ -~])*)"')
_MAILBOX = re.compile(r"[!#$%&'*+./=?^_`{|}~A-Za-z0-9-]*@[A-Za-z0-9_.-]+")
_FOLD = re.compile(r"\r\n(?=[ \t])")


class ReadResult(NamedTuple):
    method: str
    result: str
    reason: str
    properties: dict[str, str]


class Reader:
    """`authserv_id`, `version` and `results` of one field's value."""

    def __init__(self, value: str) -> None:
        self._text = _FOLD.sub("", value)
        assert "\r" not in self._text
        assert "\n" not in self._text
        self._at = 0
        self._space()
        self.authserv_id = self._value()
        self._space()
        self.version = ""
        if not self._ends() and self._text[self._at] != ";":
            self.version = self._take(re.compile(r"[0-9]+"))
        self.results: list[ReadResult] = []
        self._read_results()

    def _read_results(self) -> None:
        is_none = False
        while not self._ends():
            self._expect(";")
            self._space()
            method = self._take(_KEYWORD)
            self._space()
            if method == "none" and self._ends() and not self.results:
                is_none = True
                break
            self._expect("=")
            self._space()
            result = self._take(_KEYWORD)
            self.results.append(ReadResult(method, result, *self._details()))
        if not is_none and not self.results:
            raise ValueError("neither results nor none")

    def _details(self) -> tuple[str, dict[str, str]]:
        reason, properties = "", {}
        self._space()
        while not self._ends() and self._text[self._at] != ";":
            name = self._take(_KEYWORD)
            self._space()
            if name == "reason" and not properties and self._text[self._at] == "=":
                self._expect("=")
                self._space()
                reason = self._value()
            else:
                self._expect(".")
                self._space()
                name += "." + self._take(_KEYWORD)
                self._space()
                self._expect("=")
                self._space()
                if name in properties:
                    raise ValueError("twice")
                properties[name] = self._value()
            self._space()
        return reason, properties

    def _value(self) -> str:
        if quoted := _QUOTED.match(self._text, self._at):
            self._at = quoted.end()
            return re.sub(r"\\(.)", r"\1", quoted[1])
        if mailbox := _MAILBOX.match(self._text, self._at):
            self._at = mailbox.end()
            return mailbox[0]
        return self._take(_TOKEN)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if not match:
            raise ValueError(f"no {pattern.pattern} at {self._text[self._at :]!r}")
        self._at = match.end()
        return match[0]

    def _expect(self, character: str) -> None:
        if self._text[self._at : self._at + 1] != character:
            raise ValueError(f"no {character} at {self._text[self._at :]!r}")
        self._at += 1

    def _space(self) -> None:
        depth = 0
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "(":
                depth += 1
            elif depth and character == ")":
                depth -= 1
            elif depth and character == "\\":
                self._at += 1
            elif not depth and character not in " \t":
                return
            self._at += 1
        if depth:
            raise ValueError("a comment without an end")

    def _ends(self) -> bool:
        return self._at >= len(self._text)
