"""Whatever a server says, cut wherever: each recipient gets exactly one result, and no error."""

from hypothesis import given, settings
from hypothesis import strategies as st

from katharion.mail.address import Address
from katharion.mail.answer import Outcome
from katharion.protocols.smtp_client import (
    Broken,
    Finished,
    Letter,
    Ready,
    SmtpClient,
    Stage,
    TlsWish,
    UpgradeToTls,
)

RECIPIENTS = tuple(Address(name, "customer.example") for name in ("ann", "bob", "ann"))
LETTER = Letter(None, RECIPIENTS, (b"x\r\n",), 3, is_8bit=True, is_smtputf8=True)
REPLIES = st.sampled_from(
    [
        b"220 hi\r\n",
        b"250 ok\r\n",
        b"250-m\r\n250-PIPELINING\r\n250-STARTTLS\r\n250-SIZE 9\r\n250 SMTPUTF8\r\n",
        b"250-m\r\n250-SMTPUTF8\r\n250 SIZE \xc2\xb2\r\n",
        b"354 go\r\n",
        b"421 bye\r\n",
        b"450 4.2.0 later\r\n",
        b"550 5.1.1 no\r\n",
        b"250-",
        b"\xff",
    ]
)
SPEECH = st.lists(REPLIES | st.binary(max_size=12), max_size=24)


@settings(max_examples=400, deadline=None)
@given(SPEECH, st.sampled_from(TlsWish), st.sampled_from(["smtp", "lmtp"]), st.integers(1, 40))
def test_any_speech_ends_in_one_result_each(
    speech: list[bytes], tls: TlsWish, kind: str, cut: int
) -> None:
    client = SmtpClient("node.example", is_lmtp=kind == "lmtp", tls=tls)
    begun = ended = 0
    has_letter = False
    pieces = [part[i : i + cut] for part in speech for i in range(0, len(part), cut)]
    for piece in [*pieces, None]:
        was_dot_sent = client.is_dot_sent
        events = client.receive(piece) if piece is not None else client.lost("end of the test")
        while events:
            event = events.pop(0)
            if isinstance(event, Finished):
                ended += 1
                assert has_letter
                has_letter = False
                assert tuple(r.recipient for r in event.results) == RECIPIENTS
                if not was_dot_sent:
                    taken = {Outcome.ACCEPTED, Outcome.UNCERTAIN}
                    assert not taken & {r.outcome for r in event.results}
            elif isinstance(event, UpgradeToTls):
                client.tls_started()
            else:
                assert isinstance(event, Ready | Broken)
        if client.stage is Stage.IDLE:
            begun += 1
            has_letter = True
            again = client.deliver(LETTER)
            if again:
                ended += 1
                has_letter = False
        client.take_output()
        if client.stage is Stage.CONTENT:
            client.finish_content()
            client.take_output()
    assert begun == ended
    assert client.stage is Stage.CLOSED
