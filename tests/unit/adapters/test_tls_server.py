"""Our certificates: made, loaded, noticed when they change, refused in words."""

import os
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from katharion.adapters.tls_server import CertificateError, Certificates, self_signed


def test_self_signed_is_ecdsa_for_our_name_and_made_once(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "mx.example.org")
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    assert isinstance(parsed.public_key(), ec.EllipticCurvePublicKey)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mx.example.org"]
    assert key.stat().st_mode & 0o777 == 0o600
    before = certificate.read_bytes()
    self_signed(tmp_path, "mx.example.org")
    assert certificate.read_bytes() == before


def test_filters_that_start_together_share_one_certificate(tmp_path: Path) -> None:
    """What two of them write must never be mixed: such a pair would stop every later start."""
    begin = threading.Barrier(4)

    def start(_number: int) -> bytes:
        begin.wait(5)
        files = self_signed(tmp_path, "mx.example.org")
        Certificates(files, {})
        return files[0].read_bytes()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["self-signed.pem"]


def test_no_old_tls(tmp_path: Path) -> None:
    context = Certificates(self_signed(tmp_path, "mx.example.org"), {}).context
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_changed_file_is_noticed_and_a_broken_one_is_not_used(tmp_path: Path) -> None:
    files = self_signed(tmp_path, "mx.example.org")
    certificates = Certificates(files, {})
    first = certificates.context
    assert certificates.context is first
    os.utime(files[0], (1, 1))
    second = certificates.context
    assert second is not first
    files[0].write_text("half")
    assert certificates.context is second


def test_files_that_do_not_belong_together_are_refused_in_words(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    certificate, _ = self_signed(one, "a.example.org")
    _, key = self_signed(two, "b.example.org")
    with pytest.raises(CertificateError, match="belong together"):
        Certificates((certificate, key), {})
