"""What an operator may set."""

from katharion.content.attachments.options import MEBIOCTET, AttachmentsOptions


def test_rules_follow_the_options() -> None:
    rules = AttachmentsOptions(refused=(".EXE", "js"), unpacked_mib_max=2, depth_max=3).rules
    assert rules.refused == {"exe", "js"}
    assert rules.limits.unpacked_octets_max == 2 * MEBIOCTET
    assert rules.limits.depth_max == 3
