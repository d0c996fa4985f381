"""A judgement in words, and as data that JSON can hold."""

import msgspec

from fixtures.fix_transaction import ANN
from katharion.mail import reply as replies
from katharion.mail.address import Address
from katharion.pipeline.explain import as_data, explain
from katharion.pipeline.run import Judgement
from katharion.pipeline.verdict import decide
from katharion.values.disposition import Defer, Deliver, Hold, Plan, Reject
from katharion.values.fate import State
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Band, Finding, Force, Verdict

VERDICT = Verdict(
    -1.5,
    Band.DEFINITE,
    Force.GTUBE,
    (
        Finding("GTUBE", 0.0, "The message is the GTUBE test message.", force=Force.GTUBE),
        Finding("HELO_NO_NAME", 1.5, "No host name.", "x y"),
        Finding("ALLOWED_ADDRESS", -3.0, "Allowed."),
    ),
)
ONE = (ANN,)
POLICY = EffectivePolicy()


def test_words() -> None:
    planned = Plan((Hold(ONE, State.QUARANTINED, "gtube", VERDICT),))
    lines = explain(Judgement((VERDICT,)), planned, (EffectivePolicy(),))
    assert lines == [
        "definite: -1.5 points, decided by gtube (probable from 5, definite from 10)",
        "  decides  GTUBE: The message is the GTUBE test message.",
        "     +1.5  HELO_NO_NAME: No host name. [x y]",
        "     -3.0  ALLOWED_ADDRESS: Allowed.",
        "hold as quarantined (gtube): ann@customer.example",
    ]


def test_each_disposition_has_its_words() -> None:
    other = Address("spam", "customer.example")
    planned = Plan(
        (
            Deliver((ANN, other), VERDICT),
            Deliver(ONE, VERDICT, "[SPAM] "),
            Hold(ONE, State.QUEUED, "probable", VERDICT, redirect_to=other),
            Reject(ONE, replies.BLOCKED),
            Defer(ONE, replies.NOT_JUDGED),
        )
    )
    to = "ann@customer.example"
    lines = explain(Judgement((), is_complete=False), planned, ())
    assert lines == [
        "The checks took too long: the message would be held and judged later.",
        f"deliver to {to}, spam@customer.example",
        f"deliver with '[SPAM] ' in the subject to {to}",
        f"hold as queued (probable), for spam@customer.example: {to}",
        f"refuse: {to}: 550 The recipient does not take mail from this sender",
        f"refuse for now: {to}: 451 The message can't be checked now, try again later",
    ]


def test_data_goes_through_json() -> None:
    planned = Plan((Reject(ONE, replies.BLOCKED, VERDICT),))
    data = msgspec.json.decode(msgspec.json.encode(as_data(Judgement((VERDICT,)), planned)))
    assert data["complete"] is True
    assert data["verdicts"][0]["force"] == "gtube"
    assert data["dispositions"][0]["type"] == "Reject"


def test_numbers_in_words() -> None:
    answers = (
        ("headers", (Finding("A", 9.0, "A."), Finding("B", 8.0, "B."))),
        ("helo", (Finding("C", 0.5, "C."),)),
        ("lists", (Finding("D", -0.1, "D."),)),
    )
    judgement = Judgement((decide([a for _, a in answers], POLICY),), answers=(answers,))
    assert explain(judgement, Plan(()), (POLICY,))[5:] == [
        "  By check: headers 4.75 (of 17), helo 0.5, lists -0.1.",
        "  No check decides alone: each counts 4.75 at most.",
        "  Without C it would be clean.",
        "  4.85 points more of another check than headers, and it would be definite.",
    ]
    data = msgspec.json.decode(msgspec.json.encode(as_data(judgement, Plan(()), (POLICY,))))
    numbers = data["verdicts"][0]
    assert numbers["check_points_max"] == 4.75
    assert numbers["smallest_removal"] == {"without": ["C"], "band": "clean"}
    assert numbers["missing"] == {"points": 4.85, "band": "definite", "exhausted": ["headers"]}
    assert numbers["contributions"][1] == {
        "check": "helo",
        "points": 0.5,
        "uncapped": 0.5,
        "favour": 0.0,
        "findings": ["C"],
    }


def test_favour_without_end_says_what_counts() -> None:
    answers = (("lists", (Finding("A", -5.0, "A."), Finding("B", -3.0, "B."))),)
    judgement = Judgement((decide([a for _, a in answers], POLICY),), answers=(answers,))
    assert explain(judgement, Plan(()), (POLICY,))[3:] == [
        "  By check: lists -8.",
        "  What speaks for it, -8, counts -4.75 at most.",
        "  9.75 points more, and it would be probable.",
    ]


def test_listed_bulk_is_a_class_of_clean_mail_alone() -> None:
    listed = Finding("BULK_LISTED", -0.5, "It is a mailing.")
    heavy = [(Finding(name, 20.0, ""),) for name in ("ONE", "OTHER")]
    clean, spam = (decide([(listed,), *more], POLICY) for more in ([], heavy))
    assert (clean.mail_class, spam.mail_class) == ("bulk", "")
    assert b"class=bulk;" in clean.trace_line("m1")
    assert b"class=" not in spam.trace_line("m1")
    lines = explain(Judgement((clean,)), Plan(()), (POLICY,))
    assert lines[0].startswith("clean, bulk: -0.5 points")
    assert as_data(Judgement((clean,)), Plan(()))["verdicts"][0]["class"] == "bulk"
