"""All checks, in the order they are asked. A new check is a file here and a line below."""

from collections.abc import Awaitable, Callable

import msgspec

from katharion.pipeline.checks import (
    attachments,
    authenticity,
    blocklists,
    campaign,
    classifier,
    dmarc,
    greylist,
    gtube,
    headers,
    helo,
    lists,
    loop,
    ptr,
    reputation,
    rules,
    session,
    structure,
    virus,
)
from katharion.pipeline.transaction import Transaction
from katharion.ports import Scanner
from katharion.values.dns import Asking
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Finding

PureCheck = Callable[[Transaction], tuple[Finding, ...]]
AskingCheck = Callable[[Transaction], Asking[tuple[Finding, ...]]]
WaitingCheck = Callable[[Transaction], tuple[Finding, ...] | Awaitable[tuple[Finding, ...]]]
RecipientCheck = Callable[[Transaction, EffectivePolicy], tuple[Finding, ...]]


class Checks(msgspec.Struct, frozen=True):
    """Checks by name.

    `pure` are asked inline, once a message: their cost is bounded by the caps that each file
    names. `asking` ask DNS; what memory knows costs no waiting. `waiting` wait for other
    services, beside each other under one timer, where they have not answered at once. When all
    of them have answered, and who sent the message is known, `known` are asked, and then
    `recipient`, once a policy.
    """

    pure: dict[str, PureCheck] = {}
    asking: dict[str, AskingCheck] = {}
    waiting: dict[str, WaitingCheck] = {}
    known: dict[str, PureCheck] = {}
    recipient: dict[str, RecipientCheck] = {}


CAMPAIGN = campaign.NAME  # Where it is asked, messages are given fingerprints.
AUTHENTICITY = "authenticity"  # Also the name of what finds out what is judged there.
CHECKS = Checks(
    pure={
        "loop": loop.judge,
        "session": session.judge,
        "helo": helo.judge,
        "headers": headers.judge,
        "gtube": gtube.judge,
        "structure": structure.judge,
    },
    known={
        "ptr": ptr.judge,
        AUTHENTICITY: authenticity.judge,
    },
    recipient={
        "dmarc": dmarc.judge,
        "lists": lists.judge,
    },
)
# Those that need what an operator writes, or a memory, are made with it: see with_sources.
NAMES = (
    *(
        *CHECKS.pure,
        classifier.TEXT,
        classifier.FORM,
        classifier.REPORTED,
        rules.NAME,
        blocklists.NAME,
        attachments.NAME,
        virus.NAME,
        *CHECKS.known,
        reputation.NAME,
        campaign.NAME,
    ),
    *(*CHECKS.recipient, greylist.NAME),
)


def with_learned(learned: classifier.Classifier) -> dict[str, PureCheck]:
    """The checks of a model."""
    return {
        classifier.TEXT: learned.judge_text,
        classifier.FORM: learned.judge_form,
        classifier.REPORTED: learned.judge_reported,
    }


def with_sources(
    lists: blocklists.Blocklists,
    remembered: reputation.Reputation | None = None,
    greylisting: greylist.Greylist | None = None,
    learned: classifier.Classifier | None = None,
    ruled: rules.RulesCheck | None = None,
) -> Checks:
    """All checks, and those of sources, as far as there is anything to ask."""
    asking = {blocklists.NAME: lists.judge} if lists.lists else {}
    known = {reputation.NAME: remembered.judge} if remembered else {}
    recipient = {greylist.NAME: greylisting.judge} if greylisting else {}
    return Checks(
        pure=CHECKS.pure
        | ({rules.NAME: ruled.judge} if ruled else {})
        | (with_learned(learned) if learned else {}),
        asking={**CHECKS.asking, **asking},
        waiting=CHECKS.waiting,
        known={**CHECKS.known, **known},
        recipient={**CHECKS.recipient, **recipient},
    )


def with_files(checks: Checks, files: attachments.Attachments) -> Checks:
    """The same, and what is to be said of files."""
    waiting = {**checks.waiting, attachments.NAME: files.judge}
    return msgspec.structs.replace(checks, waiting=waiting)


def with_scanner(checks: Checks, scanner: Scanner | None) -> Checks:
    """The same, and what a scanner for viruses says; None: there is none."""
    if scanner is None:
        return checks
    waiting = {**checks.waiting, virus.NAME: virus.Virus(scanner).judge}
    return msgspec.structs.replace(checks, waiting=waiting)


def with_mailings(checks: Checks, campaigns: campaign.Mailings) -> Checks:
    """The same checks, and that of mailings."""
    return msgspec.structs.replace(checks, known={**checks.known, campaign.NAME: campaigns.judge})
