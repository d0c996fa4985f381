"""HTML as people see it: its text, what it hides, and where it leads.

One pass over the markup, as browsers cut it into tags, comments and text, and no tree of it:
time is linear in the length, whatever a stranger nests (docs/decisions/0018).

Source: the HTML standard, sections 13.2.5 (tokens) and 13.2.6 (which elements hold raw text).
"""

import html
import re
from typing import NamedTuple

from katharion.values.reading import LinkKind

LENGTH_MAX = 256 * 1024  # Characters of one part; of a longer one its beginning and its end.
ENTITIES_COUNT_MAX = 4000  # The rest stay as they are written.
LINKS_COUNT_MAX = 1000
HIDDEN_COUNT_MAX = 200  # Elements; those behind count as seen.
LINK_TEXT_LENGTH_MAX = 300
LINK_TAGS_COUNT_MAX = 100  # Inside of one anchor.
ATTRIBUTES_LENGTH_MAX = 8192  # Of one tag.
TAGS_COUNT_MAX = 1000  # Names that are remembered; strangers' tags may have any.

# Attributes: an unquoted value ends at a space or ">", a quoted one at its quote or nowhere.
# No quantifier gives back what it took.
_ATTRIBUTES = r"""((?:[^>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>]*+))*+)>?"""
_TOKENS = re.compile(
    r"<(?:!--(?:-?>|.*?(?:--!?>|\Z))"  # A comment that has no end goes to the end.
    r"|(?i:(script|style|title|iframe|noembed|noframes|xmp)(?=[\s/>]))"
    + _ATTRIBUTES.replace("(", "(?:", 1)
    + r"(?:.*?(?i:</\1(?=[\s/>]))|.*\Z)[^>]*+>?"
    r"|[!?][^>]*+>?|/[^a-zA-Z][^>]*+>?|/>"
    r"|(/?[a-zA-Z][^\s/>]*+)" + _ATTRIBUTES + r")",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""([^\s=>/"'][^\s=>/]*+)\s*+(?:=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>]*+)))?+"""
)
_BREAK = "\0"  # No message holds it: where one line of what people see ends.
_WITH_LINKS = {
    "a": ("href", LinkKind.ANCHOR),
    "area": ("href", LinkKind.ANCHOR),
    "form": ("action", LinkKind.FORM),
    "button": ("formaction", LinkKind.FORM),
    "input": ("formaction", LinkKind.FORM),
    "img": ("src", LinkKind.LOADED),
    "iframe": ("src", LinkKind.LOADED),
    "frame": ("src", LinkKind.LOADED),
    "embed": ("src", LinkKind.LOADED),
    "object": ("data", LinkKind.LOADED),
    "link": ("href", LinkKind.LOADED),
    "body": ("background", LinkKind.LOADED),
    "td": ("background", LinkKind.LOADED),
    "table": ("background", LinkKind.LOADED),
    "base": ("href", LinkKind.BASE),
    "meta": ("content", LinkKind.BASE),
}
_IN_LINES = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i"),
        *("ins", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike"),
        *("strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "o:p"),
    )
)
_VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
        *("source", "track", "wbr"),
    )
)
# What could hide text, looked for before anything is looked at closely.
_MAY_HIDE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](?![.\d])|opacity\s*:\s*0"
    r"(?![.\d]*[1-9])|\bhidden\b|(?:max-)?(?:height|width)\s*:\s*0|text-indent\s*:\s*-\d{3}"
    r"|mso-hide|color\s*[:=]\s*[\"']?\s*(?:#f[c-f]|white|transparent|rgba?\()"
    r"|size\s*=\s*[\"']?0",
    re.IGNORECASE,
)
_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](?:px|pt|em|%)?\s*(?:[;!\"']|\Z)"
    r"|opacity\s*:\s*0(?:\.0*)?\s*(?:[;!\"']|\Z)|mso-hide\s*:\s*all|text-indent\s*:\s*-\d{3}"
    r"|(?:\A|[\s;\"'])max-(?:height|width)\s*:\s*0",
    re.IGNORECASE,
)
_COLOUR = re.compile(
    r"""(?:\A|[\s;"'])color\s*[:=]\s*["']?\s*(#[0-9a-f]{3,8}|[a-z]+|rgba?\([\d,.\s%]{5,40}\))""",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(r"\bbackground(?:-color|-image)?\s*[:=]|\bbgcolor\s*=", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_LIGHT_NAMES = ("white", "transparent", "snow", "ivory")
_LIGHT_NUMBER = re.compile(r"25[2-5]\Z")
_REFRESH = re.compile(r"\burl\s*=\s*['\"]?([^'\"]*)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[xX]?[0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});?")


class HtmlLink(NamedTuple):
    """A link as it stands in the markup: entities undone."""

    target: str
    kind: LinkKind
    text: str


class HtmlReading(NamedTuple):
    """What HTML says. `hidden`: text that nobody sees. `tags`: names as written, "/" at ends."""

    text: str
    hidden: str
    links: tuple[HtmlLink, ...]
    tags: tuple[str, ...]


class _Breaks(dict[str | None, str]):
    """What a tag is to a line of text: nothing, a space, or its end."""

    def __missing__(self, name: str | None) -> str:
        plain = (name or "").lstrip("/").lower()
        value = "" if not name or plain in _IN_LINES else _BREAK
        if len(self) < TAGS_COUNT_MAX:
            self[name] = value
        return value


_BREAKS = _Breaks({None: "", "td": " ", "/td": " ", "TD": " ", "/TD": " ", "img": " ", "IMG": " "})


def read_html(markup: str) -> HtmlReading:
    """Read it. No text raises, and the cost is linear."""
    pieces = _TOKENS.split(markup)
    texts, names, attributes = pieces[0::4], pieces[2::4], pieces[3::4]
    hidden = ""
    if _MAY_HIDE.search(markup):
        texts, hidden = _without_hidden(texts, names, attributes)
    mixed = [""] * (2 * len(texts) - 1)
    mixed[0::2] = texts
    mixed[1::2] = map(_BREAKS.__getitem__, names)
    links = _links(texts, names, attributes)
    return HtmlReading(_seen("".join(mixed)), hidden, links, tuple(n for n in names if n))


def _seen(text: str) -> str:
    """Text with its entities undone and its spaces as they are shown."""
    text = " ".join(_unescaped(text).split())
    return text.replace(" \0", "\n").replace("\0 ", "\n").replace(_BREAK, "\n").strip()


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    text = text.replace("&nbsp;", " ").replace("&amp;", "&")
    if text.count("&") > ENTITIES_COUNT_MAX:
        return _ENTITY.sub(lambda match: html.unescape(match[0]), text, count=ENTITIES_COUNT_MAX)
    return html.unescape(text)


def attributes_of(text: str) -> dict[str, str]:
    """Attributes of a tag by name in lower case, entities undone; of two equal the first."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text[:ATTRIBUTES_LENGTH_MAX]):
        value = match[2] or match[3] or match[4] or ""
        found.setdefault(match[1].lower(), _unescaped(value))
    return found


def _links(texts: list[str], names: list[str], attributes: list[str]) -> tuple[HtmlLink, ...]:
    links: list[HtmlLink] = []
    for at, name in enumerate(names):
        if not name or not attributes[at]:
            continue
        wanted = _WITH_LINKS.get(name) or _WITH_LINKS.get(name.lower())
        if wanted is None:
            continue
        attribute, kind = wanted
        written = attributes[at]
        if attribute not in written and attribute not in written.lower():
            continue
        target = attributes_of(written).get(attribute, "").strip()
        if name.lower() == "meta":
            refresh = _REFRESH.search(target)
            target = refresh[1].strip() if refresh else ""
        if not target:
            continue
        text = _anchor_text(texts, names, at) if kind is LinkKind.ANCHOR else ""
        links.append(HtmlLink(target, kind, text))
        if len(links) >= LINKS_COUNT_MAX:
            break
    return tuple(links)


def _anchor_text(texts: list[str], names: list[str], at: int) -> str:
    """What people see between an anchor's begin and its end."""
    found, length = [], 0
    for behind in range(at + 1, min(at + LINK_TAGS_COUNT_MAX, len(texts))):
        text = texts[behind]
        found.append(text)
        length += len(text)
        name = names[behind] if behind < len(names) else "/a"
        if length > LINK_TEXT_LENGTH_MAX or (name and name.lower() in ("/a", "a")):
            break
        found.append(_BREAKS[name])
    return _seen("".join(found))[:LINK_TEXT_LENGTH_MAX]


def _without_hidden(
    texts: list[str], names: list[str], attributes: list[str]
) -> tuple[list[str], str]:
    """The texts that are seen, and the hidden ones in one."""
    seen = list(texts)
    hidden: list[str] = []
    found = 0
    at = 0
    is_light = True  # Whether what lies behind the text is light, as far as is known.
    while at < len(names):
        name, written = names[at], attributes[at]
        at += 1
        if not name or not written:
            continue
        if is_light and _BACKGROUND.search(written):
            is_light = not _is_dark_behind(written)
        if name.lower() in _VOID or not _is_hiding(written, is_light=is_light):
            continue
        end = _end_of(names, at - 1)
        hidden += texts[at : end + 1]
        seen[at : end + 1] = [""] * (end + 1 - at)
        at = max(at, end)
        found += 1
        if found >= HIDDEN_COUNT_MAX:
            break
    return seen, _seen(" ".join(hidden))


def _end_of(names: list[str], at: int) -> int:
    """Where the element that begins at `at` ends: the number of its end tag."""
    name = names[at].lower()
    depth = 1
    for behind in range(at + 1, len(names)):
        other = names[behind]
        if not other:
            continue
        other = other.lower()
        if other == name:
            depth += 1
        elif other == "/" + name:
            depth -= 1
            if not depth:
                return behind
    return len(names)


def _is_hiding(written: str, *, is_light: bool) -> bool:
    """Whether an element with these attributes shows nothing of its text."""
    if not _MAY_HIDE.search(written):
        return False
    found = attributes_of(written)
    style = found.get("style", "")
    if "hidden" in found or found.get("size") == "0" or _HIDES.search(style):
        return True
    colour = _COLOUR.search(style) or _COLOUR.search(f"color={found.get('color', '')}")
    if colour is None or not is_light:
        return False
    return _is_light(colour[1]) and not _BACKGROUND.search(written)


def _is_light(colour: str) -> bool:
    """Whether it can't be told from white."""
    colour = colour.lower()
    if not colour.startswith("#"):
        numbers = _NUMBER.findall(colour)[:3]
        return colour in _LIGHT_NAMES or (bool(numbers) and all(map(_LIGHT_NUMBER.match, numbers)))
    digits = colour[1:4] if len(colour) <= len("#rgba") else colour[1:7:2]
    return digits == "fff" and all(
        digit in "cdef" for digit in colour[2:7:2] if len(colour) > len("#rgba")
    )


def _is_dark_behind(written: str) -> bool:
    """Whether a background of these attributes is anything but white: who knows what is read."""
    found = attributes_of(written)
    value = found.get("bgcolor", "") or found.get("style", "").lower().partition("background")[2]
    colour = re.search(r"#[0-9a-f]{3,8}|rgba?\([\d,.\s%]{5,40}\)|white", value, re.IGNORECASE)
    return not (colour and _is_light(colour[0]))
