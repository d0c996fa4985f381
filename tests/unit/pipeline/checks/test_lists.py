"""The recipients' lists: what fits, what decides, and what only speaks for a message."""

import pytest

from fixtures.fix_transaction import names, transaction
from katharion.mail.address import Address
from katharion.pipeline.checks import lists
from katharion.values.authenticity import Authenticity, Result, SpfResult
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Force

# Sender, client, pattern, whether it fits.
PATTERNS = [
    ("writer@sender.example", "192.0.2.7", "writer@sender.example", True),
    ("Writer@Sender.Example", "192.0.2.7", "writer@sender.example", True),
    ("writer@sender.example", "192.0.2.7", "@sender.example", True),
    ("writer@sub.sender.example", "192.0.2.7", "@sender.example", False),
    ("writer@notsender.example", "192.0.2.7", "@sender.example", False),
    ("writer@sender.example", "192.0.2.7", "riter@sender.example", False),
    ("writer@sender.example", "192.0.2.7", "192.0.2.0/24", True),
    ("writer@sender.example", "192.0.3.7", "192.0.2.0/24", False),
    ("writer@sender.example", "2001:db8::7", "192.0.2.0/24", False),
    ("writer@sender.example", "2001:db8::7", "2001:db8::/32", True),
    ("writer@sender.example", "no address", "192.0.2.0/24", False),
    ("a/b@sender.example", "192.0.2.7", "a/b@sender.example", True),  # No network.
    ("", "192.0.2.7", "@sender.example", False),
    ("", "192.0.2.7", "192.0.2.0/24", True),
]


@pytest.mark.parametrize(("sender", "client", "pattern", "fits"), PATTERNS)
def test_patterns(sender: str, client: str, pattern: str, *, fits: bool) -> None:
    local, _, domain = sender.rpartition("@")
    asked = transaction(sender=Address(local, domain) if sender else None, client=client)
    blocked = lists.judge(asked, EffectivePolicy(block=("@other.example", pattern)))
    assert [(f.name, f.force, f.evidence) for f in blocked] == (
        [("BLOCKED", Force.BLOCKED, pattern)] if fits else []
    )
    allowed = lists.judge(asked, EffectivePolicy(allow=("@other.example", pattern)))
    is_network = "/" in pattern and "@" not in pattern
    name = "ALLOWED_NETWORK" if is_network else "ALLOWED_ADDRESS"
    assert names(allowed) == ([name] if fits else [])


def test_an_address_can_be_forged_so_it_only_speaks_for_a_message() -> None:
    (finding,) = lists.judge(transaction(), EffectivePolicy(allow=("@sender.example",)))
    assert (finding.force, finding.weight) == (None, lists.ALLOWED_ADDRESS_WEIGHT)
    (finding,) = lists.judge(transaction(), EffectivePolicy(allow=("192.0.2.0/24",)))
    assert (finding.force, finding.weight) == (Force.ALLOWED, 0.0)


def test_a_block_wins_over_an_allowance() -> None:
    policy = EffectivePolicy(allow=("192.0.2.0/24",), block=("@sender.example",))
    assert names(lists.judge(transaction(), policy)) == ["BLOCKED"]


def test_an_address_that_is_proven_decides() -> None:
    proof = Authenticity(spf=SpfResult(Result.PASS, "sender.example"))
    for found, name in ((proof, "ALLOWED_SENDER"), (Authenticity(), "ALLOWED_ADDRESS")):
        asked = transaction()._replace(authenticity=found)
        (finding,) = lists.judge(asked, EffectivePolicy(allow=("@sender.example",)))
        assert finding.name == name
        assert (finding.force is Force.ALLOWED) == (found is proof)
