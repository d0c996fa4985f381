"""Our own message ids: 26 characters, ordered by time, not to be guessed."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U.
TOKEN_OCTETS = 10
ID_LENGTH = 26


def make_id(wall_seconds: float, token: bytes) -> str:
    """48 bits of milliseconds, then 80 bits of `token` (ten octets of chance)."""
    assert len(token) == TOKEN_OCTETS, "80 bits of chance"
    number = (int(wall_seconds * 1000) & 0xFFFFFFFFFFFF) << 80 | int.from_bytes(token, "big")
    return "".join([_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5)])
