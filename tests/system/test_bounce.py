"""A real node that gives mail up: its sender is told, by signed mail; a forged one is not."""

import asyncio
import smtplib
from collections.abc import Callable
from pathlib import Path

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from fakes.fake_next_hop import FakeNextHop
from fixtures.fix_node import WITHOUT_CLASSIFIER, Node, Plan
from fixtures.fix_sink import MailBox
from katharion.authentication.dkim_sign import SigningKey
from katharion.demo.names import Names

HONEST, NAMELESS = "127.0.0.2", "127.0.0.9"
LETTER = (
    b"From: <dora@sender.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n%b\r\n\r\nhello\r\n"
)
HEAD = b"To: <ann@customer.example>\r\nMessage-ID: <%b@sender.example>\r\nSubject: %b"


def send(port: int, source: str, word: bytes) -> None:
    with smtplib.SMTP(
        "127.0.0.1", port, "mail.sender.example", 30, source_address=(source, 0)
    ) as session:
        content = LETTER % (HEAD % (word, word))
        session.sendmail("dora@sender.example", ["ann@customer.example"], content)


def make_key(folder: Path) -> SigningKey:
    key = ed25519.Ed25519PrivateKey.generate()
    (folder / "own.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return SigningKey("own.example", "s1", key)


def test_given_up_mail_is_told_to_an_authentic_sender_alone(
    node: Callable[[Plan], Node], mail_box: MailBox, tmp_path: Path
) -> None:
    key = make_key(tmp_path)

    def record(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 # dkimpy's signature.
        assert name.decode().rstrip(".") == key.record_name
        return key.record.encode()

    async def script() -> None:
        names = Names()
        names_port = await names.start()
        async with FakeNextHop(rcpt=b"451 4.2.1 later\r\n", data=b"503 5.5.1 nobody\r\n") as hop:
            plan = Plan(
                (f"127.0.0.1:{hop.port}",),
                checks=WITHOUT_CLASSIFIER,
                extra=f"""
[queue]
retry_seconds = [1]
[resolver]
servers = ["127.0.0.1:{names_port}"]
[own_mail]
sender = "postmaster@own.example"
next_hops = ["127.0.0.1:{mail_box.port}"]
dkim_key = "{tmp_path}/own.pem"
dkim_selector = "s1"
""",
            )
            here = await asyncio.to_thread(node, plan)
            await asyncio.to_thread(send, here.port, HONEST, b"honest")
            await asyncio.to_thread(send, here.port, NAMELESS, b"nameless")
            hop.script["rcpt"] = b"550 5.1.1 No such user\r\n"
            async with asyncio.timeout(40):
                while len(states(here)) < 2 or "queued" in states(here):  # noqa: ASYNC110 # Its own.
                    await asyncio.sleep(0.2)
                while not mail_box.letters:  # noqa: ASYNC110 # Another process delivers.
                    await asyncio.sleep(0.2)
            assert states(here) == ["bounced", "quarantined"]
            assert "may be forged" in here.log()
        names.close()

    asyncio.run(script())
    (letter,) = mail_box.letters
    assert letter.sender == "<>"
    assert letter.recipients == ("dora@sender.example",)
    assert b"550 5.1.1 No such user" in letter.content
    assert b"Subject: honest" in letter.content
    assert dkim.verify(letter.content, dnsfunc=record)


def states(node: Node) -> list[str]:
    """Of the rows for the customer."""
    rows = node.rows("SELECT state FROM held_recipient WHERE recipient LIKE '%customer.example'")
    return sorted(row[0] for row in rows)
