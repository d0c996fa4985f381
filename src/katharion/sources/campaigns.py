"""What our records say of campaigns: messages that are nearly the same, whoever gets them.

As in `sources/memory.py` only what was found apart from these memories is evidence.
"""

from collections.abc import Mapping
from zlib import crc32

import msgspec

from katharion.sources.memory import DOMAINS_COUNT_MAX, NOTHING, Deed, add, deed_of, network_of
from katharion.values.campaign import SEEN_COUNT_MAX, Campaign
from katharion.values.track import TrackRecord

DOMAIN_LENGTH_MAX = 80  # A stranger wrote it.
RELEASED_COUNT = 3.0  # A person's word counts like so many verdicts.


def mark(name: str) -> str:
    """What stands for a tenant or a network: enough to count them, and small."""
    return f"{crc32(name.encode('utf-8', 'replace')):x}"


def with_message(campaign: Campaign | None, id: str, record: TrackRecord) -> Campaign:  # noqa: A002 # The field's name.
    """The campaign with one message more; a new one named `id` where there was none."""
    at, deed = record.at, _deed(record)
    if campaign is None:
        campaign = Campaign(id, NOTHING._replace(first_at=at, last_at=at))
    is_first_spam = deed == "spam" and not campaign.past.spam
    address = (record.authenticity and record.authenticity.client_address) or record.client_address
    network = network_of(address)
    blamed = campaign.blamed
    if deed == "spam" and record.authenticity is not None:
        for proven in sorted(record.authenticity.proven_domains)[:DOMAINS_COUNT_MAX]:
            blamed = _with(blamed, proven[:DOMAIN_LENGTH_MAX], at)
    domain = record.sender.rpartition("@")[2].lower()[:DOMAIN_LENGTH_MAX]
    return Campaign(
        campaign.id,
        add(campaign.past, deed, at),
        campaign.messages_count + 1,
        _with(campaign.tenants, mark(record.tenant), at),
        _with(campaign.networks, mark(network), at) if network else campaign.networks,
        _with(campaign.domains, domain, at) if domain else campaign.domains,
        record.message_id if is_first_spam else campaign.sample_id or record.message_id,
        blamed,
    )


def with_release(campaign: Campaign, at: float) -> Campaign:
    """The campaign, of which a person has released a message: it was no spam."""
    past = campaign.past.at(max(at, campaign.past.last_at))
    changed = past._replace(spam=max(0.0, past.spam - 1.0), clean=past.clean + RELEASED_COUNT)
    return msgspec.structs.replace(campaign, past=changed)


def _deed(record: TrackRecord) -> Deed:
    """What its verdict says; of what says nothing it is only counted that it was there."""
    return deed_of(record) or "unknown"


def _with(seen: Mapping[str, float], name: str, at: float) -> dict[str, float]:
    """With one more; where there are too many, the one that was seen the longest ago goes."""
    now = {**seen, name: max(at, seen.get(name, 0.0))}
    if len(now) > SEEN_COUNT_MAX:
        del now[min(now, key=now.__getitem__)]
    return now
