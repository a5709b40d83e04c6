import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.errors import IssuanceError
from certificates.pki import SigningCertificate, fingerprint, key_identifier, verify_signature
from certificates.x509 import _read_tolerantly, read_certificate
from tests.support.codes import certificate, rsa_key
from tests.support.fixtures import read_json, read_jsonl
from tests.support.softkeys import NOT_AFTER, NOT_BEFORE, make_key, soft_key

P256 = ec.generate_private_key(ec.SECP256R1()).public_key()
NEW, OLD = "1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1."


def eku(*usages: str) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(usage) for usage in usages])


def usage(*, signs_data: bool, signs_certificates: bool) -> x509.KeyUsage:
    no = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    return x509.KeyUsage(digital_signature=signs_data, key_cert_sign=signs_certificates, **no)


BROKEN = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.31"), b"no CRL distribution point")


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_a_dsc_is_read(algorithm: Any) -> None:
    key = soft_key(algorithm)
    read = key.certificate
    assert read.algorithm == algorithm
    assert (read.not_before, read.not_after) == (NOT_BEFORE, NOT_AFTER)
    assert read.country == "VN"
    assert "SPECIMEN DSC" in read.subject
    assert read.fingerprint == fingerprint(key.certificate_der)
    assert read.kid == key_identifier(key.certificate_der) == read.fingerprint[:8]
    assert read.kinds == {"v", "t", "r"}
    assert not read.is_ca
    assert SigningCertificate.from_der(key.ca_der).is_ca


@pytest.mark.parametrize("broken", [(), (BROKEN,)], ids=["strict", "tolerant"])
@pytest.mark.parametrize(
    ("usages", "kinds"),
    [
        ((NEW + "1",), "t"),
        ((NEW + "2",), "v"),
        ((NEW + "3",), "r"),
        ((OLD + "1",), "t"),
        ((OLD + "2",), "v"),
        ((OLD + "3",), "r"),
        ((OLD + "1", NEW + "2"), "tv"),
        ((NEW + "2", "1.3.6.1.5.5.7.3.1"), "v"),
        (("1.3.6.1.5.5.7.3.1",), "vtr"),  # no usage of the DCC's: any
        ((NEW + "4",), "vtr"),
    ],
)
def test_key_usage_in_both_spellings(
    broken: tuple[x509.ExtensionType, ...], usages: tuple[str, ...], kinds: str
) -> None:
    read = SigningCertificate.from_der(certificate(P256, eku(*usages), *broken))
    assert read.kinds == set(kinds)
    assert [read.may_sign(kind) for kind in "vtr"] == [kind in kinds for kind in "vtr"]


@pytest.mark.parametrize("broken", [(), (BROKEN,)], ids=["strict", "tolerant"])
@pytest.mark.parametrize(
    ("extensions", "is_ca"),
    [
        ((), False),
        ((x509.BasicConstraints(ca=False, path_length=None),), False),
        ((x509.BasicConstraints(ca=True, path_length=0),), True),
        ((usage(signs_data=False, signs_certificates=True),), True),
        ((usage(signs_data=True, signs_certificates=True),), False),
        ((usage(signs_data=True, signs_certificates=False),), False),
        ((x509.BasicConstraints(ca=True, path_length=0), usage(signs_data=True, signs_certificates=False)), True),
    ],
)
def test_who_is_a_ca(
    broken: tuple[x509.ExtensionType, ...], extensions: tuple[x509.ExtensionType, ...], is_ca: bool
) -> None:
    assert SigningCertificate.from_der(certificate(P256, *extensions, *broken)).is_ca is is_ca


@pytest.mark.parametrize("broken", [(), (BROKEN,)], ids=["strict", "tolerant"])
@pytest.mark.parametrize(
    ("subject", "issuer", "country"), [("VN", "AT", "VN"), (None, "AT", "AT"), ("vn", None, "VN"), (None, None, None)]
)
def test_country(
    broken: tuple[x509.ExtensionType, ...], subject: str | None, issuer: str | None, country: str | None
) -> None:
    assert SigningCertificate.from_der(certificate(P256, *broken, subject=subject, issuer=issuer)).country == country


def test_a_broken_extension_costs_nothing_else() -> None:
    for key in (P256, soft_key("PS256").private_key.public_key()):
        plain, odd = (SigningCertificate.from_der(certificate(key, *extra)) for extra in ((), (BROKEN,)))
        for field in ("algorithm", "public_key", "country", "not_before", "not_after", "kinds", "is_ca"):
            assert getattr(odd, field) == getattr(plain, field)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (b"\xa0\x03\x02\x01\x04", b"\xa0\x03\x02\x01\x02"),  # version 5
        (b"\x30\x03\x01\x01\x7f", b"\x30\x03\x01\x01\xff"),  # TRUE as BER has it
    ],
)
def test_what_a_strict_parser_refuses_is_read(wrong: bytes, right: bytes) -> None:
    der = certificate(P256, x509.BasicConstraints(ca=True, path_length=None))
    assert right in der
    odd = der.replace(right, wrong)
    read = SigningCertificate.from_der(odd)
    assert read.public_key == P256
    assert read.is_ca
    assert read.kid == key_identifier(odd)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ec.generate_private_key(ec.SECP256K1()).public_key(),
        ec.generate_private_key(ec.BrainpoolP256R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        rsa_key(1024).public_key(),
        rsa_key(2047).public_key(),
        rsa.RSAPublicNumbers(65537, (1 << 4104) + 1).public_key(),
    ],
)
def test_other_keys_are_refused(key: Any) -> None:
    for extensions in ((), (BROKEN,)):
        with pytest.raises(IssuanceError) as caught:
            SigningCertificate.from_der(certificate(key, *extensions))
        assert caught.value.code == "certificate-key"


