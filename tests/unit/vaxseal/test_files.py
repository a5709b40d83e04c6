import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.errors import CertificateError
from tests.support.softkeys import soft_key
from vaxseal.files import check_absent, read_certificate, read_fingerprint, write_new

DER = soft_key("ES256").certificate_der
PEM = x509.load_der_x509_certificate(DER).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("content", [DER, PEM, b"Subject: a unit\n" + PEM])
def test_one_certificate_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "unit").write_bytes(content)
    assert read_certificate(tmp_path / "unit") == DER


@pytest.mark.parametrize("content", [b"", b"no", PEM + PEM, PEM[:-30], None])
def test_anything_else_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "unit"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CertificateError, match=str(path)) as caught:
        read_certificate(path)
    assert caught.value.code == "certificate-file"


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    code: str = json.loads(capsys.readouterr().out)["error"]
    return code


def test_a_fingerprint_is_read_as_people_write_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_fingerprint("AB:" * 31 + "cd", json=True) == b"\xab" * 31 + b"\xcd"
    assert read_fingerprint("abab " * 16, json=True) == b"\xab" * 32
    for text in ("", "ab" * 31, "ab" * 33, "zz" * 32):
        with pytest.raises(SystemExit):
            read_fingerprint(text, json=True)
        assert refused(capsys) == "fingerprint-form"


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "unit.pem"
    check_absent(path, json=True)
    write_new(path, b"one", json=True)
    with pytest.raises(SystemExit):
        check_absent(path, json=True)
    assert refused(capsys) == "file-exists"
    with pytest.raises(SystemExit):
        write_new(path, b"two", json=True)
    assert refused(capsys) == "file-exists"
    assert path.read_bytes() == b"one"


def test_the_answer_must_have_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        check_absent(tmp_path / "none" / "unit.pem", json=True)
    assert refused(capsys) == "folder-missing"
