import base64
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certificates.errors import CertificateError, IssuanceError
from certificates.trust import TrustStore
from tests.support.codes import certificate
from tests.support.softkeys import soft_key

EC_KEY, RSA_KEY = soft_key("ES256"), soft_key("PS256")
P384_CA = certificate(
    ec.generate_private_key(ec.SECP384R1()).public_key(), x509.BasicConstraints(ca=True, path_length=None)
)


def pem(*ders: bytes) -> bytes:
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n" for der in ders
    )


def code_of(path: Path) -> str:
    with pytest.raises(CertificateError) as caught:
        TrustStore.load(path)
    return caught.value.code


def test_signers_are_found_by_kid() -> None:
    store = TrustStore.of([EC_KEY.certificate_der, RSA_KEY.certificate_der, EC_KEY.certificate_der])
    assert store.signers(EC_KEY.certificate.kid) == (EC_KEY.certificate,)
    assert store.signers(bytes(8)) == ()
    assert len(store) == len(list(store)) == 2


def test_ca_certificates_and_other_keys_are_no_signers() -> None:
    assert len(TrustStore.of([EC_KEY.ca_der, P384_CA])) == 0


def test_two_certificates_may_share_a_kid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certificates.pki.key_identifier", lambda _: bytes(8))
    store = TrustStore.of([EC_KEY.certificate_der, RSA_KEY.certificate_der])
    assert [signer.algorithm for signer in store.signers(bytes(8))] == ["ES256", "PS256"]


def test_of_refuses_what_is_no_certificate() -> None:
    with pytest.raises(IssuanceError) as caught:
        TrustStore.of([b"no"])
    assert caught.value.code == "certificate-form"


@pytest.mark.parametrize(
    "content",
    [
        pem(EC_KEY.certificate_der, RSA_KEY.certificate_der),
        b"Bag Attributes\n  - none -\n" + pem(EC_KEY.ca_der, EC_KEY.certificate_der, P384_CA, RSA_KEY.certificate_der),
        pem(EC_KEY.certificate_der, RSA_KEY.certificate_der).replace(b"\n", b"\r\n"),
    ],
)
def test_a_pem_file_holds_several(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "trust.txt"
    file.write_bytes(content)
    assert {signer.der for signer in TrustStore.load(file)} == {EC_KEY.certificate_der, RSA_KEY.certificate_der}


def test_a_folder_of_pem_and_der(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem(EC_KEY.certificate_der))
    (tmp_path / "b.DER").write_bytes(RSA_KEY.certificate_der)
    (tmp_path / "csca.crt").write_bytes(EC_KEY.ca_der)
    (tmp_path / "README.md").write_bytes(b"no certificate")
    (tmp_path / "sub.pem").mkdir()
    assert len(TrustStore.load(tmp_path)) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no certificate",
        EC_KEY.certificate_der[:-1],
        EC_KEY.certificate_der + b"\n",
        pem(EC_KEY.certificate_der)[:-30],
        pem(EC_KEY.certificate_der).replace(b"M", b"!"),
        pem(EC_KEY.certificate_der) + pem(b"no"),
        pem(EC_KEY.certificate_der) + pem(RSA_KEY.certificate_der)[:-40],
    ],
)
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "good.pem").write_bytes(pem(EC_KEY.certificate_der))
    file = tmp_path / "broken.pem"
    file.write_bytes(content)
    for path in (file, tmp_path):
        with pytest.raises(CertificateError, match=r"broken\.pem") as caught:
            TrustStore.load(path)
        assert caught.value.code == "trust-unreadable"


def test_missing_and_empty(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nowhere") == "trust-missing"
    assert code_of(tmp_path) == "trust-empty"
    (tmp_path / "csca.pem").write_bytes(pem(EC_KEY.ca_der, P384_CA))
    assert code_of(tmp_path) == "trust-empty"
    (tmp_path / "loop.pem").symlink_to(tmp_path / "loop.pem")
    assert code_of(tmp_path / "loop.pem") in {"trust-missing", "trust-unreadable"}


def gateway_entry(der: bytes, kind: str) -> dict[str, str]:
    return {"country": "VN", "certificateType": kind, "rawData": base64.b64encode(der).decode()}


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_trust_list_of_the_eu_gateway(tmp_path: Path, wrapped: bool) -> None:
    entries = [gateway_entry(EC_KEY.certificate_der, "DSC"), gateway_entry(RSA_KEY.certificate_der, "UPLOAD")]
    file = tmp_path / "trust.json"
    file.write_text(json.dumps({"certificates": entries} if wrapped else entries))
    for path in (file, tmp_path):
        assert [signer.der for signer in TrustStore.load(path)] == [EC_KEY.certificate_der]


@pytest.mark.parametrize(
    "content", ["[1]", "{}", "[", '[{"rawData": "!"}]', '[{"rawData": "AAAA"}]', '[{"kid": "x"}]', "[" * 9999]
)
def test_a_broken_trust_list_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "trust.json"
    file.write_text(content)
    assert code_of(file) == "trust-unreadable"
