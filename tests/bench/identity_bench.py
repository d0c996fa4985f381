"""What it costs to know who sent a message: SPF, DKIM and DMARC, beside dkimpy and pyspf.

CPU µs a message, everything that DNS says in memory; the two in turns, medians of the rounds. A
message of 12 KB, signed, from a domain whose SPF record includes another and names networks.
"""

import sys
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import dkim as dkimpy
import spf as pyspf

from fakes.signer import ED25519, RSA
from katharion.authentication import author, dkim, dmarc
from katharion.authentication import spf as our_spf
from katharion.authentication.dkim_sign import SigningKey, sign
from katharion.authentication.spf_macro import Identity
from katharion.mail.message import Message
from katharion.pipeline.asking import Parked, go_on
from katharion.values.dns import NXDOMAIN, DnsAnswer, DnsStatus, Question

ROUNDS, TIMES = 21, 50
NOW = 1_790_000_000.0
CLIENT = "192.0.2.77"
BODY_OCTETS = 12_000
TEXTS = {
    "signer.example": "v=spf1 mx include:_spf.sender.example ip4:198.51.100.0/24 -all",
    "_spf.sender.example": "v=spf1 ip4:203.0.113.0/24 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all",
    "_dmarc.signer.example": "v=DMARC1; p=reject; rua=mailto:reports@signer.example",
} | {key.record_name: key.record for key in (RSA, ED25519)}
ANSWERS = {
    Question("MX", "signer.example"): DnsAnswer(DnsStatus.FOUND, ("mx.signer.example",), (10,)),
    Question("A", "mx.signer.example"): DnsAnswer(DnsStatus.FOUND, ("198.51.100.25",)),
} | {Question("TXT", name): DnsAnswer(DnsStatus.FOUND, (text,)) for name, text in TEXTS.items()}


class Memory:
    """A resolver that knows all there is."""

    def known(self, question: Question) -> DnsAnswer:
        return ANSWERS.get(question, NXDOMAIN)


def letter(key: SigningKey) -> bytes:
    line = b"The quick brown fox jumps over the lazy dog, and  the dog does not mind.\r\n"
    content = (
        b"Received: from a.example (a.example [192.0.2.1]) by b.example;"
        b" Mon, 21 Sep 2026 10:00:00 +0000\r\n"
        b"From: Ann <ann@signer.example>\r\nTo: bob@reader.example\r\nSubject: Figures\r\n"
        b"Date: Mon, 21 Sep 2026 10:00:00 +0000\r\nMessage-ID: <1@signer.example>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" + line * (BODY_OCTETS // len(line))
    )
    return sign(content, key, NOW) + content


def ours(content: bytes) -> None:
    message, memory = Message(content), Memory()
    identity = Identity(ip_address(CLIENT), "ann", "signer.example", "mail.signer.example")
    checked = go_on(our_spf.check(identity), memory)
    signatures = go_on(dkim.verify(message, NOW), memory)
    written_by = author.find(message)
    discovered = go_on(dmarc.discover(written_by), memory)
    assert not isinstance(checked, Parked)
    assert not isinstance(signatures, Parked)
    result = go_on(dmarc.judge(written_by, discovered, checked, signatures), memory)
    assert result.aligned_by == ("spf", "dkim"), result


def theirs(content: bytes) -> None:
    is_signed = dkimpy.verify(content, dnsfunc=lambda name, **_: _text(name))
    result, *_ = pyspf.check2(CLIENT, "ann@signer.example", "mail.signer.example")
    assert is_signed
    assert result == "pass"


def _text(name: bytes) -> bytes | None:
    text = TEXTS.get(name.decode().rstrip("."))
    return text.encode() if text else None


def _lookup(name: str, kind: str, *_: object) -> list[tuple[tuple[str, str], object]]:
    name = name.rstrip(".")
    if kind == "TXT" and name in TEXTS:
        return [((name, kind), (TEXTS[name].encode(),))]
    if kind == "MX" and name == "signer.example":
        return [((name, kind), (10, "mx.signer.example"))]
    if kind == "A" and name == "mx.signer.example":
        return [((name, kind), "198.51.100.25")]
    return []


def cpu_us(deed: Callable[[bytes], None], content: bytes) -> float:
    began = time.process_time()
    for _ in range(TIMES):
        deed(content)
    return (time.process_time() - began) / TIMES * 1e6


def main() -> None:
    pyspf.DNSLookup = _lookup
    for key in (RSA, ED25519):
        content = letter(key)
        rounds = [(cpu_us(ours, content), cpu_us(theirs, content)) for _ in range(ROUNDS)]
        own, other = (median(figures) for figures in zip(*rounds, strict=True))
        print(
            f"{key.algorithm}: katharion (SPF, DKIM, DMARC) {own:.0f} µs,"
            f" dkimpy and pyspf {other:.0f} µs: {other / own:.1f} times"
        )


if __name__ == "__main__":
    main()
