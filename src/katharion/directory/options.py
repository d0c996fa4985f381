"""What an operator writes of customers: tenants, routes, policies, domains."""

from typing import Annotated, Literal

import msgspec

from katharion.values.policy import Action, DmarcMode, FailMode
from katharion.values.snapshot import OnFailure, TlsDemand


class RouteOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How mail of some domains goes on."""

    next_hops: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description='Servers as "host:port" or "[2001:db8::1]:25", tried in this order.'
        ),
    ] = ()
    mx: Annotated[bool, msgspec.Meta(description="Find the servers by MX records instead.")] = False
    mx_domain: Annotated[
        str, msgspec.Meta(description="The domain whose MX is asked; empty: the recipient's.")
    ] = ""
    lmtp: Annotated[bool, msgspec.Meta(description="Speak LMTP (RFC 2033) to them.")] = False
    tls: Annotated[
        TlsDemand,
        msgspec.Meta(description='TLS: "none", "opportunistic", "required" or "verified".'),
    ] = TlsDemand.OPPORTUNISTIC
    on_failure: Annotated[
        OnFailure,
        msgspec.Meta(description='Next hop away: "queue" (we answer 250), or "defer" (4xx).'),
    ] = OnFailure.QUEUE
    refuse_8bit: Annotated[
        bool, msgspec.Meta(description="Refuse 8-bit content where 8BITMIME is not offered.")
    ] = False
    answer_seconds: Annotated[
        float,
        msgspec.Meta(description="Seconds until the client hears something.", ge=1, le=280),
    ] = 90.0
    sessions_max: Annotated[
        int, msgspec.Meta(description="Sessions to one server from one process.", ge=1, le=1000)
    ] = 20
    queue_deliveries_max: Annotated[
        int,
        msgspec.Meta(
            description="Deliveries of the queue at once; 0: queue.deliveries_per_route_max.",
            ge=0,
            le=1000,
        ),
    ] = 0
    queue_messages_per_second_max: Annotated[
        float,
        msgspec.Meta(
            description="Deliveries of the queue a second; 0: queue.messages_per_second_max.",
            ge=0,
        ),
    ] = 0.0


class PolicyOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done with which verdict."""

    probable_score: Annotated[
        float, msgspec.Meta(description="Points from which mail is probable spam.", gt=0)
    ] = 5.0
    definite_score: Annotated[
        float, msgspec.Meta(description="Points from which mail is definite spam.", gt=0)
    ] = 10.0
    probable_action: Annotated[
        Action,
        msgspec.Meta(
            description="Probable spam: deliver, tag, redirect, quarantine, reject or discard."
        ),
    ] = Action.QUARANTINE
    definite_action: Annotated[
        Action, msgspec.Meta(description="Definite spam: the same choice.")
    ] = Action.QUARANTINE
    blocked_action: Annotated[
        Action, msgspec.Meta(description="Senders on the block list: the same choice.")
    ] = Action.REJECT
    redirect_to: Annotated[
        str, msgspec.Meta(description='Where "redirect" sends to: an address of a served domain.')
    ] = ""
    subject_tag: Annotated[
        str, msgspec.Meta(description='What "tag" puts before the subject.', max_length=40)
    ] = "[SPAM] "
    fail_mode: Annotated[
        FailMode,
        msgspec.Meta(description='A check could not be done: "ignore", "defer" or "hold".'),
    ] = FailMode.IGNORE
    quarantine_days: Annotated[
        int, msgspec.Meta(description="Days that quarantined mail is kept.", ge=1, le=3650)
    ] = 30
    allow: Annotated[
        tuple[str, ...],
        msgspec.Meta(description='"user@domain", "@domain" or "network/bits" that speak for it.'),
    ] = ()
    block: Annotated[
        tuple[str, ...], msgspec.Meta(description="The same forms, that are blocked.")
    ] = ()
    dmarc: Annotated[
        DmarcMode,
        msgspec.Meta(
            description='Mail that fails DMARC: "score", "quarantine", or "follow" the domain.'
        ),
    ] = DmarcMode.QUARANTINE
    trusted_sealers: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Domains of lists and forwarders whose ARC seals are believed."),
    ] = ()
    greylist: Annotated[
        bool,
        msgspec.Meta(
            description="Ask sources that nobody knows and that prove nothing to come again."
        ),
    ] = False


class DomainOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One domain that we take mail for."""

    route: Annotated[str, msgspec.Meta(description="The name of its route.")]
    recipients: Annotated[
        tuple[str, ...] | Literal["all"],
        msgspec.Meta(description='Local parts that exist, or "all".'),
    ]
    tenant: Annotated[str, msgspec.Meta(description="Whose domain it is.")] = "default"
    policy: Annotated[str, msgspec.Meta(description="The name of its policy.")] = "default"
