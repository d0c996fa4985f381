"""What an operator writes of the sources of mail."""

from typing import Annotated, Literal

import msgspec

Subject = Literal["address", "helo", "ptr", "sender", "author", "signer", "links"]


class SourcesOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered of those who send, and what is made of it."""

    remember: Annotated[
        bool,
        msgspec.Meta(
            description="Count clean mail, spam and unknown recipients by source, and mailings."
        ),
    ] = True
    keep_days: Annotated[
        int, msgspec.Meta(description="Days that a source is remembered.", ge=1, le=3650)
    ] = 60
    mailing_tenants_min: Annotated[
        int,
        msgspec.Meta(
            description="Tenants that must get the same text within a quarter of an hour until that"
            " speaks against it.",
            ge=2,
            le=32,
        ),
    ] = 4
    systems_file: Annotated[
        str,
        msgspec.Meta(
            description='Lines of "network number name" that tell autonomous systems; empty: none.'
        ),
    ] = ""
    greylist_seconds: Annotated[
        float,
        msgspec.Meta(
            description="Seconds until who was asked to come again is taken.", ge=1, le=3600
        ),
    ] = 90.0
    greylist_hours: Annotated[
        float, msgspec.Meta(description="Hours in which he may come again.", ge=1, le=240)
    ] = 36.0


class BlocklistOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list in the DNS, of addresses or of domains, and what its answers count."""

    zone: Annotated[
        str,
        msgspec.Meta(
            description='Where the list is asked, such as "zen.spamhaus.org"; empty: where the'
            " well-known list of that name is (see the manual)."
        ),
    ] = ""
    answers: Annotated[
        dict[str, float],
        msgspec.Meta(
            description='Points by answer: "127.0.0.2", a network "127.0.0.0/24", any octet'
            ' "127.0.*.3", or a bit "127.0.0.0&8"; less than 0 speaks for the sender.'
            " None: those of the well-known list.",
            max_length=64,
        ),
    ] = {}
    asks: Annotated[
        tuple[Subject, ...],
        msgspec.Meta(
            description='What is looked up: "address", or domains: "helo", "ptr", "sender",'
            ' "author", "signer" (of a DKIM signature), "links" (hosts in the body).'
            ' None: "address".',
        ),
    ] = ()
    says: Annotated[
        str,
        msgspec.Meta(
            description="What a listing means, a sentence for people; empty: that it is listed.",
            max_length=200,
        ),
    ] = ""
    sentences: Annotated[
        dict[str, Annotated[str, msgspec.Meta(max_length=200)]],
        msgspec.Meta(description="The same by answer, written as there.", max_length=64),
    ] = {}
    errors: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Answers that refuse the question, beside 127.255.255.x; written likewise."
        ),
    ] = ()
    refuses: Annotated[
        bool,
        msgspec.Meta(
            description="Refuse clients that it lists at RCPT, by it alone, while it is healthy."
        ),
    ] = False
    good: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Addresses or domains never listed, beside 127.0.0.1 or invalid (RFC 5782)."
        ),
    ] = ()
    bad: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="What is always listed; none: 127.0.0.2, or test (RFC 5782)."),
    ] = ()
