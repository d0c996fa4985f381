"""What an operator writes of the sources of mail."""

from typing import Annotated, Literal

import msgspec

Subject = Literal["address", "helo", "sender", "author", "signer", "links"]


class BlocklistOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list in the DNS, of addresses or of domains, and what its answers count."""

    zone: Annotated[
        str, msgspec.Meta(description='Where the list is asked, such as "zen.spamhaus.org".')
    ]
    answers: Annotated[
        dict[str, float],
        msgspec.Meta(
            description='Points by answer: "127.0.0.2", a network "127.0.0.0/24", or a bit'
            ' "127.0.0.0&8"; less than 0 speaks for the sender.',
            min_length=1,
            max_length=64,
        ),
    ]
    asks: Annotated[
        tuple[Subject, ...],
        msgspec.Meta(
            description='What is looked up: "address", or domains: "helo", "sender", "author",'
            ' "signer" (of a DKIM signature), "links" (hosts in the body).',
            min_length=1,
        ),
    ] = ("address",)
    says: Annotated[
        str,
        msgspec.Meta(
            description="What a listing means, a sentence for people; empty: that it is listed.",
            max_length=200,
        ),
    ] = ""
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
