"""One letter, one fault, aimed: the world without chance, for faults that stand in a list."""

from collections.abc import Callable

from katharion.values.fate import State
from sim.checkers import Key, copies_by_key
from sim.hops import Hop
from sim.letters import GTUBE, Letter
from sim.loop import Process
from sim.world import Account, World

ANN, BOB, CID = "ann@hold.example", "bob@hold.example", "cid@hold.example"
DEFERRING = "ann@refuse.example"  # Its route passes a 4xx on.
TOKEN = "t0001-00000001"  # noqa: S105 # By which it is known.


def letter(size_octets: int, *recipients: str, is_spam: bool = False, sender: str = "") -> Letter:
    """A letter of about that size, with dots at the beginning of lines."""
    head = f"From: <eve@sender.example>\r\nSubject: letter {TOKEN}\r\n\r\n".encode()
    line = b".%069d\r\n"
    body = b"".join(line % number for number in range(size_octets // len(line % 0)))
    head += GTUBE + b"\r\n" if is_spam else b""
    end = b"end of " + TOKEN.encode() + b"\r\n"
    return Letter(
        TOKEN,
        sender or "eve@sender.example",
        recipients or (ANN,),
        head + body + end,
        is_spam,
        is_sent_twice=False,
    )


class Stage(World):
    """A world for one letter. Time goes on by `pass_time`, and at the end by `finish`."""

    def __init__(self, written: Letter, seed: int = 1) -> None:
        super().__init__(seed, hours=0.001, only=(), written=[written])
        self.letter = written
        self.begin()

    @property
    def hop(self) -> Hop:
        """The first server of most domains' route."""
        return self.hops[0]

    @property
    def other_hop(self) -> Hop:
        """The server of the route that passes a 4xx on."""
        return self.hops[2]

    def always(self, *kinds: str) -> None:
        """From now on these faults happen each time."""
        for kind in kinds:
            self.faults.shares[kind] = 1.0

    def never(self) -> None:
        """From now on no fault happens."""
        self.faults.shares.clear()

    def once(self, kind: str) -> None:
        """This fault happens the next time, and then no more."""
        self.faults.shares[kind] = 1.0
        happens = self.faults.happens

        def first_time(asked: str) -> bool:
            found = happens(asked)
            if found and asked == kind:
                self.faults.shares.pop(kind, None)
            return found

        self.faults.happens = first_time  # type: ignore[method-assign] # On this stage alone.

    def pass_time(self, seconds: float) -> None:
        """Let it all go on."""
        self.loop.run_until(lambda: False, self.loop.now + seconds)

    def until(self, is_so: Callable[[], bool], seconds_max: float = 3600.0) -> None:
        """Let it go on until something is so."""
        assert self.loop.run_until(is_so, self.loop.now + seconds_max), "it did not come to that"

    def until_answered(self, times: int = 1) -> None:
        """Until the sender has tried so often."""
        self.until(lambda: len(self.senders[0].attempts) >= times)

    def finish(self) -> Account:
        """All is healed; every invariant must hold."""
        account = self.end()
        assert account.wrong == ()
        return account

    @property
    def codes(self) -> list[int]:
        """What the sender heard at its dots; 0 where that was nothing."""
        return [attempt.code for attempt in self.senders[0].attempts]

    def copies(self, recipient: str = ANN) -> int:
        """How often it arrived."""
        return len(copies_by_key(self).get(Key(TOKEN, recipient), ()))

    def states(self) -> dict[str, State]:
        """The rows, by recipient."""
        return {str(row.recipient): row.state for row in self.disks.rows()}

    @property
    def filters(self) -> list[Process]:
        """Those that run now."""
        return [self.house.processes[name] for name in self.house.names]
