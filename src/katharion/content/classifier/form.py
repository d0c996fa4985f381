"""What a message's form says: its author, header, links and files, as tokens.

Never the recipients, dates, the names of hosts, or what another filter or a mailing list wrote
into the header: those say whose mailbox it was, not whether it is spam.
"""

import re
from collections import Counter
from collections.abc import Iterator

from katharion.mail.message import HeaderField, Message
from katharion.values.reading import LinkKind, Person, Reading

FIELDS_COUNT_MAX = 200
LINKS_COUNT_MAX = 60
WORDS_COUNT_MAX = 12
VALUE_LENGTH_MAX = 300
SIZE_CLASS_MAX = 12
QUOTES = " \"'"

FREE_MAIL = frozenset(
    (
        *("gmail.com", "hotmail.com", "yahoo.com", "outlook.com", "aol.com", "live.com"),
        *("icloud.com", "msn.com", "qq.com", "163.com", "mail.ru", "gmx.de", "web.de"),
    )
)
_SECOND_LEVELS = frozenset(("co", "com", "org", "net", "ac", "edu", "gov", "sa"))
_WORD = re.compile(r"[^\W\d_]{3,20}")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[A-Za-z]+")
_SHOWN_HOST = re.compile(r"(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,20})(?![\w@])")
_QUERY_NAME = re.compile(r"[?&](\w{1,12})=")
_SUFFIX = re.compile(r"\.(php|aspx?|html?|jpg|png|gif|cgi|exe|zip)(?![a-z])")
_FLAGS = (
    *(b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id", b"in-reply-to"),
    *(b"references", b"x-priority", b"dkim-signature", b"x-mailer", b"user-agent"),
    *(b"mime-version", b"auto-submitted", b"importance", b"cc", b"organization"),
    *(b"thread-topic", b"x-mimeole", b"disposition-notification-to"),
)


def organisation(host: str) -> str:
    """The part of a host's name that somebody registered, as a rule of thumb."""
    labels = host.rstrip(".").split(".")[-3:]
    is_country = len(labels) == 3 and len(labels[2]) == 2 and labels[1] in _SECOND_LEVELS  # noqa: PLR2004 # co.uk
    return ".".join(labels if is_country else labels[-2:])


def size_class(number: int) -> int:
    """Twice as many is one more."""
    return min(SIZE_CLASS_MAX, number.bit_length())


def first_fields(fields: tuple[HeaderField, ...]) -> dict[bytes, str]:
    """The first value of each field, for comparing."""
    found: dict[bytes, str] = {}
    for field in fields[:FIELDS_COUNT_MAX]:
        if field.name not in found:
            found[field.name] = field.value[:VALUE_LENGTH_MAX].decode("latin-1")
    return found


def form_tokens(reading: Reading, message: Message) -> list[str]:
    """All tokens of one message; a token may come twice."""
    header = first_fields(message.fields)
    tokens = list(_of_author(reading.author, reading.reply_to))
    tokens += _of_header(header, organisation(reading.author.domain))
    tokens += _of_subject(reading.subject, header)
    tokens += _of_links(reading)
    tokens += _of_parts(reading)
    return tokens


def _of_author(author: Person, reply_to: Person) -> Iterator[str]:
    local, domain = author.address.rpartition("@")[0], author.domain
    own = organisation(domain)
    yield f"tld:{domain.rpartition('.')[2]}"
    yield f"free:{domain in FREE_MAIL}"
    yield f"labels:{domain.count('.')}"
    if domain.count(".") > 1:
        yield f"sub:{domain.partition('.')[0][:20]}"
    yield f"digit:{any(c.isdigit() for c in own)}"
    yield f"dash:{'-' in own}"
    yield f"domain length:{size_class(len(own))}"
    yield f"local length:{size_class(len(local))}"
    yield f"local digits:{min(4, sum(c.isdigit() for c in local[:64]))}"
    yield from (f"local:{word}" for word in _WORD.findall(local[:64])[:WORDS_COUNT_MAX])
    name = author.name[:VALUE_LENGTH_MAX].lower()
    words = _WORD.findall(name)[:WORDS_COUNT_MAX]
    yield f"name:{bool(name)}:{'@' in name}"
    yield from (f"named:{word}" for word in words)
    flat = domain.replace("-", "").replace(".", "")
    yield f"name in domain:{any(word in flat for word in words) if words else 'none'}"
    yield f"name in local:{any(word in local for word in words) if words else 'none'}"
    to = reply_to.address
    yield f"reply:{(to == author.address, organisation(reply_to.domain) == own) if to else 'none'}"


def _of_header(header: dict[bytes, str], own: str) -> Iterator[str]:
    identity = header.get(b"message-id", "").strip("<> ").lower()
    right = organisation(identity.rpartition("@")[2])
    same = "same" if right == own else "other"
    yield f"id:{'none' if not identity else same if '@' in identity else 'no at'}"
    yield from (f"field:{name.decode()}" for name in _FLAGS if name in header)
    mailer = header.get(b"x-mailer") or header.get(b"user-agent") or ""
    yield from (f"mailer:{word}" for word in _WORD.findall(mailer)[:4])
    unsubscribe = header.get(b"list-unsubscribe")
    if unsubscribe is not None:
        ways = ("mailto:" in unsubscribe, "http" in unsubscribe, own in unsubscribe)
        yield f"unsubscribe:{ways}"
    media_type = header.get(b"content-type", "").lower()
    yield f"type:{media_type.partition(';')[0].strip()[:30]}"
    if "charset=" in media_type:
        charset = media_type.partition("charset=")[2].partition(";")[0]
        yield f"charset:{charset.strip(QUOTES)[:20]}"
    boundary = header.get(b"content-type", "").partition("boundary=")[2]
    boundary = boundary.lstrip('"').partition('"')[0].partition(";")[0]
    if boundary:
        yield f"boundary:{_shape(boundary[:60])[:24]}"
    to = header.get(b"to")
    if to is None:
        yield "to:none"
    else:
        yield f"to:{'hidden' if 'undisclosed' in to.lower() else size_class(to.count('@'))}"


def _shape(text: str) -> str:
    """Runs of letters and digits as what they begin with: "a" or "0"."""
    return re.sub(r"(a|0)[a0]+", r"\1", _LETTERS.sub("a", _DIGITS.sub("0", text)))


def _of_subject(subject: str, header: dict[bytes, str]) -> Iterator[str]:
    is_reply = b"in-reply-to" in header or b"references" in header
    if subject[:3].lower() == "re:" and not is_reply:
        yield "reply to nothing"
    capitals = sum(c.isupper() for c in subject)
    letters = sum(c.isalpha() for c in subject)
    yield f"subject length:{size_class(len(subject))}"
    yield f"subject capitals:{4 * capitals // (letters + 1)}"
    yield f"subject ascii:{subject.isascii()}"
    yield f"subject marks:{'!' in subject, '?' in subject, '$' in subject}"
    yield f"subject encoded:{'=?' in header.get(b'subject', '')}"


def _of_links(reading: Reading) -> Iterator[str]:
    own, links = organisation(reading.author.domain), reading.links
    kinds = Counter(link.kind.value for link in links)
    owners = dict.fromkeys(organisation(link.host) for link in links if link.host)
    yield f"links:{size_class(len(links))}"
    yield from (f"links {kind}:{size_class(count)}" for kind, count in kinds.items())
    yield f"owners:{size_class(len(owners))}"
    yield f"own link:{own in owners if owners else 'none'}"
    yield f"only own:{list(owners) == [own]}"
    yield from (f"link tld:{owner.rpartition('.')[2][:12]}" for owner in list(owners)[:30])
    for link in links[:LINKS_COUNT_MAX]:
        if link.host and link.kind is LinkKind.ANCHOR:
            shown = _SHOWN_HOST.match(link.text[:80].lower())
            if shown:
                yield f"shown:{organisation(shown[1]) == organisation(link.host)}"
            if link.host.replace(".", "").isdigit():
                yield "link to number"
        yield f"scheme:{link.scheme[:8]}"
        if link.scheme in ("http", "https"):
            yield from _of_path(link.target[:VALUE_LENGTH_MAX])


def _of_path(target: str) -> Iterator[str]:
    path = "".join(target.split("/", 3)[3:])
    yield f"path:{_shape(path[:60])[:14]}"
    suffix = _SUFFIX.search(path.lower())
    if suffix:
        yield f"suffix:{suffix[1]}"
    if "?" in path:
        yield from (f"query:{name.lower()}" for name in _QUERY_NAME.findall(path)[:4])


def _of_parts(reading: Reading) -> Iterator[str]:
    yield f"parts:{','.join(sorted(set(reading.structure))[:5])[:120]}"
    length = len(reading.text)
    yield f"length:{size_class(length)}"
    yield f"dense:{min(8, 100 * len(reading.links) // (8 * (length + 100) // 8))}"
    html = next((part for part in reading.texts if part.is_html), None)
    plain = next((part for part in reading.texts if not part.is_html), None)
    if html and plain:
        yield f"plain share:{min(6, 3 * len(plain.text) // (len(html.text) + 1))}"
    if html:
        yield f"markup:{size_class(len(html.markup) // (len(html.text) + 1))}"
        yield f"hidden:{size_class(len(html.hidden))}"
    for attachment in reading.attachments[:20]:
        yield f"file:{attachment.declared[:40]}"
        yield f"file name:{attachment.name.rpartition('.')[2].lower()[:6]}"
    yield from (f"odd:{oddity.name}" for oddity in reading.oddities[:20])
