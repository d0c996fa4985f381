"""Plans and what attempts leave: every recipient once, no refusal beside an acceptance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.mail.reply import Reply
from katharion.pipeline.disposition import Judged, after_attempt, final_reply, plan, plan_late
from katharion.values.attempt import AttemptResult, Outcome, RecipientResult, Words
from katharion.values.disposition import Defer, Deliver, Hold, Reject
from katharion.values.fate import ENTRY, State
from katharion.values.policy import Action, EffectivePolicy, FailMode
from katharion.values.snapshot import OnFailure, Route
from katharion.values.verdict import Band, Finding, Force, Verdict

ANN, BOB, CAT = (Address(local, "customer.example") for local in ("ann", "bob", "cat"))
CLEAN = Verdict(0.0, Band.CLEAN, None, ())
SPAM = Verdict(9.0, Band.DEFINITE, None, ())
POLICY = EffectivePolicy()
A, R, D, U = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DEFERRED, Outcome.UNCERTAIN
WORDS = {
    A: Words(250, "2.0.0", ("Kept",)),
    R: Words(552, "5.2.2", ("Full",)),
    D: Words(451, "4.2.1", ("Busy",)),
    U: Words(0, "", ("no answer",)),
}


def forced(force: Force) -> Verdict:
    return Verdict(0.0, Band.DEFINITE, force, ())


@pytest.mark.parametrize(
    ("verdict", "reply"),
    [
        (SPAM, replies.MESSAGE_REFUSED_SPAM),
        (forced(Force.GTUBE), replies.MESSAGE_REFUSED_SPAM),
        (forced(Force.VIRUS), replies.VIRUS_FOUND),
        (forced(Force.BLOCKED), replies.BLOCKED),
        (forced(Force.LOOP), replies.MESSAGE_LOOPS),
    ],
)
def test_each_refusal_has_its_reply(verdict: Verdict, reply: Reply) -> None:
    policy = EffectivePolicy(definite_action=Action.REJECT)
    planned = plan([Judged(ANN, policy, verdict)], is_complete=True, is_prdr=False)
    assert planned.dispositions == (Reject((ANN,), reply, verdict),)


def test_equal_dispositions_are_one_in_the_order_of_the_first() -> None:
    tagging = EffectivePolicy(definite_action=Action.TAG, subject_tag="[X] ")
    judged = [
        Judged(ANN, tagging, SPAM),
        Judged(BOB, POLICY, CLEAN),
        Judged(CAT, tagging, SPAM),
    ]
    planned = plan(judged, is_complete=True, is_prdr=False)
    assert planned.dispositions == (Deliver((ANN, CAT), SPAM, "[X] "), Deliver((BOB,), CLEAN))


def test_a_redirect_to_nowhere_is_held() -> None:
    policy = EffectivePolicy(definite_action=Action.REDIRECT, redirect_to="")
    hold = plan_late(Judged(ANN, policy, SPAM))
    assert (hold.state, hold.redirect_to) == (State.QUARANTINED, None)


def attempted(*outcomes: Outcome) -> AttemptResult:
    pairs = zip((ANN, BOB, CAT), outcomes, strict=False)
    results = tuple(RecipientResult(who, o, WORDS[o], "dot") for who, o in pairs)
    return AttemptResult(results, "h:25", was_connected=True)


# Outcomes; on_failure; who is spoken for; what is left of each, "" for delivered.
ATTEMPTS = [
    ((A, A), "queue", "alone", ["", ""]),
    ((R, R), "queue", "alone", ["552", "552"]),
    ((R, R), "queue", "mixed", ["refused for some", "refused for some"]),
    ((R, R), "queue", "prdr", ["552", "552"]),
    ((A, R), "queue", "alone", ["", "refused for some"]),
    ((A, R), "queue", "prdr", ["", "552"]),
    ((D, D), "queue", "alone", ["next hop", "next hop"]),
    ((D, D), "defer", "alone", ["451", "451"]),
    ((D, D), "defer", "mixed", ["next hop", "next hop"]),
    ((D, D), "queue", "prdr", ["next hop", "next hop"]),
    ((A, D), "defer", "alone", ["", "next hop"]),
    ((A, D), "defer", "prdr", ["", "451"]),
    ((R, D), "defer", "alone", ["refused for some", "next hop"]),
    ((R, D), "defer", "prdr", ["552", "451"]),
    ((U, U), "defer", "alone", ["no answer", "no answer"]),
    ((U, R), "queue", "alone", ["no answer", "refused for some"]),
    ((U, R, A), "queue", "prdr", ["no answer", "552", ""]),
]
STATES = {
    "refused for some": State.QUEUED,
    "next hop": State.QUEUED,
    "no answer": State.UNCERTAIN,
}


@pytest.mark.parametrize(("outcomes", "on_failure", "who", "left"), ATTEMPTS)
def test_what_an_attempt_leaves(
    outcomes: tuple[Outcome, ...], on_failure: str, who: str, left: list[str]
) -> None:
    fates = after_attempt(
        Deliver((ANN, BOB, CAT)[: len(outcomes)], SPAM, "[X] "),
        attempted(*outcomes),
        Route("r", on_failure=OnFailure(on_failure)),
        is_alone=who == "alone",
        is_prdr=who == "prdr",
    )
    found = []
    for fate, outcome in zip(fates, outcomes, strict=True):
        assert fate.words == WORDS[outcome]
        if isinstance(fate.left, Hold):
            assert fate.left.recipients == (fate.recipient,)
            assert fate.left.state is STATES[fate.left.reason]
            assert fate.left.subject_tag == "[X] ", "the queue writes it too"
            found.append(fate.left.reason)
        else:
            found.append(str(fate.left.reply.code) if fate.left else "")
    assert found == left


def test_without_words_the_reply_has_the_right_kind() -> None:
    nothing = Words(0, "", ("connection refused",))
    results = (RecipientResult(ANN, D, nothing, "connect"),)
    route = Route("r", on_failure=OnFailure.DEFER)
    result = AttemptResult(results, "", was_connected=False)
    (fate,) = after_attempt(Deliver((ANN,), CLEAN), result, route, is_alone=True)
    assert isinstance(fate.left, Defer)
    assert (fate.left.reply.code, fate.left.reply.enhanced) == (451, "4.0.0")
    assert "refused" not in fate.left.reply.lines[0], "how our network looks is not told"


def test_the_final_reply() -> None:
    hold = Hold((ANN,), State.QUEUED, "x", None)
    reject = Reject((ANN,), replies.BLOCKED)
    defer = Defer((ANN,), replies.NOT_JUDGED)
    assert final_reply([reject, None]) is replies.ACCEPTED
    assert final_reply([reject, hold]) is replies.ACCEPTED
    assert final_reply([reject, defer]) is replies.NOT_JUDGED, "the sender is to come again"
    assert final_reply([reject, Reject((BOB,), replies.VIRUS_FOUND)]) is replies.BLOCKED


POLICIES = st.builds(
    EffectivePolicy,
    probable_action=st.sampled_from(Action),
    definite_action=st.sampled_from(Action),
    blocked_action=st.sampled_from(Action),
    redirect_to=st.sampled_from(["", "nonsense", "spam@customer.example"]),
    fail_mode=st.sampled_from(FailMode),
)
UNCHECKED = Finding("PTR", 0.0, "not checked", was_checked=False)
VERDICTS = st.builds(
    Verdict,
    st.just(0.0),
    st.sampled_from(Band),
    st.none() | st.sampled_from(Force),
    st.sampled_from([(), (UNCHECKED,)]),
)
MANY = st.lists(st.tuples(POLICIES, VERDICTS), min_size=1, max_size=8)


@given(MANY, st.tuples(st.booleans(), st.booleans()))
def test_every_recipient_stands_in_exactly_one_disposition(
    many: list[tuple[EffectivePolicy, Verdict]], flags: tuple[bool, bool]
) -> None:
    is_complete, is_prdr = flags
    judged = [Judged(Address(f"r{n}", "c.example"), *each) for n, each in enumerate(many)]
    planned = plan(judged, is_complete=is_complete, is_prdr=is_prdr)
    named = [recipient for d in planned.dispositions for recipient in d.recipients]
    assert sorted(named) == sorted(j.recipient for j in judged)
    assert all(hold.state in ENTRY for hold in planned.holds)
    kinds = {type(d) for d in planned.dispositions}
    if not is_prdr:
        assert not kinds & {Reject, Defer} or len(kinds) == 1
    code = final_reply(planned.dispositions).code
    assert (code == 250) == bool(kinds & {Deliver, Hold})


@given(MANY)
def test_late_plans_enter_what_can_be_held(many: list[tuple[EffectivePolicy, Verdict]]) -> None:
    for policy, verdict in many:
        hold = plan_late(Judged(ANN, policy, verdict))
        assert hold.recipients == (ANN,)
        assert hold.state in ENTRY - {State.UNCERTAIN}


def test_words_passed_on_keep_the_class_of_their_code() -> None:
    # RFC 2034 section 4: next hops there are that say otherwise.
    results = (RecipientResult(ANN, R, Words(550, "4.1.1", ("No",)), "rcpt"),)
    result = AttemptResult(results, "h:25", was_connected=True)
    (fate,) = after_attempt(Deliver((ANN,), CLEAN), result, Route("r"), is_alone=True)
    assert isinstance(fate.left, Reject)
    assert fate.left.reply.octets == b"550 5.0.0 No\r\n"


def test_a_redirect_to_one_who_is_a_recipient_waits_for_a_person() -> None:
    """There is one row a recipient: the second would have vanished into the first."""
    spam = Verdict(20.0, Band.DEFINITE, None, ())
    redirect = EffectivePolicy(definite_action=Action.REDIRECT, redirect_to="bob@x.example")
    keep = EffectivePolicy(definite_action=Action.QUARANTINE)
    ann, bob = Address("ann", "x.example"), Address("bob", "x.example")
    planned = plan(
        [Judged(ann, redirect, spam), Judged(bob, keep, spam)], is_complete=True, is_prdr=False
    )
    held = {r: d for d in planned.holds for r in d.recipients}
    assert held[ann].state is held[bob].state is State.QUARANTINED
    assert held[ann].redirect_to is None
