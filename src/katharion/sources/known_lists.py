"""Well-known public lists, with the codes that their owners document.

None is asked unless the operator names it (`[blocklists.NAME]`): each has conditions of its
own, and learns from whom we get mail. `demands` says what it asks of those who use it.
"""

from typing import NamedTuple

from katharion.sources.options import BlocklistOptions, Subject

_SPAMHAUS = (
    "Free for little mail of non-commercial users, by a resolver of their own (no public one);"
    " others need a key (DQS), and write zone = with it."
)
_FREE = "Free for everybody, without registration."


class Known(NamedTuple):
    """One list: what it demands of its users, and how it is read."""

    demands: str
    options: BlocklistOptions


def _known(
    demands: str,
    zone: str,
    meanings: dict[str, tuple[float, str]],
    asks: tuple[Subject, ...] = ("address",),
    *,
    tests: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
) -> Known:
    """`tests`: answers that refuse the question, and what is always listed."""
    errors, bad = tests
    answers = {code: weight for code, (weight, _) in meanings.items()}
    sentences = {code: sentence for code, (_, sentence) in meanings.items()}
    options = BlocklistOptions(zone, answers, asks, sentences=sentences, errors=errors, bad=bad)
    return Known(demands, options)


_DBL: dict[str, tuple[float, str]] = {
    "127.0.1.2": (3.0, "A name in it has a bad reputation (Spamhaus DBL)."),
    "127.0.1.4": (4.0, "A name in it is used for phishing (Spamhaus DBL)."),
    "127.0.1.5": (4.0, "A name in it spreads malware (Spamhaus DBL)."),
    "127.0.1.6": (4.0, "A name in it commands infected machines (Spamhaus DBL)."),
    "127.0.1.102/31": (1.5, "A site named in it is abused (Spamhaus DBL)."),
    "127.0.1.104/31": (2.0, "A site named in it was broken into (Spamhaus DBL)."),
    "127.0.1.106": (2.0, "A site named in it was broken into (Spamhaus DBL)."),
}
_NAMES: tuple[Subject, ...] = ("helo", "ptr", "sender", "author", "signer", "links")

KNOWN = {
    "spamhaus-zen": _known(
        _SPAMHAUS,
        "zen.spamhaus.org",
        {
            "127.0.0.2": (3.5, "The sender's server is known to send spam (Spamhaus SBL)."),
            "127.0.0.3": (3.0, "The sender's server was seen to send spam (Spamhaus CSS)."),
            "127.0.0.4/30": (3.5, "The sender's machine is infected or abused (Spamhaus XBL)."),
            "127.0.0.9": (4.0, "The sender's network is run by criminals (Spamhaus DROP)."),
            "127.0.0.10/31": (
                2.0,
                "By its provider's word the sender's address sends no mail (Spamhaus PBL).",
            ),
        },
    ),
    "spamhaus-dbl": _known(
        _SPAMHAUS,
        "dbl.spamhaus.org",
        _DBL,
        _NAMES,
        tests=(("127.0.1.255",), ("dbltest.com",)),
    ),
    "spamcop": _known(
        _FREE,
        "bl.spamcop.net",
        {"127.0.0.2": (2.0, "The sender's server was reported for spam of late (SpamCop).")},
    ),
    "psbl": _known(
        _FREE,
        "psbl.surriel.com",
        {"127.0.0.2": (2.0, "The sender's server wrote to traps for spam (PSBL).")},
    ),
    "mailspike": _known(
        "Free up to 100,000 questions a day, without registration.",
        "bl.mailspike.net",
        {
            "127.0.0.2": (2.5, "The sender's server takes part in a wave of spam (Mailspike)."),
            "127.0.0.10": (3.0, "The sender's server has the worst reputation (Mailspike)."),
            "127.0.0.11": (2.5, "The sender's server has a very bad reputation (Mailspike)."),
            "127.0.0.12": (1.5, "The sender's server has a bad reputation (Mailspike)."),
        },
    ),
    "uceprotect": _known(
        _FREE,
        "dnsbl-1.uceprotect.net",
        {"127.0.0.2": (1.0, "The sender's server wrote to traps for spam (UCEPROTECT 1).")},
    ),
    "barracuda": _known(
        "Free after the addresses of your resolvers are registered.",
        "b.barracudacentral.org",
        {"127.0.0.2": (2.5, "The sender's server has a bad reputation (Barracuda).")},
    ),
    "surbl": _known(
        "Free for small users by a resolver of their own; others need a subscription.",
        "multi.surbl.org",
        {
            "127.0.0.0&8": (4.0, "A link in it leads to phishing (SURBL)."),
            "127.0.0.0&16": (4.0, "A link in it leads to malware (SURBL)."),
            "127.0.0.0&64": (3.0, "A link in it is known from spam (SURBL)."),
            "127.0.0.0&128": (1.5, "A link in it leads to a site that was broken into (SURBL)."),
        },
        ("links",),
        tests=(("127.0.0.1",), ("surbl-org-permanent-test-point.com",)),
    ),
    "uribl": _known(
        "Free for little mail by a resolver of your own; others need a data feed.",
        "multi.uribl.com",
        {
            "127.0.0.0&2": (3.0, "A link in it is known from spam (URIBL black)."),
            "127.0.0.0&4": (0.5, "A link in it is known from bulk mail (URIBL grey)."),
            "127.0.0.0&8": (1.0, "A link in it is suspected of spam (URIBL red)."),
        },
        ("links",),
        tests=(("127.0.0.1",), ("2.0.0.127",)),
    ),
    "dnswl": _known(
        "Free up to 100,000 questions a day by a resolver of your own; those who filter for"
        " others need a subscription.",
        "list.dnswl.org",
        {
            "127.0.*.1": (-0.7, "The sender's server is known to send little spam (DNSWL)."),
            "127.0.*.2": (-2.0, "The sender's server is known to send hardly any spam (DNSWL)."),
            "127.0.*.3": (-3.0, "The sender's server is known never to send spam (DNSWL)."),
        },
        tests=(("127.0.0.255",), ()),
    ),
}
