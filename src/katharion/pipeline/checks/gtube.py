"""GTUBE: the generic test message for unsolicited bulk mail, which every filter stops."""

from base64 import b64encode
from quopri import decodestring

from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Finding, Force

SEARCHED_OCTETS_MAX = 256 * 1024

# Written in two halves, so that this file itself can be mailed.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE" + b"-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def _in_base64(before: int) -> bytes:
    """What GTUBE always looks like in base64 where `before` octets of a triple precede it."""
    octets = before + len(GTUBE)
    return b64encode(b"\0" * before + GTUBE)[-(-before * 4 // 3) : octets * 4 // 3]


_ENCODED = tuple(_in_base64(before) for before in range(3))
# Lines of 60 to 76 characters (RFC 2045 section 6.8: 76 at most) break one of two such pieces,
# not both. They are looked for first: to join all lines costs more than all else here.
_PIECES = tuple(piece for e in _ENCODED for piece in (e[:30], e[30:60]))


def judge(transaction: Transaction) -> tuple[Finding, ...]:
    """Look for the string in the body: as it is, in quoted-printable, in base64."""
    message = transaction.message
    body = message.content[message.body_start : message.body_start + SEARCHED_OCTETS_MAX]
    if not (GTUBE in body or _is_encoded_in(body)):
        return ()
    return (Finding("GTUBE", 0.0, "The message is the GTUBE test message.", force=Force.GTUBE),)


def _is_encoded_in(body: bytes) -> bool:
    if b"=\r\n" in body and GTUBE in decodestring(body):
        return True
    if not any(piece in body for piece in _PIECES):
        return False
    text = body.replace(b"\r\n", b"")
    return any(encoded in text for encoded in _ENCODED)
