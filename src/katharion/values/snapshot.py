"""The directory as one filter knows it: served domains, routes, next hops. Plain data."""

from enum import Enum

import msgspec

from katharion.values.policy import EffectivePolicy

SMTP_PORT = 25
OWN_ROUTE = "@own"  # Of our own mail; no name that an operator may give has an @.


class TlsDemand(Enum):
    """How much a route asks of TLS."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"  # Used where offered; the certificate is not judged.
    REQUIRED = "required"  # No TLS, no mail; the certificate is not judged.
    VERIFIED = "verified"  # Required, and the certificate must name the host.


class OnFailure(Enum):
    """What becomes of mail whose next hop is down or answers 4xx."""

    QUEUE = "queue"  # It waits with us, and the sender hears 250.
    DEFER = "defer"  # The sender hears the 4xx and keeps it.


class NextHop(msgspec.Struct, frozen=True):
    """One server that takes a route's mail. `host`: a name or an address without brackets."""

    host: str
    port: int = SMTP_PORT
    is_lmtp: bool = False


class Route(msgspec.Struct, frozen=True):
    """How mail of some domains goes on: fixed next hops, tried in order, or by MX.

    With `is_mx` the hosts come from the MX records of `mx_domain`, or of the recipient's
    domain where that is "". The queue's limits are for each destination; 0: the queue's own.
    """

    name: str
    next_hops: tuple[NextHop, ...] = ()
    is_mx: bool = False
    mx_domain: str = ""
    tls: TlsDemand = TlsDemand.OPPORTUNISTIC
    on_failure: OnFailure = OnFailure.QUEUE
    is_8bit_refused: bool = False
    answer_seconds: float = 90.0
    sessions_max: int = 20
    queue_deliveries_max: int = 0
    queue_messages_per_second_max: float = 0.0


class ServedDomain(msgspec.Struct, frozen=True):
    """One domain that we take mail for. `recipients`: local parts in lower case; None = all."""

    name: str
    tenant: str
    route: Route
    recipients: frozenset[str] | None
    policy: EffectivePolicy


class Snapshot(msgspec.Struct, frozen=True):
    """All that a filter has to know of its customers, at one revision."""

    revision: int
    domains: dict[str, ServedDomain]
    routes: dict[str, Route]
