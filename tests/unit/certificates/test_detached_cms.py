# mypy: disable-error-code="no-untyped-call"
# asn1crypto has no types.

import datetime as dt
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.detached_cms import MAX_SIZE, read_detached
from certificates.errors import CertificateError
from tests.support.codes import certificate, rsa_key
from tests.support.softkeys import SoftKey, make_key, soft_key
from tests.support.uploads import detached

CONTENT = b"0\x82 a certificate"
EC, RSA = make_key("ES256"), soft_key("PS256")
KEYS = [EC.certificate_der, RSA.certificate_der]
SIGNED = detached(CONTENT, EC)


def refused(data: bytes, content: bytes = CONTENT, candidates: list[bytes] = KEYS) -> str:
    with pytest.raises(CertificateError) as refusal:
        read_detached(data, content).find_signer(candidates)
    return refusal.value.code


@pytest.mark.parametrize("key", [EC, RSA])
@pytest.mark.parametrize("algorithm", [SHA256(), SHA384(), SHA512()])
@pytest.mark.parametrize(
    "options", [[], [pkcs7.PKCS7Options.NoAttributes], [pkcs7.PKCS7Options.NoCapabilities]], ids=len
)
def test_signatures_as_uploaders_make_them(key: SoftKey, algorithm: HashAlgorithm, options: list[Any]) -> None:
    data = detached(CONTENT, key, algorithm=algorithm, options=options)
    found = read_detached(data, CONTENT)
    assert found.find_signer(KEYS) == key.certificate_der
    assert found.certificates == (key.certificate_der,)


def test_rsa_pss() -> None:
    assert isinstance(RSA.private_key, rsa.RSAPrivateKey)
    pss = padding.PSS(padding.MGF1(SHA256()), 32)
    data = detached(CONTENT, RSA, rsa_padding=pss)
    assert read_detached(data, CONTENT).find_signer(KEYS) == RSA.certificate_der


def test_a_content_that_travels_along_must_be_the_same() -> None:
    data = detached(CONTENT, EC, attached=True)
    assert read_detached(data, CONTENT).find_signer(KEYS) == EC.certificate_der
    assert refused(data, CONTENT + b"!") == "cms-content"


def test_a_signature_over_something_else() -> None:
    assert refused(SIGNED, CONTENT + b"!") == "cms-content"
    bare = detached(CONTENT, EC, options=[pkcs7.PKCS7Options.NoAttributes])
    assert refused(bare, CONTENT + b"!") == "cms-signature"


def test_a_signature_by_somebody_else() -> None:
    assert refused(SIGNED, candidates=[]) == "cms-signature"
    assert refused(SIGNED, candidates=[make_key("ES256").certificate_der, RSA.certificate_der]) == "cms-signature"


def test_a_key_that_is_too_short_for_the_hash_did_not_sign() -> None:
    short = certificate(rsa_key(1024).public_key())
    data = detached(CONTENT, RSA, algorithm=SHA512(), rsa_padding=padding.PSS(padding.MGF1(SHA512()), 64))
    assert refused(data, candidates=[short]) == "cms-signature"


def test_a_key_of_another_curve_verifies(tmp_path: Path) -> None:
    """As openssl signs with P-384."""
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name.from_rfc4514_string("C=VN,CN=Uploader")
    begin = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, begin, begin.replace(year=2099))
    own = builder.sign(key, SHA256())
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "own.pem").write_bytes(own.public_bytes(Encoding.PEM))
    (tmp_path / "content").write_bytes(CONTENT)
    command = "openssl cms -sign -binary -md sha384 -in content -signer own.pem -inkey key.pem -outform DER -out out"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    der = own.public_bytes(Encoding.DER)
    assert read_detached((tmp_path / "out").read_bytes(), CONTENT).find_signer([*KEYS, der]) == der


def edited(**changes: Any) -> bytes:
    info = cms.ContentInfo.load(SIGNED)
    signer = info["content"]["signer_infos"][0]
    for name, value in changes.items():
        signer[name] = value
    return bytes(info.dump(force=True))


def test_what_is_no_cms_that_is_read() -> None:
    assert refused(b"") == refused(b"\x30\x00") == refused(SIGNED[:-1]) == refused(SIGNED + b"\x00") == "cms-form"
    assert refused(bytes(MAX_SIZE + 1)) == "cms-form"
    assert refused(edited(digest_algorithm={"algorithm": "sha1"})) == "cms-form"
    assert refused(edited(signature_algorithm={"algorithm": "sha1_ecdsa"})) == "cms-form"
    assert refused(edited(signature_algorithm={"algorithm": "sha256_dsa"})) == "cms-form"
    attributes = cms.ContentInfo.load(SIGNED)["content"]["signer_infos"][0]["signed_attrs"]
    twice = [*attributes, attributes[0]]
    assert refused(edited(signed_attrs=cms.CMSAttributes(twice))) == "cms-form"
    for missing, code in (("message_digest", "cms-content"), ("content_type", "cms-form")):
        without = [one for one in attributes if one["type"].native != missing]
        assert refused(edited(signed_attrs=cms.CMSAttributes(without))) == code
    data = cms.ContentInfo({"content_type": "data", "content": CONTENT}).dump()
    assert refused(data) == "cms-form"


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_a_changed_byte_gives_a_verdict(place: int, change: int) -> None:
    data = bytearray(SIGNED)
    data[place] ^= change
    try:
        assert read_detached(bytes(data), CONTENT).find_signer(KEYS) == EC.certificate_der
    except CertificateError:
        return


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert refused(data) == "cms-form"
