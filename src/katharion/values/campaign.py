"""What is remembered of messages that are nearly the same: of one text, one link or one file."""

from collections.abc import Mapping, Sequence

import msgspec

from katharion.values.history import Past

JOINED_KIND = "text"
SEEN_COUNT_MAX = 32  # Tenants and networks that are told apart, the last ones; domains likewise.


class Campaign(msgspec.Struct, frozen=True):
    """`id` begins with its kind, "text:", "link:" or "file:", and is a fingerprint of its first.

    `past` counts its messages, fading; `past.unknown` are those whose verdict says nothing.
    `tenants` and `networks` (by numbers of theirs) and `domains` (of senders, as they said) have
    when they were last seen; `blamed` the domains that are proven to have sent spam of it.
    `sample_id`: a message of ours, of spam where there is any.
    """

    id: str
    past: Past
    messages_count: int = 0
    tenants: dict[str, float] = {}
    networks: dict[str, float] = {}
    domains: dict[str, float] = {}
    sample_id: str = ""
    blamed: dict[str, float] = {}

    @property
    def kind(self) -> str:
        """Of what it is: "text", "link" or "file"."""
        return self.id.partition(":")[0]


def seen_since(seen: Mapping[str, float], at: float) -> set[str]:
    """Those that were seen at or after a time."""
    return {name for name, last_at in seen.items() if last_at >= at}


def grouped(prints: Sequence[str]) -> list[list[str]]:
    """Fingerprints by what they lead to: those of a text to one campaign, others to one each."""
    texts = [one for one in prints if one.startswith(f"{JOINED_KIND}:")]
    others = [[one] for one in prints if not one.startswith(f"{JOINED_KIND}:")]
    return [texts, *others] if texts else others
