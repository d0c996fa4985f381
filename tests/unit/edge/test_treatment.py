"""Judged, planned, carried out: endings in the envelope's order, whatever the plan's."""

from fixtures.fix_edge import ROUTE, SPAM, House, play
from katharion.edge.case import Case, clean_message
from katharion.edge.treatment import treat
from katharion.mail.address import Address
from katharion.mail.envelope import Envelope
from katharion.values.disposition import Hold
from katharion.values.facts import ClientFacts
from katharion.values.policy import EffectivePolicy
from katharion.values.snapshot import ServedDomain

WHO = tuple(
    Address(local, f"{action}.example")
    for local in ("ann", "bob")
    for action in ("deliver", "quarantine", "tag", "reject", "discard", "redirect")
)


def test_endings_are_in_the_order_of_the_envelope() -> None:
    async def scene(house: House) -> None:
        domain = ServedDomain("deliver.example", "acme", ROUTE, None, EffectivePolicy())
        now = house.clock.monotonic()
        case = Case(
            "ID",
            "mx.example",
            ClientFacts("192.0.2.7", 1, "public"),
            Envelope(None, WHO),
            clean_message(SPAM, "mx.example"),
            domain,
            now - 2.0,
        )
        treatment = await treat(house.front, case, ())
        assert tuple(ending.recipient for ending in treatment.endings) == WHO
        assert tuple(each.recipient for each in treatment.judged) == WHO
        held = [isinstance(ending.left, Hold) for ending in treatment.endings]
        assert held == [False, True, False, True, True, True] * 2
        assert treatment.stages["judge"] == 2.0
        assert len(house.relay.delivered) == 2, "tagged and plain go apart"

    play(scene)
