"""STARTTLS and addresses, over real sockets; on asyncio's own loop and on uvloop."""

import asyncio
import datetime as dt
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fakes.fake_resolver import FakeResolver
from katharion.adapters.relay import PooledRelay, RelayOptions
from katharion.adapters.tasks import LoopTasks
from katharion.mail.address import Address
from katharion.ports import Attempt, Delivery
from katharion.values.snapshot import NextHop, Route, TlsDemand

LOOPS: tuple[Callable[[Coroutine[Any, Any, None]], None], ...] = (asyncio.run, uvloop.run)
DELIVERY = Delivery(None, (Address("ann", "customer.example"),), b"", b"x\r\n")
OFFER = b"250-mail\r\n250 STARTTLS\r\n"


@pytest.fixture(scope="module")
def server_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server with a certificate that nobody vouches for."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.customer.example")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7)
    builder = builder.not_valid_before(begin).not_valid_after(begin.replace(year=2090))
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "all.pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "all.pem")
    return context


async def attempt(context: ssl.SSLContext | None, offer: bytes, tls: TlsDemand) -> Attempt:
    """One delivery to a server that speaks TLS by `context`, or breaks the handshake."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        try:
            while line := await reader.readline():
                verb = line[:4]
                replies = {b"EHLO": offer, b"DATA": b"354 go\r\n", b"STAR": b"220 go\r\n"}
                writer.write(replies.get(verb, b"250 ok\r\n"))
                if verb == b"DATA":
                    await reader.readuntil(b".\r\n")
                    writer.write(b"250 ok\r\n")
                elif verb == b"STAR" and context is None:
                    await reader.read(1)  # What the client's handshake begins with.
                    writer.write(b"no TLS at all\r\n")
                elif verb == b"STAR" and context is not None:
                    await writer.start_tls(context)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    hop = NextHop("127.0.0.1", server.sockets[0].getsockname()[1])
    failed: list[str] = []
    tasks = LoopTasks(lambda name, error: failed.append(f"{name}: {error!r}"))
    relay = PooledRelay("node.example", RelayOptions(), FakeResolver(), tasks)
    result = await relay.deliver(Route("r", (hop,), tls=tls), DELIVERY, 5)
    await relay.close()
    server.close()
    assert not failed
    return result


@pytest.mark.parametrize(
    "case",  # Whether TLS works, what is offered and asked; whether accepted, and encrypted.
    [
        (True, OFFER, TlsDemand.NONE, (True, False)),
        (True, OFFER, TlsDemand.OPPORTUNISTIC, (True, True)),
        (True, OFFER, TlsDemand.REQUIRED, (True, True)),
        (True, OFFER, TlsDemand.VERIFIED, (False, False)),
        (False, OFFER, TlsDemand.OPPORTUNISTIC, (True, False)),
        (False, OFFER, TlsDemand.REQUIRED, (False, False)),
        (True, b"250 mail\r\n", TlsDemand.OPPORTUNISTIC, (True, False)),
        (True, b"250 mail\r\n", TlsDemand.REQUIRED, (False, False)),
    ],
)
@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
def test_tls_as_the_route_demands(
    run: Callable[[Coroutine[Any, Any, None]], None],
    server_context: ssl.SSLContext,
    case: tuple[bool, bytes, TlsDemand, tuple[bool, bool]],
) -> None:
    is_tls_good, offer, tls, expected = case

    async def scene() -> None:
        result = (await attempt(server_context if is_tls_good else None, offer, tls)).result
        assert (result.is_accepted, result.tls.startswith("TLSv1")) == expected, result

    run(scene())
