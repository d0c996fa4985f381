"""A DMARC policy record: the text of a TXT record in, what its owner asks for out.

Strangers write records, and many have mistakes; RFC 9989 says for each what then holds. A tag
that is unknown or malformed is as if it were not there. Only three have consequences: without
a `v` that says DMARC1 and stands first there is no record; without a valid policy there is one
that asks for nothing, or none at all (`is_void`).

Sources: RFC 9989 sections 4.7 (tags), 4.8 (the grammar) and 4.10.1 (records without a valid
policy); RFC 6376 section 3.2 (tag lists).
"""

import re
from functools import lru_cache

import msgspec

RECORD_LENGTH_MAX = 4096  # What is longer is no policy that anybody wrote.
TAGS_COUNT_MAX = 64
URIS_COUNT_MAX = 10
URI_LENGTH_MAX = 255

POLICIES = ("none", "quarantine", "reject")  # From mild to strict.

_VERSION = re.compile(r"[ \t]*[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_TAG = re.compile(r"[ \t]*([A-Za-z]+)[ \t]*=[ \t]*([ -~]+)\Z")
# RFC 3986 without "," and "!", which must be encoded (RFC 9989 section 4.8); then a size, which
# is of no meaning any more.
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:[\"-~]+)(?:![0-9]+[kmgtKMGT]?)?\Z")
_FAILURE_OPTIONS = re.compile(r"[01ds](?::[01ds])*\Z")


class Record(msgspec.Struct, frozen=True):
    """What holds of a record, all defaults filled in. `subdomains` is sp, `missing` is np.

    `is_void`: its policy is missing or malformed, and nobody is to be told: the domain has no
    policy. `text`: the record as published, printable.
    """

    policy: str = "none"
    subdomains: str = "none"
    missing: str = "none"
    psd: str = "u"
    is_dkim_strict: bool = False
    is_spf_strict: bool = False
    is_testing: bool = False
    failure_options: str = "0"
    report_to: tuple[str, ...] = ()
    failures_to: tuple[str, ...] = ()
    is_void: bool = False
    text: str = ""


def of(texts: tuple[str, ...]) -> Record | None:
    """The DMARC record among the TXT records of a name, where there is exactly one.

    Several are none (section 4.10, steps 2 and 6): nobody knows which one is meant.
    """
    found = [text for text in texts if _VERSION.match(text) and len(text) <= RECORD_LENGTH_MAX]
    return parse(found[0]) if len(found) == 1 else None


@lru_cache(maxsize=2048)
def parse(text: str) -> Record | None:
    """The record that `text` is; None where it is no DMARC record."""
    version = _VERSION.match(text)
    if not version or len(text) > RECORD_LENGTH_MAX:
        return None
    tags = _tags(text[version.end() :])
    report_to = uris(tags.get("rua", ""))
    policy, subdomains, missing, is_valid = _policies(tags)
    return Record(
        policy=policy,
        subdomains=subdomains,
        missing=missing,
        psd=_one_of(tags, "psd", ("u", "y", "n")),
        is_dkim_strict=_one_of(tags, "adkim", ("r", "s")) == "s",
        is_spf_strict=_one_of(tags, "aspf", ("r", "s")) == "s",
        is_testing=_one_of(tags, "t", ("n", "y")) == "y",
        failure_options=_failure_options(tags.get("fo", "")),
        report_to=report_to,
        failures_to=uris(tags.get("ruf", "")),
        is_void=not is_valid and not report_to,
        text="".join(c if " " <= c <= "~" else "?" for c in text),
    )


def uris(value: str) -> tuple[str, ...]:
    """The well-formed URIs of a list, without their obsolete sizes; at most URIS_COUNT_MAX."""
    found: list[str] = []
    for item in value.split(","):
        uri = _URI.match(item.strip(" \t"))
        if uri and len(uri[1]) <= URI_LENGTH_MAX and len(found) < URIS_COUNT_MAX:
            found.append(uri[1])
    return tuple(found)


def _tags(text: str) -> dict[str, str]:
    """The well-formed tags by name. Of a tag that stands twice, the first holds."""
    tags: dict[str, str] = {}
    for item in text.split(";", TAGS_COUNT_MAX)[:TAGS_COUNT_MAX]:
        if tag := _TAG.match(item):
            tags.setdefault(tag[1].lower(), tag[2].rstrip(" "))
    return tags


def _policies(tags: dict[str, str]) -> tuple[str, str, str, bool]:
    """p, sp and np, each as it holds; whether the record says validly what it asks for.

    Section 4.10.1: "does not contain a valid "p" tag, or contains an "sp" or "np" tag that is
    not valid". Then it is as if it said p=none; where p is only absent, sp and np still hold
    (section 4.7: "treated as if it included "p=none"").
    """
    said = {name: tags[name].lower() for name in ("p", "sp", "np") if name in tags}
    if any(policy not in POLICIES for policy in said.values()):
        return "none", "none", "none", False
    policy = said.get("p", "none")
    subdomains = said.get("sp", policy)
    return policy, subdomains, said.get("np", subdomains), "p" in said


def _one_of(tags: dict[str, str], name: str, values: tuple[str, ...]) -> str:
    """The tag's value, in lower case; the first of `values` where it is none of them."""
    value = tags.get(name, "").lower()
    return value if value in values else values[0]


def _failure_options(value: str) -> str:
    """fo: each once, "0" and "1" not both (section 4.7)."""
    options = value.lower().split(":")
    is_valid = _FAILURE_OPTIONS.match(value.lower()) and len(set(options)) == len(options)
    return value.lower() if is_valid and not {"0", "1"} <= set(options) else "0"
