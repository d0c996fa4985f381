"""Header sanity: the fields that a message must have, and those that it may have only once.

Source: RFC 5322 section 3.6.
"""

from email.utils import parsedate_to_datetime

from katharion.mail.message import Message, decode_words, printable
from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Finding

FUTURE_SECONDS_MAX = 2 * 86_400.0
PAST_SECONDS_MAX = 90 * 86_400.0
DATE_OCTETS_MAX = 100
EVIDENCE_LENGTH_MAX = 100
OCTETS_8BIT_MAX = 64 * 1024  # So far it is looked for characters that are not ASCII.

_ONCE = (b"from", b"sender", b"reply-to", b"to", b"cc", b"message-id", b"subject", b"date")


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """Look at the header as a whole, then at From, Message-ID and Date."""
    message = transaction.message
    return (
        *_judge_shape(message),
        *_judge_from(message),
        *_judge_message_id(message),
        *_judge_date(message, transaction.now),
    )


def _judge_shape(message: Message) -> tuple[Finding, ...]:
    names = [field.name for field in message.fields]
    findings = []
    twice = [name.decode() for name in _ONCE if names.count(name) > 1]
    if twice:
        sentence = "A header field that may stand once stands more often."
        findings.append(Finding("HEADER_TWICE", 1.5, sentence, ", ".join(twice)))
    if message.is_header_cut:
        sentence = "The header is so long that only its beginning was looked at."
        findings.append(Finding("HEADER_TOO_LONG", 2.0, sentence))
    if not message.content[: min(message.header_end, OCTETS_8BIT_MAX)].isascii():
        sentence = "The header holds characters that should have been encoded."
        weight = 0.0 if _is_utf8(message) else 0.5
        findings.append(Finding("HEADER_8BIT", weight, sentence))
    return tuple(findings)


def _is_utf8(message: Message) -> bool:
    """Whether the header's 8-bit octets are UTF-8, as RFC 6532 has them."""
    try:
        message.content[: min(message.header_end, OCTETS_8BIT_MAX)].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _judge_from(message: Message) -> tuple[Finding, ...]:
    value = message.first(b"from")
    if not value:
        return (Finding("FROM_MISSING", 2.5, "The message does not say who wrote it."),)
    if b"@" not in value:
        evidence = decode_words(value)[:EVIDENCE_LENGTH_MAX]
        return (Finding("FROM_NO_ADDRESS", 1.5, "The author has no address.", evidence),)
    return ()


def _judge_message_id(message: Message) -> tuple[Finding, ...]:
    value = message.first(b"message-id")
    if not value:
        return (Finding("MESSAGE_ID_MISSING", 0.7, "The message has no Message-ID."),)
    if not (value.startswith(b"<") and b">" in value and b"@" in value):
        evidence = printable(value[:EVIDENCE_LENGTH_MAX].decode("ascii", "replace"))
        return (Finding("MESSAGE_ID_MALFORMED", 0.5, "The Message-ID is malformed.", evidence),)
    return ()


def _judge_date(message: Message, now: float) -> tuple[Finding, ...]:
    value = message.first(b"date")[:DATE_OCTETS_MAX]
    if not value:
        return (Finding("DATE_MISSING", 0.5, "The message has no date."),)
    text = printable(value.decode("ascii", "replace"))
    try:
        at = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return (Finding("DATE_MALFORMED", 1.0, "The date of the message can't be read.", text),)
    if at > now + FUTURE_SECONDS_MAX:
        return (Finding("DATE_FUTURE", 1.5, "The message is dated in the future.", text),)
    if at < now - PAST_SECONDS_MAX:
        return (Finding("DATE_OLD", 0.5, "The message is dated long ago.", text),)
    return ()
