"""Our certificates: one by default, others by SNI; noticed when their files change.

Sources: RFC 3207 (STARTTLS), RFC 6066 section 3 (SNI), RFC 8996 (no TLS before 1.2).
"""

import asyncio
import datetime as dt
import os
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from katharion.ports import Peer
from katharion.values.facts import TlsFacts

HANDSHAKE_SECONDS_MAX = 60.0
SELF_SIGNED_DAYS = 3650


class CertificateError(Exception):
    """A certificate can't be used; says why and what to do."""


class Certificates:
    """The TLS contexts that clients are served with."""

    def __init__(self, default: tuple[Path, Path], by_name: dict[str, tuple[Path, Path]]) -> None:
        self._default = default
        self._by_name = by_name
        self._stamp: tuple[float, ...] = ()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._context = self._load()

    @property
    def context(self) -> ssl.SSLContext:
        """The default context, made anew where a file has changed."""
        if self._stamp != self._stamp_now():
            with suppress(CertificateError):  # Half-written, perhaps: the old one serves on.
                self._context = self._load()
        return self._context

    async def start_tls(self, transport: Peer, session: Any) -> tuple[Peer, TlsFacts] | None:  # noqa: ANN401 # Any protocol.
        """Upgrade a client's connection; None where the handshake failed."""
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(
                cast("asyncio.Transport", transport),
                session,
                self.context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS_MAX,
            )
        except (OSError, ssl.SSLError):
            transport.abort()
            return None
        if secured is None:
            return None
        ssl_object = secured.get_extra_info("ssl_object")
        cipher = ssl_object.cipher() if ssl_object else None
        version = str(ssl_object.version()) if ssl_object else ""
        return secured, TlsFacts(version, str(cipher[0]) if cipher else "")

    def _load(self) -> ssl.SSLContext:
        self._stamp = self._stamp_now()
        self._contexts = {name: _context(*files) for name, files in self._by_name.items()}
        context = _context(*self._default)
        if self._contexts:
            context.sni_callback = self._choose
        return context

    def _choose(self, connection: Any, name: str | None, _context: ssl.SSLContext) -> None:  # noqa: ANN401 # ssl's own.
        chosen = self._contexts.get((name or "").lower())
        if chosen is not None:
            connection.context = chosen

    def _stamp_now(self) -> tuple[float, ...]:
        files = [*self._default, *(file for pair in self._by_name.values() for file in pair)]
        try:
            return tuple(file.stat().st_mtime for file in files)
        except OSError:
            return self._stamp


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise CertificateError(
            f"certificate {certificate} with key {key}: {error}."
            " Give PEM files that belong together and that this user may read."
        ) from error
    return context


def expiry_of(certificate: Path, key: Path) -> float:
    """When a certificate ends, in seconds since the epoch; CertificateError: it can't be used."""
    _context(certificate, key)
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc.timestamp()


def self_signed(folder: Path, hostname: str) -> tuple[Path, Path]:
    """An ECDSA certificate for our name, made once in `folder`: certificate and key, one file.

    Filters that start at the same moment all take the first one that is whole.
    """
    path = folder / "self-signed.pem"
    if not path.exists():
        fd, own = tempfile.mkstemp(dir=folder)  # For its owner's eyes only.
        with os.fdopen(fd, "wb") as file:
            file.write(_make_self_signed(hostname))
        with suppress(FileExistsError):
            path.hardlink_to(own)
        Path(own).unlink()
    return path, path


def _make_self_signed(hostname: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    begin = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
