"""HTML as people see it: its text, what it hides, and where it leads.

One pass over the markup, as browsers cut it into tags, comments and text, and no tree of it:
time is linear in the length, whatever a stranger nests (docs/decisions/0018-html.md).

Source: the HTML standard, sections 13.2.5 (tokens) and 13.2.6 (which elements hold raw text).
"""

import html
import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from katharion.values.reading import LinkKind

LENGTH_MAX = 256 * 1024  # Characters of one part; of a longer one its beginning and its end.
ENTITIES_COUNT_MAX = 4000  # The rest stay as they are written.
LINKS_COUNT_MAX = 1000
HIDDEN_COUNT_MAX = 200  # Elements; those behind count as seen.
LINK_TEXT_LENGTH_MAX = 300
LINK_TAGS_COUNT_MAX = 100  # Inside of one anchor.
ATTRIBUTES_LENGTH_MAX = 8192  # Of one tag.
TAGS_COUNT_MAX = 1000  # Names that are remembered; strangers' tags may have any.

# Ordinary tags come first, for there are most of them. A comment that has no end goes to the end.
# Attributes: an unquoted value ends at a space or ">", a quoted one at its quote or nowhere.
# No quantifier gives back what it took.
_ATTRIBUTES = r"""((?:[^>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>]*+))*+)>?"""
_RAW = "(?i:script|style|title|iframe|noembed|noframes|xmp)"
_TOKENS = re.compile(
    rf"<(?:(/?(?!{_RAW}[\s/>])[a-zA-Z][^\s/>]*+)" + _ATTRIBUTES + r"|!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|({_RAW})(?=[\s/>])"
    + _ATTRIBUTES.replace("(", "(?:", 1)
    + r"(?:.*?(?i:</\3(?=[\s/>]))|.*\Z)[^>]*+>?"
    r"|[!?][^>]*+>?|/[^a-zA-Z][^>]*+>?|/>)",
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
# What hides text, in attributes in lower case.
_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|font-size\s*:\s*(?:0(?:\.0\d*)?(?:r?em|%)?|[01](?:\.\d+)?p[xt])\s*(?:[;!\"']|\Z)"
    r"|opacity\s*:\s*0(?:\.0*)?\s*(?:[;!\"']|\Z)|text-indent\s*:\s*-\d{3}"
    r"|max-(?:height|width)\s*:\s*0(?![\d.]*[1-9])"
)
# One of these stands in all attributes that do, when spaces are taken out.
_HIDING_WORDS = (
    *("display:none", "visibility:hidden", "font-size:0", "font-size:1p", "font-size:1."),
    *("opacity:0", "hidden", "mso-hide:all", "text-indent:-", "max-height:0", "max-width:0"),
    *("size=0", 'size="0', "size='0", "color:#f", "color:rgb", "color:white", "color:transp"),
    *("color:snow", "color:ivory", "color=w", 'color="w', "color='w", "color=#f", 'color="#f'),
    "color='#f",
)
_OTHER_WORDS = ("overflow:hidden", "bgcolor", "background-color", "border-color")
_COLOUR = re.compile(
    r"""(?:\A|[\s;"'])color\s*[:=]\s*["']?\s*(#[0-9a-f]{3,8}|rgba?\([\d,.\s%]{5,40}\)|[a-z]+)""",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(  # Where spaces are taken out.
    r"(?:bgcolor=|background(?:-color|-image)?[:=])[\"']?(#[0-9a-f]{3,8}|rgba?\([\d,.%]{5,40}|[a-z]+)?"
)
_NUMBER = re.compile(r"\d+")
_LIGHT_NAMES = ("white", "transparent", "snow", "ivory")
_LIGHT_NUMBER = re.compile(r"25[2-5]\Z")
_REFRESH = re.compile(r"\burl\s*=\s*['\"]?([^'\"]*)", re.IGNORECASE)
_T = TypeVar("_T")
_ENTITY = re.compile(r"&(?:#[xX]?[0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});?")


class HtmlLink(NamedTuple):
    """A link as it stands in the markup: entities undone."""

    target: str
    kind: LinkKind
    text: str


class HtmlReading(NamedTuple):
    """What HTML says. `hidden`: text that nobody sees."""

    text: str
    hidden: str
    links: tuple[HtmlLink, ...]


class _ByTag(dict[str | None, _T]):
    """What `make` says of a tag's name (in lower case), remembered by the name as written."""

    def __init__(self, known: dict[str | None, _T], make: Callable[[str], _T]) -> None:
        super().__init__(known)
        self._make = make

    def __missing__(self, name: str | None) -> _T:
        value = self._make((name or "").lower())
        if len(self) < TAGS_COUNT_MAX:
            self[name] = value
        return value


# What a tag is to a line of text: nothing, a space, or its end.
_BREAKS = _ByTag[str](
    {None: "", "td": " ", "/td": " ", "TD": " ", "/TD": " ", "img": " ", "IMG": " "},
    lambda name: "" if name.lstrip("/") in _IN_LINES else _BREAK,
)
_LINKING = _ByTag[tuple[str, LinkKind] | None]({None: None}, _WITH_LINKS.get)


def read_html(markup: str) -> HtmlReading:
    """Read it. No text raises, and the cost is linear."""
    pieces = _TOKENS.split(markup)
    texts, names, attributes = pieces[0::4], pieces[1::4], pieces[2::4]
    links = _links(texts, names, attributes)
    texts, hidden = _without_hidden(texts, names, attributes)
    mixed = [""] * (2 * len(texts) - 1)
    mixed[0::2] = texts
    mixed[1::2] = map(_BREAKS.__getitem__, names)
    return HtmlReading(_seen("".join(mixed)), hidden, links)


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


def _value_of(written: str, attribute: str) -> str:
    """The first value of an attribute; "" where there is none."""
    for match in _ATTRIBUTE.finditer(written[:ATTRIBUTES_LENGTH_MAX]):
        if match[1] == attribute or match[1].lower() == attribute:
            return _unescaped(match[2] or match[3] or match[4] or "").strip()
    return ""


def _links(
    texts: list[str], names: list[str | None], attributes: list[str | None]
) -> tuple[HtmlLink, ...]:
    links: list[HtmlLink] = []
    for at, wanted in enumerate(map(_LINKING.__getitem__, names)):
        written = attributes[at]
        if wanted is None or not written:
            continue
        attribute, kind = wanted
        target = _value_of(written, attribute)
        if attribute == "content":
            refresh = _REFRESH.search(target)
            target = refresh[1].strip() if refresh else ""
        if not target:
            continue
        text = _anchor_text(texts, names, at) if kind is LinkKind.ANCHOR else ""
        links.append(HtmlLink(target, kind, text))
        if len(links) >= LINKS_COUNT_MAX:
            break
    return tuple(links)


def _anchor_text(texts: list[str], names: list[str | None], at: int) -> str:
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
    texts: list[str], names: list[str | None], attributes: list[str | None]
) -> tuple[list[str], str]:
    """The texts that are seen, and the hidden ones in one."""
    flat = {written: "".join(written.lower().split()) for written in set(attributes) if written}
    dresses = _hiding(flat)
    if not dresses:
        return texts, ""
    has_light_text = any(dress.is_light_text for dress in dresses.values())
    dark = {w for w, text in flat.items() if _is_dark_behind(text)} if has_light_text else set()
    telling = dresses.keys() | dark
    seen, hidden, found, end = list(texts), list[str](), 0, -1
    is_light = True  # Whether what lies behind the text is light, as far as is known.
    for at in [at for at, written in enumerate(attributes) if written in telling]:
        written, name = attributes[at] or "", names[at]
        is_light = is_light and written not in dark
        dress = dresses.get(written)
        is_hiding = dress and (dress.hides or is_light)
        if at < end or not is_hiding or not name or name.lower() in _VOID:
            continue
        end = _end_of(names, at)
        hidden += texts[at + 1 : end + 1]
        seen[at + 1 : end + 1] = [""] * (end - at)
        found += 1
        if found >= HIDDEN_COUNT_MAX:
            break
    return seen, _seen(" ".join(hidden))


def _end_of(names: list[str | None], at: int) -> int:
    """Where the element that begins at `at` ends: the number of its end tag."""
    name = (names[at] or "").lower()
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


class _Dress(NamedTuple):
    """How an element's attributes keep its text from being seen."""

    hides: bool
    is_light_text: bool  # Nobody sees it where what lies behind is light as well.


def _hiding(flat: dict[str, str]) -> dict[str, _Dress]:
    """The dresses that keep text from being seen, by the attributes that make them.

    `flat` has all attributes without their spaces. Most have nothing to do with hiding, and
    looking closely at each costs more than all else.
    """
    together = "\n".join(flat.values())
    for other in _OTHER_WORDS:
        together = together.replace(other, "")
    words = [word for word in _HIDING_WORDS if word in together]
    near = [written for written, text in flat.items() if any(word in text for word in words)]
    return {written: dress for written in near if any(dress := _dress_of(written, flat[written]))}


def _dress_of(written: str, flat: str) -> _Dress:
    found = attributes_of(written)
    style = found.get("style", "").lower()
    colour = _COLOUR.search(style) or _COLOUR.search(f"color={found.get('color', '')}")
    return _Dress(
        "hidden" in found or found.get("size") == "0" or bool(_HIDES.search(style)),
        bool(colour and not _BACKGROUND.search(flat) and _is_light(colour[1])),
    )


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


def _is_dark_behind(flat: str) -> bool:
    """Whether there is a background, and it is anything but white: who knows what is read."""
    if "background" not in flat and "bgcolor" not in flat:
        return False
    found = _BACKGROUND.search(flat)
    colour = (found[1] or "") if found else "white"
    return not (colour.startswith(_LIGHT_NAMES) or (colour[:1] in "#r" and _is_light(colour)))
