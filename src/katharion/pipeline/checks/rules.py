"""What rules find: texts, links and headers that say what spam says, each with its reason.

Together they count less than what holds a message; a group counts up to its cap.
"""

from collections.abc import Callable

from katharion.content.rules.engine import RuleSet, findings_of
from katharion.content.rules.facts import FACTS, Given
from katharion.content.rules.rule import Place
from katharion.pipeline.transaction import Transaction
from katharion.values.reading import NOTHING_READ, LinkKind, Reading
from katharion.values.verdict import Finding

NAME = "rules"
LINKS_LOOKED_AT = 200
WORDS_LENGTH_FULL = 5000  # Characters; in longer texts, words count less.
HEADER_OCTETS_MAX = 32 * 1024


class RulesCheck:
    """The check, over a set of rules that may be exchanged between two messages."""

    def __init__(self, rules: Callable[[], RuleSet]) -> None:
        self._rules = rules

    def judge(self, transaction: Transaction) -> tuple[Finding, ...]:
        """One finding a rule that weighs."""
        if transaction.reading is NOTHING_READ:
            return ()
        given = Given(transaction.message, transaction.reading)
        known: dict[str, bool] = {}

        def fact(name: str) -> bool:
            if name not in known:
                known[name] = FACTS[name](given)
            return known[name]

        chosen = self._rules()
        hits = chosen.judge(lambda place: VIEWS[place](given), fact)
        # Long texts, as of newspapers, have all kinds of words in them.
        length = max(len(transaction.reading.text), WORDS_LENGTH_FULL)
        return findings_of(hits, chosen.rules.caps, WORDS_LENGTH_FULL / length)


def _links(reading: Reading) -> str:
    return "\n".join([link.target for link in reading.links[:LINKS_LOOKED_AT]])


def _hosts(reading: Reading) -> str:
    return "\n".join([link.host for link in reading.links[:LINKS_LOOKED_AT] if link.host])


def _shown(reading: Reading) -> str:
    anchors = [link for link in reading.links[:LINKS_LOOKED_AT] if link.kind is LinkKind.ANCHOR]
    return "\n".join([link.text for link in anchors if link.text])


def _header(given: Given) -> str:
    message = given.message
    octets = message.content[: min(message.header_end, HEADER_OCTETS_MAX)]
    return octets.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").decode("utf-8", "replace")


VIEWS: dict[Place, Callable[[Given], str]] = {
    "subject": lambda given: given.reading.subject,
    "author": lambda given: f"{given.reading.author.name} <{given.reading.author.address}>",
    "reply_to": lambda given: f"{given.reading.reply_to.name} <{given.reading.reply_to.address}>",
    "text": lambda given: " ".join(given.reading.text.split()),
    "hidden": lambda given: " ".join(part.hidden for part in given.reading.texts if part.hidden),
    "markup": lambda given: "\n".join([p.markup for p in given.reading.texts if p.is_html]),
    "target": lambda given: _links(given.reading),
    "host": lambda given: _hosts(given.reading),
    "link_text": lambda given: _shown(given.reading),
    "file": lambda given: "\n".join([each.name for each in given.reading.attachments]),
    "header": _header,
}
