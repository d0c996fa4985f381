"""Who signs anything in any way: the counterpart of a verifier, in the plainest of codes.

Canonicalization is written a second time here, word by word after RFC 6376 section 3.4 and with
regular expressions, so that it is a witness against the one that is fast.
"""

import base64
import hashlib
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from katharion.authentication.dkim_sign import SigningKey

ED25519 = SigningKey("signer.example", "ed", Ed25519PrivateKey.generate())
RSA = SigningKey("signer.example", "rsa", generate_private_key(65537, 2048))
KEYS = {"ed25519-sha256": ED25519, "rsa-sha256": RSA}
TAGS = (
    "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=signer.example; s=ed; h=from:to:subject;"
    " bh={bh}; b={b}"
)


def canonical_field(field: bytes, form: str) -> bytes:
    """Sections 3.4.1 and 3.4.2, without the last CRLF."""
    field = field.removesuffix(b"\r\n")
    if form == "simple":
        return field
    name, _, value = field.partition(b":")
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b""))
    return name.strip(b" \t").lower() + b":" + value.strip(b" ")


def canonical_body(body: bytes, form: str) -> bytes:
    """Sections 3.4.3 and 3.4.4."""
    if form == "relaxed":
        body = re.sub(rb"[ \t]+", b" ", body)
        body = re.sub(rb" +(\r\n|\Z)", rb"\1", body)
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n" if body or form == "simple" else b""


def signed(content: bytes, tags: str = TAGS, *, name: str = "DKIM-Signature") -> bytes:
    """`content` with a signature of these tags before it; {bh} and {b} are filled in."""
    header, _, body = content.partition(b"\r\n\r\n")
    fields = [field + b"\r\n" for field in re.split(rb"\r\n(?![ \t])", header)]
    if content.startswith(b"\r\n"):
        fields, body = [], content[2:]
    stated = re.search(r"\bc=\s*(\w+)/?(\w*)", tags)
    form, body_form = (stated[1], stated[2] or "simple") if stated else ("simple", "simple")
    octets = canonical_body(body, body_form)
    length = re.search(r"\bl=(\d+)", tags)
    hashed = hashlib.sha256(octets[: int(length[1])] if length else octets).digest()
    field = f"{name}: {tags}".replace("{bh}", base64.b64encode(hashed).decode()).encode()
    listed = re.search(r"\bh=([^;]*)", tags)
    chosen = b""
    for wanted in (listed[1] if listed else "").split(":"):
        found = [at for at, f in enumerate(fields) if _name(f) == wanted.strip().lower().encode()]
        if found:
            chosen += canonical_field(fields.pop(found[-1]), form) + b"\r\n"
    own = canonical_field(field.replace(b"{b}", b""), form)
    algorithm = re.search(r"\ba=\s*([\w-]+)", tags)
    key = KEYS.get(algorithm[1] if algorithm else "", ED25519)
    value = base64.b64encode(key.sign(chosen + own))
    return field.replace(b"{b}", value) + b"\r\n" + content


def _name(field: bytes) -> bytes:
    return field.partition(b":")[0].strip().lower()
