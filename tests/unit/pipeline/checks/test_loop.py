"""Mail loops: how many hops are too many."""

import pytest

from fixtures.fix_transaction import CLEAN, names, transaction
from katharion.mail.trace import Hop, received
from katharion.pipeline.checks import loop
from katharion.values.verdict import Force

OWN = received(
    Hop(
        helo="mail.sender.example",
        client_address="192.0.2.7",
        ptr="",
        hostname="mx.example",
        message_id="ID",
        is_esmtp=True,
        is_tls=False,
        is_smtputf8=False,
        recipient="",
        received_at=1.0,
    )
)
OTHER = b"Received: from a.example by b.example; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
LIKE_US = b"Received: from mx.example by mx.example.org; Thu, 1 Jan 1970 00:00:00 +0000\r\n"


@pytest.mark.parametrize(
    ("hops", "is_loop"),
    [
        (b"", False),
        (OTHER * loop.HOPS_COUNT_MAX, False),
        (OTHER * (loop.HOPS_COUNT_MAX + 1), True),
        (OWN * loop.OWN_HOPS_COUNT_MAX, False),
        (OWN * (loop.OWN_HOPS_COUNT_MAX + 1), True),
        (LIKE_US * (loop.OWN_HOPS_COUNT_MAX + 1), False),
    ],
)
def test_hops(hops: bytes, *, is_loop: bool) -> None:
    findings = loop.judge(transaction(hops + CLEAN))
    assert names(findings) == (["LOOP"] if is_loop else [])
    assert all(finding.force is Force.LOOP for finding in findings)
