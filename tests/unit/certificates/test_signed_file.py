"""Files that a token signs: read back, by others too, and never taken for anything else."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.cose import sig_structure
from certificates.detached_cms import read_detached
from certificates.errors import CertificateError, IssuanceError
from certificates.pdf import cms
from certificates.pdf.der import DerError
from certificates.profiles import to_pem
from certificates.signed_file import CONTENT_TYPE, read_file_signature, sign_file
from certificates.signing import Algorithm
from tests.support.softkeys import SoftKey, soft_key

AT = datetime(2022, 5, 5, 8, 30, tzinfo=UTC)
LIST = b"PK\x03\x04 a list"
DATES = st.datetimes(datetime(1970, 1, 1), datetime(2049, 12, 31))  # noqa: DTZ001 - made aware below


def signed(key: SoftKey) -> bytes:
    return sign_file(LIST, key, account="minh.ca", at=AT)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_what_was_signed_is_read_back(algorithm: Algorithm) -> None:
    key, other = soft_key(algorithm), soft_key("PS256" if algorithm == "ES256" else "ES256")
    found = read_file_signature(signed(key), LIST)
    assert (found.account, found.signed_at, found.fingerprint) == ("minh.ca", AT, key.certificate.fingerprint)
    found.verify(key.certificate)
    with pytest.raises(CertificateError, match="file-signature"):
        found.verify(other.certificate)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="asks OpenSSL")
@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_others_read_it_too(algorithm: Algorithm, tmp_path: Path) -> None:
    key = soft_key(algorithm)
    for name, data in (("list", LIST), ("p7s", signed(key)), ("ca.pem", to_pem(key.ca_der).encode())):
        (tmp_path / name).write_bytes(data)
    command = "openssl cms -verify -binary -inform DER -in p7s -content list -noverify -out /dev/null"
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "list").write_bytes(LIST + b"x")
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True).returncode != 0


def test_another_file_or_no_signature() -> None:
    good = signed(soft_key("ES256"))
    with pytest.raises(CertificateError, match="file-content"):
        read_file_signature(good, LIST + b"x")
    for bad in (b"", b"\x30\x00", good[:-1], good + b"x", good.replace(b"minh.ca", b"minh ca")):
        with pytest.raises(CertificateError, match="file-cms"):
            read_file_signature(bad, LIST)


@given(st.integers(0, 100_000), st.integers(1, 255))
def test_a_changed_byte_never_passes(place: int, change: int) -> None:
    key = soft_key("ES256")
    data = bytearray(signed(key))
    data[place % len(data)] ^= change
    with pytest.raises(CertificateError):
        read_file_signature(bytes(data), LIST).verify(key.certificate)


def test_no_reader_of_pdfs_and_gateways_takes_it_and_it_takes_none_of_theirs() -> None:
    key = soft_key("ES256")
    good = signed(key)
    with pytest.raises(DerError):
        cms.decode_signed_data(good)
    with pytest.raises(CertificateError, match="cms-form"):
        read_detached(good, LIST)
    attributes = cms.encode_signed_attributes(read_file_signature(good, LIST).digest, key.certificate.fingerprint)
    for kind in (cms.DATA, CONTENT_TYPE):  # also when it is said to be over a list outside the signature
        pdfs = cms.encode_signed_data(key.certificate, attributes, key.sign(attributes), content_type=kind)
        with pytest.raises(CertificateError, match="file-cms"):
            read_file_signature(pdfs, LIST)


@given(st.binary(max_size=60), st.binary(max_size=60), DATES, st.binary(max_size=60))
def test_no_two_messages_are_equal(content: bytes, pdf: bytes, at: datetime, payload: bytes) -> None:
    said: list[bytes] = []

    class Key:
        certificate_der = soft_key("ES256").certificate_der
        algorithm: Algorithm = "ES256"

        def sign(self, tbs: bytes) -> bytes:
            said.append(tbs)
            return soft_key("ES256").sign(tbs)

    sign_file(content, Key(), account="a", at=at.replace(tzinfo=UTC))
    digest = read_file_signature(sign_file(pdf, soft_key("ES256"), account="a", at=AT), pdf).digest
    assert said[0] != cms.encode_signed_attributes(digest, soft_key("ES256").certificate.fingerprint)
    assert CONTENT_TYPE in said[0]
    assert CONTENT_TYPE not in cms.encode_signed_attributes(digest, bytes(32))
    assert said[0][0] == 0x31 != sig_structure(b"", payload, b"")[0]


def test_what_is_not_signed() -> None:
    key = soft_key("ES256")
    with pytest.raises(IssuanceError, match="file-account"):
        sign_file(LIST, key, account="two words", at=AT)
    with pytest.raises(IssuanceError, match="file-time"):
        sign_file(LIST, key, account="a", at=AT.replace(year=2050))

    class Other(SoftKey):
        def sign(self, tbs: bytes) -> bytes:
            return key.sign(tbs + b"x")

    with pytest.raises(IssuanceError, match="signature-invalid"):
        signed(Other(key.private_key, key.certificate_der, key.ca_der))
