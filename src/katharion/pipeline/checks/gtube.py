"""GTUBE: the generic test message for unsolicited bulk mail, which every filter stops."""

import binascii
import re
from base64 import b64decode
from quopri import decodestring

from katharion.pipeline.transaction import Transaction
from katharion.values.verdict import Finding, Force

SEARCHED_OCTETS_MAX = 256 * 1024
BLOCKS_COUNT_MAX = 20

# Written in two halves, so that this file itself can be mailed.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE" + b"-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_BASE64_BLOCK = re.compile(rb"(?:\A|(?<=\n))(?:[A-Za-z0-9+/]{40,76}\r\n)+[A-Za-z0-9+/=]{0,76}")


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
    for number, block in enumerate(_BASE64_BLOCK.finditer(body)):
        if number >= BLOCKS_COUNT_MAX:
            break
        text = block[0].replace(b"\r\n", b"")
        try:
            decoded = b64decode(text[: len(text) // 4 * 4])
        except binascii.Error:
            continue
        if GTUBE in decoded:
            return True
    return False
