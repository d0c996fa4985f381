"""All checks, in the order they are asked. A new check is a file here and a line below."""

from collections.abc import Awaitable, Callable

from katharion.pipeline.checks import gtube, headers, helo, lists, loop, ptr, session
from katharion.pipeline.transaction import Transaction
from katharion.ports import Resolver
from katharion.values.policy import EffectivePolicy
from katharion.values.verdict import Finding

PureCheck = Callable[[Transaction], tuple[Finding, ...]]
WaitingCheck = Callable[[Transaction, Resolver], Awaitable[tuple[Finding, ...]]]
RecipientCheck = Callable[[Transaction, EffectivePolicy], tuple[Finding, ...]]

# Asked inline, once a message: their cost is bounded by the caps that each file names.
PURE: dict[str, PureCheck] = {
    "loop": loop.judge,
    "session": session.judge,
    "helo": helo.judge,
    "headers": headers.judge,
    "gtube": gtube.judge,
}
# Asked beside each other under one timer.
WAITING: dict[str, WaitingCheck] = {
    "ptr": ptr.judge,
}
# Asked inline, once a recipient's policy.
RECIPIENT: dict[str, RecipientCheck] = {
    "lists": lists.judge,
}
NAMES = (*PURE, *WAITING, *RECIPIENT)
