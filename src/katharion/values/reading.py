"""What a message says, read once: a read-only view for the checks of its content.

Everything here is bounded by whoever made it (`content/reading.py` names the limits) and may
hold whatever a stranger sent; texts are what a person would see, not made printable.
"""

from collections.abc import Callable
from enum import Enum

import msgspec


class LinkKind(Enum):
    """Where a link stands."""

    TEXT = "text"  # Written out in text that people see.
    ANCHOR = "anchor"  # What opens when somebody clicks.
    FORM = "form"  # Where what they fill in is sent.
    LOADED = "loaded"  # An image, a style or a frame that the mail program may fetch.
    BASE = "base"  # What other links are relative to, or where the page goes by itself.


class Link(msgspec.Struct, frozen=True):
    """One link. `target` as written, entities undone, without the spaces and line ends in it.

    `scheme` and `host` in lower case, the host in A-labels, "" where there is none; `text` is
    what people see of it (of a form or a picture: nothing).
    """

    target: str
    kind: LinkKind
    scheme: str = ""
    host: str = ""
    text: str = ""


class TextPart(msgspec.Struct, frozen=True):
    """One part that people read. `text`: as they see it; `markup`: HTML as it was sent.

    `hidden` is what its HTML holds and no one sees (no size, no colour, no display).
    """

    path: str
    is_html: bool
    text: str
    markup: str = ""
    hidden: str = ""


class Attachment(msgspec.Struct, frozen=True):
    """One part that is no text of the message, or that is to be stored.

    `path` is like "1.2", as IMAP numbers parts; `name` is decoded and as it was sent, also
    where it lies; `declared` is the media type in lower case. `octets_max`: at most so many it
    has; `content()` decodes it, each time anew.
    """

    path: str
    name: str
    declared: str
    octets_max: int
    content: Callable[[], bytes]
    is_inline: bool = False


class Oddity(msgspec.Struct, frozen=True):
    """Something about the message's form that one program reads so and another not.

    `name` is stable and in capitals (`BOUNDARY_TWICE`); `evidence` is printable and short.
    """

    name: str
    evidence: str = ""


class Person(msgspec.Struct, frozen=True):
    """One who is named in an address field: `name` decoded, `address` in lower case."""

    name: str = ""
    address: str = ""

    @property
    def domain(self) -> str:
        """The address's domain; "" where it has none."""
        return self.address.rpartition("@")[2]


class Reading(msgspec.Struct, frozen=True):
    """All that the content says. `structure`: media types of all parts, in their order.

    `text` is that of all parts, joined, for whatever looks at words: the alternatives of one
    text both. `is_cut`: there was more than the limits let be seen; head and tail were.
    """

    subject: str = ""
    author: Person = Person()
    reply_to: Person = Person()
    sender: Person = Person()
    texts: tuple[TextPart, ...] = ()
    text: str = ""
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    structure: tuple[str, ...] = ()
    oddities: tuple[Oddity, ...] = ()
    is_cut: bool = False


NOTHING_READ = Reading()
