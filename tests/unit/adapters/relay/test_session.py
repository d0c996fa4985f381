"""One connection: when the dot is said, and what is told when the connection ends."""

from fakes.fake_transport import FakeTransport
from katharion.adapters.relay.session import CONTENT_AT_ONCE_OCTETS_MAX, RelaySession
from katharion.mail.address import Address
from katharion.protocols.smtp_client import Broken, Finished, Letter, SmtpClient

ANN = Address("ann", "customer.example")
BIG = b"x" * (CONTENT_AT_ONCE_OCTETS_MAX * 3)


class Owner:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.results: list[str] = []

    def session_opened(self, _session: RelaySession) -> None:
        self.told.append("opened")

    def session_ready(self, _session: RelaySession) -> None:
        self.told.append("ready")

    def session_finished(self, _session: RelaySession, finished: Finished) -> None:
        self.told.append("finished")
        self.results += [r.outcome.value for r in finished.results]

    def session_broken(self, _session: RelaySession, _broken: Broken) -> None:
        self.told.append("broken")

    def session_wants_tls(self, _session: RelaySession) -> None:
        self.told.append("wants tls")


def ready_session(transport: FakeTransport) -> tuple[RelaySession, Owner]:
    owner = Owner()
    session = RelaySession(SmtpClient("node.example"), owner, lambda _session: None)
    transport.protocol = session
    session.connection_made(transport)
    session.data_received(b"220 hi\r\n")
    session.data_received(b"250-mail\r\n250 PIPELINING\r\n")
    return session, owner


def begin(session: RelaySession, content: bytes) -> None:
    session.deliver(Letter(None, (ANN,), (content,), len(content)))
    session.data_received(b"250 ok\r\n250 ok\r\n354 go\r\n")


def test_small_content_and_dot_leave_together() -> None:
    transport = FakeTransport()
    session, owner = ready_session(transport)
    begin(session, b"x\r\n")
    assert transport.written.endswith(b"DATA\r\nx\r\n.\r\n")
    session.data_received(b"250 kept\r\n")
    assert (owner.told, owner.results) == (["opened", "ready", "finished"], ["accepted"])


def test_dot_waits_until_big_content_has_left() -> None:
    transport = FakeTransport()
    session, owner = ready_session(transport)
    transport.room_octets = 1000
    begin(session, BIG)
    assert transport.written.endswith(BIG)
    transport.drain()
    assert transport.written.endswith(BIG + b".\r\n")
    session.connection_lost(None)
    assert owner.results == ["uncertain"]


def test_connection_lost_in_big_content_is_certainly_not_delivered() -> None:
    transport = FakeTransport()
    session, owner = ready_session(transport)
    transport.room_octets = 1000
    begin(session, BIG)
    session.connection_lost(ConnectionResetError("reset"))
    assert owner.results == ["deferred"]
    transport.drain()
    assert not transport.written.endswith(b".\r\n")


def test_given_up_in_big_content_aborts_so_that_no_rest_is_sent() -> None:
    transport = FakeTransport()
    session, owner = ready_session(transport)
    transport.room_octets = 1000
    begin(session, BIG)
    session.give_up("late")
    assert transport.is_aborted
    assert owner.results == ["deferred"]


def test_idle_session_that_ends_is_broken() -> None:
    for end in (b"421 bye\r\n", b"nonsense\r\n", b""):
        transport = FakeTransport()
        session, owner = ready_session(transport)
        session.data_received(end) if end else session.connection_lost(None)
        assert owner.told == ["opened", "ready", "broken"]
        assert transport.is_closed


def test_quit_is_polite_and_told_to_nobody() -> None:
    transport = FakeTransport()
    session, owner = ready_session(transport)
    session.quit()
    session.connection_lost(None)
    assert transport.written.endswith(b"QUIT\r\n")
    assert transport.is_closed
    assert owner.told == ["opened", "ready"]
