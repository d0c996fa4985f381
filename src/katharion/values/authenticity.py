"""What was found of who really sent a message: one value a method, with its reason.

The words of results are those of RFC 8601 section 2.7, so that they can be written into
Authentication-Results as they are. `reason` is one sentence for people, "" where the result
says it all.

Sources: RFC 8601 section 2.7; RFC 7208 section 2.6; RFC 6376 section 3.9; RFC 8617 section 4.4;
RFC 9989 (DMARC).
"""

from enum import Enum

import msgspec


class Result(Enum):
    """What a method came to (RFC 8601 section 2.7)."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 # No password.
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    POLICY = "policy"  # Good, but not good enough for us: a short key, an unsigned From.
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class SpfResult(msgspec.Struct, frozen=True):
    """`domain`: the one that was asked about, of MAIL FROM ("mailfrom") or HELO ("helo").

    `mechanism`: the one that decided, as written. `explanation`: the domain's own words (exp=)
    for a fail, printable ASCII; strangers wrote them.
    """

    result: Result
    domain: str = ""
    scope: str = "mailfrom"
    mechanism: str = ""
    explanation: str = ""
    reason: str = ""


class DkimResult(msgspec.Struct, frozen=True):
    """One DKIM-Signature. `domain` d=, `selector` s=, `identity` i= (or "@" and the domain).

    `unsigned_octets`: how much of the body stands behind l=. `tag`: the first eight
    characters of b=, which tell signatures apart (RFC 6008).
    """

    result: Result
    domain: str = ""
    selector: str = ""
    identity: str = ""
    algorithm: str = ""
    key_bits: int = 0
    unsigned_octets: int = 0
    is_testing: bool = False
    tag: str = ""
    reason: str = ""


class DmarcResult(msgspec.Struct, frozen=True):
    """`domain`: the author's. `policy`: what its owner asks for, for this domain, as it applies.

    `policy_domain`: where the record stands. `aligned_by`: "spf", "dkim" or both.
    `report_to`: rua= of the record, as written, at most ten. `record`: as published, printable.
    """

    result: Result
    domain: str = ""
    policy: str = ""  # "none", "quarantine", "reject"; "" where there is no record.
    policy_domain: str = ""
    organization: str = ""
    aligned_by: tuple[str, ...] = ()
    is_testing: bool = False
    report_to: tuple[str, ...] = ()
    reason: str = ""
    record: str = ""


class ArcResult(msgspec.Struct, frozen=True):
    """The chain as a whole. `sealers`: d= of the seals, the first instance first.

    `first_results`: the ARC-Authentication-Results of the oldest set, value only, unfolded;
    `oldest_pass`: the lowest instance whose message signature still verifies (RFC 8617 5.2).
    """

    result: Result
    sealers: tuple[str, ...] = ()
    oldest_pass: int = 0
    first_results: str = ""
    reason: str = ""


class IprevResult(msgspec.Struct, frozen=True):
    """RFC 8601 section 3: the client's address has a name that leads back to it."""

    result: Result
    name: str = ""


class Authenticity(msgspec.Struct, frozen=True):
    """All that was found. What was not asked is None, or empty.

    `client_address`: whose name and right to send was asked for; behind relays that are
    trusted, that of the hop before them.
    """

    spf: SpfResult | None = None
    helo: SpfResult | None = None
    dkim: tuple[DkimResult, ...] = ()
    dmarc: DmarcResult | None = None
    arc: ArcResult | None = None
    iprev: IprevResult | None = None
    client_address: str = ""

    @property
    def name_of_client(self) -> str:
        """Its name, where that leads back to its address; else ""."""
        is_confirmed = self.iprev is not None and self.iprev.result is Result.PASS
        return self.iprev.name if self.iprev is not None and is_confirmed else ""

    @property
    def proven_domains(self) -> frozenset[str]:
        """Domains that this message is proven to come from: by SPF, or a signature of all of it."""
        signed = (d for d in self.dkim if d.result is Result.PASS and not d.unsigned_octets)
        proven = {one.domain.lower() for one in signed}
        if self.spf is not None and self.spf.result is Result.PASS:
            proven.add(self.spf.domain.lower())
        return frozenset(proven)

    def proves(self, domain: str) -> bool:
        """Whether `domain`, or one that it lies below, is proven (relaxed alignment's spirit)."""
        domain = domain.lower()
        return any(domain == one or domain.endswith("." + one) for one in self.proven_domains)


NOTHING_KNOWN = Authenticity()
