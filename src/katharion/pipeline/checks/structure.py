"""The form of the content: what two mail programs read in two ways, and what was not seen whole.

Weights are small where honest programs do it too (measured on real mail), larger where only one
who hides something from a filter would.

Source: RFC 2045, RFC 2046, RFC 2183, RFC 2231.
"""

from katharion.pipeline.transaction import Transaction
from katharion.values.reading import Oddity
from katharion.values.verdict import Finding

# By the oddity's name: points, and what is wrong.
_ODDITIES = {
    "BASE64_BROKEN": (0.3, "A part holds what can't stand in its transfer encoding."),
    "BOUNDARY_LONG": (0.2, "The line between the parts is longer than allowed."),
    "BOUNDARY_MISSING": (0.5, "The message says that it has parts, and not where they begin."),
    "BOUNDARY_UNCLOSED": (0.5, "The last part has no end."),
    "BOUNDARY_UNUSED": (0.0, "The message says that it has parts, and has none."),
    "CHARSET_MISSING": (0.3, "A text does not say which character set it is in."),
    "CHARSET_UNKNOWN": (0.3, "A text is in a character set that nobody knows."),
    "CHARSET_WRONG": (0.1, "A text is not in the character set that it says it is in."),
    "ENCODING_UNKNOWN": (0.5, "A part is in a transfer encoding that nobody knows."),
    "HEADER_MISSING": (0.2, "A part begins without its header."),
    "MULTIPART_ENCODED": (1.0, "Parts are hidden in an encoding that parts may not be in."),
    "NAMES_DISAGREE": (0.5, "A file has two names, and programs show one or the other."),
    "PARAMETER_TWICE": (
        0.2,
        "A part says two things about itself, and programs pick one.",
    ),
    "PART_BEHIND_END": (1.0, "A part stands behind the last one; some programs show it."),
    "PART_FIELD_TWICE": (1.0, "A part says twice what it is, and programs pick one."),
    "TYPE_MALFORMED": (0.5, "A part does not say properly what it is."),
}
# What is cut is told in one finding.
_CUTS = ("DEPTH_GREAT", "HEADERS_LONG", "PARTS_MANY", "TEXT_LONG")
_CUT_SENTENCE = "partially scanned: of a very large message only the beginning and end are read."


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """One finding an oddity, and one where the message was not read whole."""
    reading = transaction.reading
    findings = [_finding(oddity) for oddity in reading.oddities if oddity.name in _ODDITIES]
    if reading.is_cut:
        shown = ", ".join(
            f"{oddity.name} {oddity.evidence}".strip()
            for oddity in reading.oddities
            if oddity.name in _CUTS
        )
        findings.append(Finding("PARTIALLY_SCANNED", 0.0, _CUT_SENTENCE, shown))
    return tuple(findings)


def _finding(oddity: Oddity) -> Finding:
    weight, sentence = _ODDITIES[oddity.name]
    return Finding(oddity.name, weight, sentence, oddity.evidence)
