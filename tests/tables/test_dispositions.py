"""The table of dispositions: what becomes of recipients whose policies differ."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from katharion.mail.address import Address
from katharion.pipeline.disposition import Judged, final_reply, plan, plan_late
from katharion.values.disposition import Defer, Deliver, Disposition, Hold, Plan, Reject
from katharion.values.fate import TRANSITIONS, State
from katharion.values.policy import Action, EffectivePolicy, FailMode
from katharion.values.verdict import Band, Finding, Force, Verdict

TABLE = Path(__file__).with_name("dispositions.tsv")
WHO = (Address("ann", "customer.example"), Address("bob", "customer.example"))
ELSEWHERE = Address("spam", "customer.example")
UNCHECKED = Finding("PTR", 0.0, "not checked: it could not be asked.", was_checked=False)


def rows() -> Iterator[list[str]]:
    for line in TABLE.read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


def judged(recipient: Address, text: str) -> Judged:
    """The recipient that a cell of the table describes."""
    kind, _, action = text.partition(":")
    if kind == "unchecked":
        policy = EffectivePolicy(fail_mode=FailMode(action))
        return Judged(recipient, policy, Verdict(0.0, Band.CLEAN, None, (UNCHECKED,)))
    force = Force(kind) if kind in {f.value for f in Force} else None
    band = Band(kind) if force is None else Band.DEFINITE
    if force in (Force.ALLOWED, Force.GREYLISTED):
        band = Band.CLEAN
    wanted = Action.REJECT if action == "any" else Action(action)
    policy = EffectivePolicy(
        probable_action=wanted if band is Band.PROBABLE else Action.DELIVER,
        definite_action=Action.DELIVER if force is Force.BLOCKED else wanted,
        blocked_action=wanted if force is Force.BLOCKED else Action.DELIVER,
        redirect_to=str(ELSEWHERE),
        fail_mode=FailMode.HOLD,
    )
    return Judged(recipient, policy, Verdict(0.0, band, force, ()))


def named(disposition: Disposition) -> str:
    """A disposition in the table's word."""
    if isinstance(disposition, Deliver):
        return "tag" if disposition.subject_tag else "deliver"
    if isinstance(disposition, Hold):
        assert disposition.reason
        if disposition.redirect_to is None:
            return disposition.state.value
        assert (disposition.state, disposition.redirect_to) == (State.QUEUED, ELSEWHERE)
        return "redirect"
    return type(disposition).__name__.lower()


def by_recipient(planned: Plan) -> dict[Address, Disposition]:
    """Each recipient's disposition; it has exactly one."""
    pairs = [(recipient, d) for d in planned.dispositions for recipient in d.recipients]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize("row", list(rows()), ids=" ".join)
@pytest.mark.parametrize("order", [1, -1], ids=["as-it-stands", "turned"])
def test_two_recipients(row: list[str], order: int) -> None:
    first, second, one_reply, reply, prdr = row
    asked = [judged(WHO[0], first), judged(WHO[1], second)][::order]
    for is_prdr, wanted in ((False, one_reply), (True, prdr)):
        found = by_recipient(plan(asked, is_complete=True, is_prdr=is_prdr))
        assert [named(found[who]) for who in WHO] == wanted.split()
        if not is_prdr:
            assert final_reply(found.values()).code == int(reply)


@pytest.mark.parametrize("row", list(rows()), ids=" ".join)
def test_what_is_not_judged_in_time_is_held_whole(row: list[str]) -> None:
    asked = [judged(WHO[0], row[0]), judged(WHO[1], row[1])]
    (hold,) = plan(asked, is_complete=False, is_prdr=False).dispositions
    assert isinstance(hold, Hold)
    assert (hold.recipients, hold.state) == (WHO, State.UNJUDGED)


LATE = {
    "deliver": State.QUEUED,
    "tag": State.QUEUED,
    "reject": State.QUARANTINED,  # The sender has our 250.
    "defer": State.UNJUDGED,
    "redirect": State.QUEUED,
    "quarantined": State.QUARANTINED,
    "discarded": State.DISCARDED,
}


@pytest.mark.parametrize("row", list(rows()), ids=" ".join)
def test_late_judgements_refuse_nothing(row: list[str]) -> None:
    for text, wish in zip(row[:2], row[4].split(), strict=True):
        hold = plan_late(judged(WHO[0], text))
        is_greylisted = text.startswith("greylisted")  # Who has our 250 does not come again.
        assert hold.state is (State.QUEUED if is_greylisted else LATE[wish])
        assert hold.state in TRANSITIONS[State.UNJUDGED] | {State.UNJUDGED}
        assert bool(hold.subject_tag) == (wish == "tag")


def test_each_action_is_in_the_table() -> None:
    cells = {cell for row in rows() for cell in row[:2]}
    assert {cell.partition(":")[2] for cell in cells} == {
        *(action.value for action in Action),
        *(mode.value for mode in FailMode),
        "any",
    }
    kinds = {cell.partition(":")[0] for cell in cells}
    wanted = {member.value for kind in (Band, Force) for member in kind}
    assert not wanted - kinds


def test_reject_and_defer_are_the_only_refusals() -> None:
    refusals = {"reject", "defer"}
    for row in rows():
        words = set(row[2].split())
        assert words <= {"reject"} or words <= {"defer"} or not words & refusals, row
        assert (row[3] == "250") == (not words & refusals), row
    assert {kind.__name__.lower() for kind in (Reject, Defer)} == refusals
