"""Facts of a message that no pattern can say: each a small function of what was read.

Known by name to conditions of rules; found out only where a rule asks.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from katharion.content.classifier.form import FREE_MAIL, organisation
from katharion.mail.message import Message
from katharion.values.reading import Link, LinkKind, Reading

TEXT_LENGTH_LOOKED_AT = 16 * 1024
LINKS_LOOKED_AT = 100
LITTLE_TEXT_LENGTH = 200
SHORT_TEXT_LENGTH = 600
MANY_COUNT = 5

SHORTENERS = frozenset(
    (
        *("bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly"),
        *("cutt.ly", "rb.gy", "shorturl.at", "t.ly", "tiny.cc", "bl.ink", "s.id", "v.gd"),
        *("lnkd.in", "qrco.de", "urlz.fr", "shrtco.de", "x.gd", "adf.ly", "soo.gd", "clck.ru"),
    )
)
HOSTING = (
    *(".pages.dev", ".workers.dev", ".vercel.app", ".netlify.app", ".herokuapp.com", ".web.app"),
    *(".firebaseapp.com", ".blogspot.com", ".weebly.com", ".wixsite.com", ".github.io"),
    *(".azurewebsites.net", ".r2.dev", ".glitch.me", ".repl.co", ".onrender.com", ".ipfs.io"),
    *(".webflow.io", ".square.site", ".myshopify.com", ".000webhostapp.com", ".ngrok.io"),
    *(".duckdns.org", ".ddns.net", ".trycloudflare.com", ".godaddysites.com", ".dweb.link"),
)
ODD_TOP = frozenset(
    (
        *("top", "xyz", "click", "icu", "buzz", "cfd", "sbs", "rest", "quest", "monster", "cyou"),
        *("bond", "lol", "shop", "online", "site", "live", "space", "fun", "store", "website"),
        *("work", "loan", "win", "bid", "gq", "tk", "ml", "cf", "ga", "zip", "mov", "cam", "hair"),
    )
)
_INVISIBLE = "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\ufeff\u00ad\u034f\u180e"
_INVISIBLE_INSIDE = re.compile(rf"\w[{_INVISIBLE}]+(?=\w)")
_OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0400-\u04ff\u0530-\u058f\u13a0-\u13ff]")
_FANCY = re.compile("[\U0001d400-\U0001d7ff\u24b6-\u24e9]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SHOWN_HOST = re.compile(
    r"(?:https?://)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}[a-z]{2,18})(?![\w@.-]*@)"
)
_REDIRECT = re.compile(
    r"[?&](?:u|url|q|to|target|dest|destination|redirect|redirect_ur[il]|next|goto|link|r|continue"
    r"|adurl|returnurl)=(?:https?(?::|%3a)|//|%2f%2f)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{3,40}")
_NOTHING = re.compile(r"[\s\W_]+")


class Given(NamedTuple):
    """What a fact is about."""

    message: Message
    reading: Reading


def _text(given: Given) -> str:
    return given.reading.text[:TEXT_LENGTH_LOOKED_AT]


def _opened(given: Given) -> list[Link]:
    """Links that open when somebody clicks, to a host."""
    wanted = (LinkKind.ANCHOR, LinkKind.TEXT, LinkKind.FORM)
    links = given.reading.links[:LINKS_LOOKED_AT]
    return [link for link in links if link.kind in wanted and link.host]


def _has(given: Given, field: bytes) -> bool:
    return any(each.name == field for each in given.message.fields)


def fake_reply(given: Given) -> bool:
    """The subject is that of an answer, and nothing is named that it answers."""
    is_reply = given.reading.subject[:5].lower().startswith(("re:", "aw:", "fw:", "fwd:", "sv:"))
    return is_reply and not _has(given, b"in-reply-to") and not _has(given, b"references")


def reply_to_elsewhere(given: Given) -> bool:
    """Answers go to another organisation than the author's."""
    author, to = given.reading.author.domain, given.reading.reply_to.domain
    return bool(author and to) and organisation(author) != organisation(to)


def target_mismatch(given: Given) -> bool:
    """A link shows one organisation and opens another."""
    own = organisation(given.reading.author.domain)
    for link in _opened(given):
        shown = _SHOWN_HOST.match(link.text[:200].lower().strip()) if link.text else None
        if link.kind is not LinkKind.ANCHOR or shown is None or "." not in shown[1]:
            continue
        opened = organisation(link.host)
        if organisation(shown[1]) != opened and opened != own:
            return True
    return False


