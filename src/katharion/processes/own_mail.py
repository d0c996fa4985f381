"""What we sign, put together from the configuration: our own mail, and seals of what we pass on.

Job: none of its own; it is read by filters, queue runner, supervisor and command line.
Trust: that of the process that uses it: it reads the private key.
Talks to: nobody.
Holds: the keys in memory.
Dies: with its process.
Standards: RFC 6376, RFC 8617.
"""

from pathlib import Path

from katharion.adapters.relay.pool import Seal
from katharion.authentication import arc_seal
from katharion.authentication.dkim_sign import KeyUnusableError, SigningKey, read_key, sign
from katharion.config.options import Config
from katharion.mail.address import Address, parse_address
from katharion.ports import Clock, Delivery
from katharion.queue.notice import OwnMail
from katharion.values.authenticity import NOTHING_KNOWN


class OwnMailError(Exception):
    """What is to be signed can't be as configured; says why and what to do."""


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
    """The key that signs our own mail; None where none is configured."""
    options = config.own_mail
    domain = options.dkim_domain or own_address(config).domain
    return _key("own_mail.dkim_key", options.dkim_key, domain, options.dkim_selector)


def sealing_key(config: Config) -> SigningKey | None:
    """The key that seals what we pass on; None where none is configured."""
    options = config.arc
    return _key("arc.key", options.key, options.domain or config.hostname, options.selector)


def make_seal(config: Config, clock: Clock) -> Seal | None:
    """What seals deliveries; None where no key is configured. OwnMailError where it is unfit."""
    key = sealing_key(config)
    if key is None:
        return None
    hostname, own = config.hostname, key

    def seal(delivery: Delivery) -> bytes:
        if delivery.found is None or delivery.found == NOTHING_KNOWN:
            return b""
        return arc_seal.seal(
            delivery.content, delivery.found, own, hostname=hostname, at=clock.wall()
        )

    return seal


def _key(option: str, path: str, domain: str, selector: str) -> SigningKey | None:
    if not path:
        return None
    try:
        return read_key(Path(path).read_bytes(), domain, selector)
    except OSError as error:
        raise OwnMailError(
            f"{option}: {path} can't be read ({error.strerror})."
            " Give the file to the user that runs katharion."
        ) from error
    except KeyUnusableError as error:
        raise OwnMailError(f"{option}: {path}: {error}.") from error
