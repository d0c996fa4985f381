"""What can't be asked again about a client once it is gone."""

import msgspec

from katharion.values.authenticity import Authenticity


class TlsFacts(msgspec.Struct, frozen=True):
    """The TLS session: `version` such as "TLSv1.3", `cipher` by its IANA or OpenSSL name."""

    version: str
    cipher: str
    sni: str = ""


class ClientFacts(msgspec.Struct, frozen=True):
    """One client connection, as it stood when the message came.

    `client_address` is the sender's own (behind a PROXY header: the one it names), without
    brackets. `helo` is what the client said, printable, at most 255 octets. `authenticity`:
    what was found of the message's sender; None before it was asked.
    """

    client_address: str
    client_port: int
    listener: str
    helo: str = ""
    is_esmtp: bool = False
    tls: TlsFacts | None = None
    received_at: float = 0.0
    authenticity: Authenticity | None = None