def test_a_key_that_cannot_be_read_is_no_reason_to_doubt_the_rest() -> None:
    der, point = certificate(P256), P256.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    p256, unknown = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d03017f")
    for odd in (der.replace(p256, unknown), der.replace(point, point[:-1] + bytes([point[-1] ^ 1]))):
        with pytest.raises(IssuanceError) as caught:
            SigningCertificate.from_der(odd)
        assert caught.value.code == "certificate-key"


@pytest.mark.parametrize("broken", [(), (BROKEN,)], ids=["strict", "tolerant"])
def test_an_rsa_key_may_be_named_for_pss_only(broken: tuple[x509.ExtensionType, ...]) -> None:
    rsa_public = soft_key("PS256").private_key.public_key()
    plain, pss = bytes.fromhex("300d06092a864886f70d0101010500"), bytes.fromhex("300d06092a864886f70d01010a3000")
    der = certificate(rsa_public, *broken)
    assert der.count(plain) == 1
    read = SigningCertificate.from_der(der.replace(plain, pss))
    assert (read.algorithm, read.public_key) == ("PS256", rsa_public)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_from_2048_to_4096(bits: int) -> None:
    key = rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) + 1).public_key()
    assert SigningCertificate.from_der(certificate(key)).algorithm == "PS256"


def test_what_is_no_certificate() -> None:
    der = certificate(P256)
    for data in (
        b"",
        b"\x30",
        b"\x30\x00",
        b"no",
        der[:-1],
        der + b"\x00",
        der[:100],
        b"\x30\x80" + bytes(50),
        b"\xff" * 99,
    ):
        with pytest.raises(IssuanceError) as caught:
            SigningCertificate.from_der(data)
        assert caught.value.code == "certificate-form"


CHANGED = certificate(P256, eku(NEW + "1"), x509.BasicConstraints(ca=False, path_length=None), BROKEN)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_changed_certificate_is_read_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(CHANGED)))
    changed = CHANGED[:start] + data.draw(st.binary(max_size=9)) + CHANGED[start + data.draw(st.integers(0, 9)) :]
    try:
        found = SigningCertificate.from_der(changed)
    except IssuanceError:
        return
    assert found.kid == key_identifier(changed)


def test_a_country_of_three_letters_is_read_in_silence() -> None:
    der = certificate(P256, subject="XX").replace(b"\x13\x02XX", b"\x13\x02X ")
    assert SigningCertificate.from_der(der).country == "X"


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_a_signature_has_exactly_one_length(algorithm: Any) -> None:
    key = soft_key(algorithm)
    signature = key.sign(b"message")
    assert verify_signature(key.certificate, b"message", signature)
    assert not verify_signature(key.certificate, b"massage", signature)
    for wrong in (
        b"",
        signature[:-1],
        signature + b"\x00",
        b"\x00" + signature,
        bytes(len(signature)),
        signature[::-1],
    ):
        assert not verify_signature(key.certificate, b"message", wrong)
    assert not verify_signature(make_key(algorithm).certificate, b"message", signature)


def test_a_der_signature_is_no_cose_signature() -> None:
    key = soft_key("ES256")
    assert isinstance(key.private_key, ec.EllipticCurvePrivateKey)
    assert not verify_signature(key.certificate, b"m", key.private_key.sign(b"m", ec.ECDSA(SHA256())))


@pytest.mark.parametrize("salt", [0, 20, 31, 33, 64, 222])
def test_a_salt_is_32_bytes_long(salt: int) -> None:
    key = soft_key("PS256")
    assert isinstance(key.private_key, rsa.RSAPrivateKey)
    signature = key.private_key.sign(b"m", padding.PSS(padding.MGF1(SHA256()), salt), SHA256())
    assert not verify_signature(key.certificate, b"m", signature)


@pytest.mark.parametrize(
    "name",
    [
        "ecdsa_secp256r1_sha256_p1363_test",
        "rsa_pss_2048_sha256_mgf1_32_test",
        "rsa_pss_3072_sha256_mgf1_32_test",
    ],
)
def test_wycheproof(name: str) -> None:
    count = 0
    for group in read_json(f"wycheproof/{name}.json")["testGroups"]:
        key: Any = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        signer = SigningCertificate.from_der(certificate(key))
        for test in group["tests"]:
            valid = verify_signature(signer, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]))
            assert valid is (test["result"] == "valid"), (test["tcId"], test["comment"])
            count += 1
    assert count > 100


def test_wycheproof_with_another_salt() -> None:
    group = read_json("wycheproof/rsa_pss_2048_sha256_mgf1_0_test.json")["testGroups"][0]
    key: Any = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
    signer = SigningCertificate.from_der(certificate(key))
    for test in [test for test in group["tests"] if test["result"] == "valid"]:
        assert not verify_signature(signer, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]))


def test_certificates_of_the_world() -> None:
    ders = {
        base64.b64decode(row["certificate"])
        for name in ("eu-dgc-testdata/cases.jsonl", "eu-dcc-qa/codes.jsonl")
        for row in read_jsonl(name)
        if row.get("certificate")
    }
    for der in ders:
        read = SigningCertificate.from_der(der)
        assert not read.is_ca
        assert read.not_before < read.not_after


def test_both_parsers_agree_on_the_certificates_of_the_world() -> None:
    for row in read_jsonl("eu-dcc-qa/codes.jsonl"):
        if row.get("certificate"):
            der = base64.b64decode(row["certificate"])
            strict, tolerant = read_certificate(der), _read_tolerantly(der)
            for field in ("public_key", "country", "not_before", "not_after", "extended_key_usages", "is_ca"):
                assert getattr(tolerant, field) == getattr(strict, field)
