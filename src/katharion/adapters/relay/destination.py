"""One next hop: its sessions, idle or at work, and the deliveries that wait for one."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from katharion.adapters.relay.job import Job
from katharion.adapters.relay.options import RelayOptions
from katharion.adapters.relay.session import RelaySession
from katharion.protocols.smtp_client import Broken, Finished, Stage
from katharion.values.attempt import Words
from katharion.values.snapshot import NextHop, TlsDemand

# Stages with a time-out of their own; what is not here has none.
_GREETING_STAGES = (Stage.GREETING, Stage.HELLO, Stage.STARTTLS, Stage.HANDSHAKE)
_ENVELOPE_STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.RESET)
# A hop that could not be had is passed over while another is left; mail goes on asking for it.
ASK_AGAIN_SECONDS = 5.0
MISSED_KEPT_SECONDS = 60.0


class Missed(NamedTuple):
    """What came of the last try to have a session. Times are the loop's monotonic seconds."""

    words: Words
    ask_again_at: float
    kept_until: float


class Key(NamedTuple):
    """What tells one destination from another."""

    hop: NextHop
    tls: TlsDemand

    def __str__(self) -> str:
        host = f"[{self.hop.host}]" if ":" in self.hop.host else self.hop.host
        return f"{host}:{self.hop.port}"


