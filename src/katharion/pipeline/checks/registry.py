"""All checks, in the order they are asked. A new check is a file here and a line below."""

from collections.abc import Awaitable, Callable

import msgspec

from katharion.pipeline.checks import gtube, headers, helo, lists, loop, ptr, session
from katharion.pipeline.transaction import Transaction
from katharion.values.authenticity import Authenticity
from katharion.values.dns import Asking
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Finding

PureCheck = Callable[[Transaction], tuple[Finding, ...]]
AskingCheck = Callable[[Transaction], Asking[tuple[Finding, ...]]]
WaitingCheck = Callable[[Transaction], Awaitable[tuple[Finding, ...]]]
Authenticate = Callable[[Transaction], Asking[Authenticity]]
RecipientCheck = Callable[[Transaction, EffectivePolicy], tuple[Finding, ...]]


class Checks(msgspec.Struct, frozen=True):
    """Checks by name.

    `pure` are asked inline, once a message: their cost is bounded by the caps that each file
    names. `authenticate` and `asking` ask DNS; what memory knows costs no waiting. `waiting`
    wait for other services, beside each other under one timer. When all of them have answered,
    `known` are asked of what the first has found, and then `recipient`, once a policy.
    """

    authenticate: Authenticate | None = None

    pure: dict[str, PureCheck] = {}
    asking: dict[str, AskingCheck] = {}
    waiting: dict[str, WaitingCheck] = {}
    known: dict[str, PureCheck] = {}
    recipient: dict[str, RecipientCheck] = {}


CHECKS = Checks(
    pure={
        "loop": loop.judge,
        "session": session.judge,
        "helo": helo.judge,
        "headers": headers.judge,
        "gtube": gtube.judge,
    },
    asking={
        "ptr": ptr.judge,
    },
    recipient={
        "lists": lists.judge,
    },
)
AUTHENTICITY = "authenticity"
NAMES = (AUTHENTICITY, *CHECKS.pure, *CHECKS.asking, *CHECKS.known, *CHECKS.recipient)
