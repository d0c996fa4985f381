"""The demonstration's senders: each sample goes in by a session of its own, as strangers' mail."""

import asyncio
import smtplib
from typing import NamedTuple

from katharion.demo.samples import Sample

ANSWER_SECONDS_MAX = 120.0


class Answer(NamedTuple):
    """What the node said about one recipient of a sample, in its words."""

    recipient: str
    code: int
    words: str


async def send(sample: Sample, port: int) -> list[Answer]:
    """Send `sample` to the node; one answer a recipient. Code 0: it could not be asked."""
    return await asyncio.to_thread(_send, sample, port)


def _send(sample: Sample, port: int) -> list[Answer]:
    kind = sample.kind
    try:
        with smtplib.SMTP(
            "127.0.0.1",
            port,
            local_hostname=kind.helo,
            timeout=ANSWER_SECONDS_MAX,
            source_address=(kind.source, 0),
        ) as session:
            session.ehlo()
            return _transaction(session, sample)
    except (OSError, smtplib.SMTPException) as error:
        return [Answer(recipient, 0, f"no answer: {error}") for recipient in kind.recipients]


def _transaction(session: smtplib.SMTP, sample: Sample) -> list[Answer]:
    kind = sample.kind
    code, words = session.mail(kind.sender, ["BODY=8BITMIME"])
    if code >= 400:
        return [_answer(recipient, code, words) for recipient in kind.recipients]
    replies = [(recipient, *session.rcpt(recipient)) for recipient in kind.recipients]
    answers = [_answer(*reply) for reply in replies if reply[1] >= 400]
    accepted = [reply[0] for reply in replies if reply[1] < 400]
    if accepted:
        code, words = session.data(sample.content)
        answers += [_answer(recipient, code, words) for recipient in accepted]
    return answers


def _answer(recipient: str, code: int, words: bytes) -> Answer:
    return Answer(recipient, code, words.decode("ascii", "replace").replace("\n", " / "))