class Destination:
    """The pool of one next hop."""

    def __init__(
        self,
        key: Key,
        options: RelayOptions,
        open_session: Callable[["Destination"], None],
        try_next: Callable[[Job, Words, str], None],
    ) -> None:
        self.key = key
        self.name = str(key)
        self.sessions_max = 1
        self._options = options
        self._open_session = open_session
        self._try_next = try_next
        self._waiting: deque[Job] = deque()
        self._idle: list[RelaySession] = []
        self._at_work: dict[RelaySession, Job] = {}
        self._stages: dict[RelaySession, Stage] = {}
        self.opening_count = 0
        self.starting: dict[RelaySession, None] = {}  # Connected, not yet ready; in order.
        self.upgrade: Callable[[RelaySession], None] = lambda _session: None
        self._is_beginning = False
        self._missed: Missed | None = None
        self._now = asyncio.get_running_loop().time

    @property
    def is_empty(self) -> bool:
        """Whether nothing is going on."""
        sessions = self._idle or self._at_work or self.starting or self.opening_count
        return not (self._waiting or sessions)

    def is_forgettable(self, now: float) -> bool:
        """Whether nothing is going on, and nothing is to be remembered."""
        return self.is_empty and (self._missed is None or self._missed.kept_until <= now)

    def take(self, job: Job, sessions_max: int) -> None:
        """Deliver `job` as soon as there is a session."""
        self.sessions_max = sessions_max
        if self._missed is not None and job.go_on is not None:
            self._pass_over(job, self._missed)
            return
        job.next_hop = self.name
        if self._idle:
            session = self._idle.pop()
            session.is_used = True  # It may have grown stale while it lay idle.
            self._begin(session, job)
            return
        self._waiting.append(job)
        self._open_if_needed()

    def set_deadline(self, session: RelaySession) -> None:
        """Move a session's deadline where its stage has changed."""
        stage = session.core.stage
        previous = self._stages.get(session)
        if stage is previous or stage is Stage.CLOSED:
            return
        self._stages[session] = stage
        options, now = self._options, self._now()
        if stage is Stage.IDLE:
            session.deadline = now + options.idle_seconds_max
        elif stage is Stage.DOT:
            session.deadline = now + options.dot_seconds_max
        elif stage is Stage.CONTENT:
            session.deadline = now + options.content_seconds_max
        elif stage in _ENVELOPE_STAGES and previous not in _ENVELOPE_STAGES:
            session.deadline = now + options.envelope_seconds_max
        elif stage in _GREETING_STAGES and previous not in _GREETING_STAGES:
            session.deadline = now + options.greeting_seconds_max

    def opening_failed(self, words: Words) -> None:
        """No connection could be had. Where no other session lives, nobody waits for one."""
        self.opening_count -= 1
        if self._at_work or self.starting or self.opening_count:
            return  # Asked again at once, a server that is full would be asked without end.
        now = self._now()
        self._missed = Missed(words, now + ASK_AGAIN_SECONDS, now + MISSED_KEPT_SECONDS)
        waiting, self._waiting = self._waiting, deque()
        for job in waiting:
            self._try_next(job, words, "connect")

    def sweep(self, now: float) -> None:
        """End what takes too long."""
        for session in [s for s in self._idle if s.deadline <= now]:
            self._idle.remove(session)
            self._forget(session)
            session.quit()
        for session in [s for s in (*self.starting, *self._at_work) if s.deadline <= now]:
            session.give_up(f"no answer in time ({session.core.stage.value})")
        for session, job in list(self._at_work.items()):
            if job.answer_deadline <= now and not job.is_answered:
                if session.core.is_dot_sent:
                    job.answer_uncertain(now)
                else:
                    session.give_up(f"no answer in time ({session.core.stage.value})")
        late = [job for job in self._waiting if job.answer_deadline <= now]
        stage = next(iter(self.starting)).core.stage.value if self.starting else "connect"
        for job in late:
            self._waiting.remove(job)
            job.fail(Words(0, "", ("no session in time",)), stage, now)
        self._open_if_needed()

    def close(self) -> None:
        """Let go of the idle sessions."""
        while self._idle:
            session = self._idle.pop()
            self._forget(session)
            session.quit()

    # What sessions tell.

    def session_opened(self, session: RelaySession) -> None:
        """It is connected, and not yet ready."""
        self.opening_count -= 1
        self.starting[session] = None

    def session_ready(self, session: RelaySession) -> None:
        """It may take a letter."""
        self.starting.pop(session, None)
        self._missed = None
        self._idle.append(session)
        if self._is_beginning:
            return  # Below, in a letter refused unsent: one loop, or many would nest too deep.
        self._is_beginning = True
        while self._waiting and self._idle:
            self._begin(self._idle.pop(), self._waiting.popleft())
        self._is_beginning = False

    def session_finished(self, session: RelaySession, finished: Finished) -> None:
        """Its letter has results."""
        job = self._at_work.pop(session)
        stage = session.core.stage
        # Once its time is over, a letter is tried nowhere else, and keeps these words.
        may_go_on = (
            stage is Stage.CLOSED and _is_lost_early(finished) and self._now() < job.answer_deadline
        )
        was_stale = session.is_used and may_go_on
        session.is_used = True
        if stage is Stage.IDLE:
            self.session_ready(session)
        elif stage is Stage.CLOSED:
            self._forget(session)
            self._open_if_needed()
        else:
            self.starting[session] = None  # RSET is on its way; it will be ready.
        if was_stale and not job.is_repeated:
            job.is_repeated = True
            self.close()  # Those that lay idle with it are no better: a new one is wanted.
            self.take(job, self.sessions_max)
        elif may_go_on and job.go_on is not None:
            self._try_next(job, finished.results[0].words, finished.results[0].stage)
        else:
            job.finish(finished, self._now(), session.tls)

    def session_broken(self, session: RelaySession, broken: Broken) -> None:
        """It is of no use, and had no letter."""
        self._forget(session)
        if session in self.starting and session.is_used:
            self.starting.pop(session, None)  # It broke at RSET: that says nothing of a new one.
            self._open_if_needed()
        elif session in self.starting:
            self.starting.pop(session, None)
            self.opening_count += 1  # What is taken back here, or by `opening_failed`.
            if session.is_tls_broken:
                self._open_session(self)  # Once more, without TLS.
            else:
                self.opening_failed(broken.words)
        elif session in self._idle:
            self._idle.remove(session)

    def session_wants_tls(self, session: RelaySession) -> None:
        """A handshake is to be done."""
        self.upgrade(session)

    # Small parts.

    def _begin(self, session: RelaySession, job: Job) -> None:
        self._at_work[session] = job
        session.deliver(job.letter)

    def _pass_over(self, job: Job, missed: Missed) -> None:
        """Let `job` try the next hop at once, and ask at times whether this one is back."""
        if self._now() >= missed.ask_again_at and not (self.opening_count or self.starting):
            self.opening_count += 1
            self._open_session(self)
        self._try_next(job, missed.words, "connect")

    def _open_if_needed(self) -> None:
        wanted = len(self._waiting) - self.opening_count - len(self.starting)
        living = len(self._at_work) + len(self._idle) + len(self.starting) + self.opening_count
        for _ in range(min(wanted, self.sessions_max - living)):
            self.opening_count += 1
            self._open_session(self)

    def _forget(self, session: RelaySession) -> None:
        self._stages.pop(session, None)


def _is_lost_early(finished: Finished) -> bool:
    """Whether the session ended before the first octet of content, by no fault of the letter."""
    return all(
        r.words.code in (0, 421) and r.stage in ("mail", "rcpt", "data") for r in finished.results
    )
