"""Our own message ids: 26 characters, ordered by time, not to be guessed."""

from base64 import b32encode

TOKEN_OCTETS = 10
ID_LENGTH = 26

_TIME_LENGTH = 10  # Characters: 50 bits, of which 48 are milliseconds.
# From RFC 4648's alphabet to Crockford's, which keeps the order and has no I, L, O, U.
_CROCKFORD = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)


def make_id(wall_seconds: float, token: bytes) -> str:
    """48 bits of milliseconds, then 80 bits of `token` (ten octets of chance)."""
    assert len(token) == TOKEN_OCTETS, "80 bits of chance"
    milliseconds = int(wall_seconds * 1000) & 0xFFFFFFFFFFFF
    time = b32encode((milliseconds << 30).to_bytes(TOKEN_OCTETS, "big"))[:_TIME_LENGTH]
    return (time + b32encode(token)).translate(_CROCKFORD).decode("ascii")
