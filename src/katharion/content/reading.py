"""Read a message once: its text as people see it, its links, its attachments, its oddities.

Every cost is bounded; of what is over a limit the head and the tail are read, and that it was
cut is told, so that no size is a way past the checks.

Sources: RFC 2045 to 2049, RFC 2183, RFC 5322 section 3.6.
"""

from katharion.content import html
from katharion.content.links import link, links_in
from katharion.content.tnef import TNEF_TYPES, read_tnef
from katharion.mail import mime
from katharion.mail.charset import codec_of, decode_as
from katharion.mail.mailbox import first_mailbox
from katharion.mail.message import Message, decode_words, printable
from katharion.mail.mime import Part
from katharion.mail.transfer import decode, embedded_in, is_base64
from katharion.values.reading import Attachment, Link, LinkKind, Oddity, Person, Reading, TextPart

TEXT_OCTETS_MAX = 256 * 1024  # Of all texts together, as they were sent; half of each end.
PART_TEXT_OCTETS_MIN = 4096  # Of every text, when that is used up.
TEXTS_COUNT_MAX = 50
LINKS_COUNT_MAX = 1000
SUBJECT_LENGTH_MAX = 1000
EVIDENCE_LENGTH_MAX = 100
_HTML_TYPES = ("text/html", "application/xhtml+xml", "text/x-html")
# Texts that mail programs show as a message's own; others are files, and read as well.
_SHOWN_TYPES = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/calendar")


def read(message: Message) -> Reading:
    """All that the message says. No octets raise."""
    return _Reader(message).read()


class _Reader:
    def __init__(self, message: Message) -> None:
        self._message = message
        self._texts: list[TextPart] = []
        self._links: dict[tuple[str, LinkKind], Link] = {}
        self._attachments: list[Attachment] = []
        self._oddities: dict[str, str] = {}
        self._is_cut = False
        self._octets_left = TEXT_OCTETS_MAX

    def read(self) -> Reading:
        message = self._message
        structure = mime.parse(message)
        self._oddities = dict.fromkeys(structure.oddities, "")
        self._is_cut = structure.is_cut
        for part in structure.parts:
            if part.is_leaf:
                self._read_part(part)
        return Reading(
            subject=decode_words(message.first(b"subject"))[:SUBJECT_LENGTH_MAX],
            author=self._person(b"from"),
            reply_to=self._person(b"reply-to"),
            sender=self._person(b"sender"),
            texts=tuple(self._texts),
            text="\n".join([part.text for part in self._texts]),
            links=tuple(self._links.values()),
            attachments=tuple(self._attachments),
            structure=tuple([part.media_type for part in structure.parts]),
            oddities=tuple([Oddity(name, shown) for name, shown in self._oddities.items()]),
            is_cut=self._is_cut,
        )

    def _person(self, name: bytes) -> Person:
        value = self._message.first(name)
        return Person(*first_mailbox(value)) if value else Person()

    def _read_part(self, part: Part) -> None:
        is_html = part.media_type in _HTML_TYPES
        # A multipart that has no parts is shown as text.
        is_bare = part.media_type.startswith("multipart/")
        is_text = is_html or is_bare or part.media_type.startswith(("text/", "message/"))
        is_file = not is_text or part.disposition == "attachment" or bool(part.name)
        if part.media_type in TNEF_TYPES:
            self._read_tnef(part)
        elif is_file or not (is_bare or part.media_type in _SHOWN_TYPES):
            self._attach(part)
        if is_text and len(self._texts) < TEXTS_COUNT_MAX:
            self._read_text(part, is_html=is_html)
        elif is_text:
            self._is_cut = True

    def _attach(self, part: Part) -> None:
        octets = part.end - part.body_start
        is_inline = part.disposition == "inline" and part.media_type.startswith("image/")
        found = Attachment(
            part.path, part.name, part.media_type, octets, part.content, is_inline=is_inline
        )
        self._attachments.append(found)

    def _read_tnef(self, part: Part) -> None:
        """What Outlook wraps: files, and sometimes a text."""
        self._attach(part)
        for number, (name, content) in enumerate(read_tnef(part.content()), 1):
            self._attach_embedded(f"{part.path}.{number}", name, content)

    def _attach_embedded(self, path: str, name: str, content: bytes) -> None:
        """A file that stood inside of a part."""
        found = Attachment(path, name, "application/octet-stream", len(content), lambda: content)
        self._attachments.append(found)

    def _read_text(self, part: Part, *, is_html: bool) -> None:
        octets = self._text_octets(part)
        charset = part.parameters.get("charset", "")
        text, is_right = decode_as(octets, charset)
        if not is_right:
            self._oddities.setdefault(
                _charset_oddity(charset), printable(charset[:EVIDENCE_LENGTH_MAX])
            )
        if is_html:
            self._read_html(part, text)
            return
        for number, file in enumerate(embedded_in(octets), 1):
            self._attach_embedded(f"{part.path}.{number}", file.name, file.content)
        self._texts.append(TextPart(part.path, is_html=False, text=text))
        for found in links_in(text):
            self._add(found)

    def _read_html(self, part: Part, markup: str) -> None:
        found = html.read_html(markup)
        seen = TextPart(
            part.path, is_html=True, text=found.text, markup=markup, hidden=found.hidden
        )
        self._texts.append(seen)
        shown = set()
        for target, kind, text in found.links:
            self._add(link(target, kind, text))
            shown.add(text)
        for other in links_in(found.text):
            # What an anchor shows is no link of its own.
            if other.target not in shown and not any(other.target in text for text in shown):
                self._add(other)

    def _add(self, found: Link) -> None:
        if len(self._links) < LINKS_COUNT_MAX:
            self._links.setdefault((found.target, found.kind), found)
        else:
            self._is_cut = True

    def _text_octets(self, part: Part) -> bytes:
        """The octets of a text, decoded; of a long one those of its head and its tail."""
        octets_max = max(self._octets_left, PART_TEXT_OCTETS_MIN)
        octets = part.end - part.body_start
        self._octets_left -= octets
        if octets <= octets_max:
            raw = part.raw()
            if part.encoding == "base64" and not is_base64(raw):
                self._oddities.setdefault("BASE64_BROKEN", part.path)
            return decode(raw, part.encoding)
        self._is_cut = True
        self._oddities.setdefault("TEXT_LONG", f"{octets} octets")
        half = octets_max // 2
        head = part.source[part.body_start : part.body_start + half]
        tail = part.source[part.end - half : part.end]
        if part.encoding == "base64":
            tail = b"".join(tail.split())
            tail = tail[len(tail) % 4 :]  # Its end is where groups of four end.
        return decode(head, part.encoding) + b"\r\n" + decode(tail, part.encoding)


def _charset_oddity(charset: str) -> str:
    if not charset:
        return "CHARSET_MISSING"
    return "CHARSET_WRONG" if codec_of(charset) else "CHARSET_UNKNOWN"