def user_info_in_link(given: Given) -> bool:
    """Something stands before an "@" in a link's host, to be taken for it."""
    return any(
        "@" in link.target.split("/", 3)[2]
        for link in _opened(given)
        if link.scheme in ("http", "https") and link.target.count("/") > 1
    )


def ip_in_link(given: Given) -> bool:
    """A link opens a bare address of the internet."""
    hosts = [link.host for link in _opened(given)]
    return any(host.replace(".", "").isdigit() or host[:1] == "[" for host in hosts)


def number_as_host(given: Given) -> bool:
    """A link's address is written in a way that hides it (0x7f.1, 2130706433)."""
    return any(
        link.host.replace(".", "").isdigit() and link.host not in link.target
        for link in _opened(given)
    )


def punycode_host(given: Given) -> bool:
    """A link's host is of letters beyond ASCII."""
    return any("xn--" in link.host for link in _opened(given))


def mixed_scripts_host(given: Given) -> bool:
    """One label of a link's host is of letters of two scripts."""
    for link in _opened(given):
        if "xn--" in link.host:
            for label in link.host.split("."):
                if label.startswith("xn--") and _is_mixed(_unicode(label)):
                    return True
    return False


def shortener(given: Given) -> bool:
    """A link hides where it leads behind a service that shortens."""
    return any(organisation(link.host) in SHORTENERS for link in _opened(given))


def free_hosting(given: Given) -> bool:
    """A link leads to where anybody may put pages, under another's name."""
    return any(link.host.endswith(HOSTING) for link in _opened(given))


def odd_top_domain(given: Given) -> bool:
    """A link leads to a domain of a kind that is cheap, and mostly used for a day."""
    return any(link.host.rpartition(".")[2] in ODD_TOP for link in _opened(given))


def author_odd_top(given: Given) -> bool:
    """The author's domain is of that kind."""
    return given.reading.author.domain.rpartition(".")[2] in ODD_TOP


def open_redirect(given: Given) -> bool:
    """A link has another link in it, to be sent on to."""
    return any(_REDIRECT.search(link.target) for link in _opened(given))


def script_link(given: Given) -> bool:
    """A link that is a program, or a page in itself."""
    schemes = ("javascript", "vbscript", "data")
    return any(
        link.scheme in schemes and link.kind in (LinkKind.ANCHOR, LinkKind.FORM, LinkKind.BASE)
        for link in given.reading.links[:LINKS_LOOKED_AT]
    )


def form_in_mail(given: Given) -> bool:
    """It asks to be filled in."""
    return any(link.kind is LinkKind.FORM for link in given.reading.links)


def many_organisations(given: Given) -> bool:
    """Links lead to very many others."""
    return len({organisation(link.host) for link in _opened(given)}) > 2 * MANY_COUNT


def one_foreign_link(given: Given) -> bool:
    """All that can be clicked leads to one organisation, which is not the author's."""
    owners = {organisation(link.host) for link in _opened(given)}
    return len(owners) == 1 and organisation(given.reading.author.domain) not in owners


def has_link(given: Given) -> bool:
    """Something can be clicked."""
    return bool(_opened(given))


def zero_width(given: Given) -> bool:
    """Words have characters in them that nobody sees."""
    text = _text(given)
    if text.isascii() or sum(map(text.count, _INVISIBLE)) < MANY_COUNT:
        return False
    return len(_INVISIBLE_INSIDE.findall(text)) >= MANY_COUNT


def bidi_override(given: Given) -> bool:
    """Characters that turn the direction of reading, in the subject or a file's name."""
    names = " ".join(each.name for each in given.reading.attachments)
    return bool(_BIDI.search(given.reading.subject + names + given.reading.author.name))


def mixed_scripts_word(given: Given) -> bool:
    """Words are of letters of two scripts, as "p\u0430ypal" with a Cyrillic a."""
    text = f"{given.reading.subject} {given.reading.author.name} {_text(given)}"
    if text.isascii() or not _OTHER_SCRIPT.search(text):
        return False
    words = (word for word in _WORD.findall(text) if not word.isascii())
    return sum(map(_is_mixed, words)) > 1


