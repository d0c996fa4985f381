"""What the SMTP session noticed of the content: line ends and lengths.

Source: RFC 5321 section 2.3.8; RFC 5322 section 2.1.1.
"""

from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Finding

_KNOWN = {
    "BARE_LF": Finding("BARE_LF", 0.5, "Lines end without CR; they were mended."),
    "LONG_LINE": Finding("LONG_LINE", 0.2, "A line is longer than 998 octets."),
}


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """Turn the session's findings into findings."""
    return tuple(_KNOWN[name] for name in transaction.session_findings if name in _KNOWN)
