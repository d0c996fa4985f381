"""How signed mail in HTML is made: its signatures, its markup, whose pictures and links it has.

Shops, notices and those who play them are alike in words; they are made by different
machines. Only of signed HTML: old mail has no such dress, and would be judged by its age.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from katharion.content.classifier.form import FIELDS_COUNT_MAX, organisation, size_class
from katharion.mail.message import Message
from katharion.values.reading import LinkKind, Reading

SIGNATURES_COUNT_MAX = 3
MARKUP_LENGTH_MAX = 6000
TEXT_LENGTH_MAX = 8000
HOSTS_COUNT_MAX = 10
NAME_LENGTH_MIN = 4  # Shorter ones stand in many words.
_NO_OPINION = re.compile(  # Of other filters, of mailing lists, and of whose mailbox it was.
    rb"x-(?:spam|ms-|microsoft|forefront|exchange|original|delivered|uid|keywords|folder|origin"
    rb"|filename|mailman|beenthere|list|loop|mozilla|gm-|google|forwarded|received|virus|scan"
    rb"|amavis|barracuda|ironport|proofpoint|mimedefang|pmx|rcpt|envelope|sender-ip|from$|to$"
    rb"|cc$|bcc$|evolution|authentication|eopattributed|incoming|store|apparently|yahoo|egroups"
    rb"|antiabuse|source|sid|message-delivery|status|priority)"
)
_NAMED = frozenset((b"feedback-id", b"cfbl-address", b"organization", b"thread-index"))
_ORDERED = frozenset(
    (
        *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version"),
        *(b"content-type", b"reply-to", b"cc", b"list-unsubscribe"),
    )
)
_MARKS = (
    *("<!doctype", "mso", "<!--[if", "@media", "@font-face", "preheader", "viewport"),
    *('role="presentation"', "display:none", "unsubscribe", "xmlns:v", "<center", "<font"),
    *("bgcolor", "<style", "class=", "<form", "background-image", "!important", "font-size:0"),
    *("opacity", "cid:", "<title", "<meta", "<map", "max-width", "line-height:0"),
)
_TAG = re.compile(r"<(/?[a-zA-Z]\w{0,8})")
_STYLE = re.compile(r"""[;"\s{]([a-z-]{3,20}:\s?[#\w.%-]{1,16})""")
_WORD = re.compile(r"[a-z]{3,20}")
_SOCIAL = ("facebook.", "twitter.", "instagram.", "youtube.", "linkedin.", "tiktok.")
_DIGITS = re.compile(r"\d+")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f"


def is_dressed(reading: Reading, message: Message) -> bool:
    """Whether it is signed, and has HTML."""
    is_html = any(part.is_html for part in reading.texts)
    return is_html and bool(message.first(b"dkim-signature"))


def dress_tokens(reading: Reading, message: Message) -> list[str]:
    """What its machine shows of itself, without its markup."""
    own = organisation(reading.author.domain)
    tokens = list(_of_names(message))
    tokens += _of_signatures(message, own, reading.author.domain)
    tokens += _of_owner(reading, own)
    tokens += _of_text(reading, own)
    return tokens


def markup_tokens(reading: Reading) -> list[str]:
    """Its markup: tags in threes, and styles."""
    markup = next((part.markup for part in reading.texts if part.is_html), "")
    markup = markup[:MARKUP_LENGTH_MAX]
    tags = [tag.lower() for tag in _TAG.findall(markup)]
    threes = [f"{a} {b} {c}" for a, b, c in zip(tags, tags[1:], tags[2:], strict=False)]
    return threes + _STYLE.findall(markup)


def _of_names(message: Message) -> Iterator[str]:
    names = list(dict.fromkeys(field.name for field in message.fields[:FIELDS_COUNT_MAX]))
    for name in names:
        if name in _NAMED or (name.startswith(b"x-") and not _NO_OPINION.match(name)):
            yield f"name:{name[:30].decode('latin-1')}"
    ordered = [name for name in names if name in _ORDERED]
    yield from (f"order:{a.decode()}>{b.decode()}" for a, b in pairwise(ordered))


