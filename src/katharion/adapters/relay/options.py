"""What an operator may set of the way out."""

from typing import Annotated

import msgspec

_Seconds = Annotated[float, msgspec.Meta(gt=0)]


class RelayOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sessions to next hops. Time-outs are totals of a stage, not of silence in it."""

    connect_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds to connect to one address.", gt=0)
    ] = 30.0
    greeting_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds for greeting, EHLO and TLS together.", gt=0)
    ] = 300.0
    envelope_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds for MAIL, RCPT and DATA together.", gt=0)
    ] = 300.0
    content_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds to write the content.", gt=0)
    ] = 600.0
    dot_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds until no answer to the dot is hoped for.", gt=0)
    ] = 600.0
    idle_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds a session is kept without work.", gt=0, lt=300)
    ] = 50.0
    addresses_count_max: Annotated[
        int, msgspec.Meta(description="Addresses tried of one next hop.", ge=1, le=20)
    ] = 6
    exchangers_count_max: Annotated[
        int, msgspec.Meta(description="MX hosts tried of one domain.", ge=1, le=20)
    ] = 5


class ArcOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seals of what is passed on (ARC), by which those behind us can rely on what we found."""

    key: Annotated[
        str, msgspec.Meta(description="PEM file of the key that seals; empty: nothing is sealed.")
    ] = ""
    selector: Annotated[
        str, msgspec.Meta(description="The selector, under which the public key is in the DNS.")
    ] = "katharion"
    domain: Annotated[
        str, msgspec.Meta(description="The domain that seals; empty: this host's name.")
    ] = ""
