"""What the SMTP session noticed: line ends and lengths, and clients that do not wait their turn.

Source: RFC 5321 sections 2.3.8 and 3.1; RFC 5322 section 2.1.1; RFC 2920 section 3.1.
"""

from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Finding

_KNOWN = {
    "BARE_LF": Finding("BARE_LF", 0.5, "Lines end without CR; they were mended."),
    "EARLY_TALKER": Finding(
        "EARLY_TALKER", 2.5, "The sender's program spoke before it was greeted, as no server does."
    ),
    "HASTY_HELLO": Finding(
        "HASTY_HELLO", 1.5, "The sender's program did not wait to hear what we offer."
    ),
    "LONG_LINE": Finding("LONG_LINE", 0.2, "A line is longer than 998 octets."),
}


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """Turn the session's findings into findings."""
    return tuple(_KNOWN[name] for name in transaction.session_findings if name in _KNOWN)