def mixed_scripts_name(given: Given) -> bool:
    """The author's name is of such words."""
    return any(map(_is_mixed, _WORD.findall(given.reading.author.name)))


def fancy_letters(given: Given) -> bool:
    """Words in mathematical or enclosed letters, which only look like letters."""
    text = f"{given.reading.subject} {_text(given)}"
    if text.isascii():
        return False
    return len(_FANCY.findall(text)) > 2 * MANY_COUNT


def many_hidden(given: Given) -> bool:
    """Much text that nobody sees."""
    hidden = sum(len(part.hidden) for part in given.reading.texts)
    return hidden > SHORT_TEXT_LENGTH and hidden > len(given.reading.text) // 2


def has_html(given: Given) -> bool:
    """A part is HTML."""
    return any(part.is_html for part in given.reading.texts)


def html_only(given: Given) -> bool:
    """There is HTML, and no plain text."""
    texts = given.reading.texts
    return bool(texts) and all(part.is_html for part in texts)


def little_text(given: Given) -> bool:
    """There is hardly anything to read."""
    return len(_NOTHING.sub("", given.reading.text)) < LITTLE_TEXT_LENGTH


def short_text(given: Given) -> bool:
    """It is a few lines."""
    return len(given.reading.text) < SHORT_TEXT_LENGTH


def image_only(given: Given) -> bool:
    """An image, and hardly anything to read."""
    pictures = any(each.declared.startswith("image/") for each in given.reading.attachments)
    loaded = any(link.kind is LinkKind.LOADED for link in given.reading.links)
    return (pictures or loaded) and little_text(given)


def has_attachment(given: Given) -> bool:
    """It has a file that is to be opened."""
    return any(not each.is_inline for each in given.reading.attachments)


def author_free_mail(given: Given) -> bool:
    """The author's address is one that anybody may have."""
    return organisation(given.reading.author.domain) in FREE_MAIL


def reply_free_mail(given: Given) -> bool:
    """Answers go to an address that anybody may have, and the author's is another kind."""
    is_free = organisation(given.reading.reply_to.domain) in FREE_MAIL
    return is_free and not author_free_mail(given)


def name_is_address(given: Given) -> bool:
    """The author's name is another address than the author's."""
    name, address = given.reading.author.name.lower(), given.reading.author.address
    return "@" in name and "." in name and address not in name


def undisclosed(given: Given) -> bool:
    """It does not say whom it is for."""
    to = given.message.first(b"to").lower()
    return not to or b"undisclosed" in to


def is_list(given: Given) -> bool:
    """It says that it comes from a list, or can be ended."""
    return _has(given, b"list-unsubscribe") or _has(given, b"list-id")


def is_signed(given: Given) -> bool:
    """It has a DKIM signature, right or wrong."""
    return _has(given, b"dkim-signature")


def is_reply(given: Given) -> bool:
    """It answers something."""
    return _has(given, b"in-reply-to") or _has(given, b"references")


def shouting(given: Given) -> bool:
    """The subject is in capitals."""
    letters = [c for c in given.reading.subject if c.isalpha() and c.isascii()]
    return len(letters) > 2 * MANY_COUNT and sum(map(str.isupper, letters)) > len(letters) * 4 // 5


def _is_mixed(word: str) -> bool:
    """Whether letters of Latin stand beside those of scripts that look like it."""
    if word.isascii():
        return False
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in word[:40]}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})


def _unicode(label: str) -> str:
    try:
        return label.encode("ascii").decode("idna")
    except (UnicodeError, ValueError):
        return ""


FACTS: dict[str, Callable[[Given], bool]] = {
    fact.__name__: fact
    for fact in (
        *(fake_reply, reply_to_elsewhere, target_mismatch, user_info_in_link, ip_in_link),
        *(number_as_host, punycode_host, mixed_scripts_host, shortener, free_hosting),
        *(odd_top_domain, author_odd_top, open_redirect, script_link, form_in_mail),
        *(many_organisations, one_foreign_link, has_link, zero_width, bidi_override),
        *(mixed_scripts_word, mixed_scripts_name, fancy_letters, many_hidden, has_html),
        *(html_only, little_text, short_text, image_only, has_attachment, author_free_mail),
        *(reply_free_mail, name_is_address, undisclosed, is_list, is_signed, is_reply),
        shouting,
    )
}