def _of_signatures(message: Message, own: str, domain: str) -> Iterator[str]:
    values = message.values(b"dkim-signature")
    yield f"signatures:{min(SIGNATURES_COUNT_MAX, len(values))}"
    is_own = False
    for value in values[:SIGNATURES_COUNT_MAX]:
        pairs = (pair.partition("=") for pair in value.decode("latin-1").split(";"))
        tags = {name.strip(): text.strip() for name, _, text in pairs}
        signer = tags.get("d", "").lower()
        fields = [name.strip().lower() for name in tags.get("h", "").split(":")]
        is_own |= organisation(signer) == own
        yield f"signed a:{tags.get('a', '')[:12]}"
        yield f"signed c:{tags.get('c', '')[:16]}"
        yield f"signed fields:{size_class(len(fields))}"
        yield f"signed first:{'>'.join(name[:4] for name in fields[:3])}"
        yield f"selector:{_DIGITS.sub('0', tags.get('s', ''))[:12]}"
        yield f"signed twice:{len(fields) != len(set(fields))}"
        yield f"signed tags:{'i' in tags, 't' in tags, 'x' in tags, 'l' in tags}"
        yield f"signer:{organisation(signer) == own, signer == domain}"
    yield f"own signature:{is_own}"


def _of_owner(reading: Reading, own: str) -> Iterator[str]:
    links = reading.links
    hosts = Counter(link.host for link in links if link.host)
    owners: Counter[str] = Counter()
    for host, count in hosts.items():
        owners[organisation(host)] += count
    total = owners.total()
    yield f"own share:{4 * owners[own] // total if total else 'none'}"
    yield f"owners:{min(8, len(owners))}"
    yield f"hosts:{min(10, len(hosts))}"
    yield f"social:{any(name in host for host in hosts for name in _SOCIAL)}"
    for host in list(hosts)[:HOSTS_COUNT_MAX]:
        for label in host.split(".")[:-2]:
            yield f"label:{_DIGITS.sub('0', label)[:12]}"
    anchors = [link for link in links if link.kind is LinkKind.ANCHOR]
    targets = {link.target for link in anchors}
    yield f"anchors:{size_class(len(anchors))}"
    yield f"targets:{min(10, len(targets))}"
    if anchors:
        yield f"target length:{size_class(sum(len(a.target) for a in anchors) // len(anchors))}"
        yield f"https:{4 * sum(a.scheme == 'https' for a in anchors) // len(anchors)}"
    pictures = {organisation(link.host) for link in links if link.kind is LinkKind.LOADED}
    clicked = {organisation(link.host) for link in anchors}
    yield f"pictures:{size_class(sum(link.kind is LinkKind.LOADED for link in links))}"
    yield f"own pictures:{own in pictures if pictures else 'none'}"
    yield f"pictures as links:{bool(pictures & clicked) if pictures else 'none'}"


def _of_text(reading: Reading, own: str) -> Iterator[str]:
    label, text = own.partition(".")[0], reading.text[:TEXT_LENGTH_MAX]
    lower = text.lower()
    names = _WORD.findall(reading.author.name[:100].lower())
    full = "".join(names)
    yield f"label length:{len(label)}"
    yield f"vowels:{5 * sum(c in 'aeiou' for c in label) // (len(label) + 1)}"
    yield f"name in label:{min(3, sum(name in label for name in names))}"
    yield f"name is label:{len(full) >= NAME_LENGTH_MIN and (full in label or label in full)}"
    count = min(3, lower.count(label)) if len(label) >= NAME_LENGTH_MIN else "short"
    yield f"label in text:{count}"
    yield f"domain in text:{bool(own) and own in lower}"
    subject = reading.subject[:200]
    yield f"subject in label:{any(word in label for word in _WORD.findall(subject.lower()))}"
    yield f"subject other:{min(3, sum(c > chr(127) for c in subject))}"
    yield f"subject emoji:{any(c > chr(0x1F000) for c in subject)}"
    yield f"other:{size_class(100 * sum(c > chr(127) for c in text) // (len(text) + 1))}"
    yield f"invisible:{size_class(sum(text.count(c) for c in _INVISIBLE))}"
    yield f"marks:{'©' in text}:{'™' in text or '®' in text}"
    for word in ("unsubscribe", "privacy", "browser", "account"):
        yield f"says {word}:{word in lower}"
    markup = next((part.markup for part in reading.texts if part.is_html), "")
    markup = markup[: 4 * MARKUP_LENGTH_MAX].lower()
    yield from (f"mark {mark}:{mark in markup}" for mark in _MARKS)
