"""The invariants, checked when all is over: what people heard against what is.

STYLE's I1 to I10. A copy more than one is right only where somebody was not told: each such
copy must have its explanation, a reply that was not heard or a commit that nobody knows of.
"""

import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from katharion.values.fate import DUE, State
from katharion.values.held import HeldRow
from sim.hops import Copy
from sim.letters import as_passed_on
from sim.senders import Sender

if TYPE_CHECKING:
    from sim.world import World

_TOKEN = re.compile(rb"end of (t\d{4}-[0-9a-f]{8})")
_ID = re.compile(rb"\bid ([0-9A-Z]{26})\b")
_SUBJECT = re.compile(rb"Subject: letter (t\d{4}-[0-9a-f]{8})")
_FINAL = re.compile(rb"Final-Recipient: rfc822; (\S+)")
_NAMES = rb"(?:Authentication-Results|Received|X-Katharion-[A-Za-z]+)"
_TRACE = re.compile(_NAMES + rb": [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")
REDIRECT_TO = "dan@hold.example"
TAG = b"[SPAM] "


# A disk that is away or slow for a minute, or a writer that is gone, leaves it unknown.
_MAY_STAY_UNKNOWN = frozenset({"disk-away", "commit-slow"})


class Key(NamedTuple):
    """One letter for one recipient."""

    token: str
    recipient: str


def check(world: "World", *, is_settled: bool) -> list[str]:
    """All that is wrong, in words that begin with the invariant's name."""
    wrong = [*world.house.wrong, *world.disks.wrong]
    wrong += [f"a process raised {error!r}" for error in world.loop.errors]
    for sender in world.senders:
        wrong += [f"{sender.letter.token}: {each}" for each in sender.wrong]
    wrong += _check_copies(world)
    wrong += _check_letters(world)
    wrong += _check_unknown(world)
    wrong += _check_waiting(world)
    wrong += _check_told(world)
    wrong += _check_bounces(world)
    wrong += _check_rest(world, is_settled=is_settled)
    return wrong


def copies_by_key(world: "World") -> dict[Key, list[Copy]]:
    """What the customers' servers have."""
    copies: dict[Key, list[Copy]] = defaultdict(list)
    for hop in world.hops:
        for copy in hop.copies:
            for recipient in copy.recipients:
                copies[Key(token_of(copy.content), recipient)].append(copy)
    return copies


def token_of(content: bytes) -> str:
    """Which letter it is; "" where that can't be seen."""
    found = _TOKEN.search(content)
    return found[1].decode() if found else ""


def id_of(copy: Copy) -> str:
    """Our id of the transaction, from our Received field."""
    found = _ID.search(copy.content)
    return found[1].decode() if found else ""


# I3, I4: what arrived is what was sent, and for whom.


def _check_copies(world: "World") -> list[str]:
    letters = {sender.letter.token: sender.letter for sender in world.senders}
    wrong = []
    for hop in world.hops:
        for copy in hop.copies:
            token = token_of(copy.content)
            letter = letters.get(token)
            if letter is None:
                wrong.append(f"I3 {hop.process.host} has a message that nobody sent")
                continue
            if not _is_same(copy.content, as_passed_on(letter.content)):
                wrong.append(f"I3 {token} arrived changed at {hop.process.host}")
            strangers = set(copy.recipients) - {*letter.recipients, REDIRECT_TO}
            wrong += [f"I4 {token} came to {each}, whom nobody named" for each in strangers]
    return wrong


def _is_same(arrived: bytes, sent: bytes) -> bool:
    """Whether it is our trace fields and then what was sent; a subject may be tagged."""
    at = 0
    while not arrived.startswith(sent[:20], at):
        found = _TRACE.match(arrived, at)
        if found is None:
            return False
        at = found.end()
    rest = arrived[at:]
    return sent in (rest, rest.replace(b"Subject: " + TAG, b"Subject: ", 1))


# I2: what is stored without its writer's knowing does not stay so.


def _check_unknown(world: "World") -> list[str]:
    """Its writer asks until it knows, or takes it back, so long as it lives and has a disk."""
    if _MAY_STAY_UNKNOWN.intersection(world.faults.kinds):
        return []
    return [
        f"I2 {message_id} was left as it was by {writer.name}, who was not told"
        for message_id, writer in world.disks.unknown.items()
        if not (writer.is_dead or writer.was_frozen)
    ]


# I1, I2: nothing is lost, nothing comes that was not promised, and each copy is explained.


def _check_letters(world: "World") -> list[str]:
    copies = copies_by_key(world)
    rows: dict[str, list[HeldRow]] = defaultdict(list)
    for row in world.disks.rows():
        rows[row.subject.removeprefix("letter ")].append(row)
    wrong = []
    for sender in world.senders:
        letter = sender.letter
        for recipient in letter.recipients:
            wrong += _check_recipient(
                world, sender, Key(letter.token, recipient), copies, rows[letter.token]
            )
    return wrong


