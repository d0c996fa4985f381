"""Mailings: the same text at many tenants, what was spam before, and bulk that is listed.

Listed mail is a class of its own: it says how to leave (List-Unsubscribe), its author is proven,
and has sent good mail here before. It is no spam for being much.

Sources: RFC 2369 section 3.2, RFC 8058 (List-Unsubscribe); DESIGN section 8.
"""

from collections.abc import Iterable

from katharion.pipeline.transaction import Transaction
from katharion.ports import Campaigns, History
from katharion.sources.campaigns import mark
from katharion.values.authenticity import Result
from katharion.values.campaign import Campaign, seen_since
from katharion.values.verdict import BULK_LISTED, Finding

NAME = "campaign"
# "Many" is counted within so many seconds.
BURST_SECONDS = 900.0
TENANTS_COUNT_MIN, NETWORKS_COUNT_MIN = 4, 6  # Of tenants as an operator may set it.
TENANTS_WEIGHT, TENANT_WEIGHT, TENANTS_WEIGHT_MAX = 1.0, 0.25, 2.0
NETWORKS_WEIGHT = 1.0
# By kind: messages that must have been spam, the share of them, points.
SPAM = {"text": (3.0, 0.8, 3.0), "file": (3.0, 0.9, 2.5), "link": (5.0, 0.9, 1.5)}
LISTED_WEIGHT = -0.5
KNOWN_CLEAN_COUNT_MIN, KNOWN_SPAM_SHARE_MAX = 2.0, 0.2
KNOWN_SECONDS_MIN = 2 * 86_400.0  # Else the first letters of a mailing would vouch for the rest.

_WHAT = {"text": "A text", "file": "A file", "link": "A link"}


class Mailings:
    """The check, over what is remembered."""

    def __init__(
        self, campaigns: Campaigns, history: History, tenants_count_min: int = TENANTS_COUNT_MIN
    ) -> None:
        """`tenants_count_min`: so many are many."""
        self._campaigns = campaigns
        self._history = history
        self._tenants_count_min = tenants_count_min

    def judge(self, transaction: Transaction) -> tuple[Finding, ...]:
        """Findings of the campaigns that the message belongs to, and whether it is listed bulk."""
        prints = transaction.prints
        found = (self._campaigns.campaigns_of(prints) if prints else None) or {}
        campaigns, now = _distinct(found), transaction.now
        spam = tuple(finding for one in campaigns for finding in _spam(one, now))
        many = tuple(finding for one in campaigns for finding in self._many(one, transaction))
        is_listed = bool(transaction.message.first(b"list-unsubscribe"))
        authors = _authors(transaction) if is_listed or spam or many else ()
        if not authors:
            return spam + many
        if not self._is_known(authors, now):
            return (NEW, *spam, *many) if is_listed else spam + many
        # Whoever copies what a known sender writes does him no harm; his own spam does.
        blamed = [one for one in campaigns if not one.blamed.keys().isdisjoint(authors)]
        spam = tuple(finding for one in blamed for finding in _spam(one, now))
        return (LISTED,) if is_listed and not spam else spam

    def _is_known(self, authors: tuple[str, ...], now: float) -> bool:
        """Whether one of the domains has sent good mail for some days."""
        pasts = self._history.look_up([f"domain:{name}" for name in authors]) or {}
        for past in (past.at(now) for past in pasts.values()):
            is_old = now - past.first_at >= KNOWN_SECONDS_MIN
            is_good = past.clean >= KNOWN_CLEAN_COUNT_MIN
            if is_old and is_good and past.spam_share <= KNOWN_SPAM_SHARE_MAX:
                return True
        return False

    def _many(self, campaign: Campaign, transaction: Transaction) -> Iterable[Finding]:
        """Of texts alone: the same links and files are in everybody's mail.

        Not of notifications (RFC 5321 section 4.5.5): servers of one make all say the same.
        """
        if campaign.kind != "text" or transaction.envelope.sender is None:
            return
        since = transaction.now - BURST_SECONDS
        tenants = seen_since(campaign.tenants, since) | {mark(transaction.tenant)}
        networks = seen_since(campaign.networks, since)
        if len(tenants) < self._tenants_count_min:
            return
        above = TENANT_WEIGHT * (len(tenants) - self._tenants_count_min)
        weight = min(TENANTS_WEIGHT + above, TENANTS_WEIGHT_MAX)
        shown = f"{campaign.id}: {len(tenants)} in {BURST_SECONDS / 60:.0f} minutes"
        sentence = "The same text came to many of our customers within minutes."
        yield Finding("BULK_MANY_TENANTS", weight, sentence, shown)
        if len(networks) >= NETWORKS_COUNT_MIN:
            sentence = "The same text comes from many networks at once."
            shown = f"{campaign.id}: {len(networks)} in {BURST_SECONDS / 60:.0f} minutes"
            yield Finding("BULK_MANY_NETWORKS", NETWORKS_WEIGHT, sentence, shown)


LISTED = Finding(
    BULK_LISTED,
    LISTED_WEIGHT,
    "It is a mailing: it says how to leave, and its sender is proven and known.",
)
NEW = Finding(
    "BULK_NEW",
    0.0,
    "It says that it is a mailing, of a sender who is proven, but has not written here for long.",
)


def _authors(transaction: Transaction) -> tuple[str, ...]:
    """The proven domains that are the author's: by DMARC, or by a DKIM signature of his domain.

    A mailing service signs for whoever pays it: its own domain vouches for nobody.
    """
    found, author = transaction.authenticity, transaction.reading.author.domain
    if not author:
        return ()
    dmarc = found.dmarc
    if dmarc is not None and dmarc.result is Result.PASS:
        above = dmarc.organization or dmarc.domain or author
        proven = found.proven_domains
    else:
        above = author
        signed = {one.domain.lower() for one in found.dkim if one.result is Result.PASS}
        proven = found.proven_domains & signed
    return tuple(sorted(one for one in proven if _is_within(one, above) or _is_within(author, one)))


def _is_within(domain: str, above: str) -> bool:
    return domain == above or domain.endswith("." + above)


def _distinct(found: dict[str, Campaign]) -> list[Campaign]:
    """Of each kind the campaign that speaks the loudest."""
    loudest: dict[str, Campaign] = {}
    for one in found.values():
        other = loudest.get(one.kind)
        if other is None or (one.past.spam, one.messages_count) > (
            other.past.spam,
            other.messages_count,
        ):
            loudest[one.kind] = one
    return [loudest[kind] for kind in SPAM if kind in loudest]


def _spam(campaign: Campaign, now: float) -> Iterable[Finding]:
    past = campaign.past.at(now)
    count_min, share_min, weight = SPAM[campaign.kind]
    if past.spam >= count_min and past.spam_share >= share_min:
        name = "CAMPAIGN_SPAM" if campaign.kind == "text" else f"CAMPAIGN_SPAM_{campaign.kind}"
        shown = f"{campaign.id}: {past.spam:.0f} of {past.judged:.0f} lately"
        sentence = f"{_WHAT[campaign.kind]} like this was spam here before."
        yield Finding(name.upper(), round(weight * past.spam_share, 2), sentence, shown)
