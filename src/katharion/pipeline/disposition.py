"""Verdicts to dispositions, and what an attempt leaves to do. Decisions only, no effects.

Source: DESIGN section 2: one reply has to stand for all recipients, so refusals are not
mixed with acceptance, and a temporary refusal is passed on only where it is everybody's.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from katharion.mail import reply as replies
from katharion.mail.address import Address, parse_address
from katharion.mail.reply import Reply
from katharion.values.attempt import AttemptResult, Outcome, Words
from katharion.values.disposition import Defer, Deliver, Disposition, Hold, Plan, Reject
from katharion.values.fate import State
from katharion.values.policy import Action, EffectivePolicy, FailMode
from katharion.values.snapshot import OnFailure, Route
from katharion.values.verdict import Band, Force, Verdict

# What an action comes to, but for the parameters that `_wish` adds.
HELD_BY_ACTION = {
    Action.QUARANTINE: State.QUARANTINED,
    Action.DISCARD: State.DISCARDED,
    Action.REDIRECT: State.QUEUED,
}
_BY_DMARC = {
    Force.DMARC_REJECT: Action.REJECT,
    Force.DMARC_QUARANTINE: Action.QUARANTINE,
}
_REJECTIONS = {
    Force.DMARC_REJECT: replies.DMARC_REFUSED,
    Force.LOOP: replies.MESSAGE_LOOPS,
    Force.BLOCKED: replies.BLOCKED,
    Force.VIRUS: replies.VIRUS_FOUND,
}


class Judged(NamedTuple):
    """One recipient with its policy and verdict."""

    recipient: Address
    policy: EffectivePolicy
    verdict: Verdict


class Fate(NamedTuple):
    """What becomes of one recipient after the attempt; `left` None: it is delivered."""

    recipient: Address
    words: Words
    left: Hold | Reject | Defer | None


def plan(judged: Sequence[Judged], *, is_complete: bool, is_prdr: bool) -> Plan:
    """What is to be done for each recipient. Each stands in exactly one disposition."""
    if not is_complete:
        recipients = tuple(j.recipient for j in judged)
        return Plan((Hold(recipients, State.UNJUDGED, "unjudged", judged[0].verdict),))
    wishes = [_wish(j) for j in judged]
    wishes = _without_collisions(_greylisted_together(wishes))
    if not is_prdr:
        wishes = _fit_one_reply(wishes)
    return Plan(tuple(_merged(wishes)))


def plan_late(judged: Judged) -> Hold:
    """What becomes of one recipient judged by the queue: the sender has gone, with our 250."""
    wish = _not_greylisted(_wish(judged))  # Nobody is there who could come again.
    if isinstance(wish, Deliver):
        verdict = wish.verdict
        return Hold(wish.recipients, State.QUEUED, "judged", verdict, subject_tag=wish.subject_tag)
    if isinstance(wish, Hold):
        return wish
    if isinstance(wish, Defer):
        return Hold(wish.recipients, State.UNJUDGED, "not checked", wish.verdict)
    return Hold(wish.recipients, State.QUARANTINED, "refused late", wish.verdict)


def after_attempt(
    deliver: Deliver, result: AttemptResult, route: Route, *, is_alone: bool, is_prdr: bool = False
) -> tuple[Fate, ...]:
    """What an attempt leaves to do, one fate a recipient.

    `is_alone`: the one reply speaks for this delivery only, so that the next hop's refusal of
    all may be passed on. `is_prdr`: each recipient has a reply of its own, which may always.
    """
    outcomes = {r.outcome for r in result.results}
    may_refuse = is_prdr or (is_alone and outcomes == {Outcome.REFUSED})
    may_defer = is_prdr or (is_alone and outcomes == {Outcome.DEFERRED})
    may_defer &= route.on_failure is OnFailure.DEFER
    fates = []
    for each in result.results:
        left: Hold | Reject | Defer | None = None
        one = (each.recipient,)
        if each.outcome is Outcome.REFUSED:
            if may_refuse:
                left = Reject(one, _passed_on(each.words, 550), deliver.verdict)
            else:
                # The queue hears it once more, and tells the sender or puts it before a person.
                left = _hold(deliver, one, State.QUEUED, "refused for some")
        elif each.outcome is Outcome.DEFERRED:
            if may_defer:
                left = Defer(one, _passed_on(each.words, 451), deliver.verdict)
            else:
                left = _hold(deliver, one, State.QUEUED, "next hop")
        elif each.outcome is Outcome.UNCERTAIN:
            left = _hold(deliver, one, State.UNCERTAIN, "no answer")
        fates.append(Fate(each.recipient, each.words, left))
    return tuple(fates)


def final_reply(dispositions: Iterable[Disposition | None]) -> Reply:
    """The one reply for all that became of a transaction; None stands for a delivery."""
    refusals: list[Reply] = []
    for disposition in dispositions:
        if disposition is None or isinstance(disposition, Hold | Deliver):
            return replies.ACCEPTED
        refusals.append(disposition.reply)
    return next((reply for reply in refusals if not reply.is_permanent), refusals[0])


def _wish(judged: Judged) -> Disposition:
    """What this recipient's policy wants, as if it were alone."""
    recipient, policy, verdict = judged
    one = (recipient,)
    settled = _without_choice(judged)
    if settled is not None:
        return settled
    action = _action(policy, verdict)
    if action is Action.DELIVER:
        return Deliver(one, verdict)
    if action is Action.TAG:
        return Deliver(one, verdict, policy.subject_tag)
    if action is Action.REJECT:
        force = verdict.force
        reply = _REJECTIONS.get(force, replies.MESSAGE_REFUSED_SPAM) if force else None
        return Reject(one, reply or replies.MESSAGE_REFUSED_SPAM, verdict)
    reason = verdict.force.value if verdict.force else verdict.band.value
    target = parse_address(policy.redirect_to) if action is Action.REDIRECT else None
    if action is Action.REDIRECT and target is None:
        action = Action.QUARANTINE  # Checked with the configuration; never lose it all the same.
    if target is None:
        return Hold(one, HELD_BY_ACTION[action], reason, verdict)
    route = policy.redirect_route
    return Hold(one, State.QUEUED, reason, verdict, redirect_to=target, redirect_route=route)


