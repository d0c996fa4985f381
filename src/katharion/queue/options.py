"""What an operator may set of the queue."""

from typing import Annotated

import msgspec

from katharion.values.snapshot import TlsDemand

DAY_SECONDS = 86_400.0


class QueueOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How held mail is tried again (RFC 5321 section 4.5.4.1)."""

    retry_seconds: Annotated[
        tuple[float, ...],
        msgspec.Meta(
            description="Seconds between attempts; the last holds for all that follow.",
            min_length=1,
        ),
    ] = (60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
    expiry_days: Annotated[
        float, msgspec.Meta(description="Days after which mail is given up.", gt=0, le=30)
    ] = 5.0
    deliveries_max: Annotated[
        int, msgspec.Meta(description="Deliveries at once in all.", ge=1, le=10_000)
    ] = 50
    long_deliveries_max: Annotated[
        int,
        msgspec.Meta(
            description="Deliveries that last over 2 s, at once, beside the others.",
            ge=1,
            le=10_000,
        ),
    ] = 400
    deliveries_per_route_max: Annotated[
        int,
        msgspec.Meta(
            description="Deliveries at once to one destination; a route may say otherwise.",
            ge=1,
            le=1000,
        ),
    ] = 10
    messages_per_second_max: Annotated[
        float,
        msgspec.Meta(
            description="Deliveries a second to one destination; 0: as fast as it takes them.",
            ge=0,
        ),
    ] = 0.0
    attempt_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds for one attempt.", ge=10, le=660)
    ] = 660.0
    lease_seconds: Annotated[
        float,
        msgspec.Meta(description="Seconds a claim lasts; must be longer than an attempt.", ge=20),
    ] = 900.0
    backoff_seconds_max: Annotated[
        float,
        msgspec.Meta(description="Longest pause of a route that can't be reached.", ge=1),
    ] = 300.0
    bounces_per_hour_max: Annotated[
        int,
        msgspec.Meta(description="Notifications to senders within an hour, in all.", ge=0),
    ] = 1000
    bounces_per_domain_hour_max: Annotated[
        int,
        msgspec.Meta(description="Notifications to one sender's domain within an hour.", ge=0),
    ] = 50
    delay_warning_hours: Annotated[
        float,
        msgspec.Meta(
            description="Hours until a sender is told that it takes long; 0: never.", ge=0
        ),
    ] = 0.0


class OwnMailOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mail that we write ourselves, such as notifications of what could not be delivered."""

    sender: Annotated[
        str, msgspec.Meta(description="The address in From; empty: the postmaster's.")
    ] = ""
    next_hops: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Smart hosts as host:port; empty: the recipients' own servers (MX)."
        ),
    ] = ()
    tls: Annotated[
        TlsDemand,
        msgspec.Meta(description="TLS to them: none, opportunistic, required or verified."),
    ] = TlsDemand.OPPORTUNISTIC
    dkim_key: Annotated[
        str, msgspec.Meta(description="PEM file of the key that signs (RSA or Ed25519).")
    ] = ""
    dkim_selector: Annotated[
        str, msgspec.Meta(description="The selector, under which the public key is in the DNS.")
    ] = "katharion"
    dkim_domain: Annotated[
        str, msgspec.Meta(description="The domain that signs; empty: that of the sender.")
    ] = ""
