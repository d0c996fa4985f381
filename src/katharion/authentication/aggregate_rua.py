"""Where an aggregate report may be sent: the addresses that a record names, as far as they agree.

An address outside of the organization that asks must say by DNS that it wants the reports; else
anybody could have them sent to anybody.

Sources: RFC 9990 section 4 (external destinations); RFC 9989 section 4.6; RFC 6068 section 2
(mailto).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from katharion.authentication import dmarc_record, dmarc_walk
from katharion.mail.address import Address, parse_address
from katharion.mail.domain_name import a_labels
from katharion.values.dns import Asking, DnsAnswer, DnsStatus, Question

ADDRESSES_COUNT_MAX = 5
NAME_LENGTH_MAX = 253

_MAILTO = re.compile(r"mailto:([^?]+)", re.IGNORECASE)


class Destinations(NamedTuple):
    """Where to send to. `is_known`: False where DNS did not answer, and it must be asked again."""

    addresses: tuple[Address, ...]
    is_known: bool = True


def mailbox(uri: str) -> Address | None:
    """The address of a mailto URI; None for any other (RFC 9989: ignore other schemes)."""
    found = _MAILTO.match(uri)
    address = parse_address(unquote(found[1])) if found else None
    return address if address and a_labels(address.domain) else None


def destinations(policy_domain: str, report_to: Sequence[str]) -> Asking[Destinations]:
    """Of the first few addresses those that want reports about the domain."""
    wanted = [address for uri in report_to if (address := mailbox(uri))][:ADDRESSES_COUNT_MAX]
    hosts = sorted({address.domain for address in wanted})
    if not hosts:
        return Destinations(())
    known = yield from dmarc_walk.walk([policy_domain, *hosts], {})
    organizations = {name: dmarc_walk.organization(name, known) for name in (policy_domain, *hosts)}
    ours = organizations[policy_domain]
    if not all(organizations.values()):
        return Destinations((), is_known=False)
    external = [host for host in hosts if organizations[host] != ours]
    asked = [host for host in external if len(_permit(policy_domain, host)) <= NAME_LENGTH_MAX]
    answers: dict[str, DnsAnswer] = {}
    if asked:
        got = yield tuple(Question("TXT", _permit(policy_domain, host)) for host in asked)
        answers = dict(zip(asked, got, strict=True))
    if any(answer.status is DnsStatus.FAILED for answer in answers.values()):
        return Destinations((), is_known=False)
    found: dict[Address, None] = {}
    for address in wanted:
        if address.domain not in external:
            found[address] = None
        elif answer := answers.get(address.domain):
            found.update(dict.fromkeys(_permitted(address, answer)))
    return Destinations(tuple(found))


def _permit(policy_domain: str, host: str) -> str:
    """The name that says whether `host` wants reports about the domain (steps 2 and 3)."""
    return f"{policy_domain}._report._dmarc.{host}"


def _permitted(address: Address, answer: DnsAnswer) -> Sequence[Address]:
    """The address; or those that its host names instead (steps 6 to 9)."""
    records = [record for text in answer.records if (record := dmarc_record.parse(text))]
    if not records:
        return ()
    instead = next((record.report_to for record in records if record.report_to), ())
    if not instead:
        return (address,)
    others = [other for uri in instead if (other := mailbox(uri))]
    # Of another host: "MUST NOT generate a report to either".
    is_same = all(other.domain == address.domain for other in others)
    return others[:ADDRESSES_COUNT_MAX] if is_same else ()
