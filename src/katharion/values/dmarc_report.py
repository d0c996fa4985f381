"""Reports of how a domain is used: what we count and send, and what others send to us.

Sources: RFC 9990 section 3.1 (aggregate reports); RFC 8460 section 4 (reports of TLS).
"""

import msgspec


class Signature(msgspec.Struct, frozen=True, array_like=True):
    """One DKIM signature and what came of it, in the words of RFC 8601."""

    domain: str
    selector: str
    result: str


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What messages have in common that are counted together.

    `dkim` and `spf` are what they came to for DMARC, "pass" or "fail"; `disposition` what became
    of the messages: "pass", "none", "quarantine" or "reject"; `override` why that is not what
    the policy says, "" where it is.
    """

    source_ip: str
    disposition: str
    dkim: str
    spf: str
    header_from: str
    override: str = ""
    envelope_from: str = ""
    envelope_to: str = ""
    signatures: tuple[Signature, ...] = ()
    spf_domain: str = ""
    spf_result: str = ""


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """A row, and how many messages it stands for."""

    row: Row
    count: int


class Aggregate(msgspec.Struct, frozen=True):
    """What is reported of one policy domain for one span of time, under one record.

    `left_out_count`: messages beyond the rows that are kept.
    """

    policy_domain: str
    record: str
    begin: int
    end: int
    rows: tuple[Counted, ...] = ()
    left_out_count: int = 0


class TlsFailure(msgspec.Struct, frozen=True, array_like=True):
    """Sessions that failed in one way (RFC 8460 section 4.3)."""

    kind: str
    count: int
    server: str = ""
    client_address: str = ""


class TlsPolicy(msgspec.Struct, frozen=True, array_like=True):
    """What was seen under one policy: "tlsa", "sts" or "no-policy-found"."""

    kind: str
    domain: str
    successes: int
    failed: int
    failures: tuple[TlsFailure, ...] = ()


class Received(msgspec.Struct, frozen=True):
    """A report of others. `kind`: "dmarc", "tls", or "unreadable", for which `fault` says why.

    `reporter` names its organization; `policy` is what it says was published, in a line.
    """

    kind: str
    reporter: str = ""
    contact: str = ""
    report_id: str = ""
    domain: str = ""
    begin: int = 0
    end: int = 0
    policy: str = ""
    rows: tuple[Counted, ...] = ()
    tls: tuple[TlsPolicy, ...] = ()
    fault: str = ""

    @property
    def passed_count(self) -> int:
        """Messages that passed DMARC, or sessions that had TLS."""
        passed = sum(c.count for c in self.rows if "pass" in (c.row.dkim, c.row.spf))
        return passed + sum(policy.successes for policy in self.tls)

    @property
    def failed_count(self) -> int:
        """The others."""
        total = sum(counted.count for counted in self.rows)
        tls = sum(policy.successes + policy.failed for policy in self.tls)
        return total + tls - self.passed_count