def _without_choice(judged: Judged) -> Disposition | None:
    """What no action of the policy decides: loops, and what could not be checked."""
    recipient, policy, verdict = judged
    one = (recipient,)
    if verdict.force is Force.LOOP:
        return Reject(one, replies.MESSAGE_LOOPS, verdict)
    if verdict.force is Force.GREYLISTED:
        return Defer(one, replies.GREYLISTED, verdict)
    if verdict.force is Force.UNSCANNABLE:
        return Hold(one, State.QUARANTINED, verdict.force.value, verdict)
    if verdict.band is Band.CLEAN and verdict.unchecked and verdict.force is None:
        if policy.fail_mode is FailMode.DEFER:
            return Defer(one, replies.NOT_JUDGED, verdict)
        if policy.fail_mode is FailMode.HOLD:
            return Hold(one, State.QUARANTINED, "not checked", verdict)
    return None


def _action(policy: EffectivePolicy, verdict: Verdict) -> Action:
    if verdict.force is Force.BLOCKED:
        return policy.blocked_action
    if verdict.force in _BY_DMARC:
        return _BY_DMARC[verdict.force]
    if verdict.band is Band.DEFINITE:
        return policy.definite_action
    return policy.probable_action if verdict.band is Band.PROBABLE else Action.DELIVER


def _without_collisions(wishes: list[Disposition]) -> list[Disposition]:
    """A redirect to one who is a recipient already: there is one row a recipient.

    Which of the two it should be nobody can say, so the redirected one waits for a person.
    """
    recipients = {recipient for wish in wishes for recipient in wish.recipients}
    return [
        Hold(w.recipients, State.QUARANTINED, "redirect", w.verdict)
        if isinstance(w, Hold) and w.redirect_to in recipients
        else w
        for w in wishes
    ]


def _greylisted_together(wishes: list[Disposition]) -> list[Disposition]:
    """Who is to come again comes again with all of it: where some get it now, all do."""
    taken = list(map(_not_greylisted, wishes))
    is_for_all = all(now is not wish for now, wish in zip(taken, wishes, strict=True))
    return wishes if is_for_all else taken


def _not_greylisted(wish: Disposition) -> Disposition:
    """The same, but taken at once where it would be asked to come again."""
    verdict = wish.verdict
    if isinstance(wish, Defer) and verdict is not None and verdict.force is Force.GREYLISTED:
        return Deliver(wish.recipients, verdict)
    return wish


def _fit_one_reply(wishes: list[Disposition]) -> list[Disposition]:
    """Make dispositions that one reply can stand for."""
    if not all(isinstance(wish, Defer) for wish in wishes):
        wishes = [
            Hold(w.recipients, State.UNJUDGED, "not checked", w.verdict)
            if isinstance(w, Defer)
            else w
            for w in wishes
        ]
    if any(isinstance(wish, Deliver | Hold) for wish in wishes):
        wishes = [
            Hold(w.recipients, State.QUARANTINED, "refused for others only", w.verdict)
            if isinstance(w, Reject)
            else w
            for w in wishes
        ]
    return wishes


def _merged(wishes: list[Disposition]) -> list[Disposition]:
    """Equal dispositions as one, with all their recipients, in the order of the first."""
    merged: list[Disposition] = []
    for wish in wishes:
        for number, other in enumerate(merged):
            if type(other) is type(wish) and _with(other, wish.recipients) == wish:
                merged[number] = _with(other, other.recipients + wish.recipients)
                break
        else:
            merged.append(wish)
    return merged


def _with(disposition: Disposition, recipients: tuple[Address, ...]) -> Disposition:
    return msgspec.structs.replace(disposition, recipients=recipients)


def _hold(deliver: Deliver, one: tuple[Address], state: State, reason: str) -> Hold:
    return Hold(one, state, reason, deliver.verdict, subject_tag=deliver.subject_tag)


def _passed_on(words: Words, code: int) -> Reply:
    """The next hop's own words as ours; where it had none, a code of the right kind."""
    if words.code == replies.SHUTTING_DOWN.code:  # That is of its connection, not of ours.
        return replies.passed_on(replies.TRY_LATER.code, words.enhanced, words.lines)
    if words.code // 100 == code // 100:
        return replies.passed_on(words.code, words.enhanced, words.lines)
    return replies.passed_on(code, "", ("The next hop can't be reached now",))