def _check_recipient(
    world: "World",
    sender: Sender,
    key: Key,
    copies: dict[Key, list[Copy]],
    rows: list[HeldRow],
) -> list[str]:
    mine = [a for a in sender.attempts if key.recipient in a.recipients]
    acked = sum(1 for a in mine if 200 <= a.code < 300)
    unheard = sum(1 for a in mine if a.code == 0)
    is_redirected = key.recipient.endswith("@send-on.example") and sender.letter.is_spam
    to = REDIRECT_TO if is_redirected else key.recipient
    # A redirect that is judged late waits for a person under its own recipient.
    places = dict.fromkeys((to, key.recipient))
    arrived = [copy for place in places for copy in copies.get(Key(key.token, place), ())]
    standing = [r for r in rows if str(r.recipient) in places and r.state is not State.DELIVERED]
    wrong = []
    # Several recipients of a redirect meet in one mailbox, and in one row.
    due_count = min(acked, 1) if key.recipient.endswith("@send-on.example") else acked
    if len(arrived) + len(standing) < due_count:
        wrong.append(f"I1 {key} was answered 250 {acked} times: {len(arrived)} copies arrived")
    arrived_ids = {id_of(copy) for copy in arrived}
    wrong += [
        f"I1 {key} is said to be delivered, and did not arrive"
        for row in rows
        if str(row.recipient) == to
        and row.state is State.DELIVERED
        and row.message_id not in arrived_ids
    ]
    wrong += _check_surplus(world, key, arrived, (acked, unheard, rows))
    return wrong


def _check_surplus(
    world: "World", key: Key, arrived: list[Copy], told: tuple[int, int, list[HeldRow]]
) -> list[str]:
    acked, unheard, rows = told
    troubles = world.disks.troubles
    ids = {id_of(copy) for copy in arrived} | {row.message_id for row in rows}
    # What explains a copy that nobody was told of.
    lost_replies = sum(1 for copy in arrived if not copy.is_heard)
    unsure = sum(len(troubles.get(each, ())) for each in ids)
    allowed = acked + unheard + lost_replies + unsure
    if key.recipient == REDIRECT_TO or key.recipient.endswith("@send-on.example"):
        allowed += 10  # Several recipients' copies meet in one mailbox.
    if len(arrived) <= allowed:
        return []
    why = f"250 {acked}, unheard {unheard}, replies lost {lost_replies}, unsure {unsure}"
    return [f"I2 {key} came {len(arrived)} times: {why}"]


# No second copy while the first may still be answered.


def _check_waiting(world: "World") -> list[str]:
    by_id: dict[tuple[str, str], list[Copy]] = defaultdict(list)
    for hop in world.hops:
        for copy in hop.copies:
            for recipient in copy.recipients:
                by_id[id_of(copy), recipient].append(copy)
    wrong = []
    for (message_id, recipient), copies in by_id.items():
        if {"taken over", "forsaken"} & set(world.disks.troubles.get(message_id, ())):
            continue  # Its holder was killed, or slept through its lease.
        copies.sort(key=lambda copy: copy.at)
        for first, second in pairwise(copies):
            if first.at < second.at < first.waited_until and second.at < first.at + 600.0:
                wrong.append(f"I7 {message_id} for {recipient} went again while it was answered")
    return wrong


# I9: what was done was written down.


def _check_told(world: "World") -> list[str]:
    if world.house.journal.lost_count:
        return []  # The journal was full: that is counted, and said.
    told = {(r.message_id, r.recipient.lower()) for r in world.house.journal.records}
    told_ids = {each[0] for each in told}
    may_die = any(kind.startswith(("crash", "reload")) for kind in world.faults.kinds)
    if may_die:
        return []  # A filter may be killed between what it did and the record of it.
    untold = [
        f"{row.message_id} for {row.recipient} was tried"
        for row in world.disks.rows()
        if row.attempts and (row.message_id, str(row.recipient).lower()) not in told
    ]
    untold += [
        f"{key} was delivered"
        for key, copies in copies_by_key(world).items()
        if any(copy.is_heard and id_of(copy) not in told_ids for copy in copies)
    ]
    return [f"I9 {what}, and no record says so" for what in untold]


# Bounces: who is bounced is told, once; nobody is told who may not have sent it.


def _check_bounces(world: "World") -> list[str]:
    letters = {sender.letter.token: sender.letter for sender in world.senders}
    told = {
        Key(found[1].decode(), recipient.decode())
        for copy in world.home.copies
        if (found := _SUBJECT.search(copy.content))
        for recipient in _FINAL.findall(copy.content)
    }
    on_its_way = {
        str(row.recipient)
        for row in world.disks.rows()
        if row.reason in ("notice", "undeliverable")
    }
    wrong = [
        f"I1 {row.message_id} for {row.recipient} is bounced, and nobody is told"
        for row in world.disks.rows()
        if row.state is State.BOUNCED
        and Key(row.subject.removeprefix("letter "), str(row.recipient)) not in told
        and row.sender not in on_its_way
    ]
    for token, recipient in told:
        letter = letters[token]
        number = int(letter.sender.removeprefix("sender").partition("@")[0] or 0)
        if letter.is_spam or number % 2:
            wrong.append(f"{token} for {recipient} was bounced to one who may be forged")
    return wrong


# I5, I10: nothing is left over.


def _check_rest(world: "World", *, is_settled: bool) -> list[str]:
    wrong = []
    if not is_settled:
        waiting = [s.letter.token for s in world.senders if not s.is_done]
        due = [r for r in world.disks.rows() if r.state in DUE]
        wrong.append(f"I10 not settled: senders {waiting}, rows {due[:2]}")
    for name, front in world.house.fronts.items():
        if front.budget.bytes_used and not front.sessions:
            wrong.append(f"I5 {name} keeps {front.budget.bytes_used} bytes of nobody")
        if len(front.sessions) != front.admission.count:
            wrong.append(f"I5 {name} counts {front.admission.count} of {len(front.sessions)}")
    dead = [name for name in world.house.names if world.house.processes[name].is_dead]
    wrong += [f"I10 {name} does not run" for name in dead]
    for name, runner in world.house.queue_runners.items():
        if is_settled and runner.at_work_count > world.house.loaded.config.queue.deliveries_max:
            wrong.append(f"I5 {name} has {runner.at_work_count} deliveries under way")
    return wrong
