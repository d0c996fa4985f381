"""Domain names as DNS has them, whatever letters a stranger wrote them in.

Sources: RFC 5890 section 2.3 (A-labels); RFC 5895 section 2 (how letters are mapped before).
"""

import re
import unicodedata
from functools import lru_cache

DOMAIN_LENGTH_MAX = 253
LABEL_LENGTH_MAX = 63
# A letter beyond ASCII takes one character of "xn--…" at least.
U_LABEL_LENGTH_MAX = LABEL_LENGTH_MAX - len("xn--")

# Characters that take no place on the screen, and that browsers leave out of a domain.
_NOT_SHOWN = re.compile("[\u00ad\u200b\u2060\ufe00-\ufe0f\ufeff]")
_DOMAIN = re.compile(r"[a-z0-9_-]++(?:\.[a-z0-9_-]++)*+\Z")


@lru_cache(maxsize=4096)
def a_labels(domain: str) -> str:
    """The domain name in lower case and A-labels, without a final dot; "" where it is none."""
    if len(domain) > DOMAIN_LENGTH_MAX + 1 or "\N{REPLACEMENT CHARACTER}" in domain:
        return ""
    if not domain.isascii():
        # What RFC 5895 maps: full-width forms, letters in two parts, the ideographic full stop.
        shown = _NOT_SHOWN.sub("", domain).lower()
        mapped = unicodedata.normalize("NFKC", shown).lower().replace("\u3002", ".")
        domain = ".".join(map(_a_label, mapped.split(".")))
    domain = domain.removesuffix(".").lower()
    if len(domain) > DOMAIN_LENGTH_MAX or not _DOMAIN.match(domain):
        return ""
    if len(domain) > LABEL_LENGTH_MAX and max(map(len, domain.split("."))) > LABEL_LENGTH_MAX:
        return ""
    return domain


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    if len(label) > U_LABEL_LENGTH_MAX:
        return "?"  # No domain's.
    return "xn--" + label.encode("punycode").decode()
