"""What an operator may set of the front door."""

from typing import Annotated

import msgspec


class ListenerOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One address that mail is taken on."""

    address: Annotated[
        str, msgspec.Meta(description='Address to listen on: "0.0.0.0", "::", "127.0.0.1".')
    ] = "0.0.0.0"  # noqa: S104 # Mail comes from everywhere.
    port: Annotated[int, msgspec.Meta(description="TCP port.", ge=0, le=65_535)] = 25
    starttls: Annotated[bool, msgspec.Meta(description="Offer STARTTLS (needs [tls]).")] = True
    proxy_from: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Networks of balancers that send a PROXY header; others are closed."
        ),
    ] = ()
    refuse_bare_lf: Annotated[
        bool, msgspec.Meta(description="Refuse content with a bare LF instead of mending it.")
    ] = False


class TlsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Our certificates. A change of the files is noticed without a restart."""

    certificate: Annotated[
        str, msgspec.Meta(description="PEM file with the certificate and its chain.")
    ] = ""
    key: Annotated[str, msgspec.Meta(description="PEM file with the private key.")] = ""
    by_name: Annotated[
        dict[str, tuple[str, str]],
        msgspec.Meta(description="More by SNI name: name = [certificate, key]."),
    ] = {}
    self_signed: Annotated[
        bool,
        msgspec.Meta(description="Without a certificate, make one (ECDSA) at each start."),
    ] = True


class EdgeOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of the front door, for each filter process."""

    connections_count_max: Annotated[
        int, msgspec.Meta(description="Open connections in all.", ge=10)
    ] = 10_000
    connections_per_network_max: Annotated[
        int, msgspec.Meta(description="Open connections of one IPv4 address or IPv6 /64.", ge=1)
    ] = 100
    content_bytes_max: Annotated[
        int,
        msgspec.Meta(description="Bytes of content in memory in all; over it: 452.", ge=1_000_000),
    ] = 536_870_912
    greet_seconds: Annotated[
        float,
        msgspec.Meta(
            description="Seconds that unknown clients wait for our greeting; 0: none. Who speaks"
            " before it gives himself away.",
            ge=0,
            le=20,
        ),
    ] = 0.0
    command_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds for one command to come.", ge=1)
    ] = 300.0
    content_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds for one content to come.", ge=1)
    ] = 900.0
    connection_seconds_max: Annotated[
        float, msgspec.Meta(description="Seconds that a connection may last.", ge=10)
    ] = 7200.0
