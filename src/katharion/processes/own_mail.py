"""Our own mail, put together from the configuration: who writes, by which way, signed how.

Job: none of its own; it is read by the queue runner, the supervisor and the command line.
Trust: that of the process that uses it: it reads the private key.
Talks to: nobody.
Holds: the key in memory.
Dies: with its process.
Standards: RFC 6376.
"""

from pathlib import Path

from katharion.authentication.dkim_sign import KeyUnusableError, SigningKey, read_key, sign
from katharion.config.options import Config
from katharion.mail.address import Address, parse_address
from katharion.queue.notice import OwnMail


class OwnMailError(Exception):
    """Our own mail can't be sent as configured; says why and what to do."""


def make_own_mail(config: Config) -> OwnMail:
    """Who we are when we write. OwnMailError where the key can't be used."""
    key = signing_key(config)

    def signature(content: bytes, at: float) -> bytes:
        return sign(content, key, at) if key is not None else b""

    return OwnMail(config.hostname, own_address(config), signature)


def own_address(config: Config) -> Address:
    """What stands in From: as configured, or our postmaster."""
    host = Address("postmaster", config.hostname.lower())
    return parse_address(config.own_mail.sender) or parse_address(config.postmaster) or host


def signing_key(config: Config) -> SigningKey | None:
    """The key that signs; None where none is configured."""
    options = config.own_mail
    if not options.dkim_key:
        return None
    domain = options.dkim_domain or own_address(config).domain
    try:
        return read_key(Path(options.dkim_key).read_bytes(), domain, options.dkim_selector)
    except OSError as error:
        raise OwnMailError(
            f"own_mail.dkim_key: {options.dkim_key} can't be read ({error.strerror})."
            " Give the file to the user that runs katharion."
        ) from error
    except KeyUnusableError as error:
        raise OwnMailError(f"own_mail.dkim_key: {options.dkim_key}: {error}.") from error
