"""Judge labelled mail by the content checks, all of them or the classifier's alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path

from katharion.adapters.model_file import SHIPPED, map_file
from katharion.adapters.rules_folder import compiled, load_rules
from katharion.cli.given import end
from katharion.cli.manifest import Mail
from katharion.cli.measure import Judged
from katharion.content.attachments.examine import examine
from katharion.content.attachments.options import AttachmentsOptions
from katharion.content.classifier.features import features_of
from katharion.content.classifier.learn import Example, Replayer
from katharion.content.classifier.model import Head, Model, ModelError, load
from katharion.content.reading import read
from katharion.content.rules.options import RulesOptions
from katharion.mail.address import parse_address
from katharion.mail.envelope import Envelope
from katharion.mail.message import Message
from katharion.pipeline.checks.attachments import NAME as ATTACHMENTS
from katharion.pipeline.checks.attachments import Attachments
from katharion.pipeline.checks.classifier import FORM, TEXT, Classifier
from katharion.pipeline.checks.registry import CHECKS, PureCheck, with_learned
from katharion.pipeline.checks.rules import NAME as RULES
from katharion.pipeline.checks.rules import RulesCheck
from katharion.pipeline.transaction import Transaction
from katharion.pipeline.verdict import decide
from katharion.values.examination import Examination, File
from katharion.values.facts import ClientFacts
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Band, Finding

# What a session and its client are is not content; the loop is not the sender's.
NOT_CONTENT = frozenset(("loop", "session", "helo"))
DATE_OCTETS_MAX = 100
_POLICY = EffectivePolicy()
# While it learns, the model has no calibration but this: even odds hold a message.
_ONLINE = Head(text_even=0.0, form_even=0.0, points_per_nat=0.35)


def load_model(path: Path | None) -> Model:
    """The model in a file, or the one that ships; ends with a sentence where it can't."""
    path = path or SHIPPED
    try:
        return load(map_file(path))
    except (OSError, ModelError) as error:
        end(f"{path}: {error}.")


def judge_all(mails: Sequence[Mail], path: Path | None, *, is_alone: bool) -> list[Judged]:
    """All of them by one model."""
    made = load_model(path)
    checks = _checks(lambda: made, is_alone=is_alone)
    return [_judge(mail, _transaction(mail), checks) for mail in mails]


def judge_online(mails: Sequence[Mail], *, is_alone: bool) -> list[Judged]:
    """TREC's protocol: each is judged, and then learned from, by a model that begins empty."""
    learner, judged = Replayer(), []
    checks = _checks(lambda: learner.model(_ONLINE), is_alone=is_alone)
    for mail in mails:
        transaction = _transaction(mail)
        judged.append(_judge(mail, transaction, checks))
        if mail.line.label != "backscatter":
            features = features_of(transaction.reading, transaction.message)
            learner.learn(Example(features, mail.is_spam))
    return judged


def _checks(model: Callable[[], Model], *, is_alone: bool) -> dict[str, PureCheck]:
    learned = with_learned(Classifier(model))
    if is_alone:
        return learned
    ready = compiled(load_rules(RulesOptions()))
    files = Attachments(_Here(), AttachmentsOptions().rules)
    others = {**CHECKS.pure, RULES: RulesCheck(lambda: ready).judge, ATTACHMENTS: _at_once(files)}
    known = (TEXT, FORM)
    kept = {n: c for n, c in others.items() if n not in NOT_CONTENT and n not in known}
    return kept | learned


class _Here:
    """Looks into files in this process: what is evaluated is known mail."""

    async def examine(self, files: Sequence[File]) -> Examination:
        return examine(tuple(files), AttachmentsOptions().rules)


def _at_once(files: Attachments) -> PureCheck:
    def judge(transaction: Transaction) -> tuple[Finding, ...]:
        found = files.judge(transaction)
        return found if isinstance(found, tuple) else asyncio.run(_awaited(found))

    return judge


async def _awaited(found: Awaitable[tuple[Finding, ...]]) -> tuple[Finding, ...]:
    return await found


def _transaction(mail: Mail) -> Transaction:
    message, line = mail.message(), mail.line
    sender = parse_address(line.mail_from or "", is_utf8=True)
    recipient = parse_address("postmaster@localhost.localdomain", is_utf8=True)
    assert recipient is not None
    return Transaction(
        "0" * 26,
        "localhost.localdomain",
        ClientFacts(line.client_ip or "", 0, "evaluate", line.helo or "", is_esmtp=True),
        Envelope(sender, (recipient,)),
        message,
        (_POLICY,),
        (),
        _moment(message),
        reading=read(message),
    )


def _moment(message: Message) -> float:
    """When it came: when it says it was sent, for old mail is not judged by its age."""
    try:
        text = message.first(b"date")[:DATE_OCTETS_MAX].decode("ascii", "replace")
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0


def _judge(mail: Mail, transaction: Transaction, checks: dict[str, PureCheck]) -> Judged:
    answers = [check(transaction) for check in checks.values()]
    verdict = decide(answers, _POLICY)
    found: list[Finding] = [finding for answer in answers for finding in answer]
    raw = sum(finding.weight for finding in found)
    line = mail.line
    is_held = verdict.band is not Band.CLEAN
    return Judged(line.set, line.label, raw, is_held, raw >= _POLICY.probable_score)
