"""What a certificate may be used for, and why not."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from certificates.pki import SigningCertificate
from certificates.suitability import USES, Use, key_usages, obstacles, passports_until

NOW = datetime(2026, 6, 1, tzinfo=UTC)
_KEY = ec.generate_private_key(ec.SECP256R1())
_VACCINATION = ObjectIdentifier("1.3.6.1.4.1.1847.2021.1.2")
_TEST = ObjectIdentifier("1.3.6.1.4.1.1847.2021.1.1")
_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def make(
    *,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = _KEY,
    days: int = 700,
    begins: int = -1,
    usages: tuple[str, ...] | None = ("digital_signature", "content_commitment"),
    kinds: tuple[ObjectIdentifier, ...] = (),
    country: str = "VN",
    name: str = "Trạm Y tế xã Thử",
    authority: bool = False,
) -> bytes:
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, country), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW + timedelta(days=begins))
        .not_valid_after(NOW + timedelta(days=days))
    )
    if usages is not None:
        usage = x509.KeyUsage(**{name: name in usages for name in _USAGES})
        builder = builder.add_extension(usage, critical=True)
    if kinds:
        builder = builder.add_extension(x509.ExtendedKeyUsage(kinds), critical=False)
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.sign(_KEY, SHA256()).public_bytes(Encoding.DER)


def found(der: bytes) -> dict[Use, tuple[str, ...]]:
    return {use: obstacles(der, use, at=NOW) for use in USES}


def test_a_good_certificate_serves_all_uses() -> None:
    nothing = {"confirmations": (), "passports": (), "documents": ()}
    assert found(make()) == nothing
    assert found(make(kinds=(_VACCINATION,))) == nothing
    assert found(make(usages=None)) == nothing
    assert found(make(kinds=(ExtendedKeyUsageOID.CLIENT_AUTH,))) == nothing  # says nothing of health certificates


@pytest.mark.parametrize(
    ("der", "confirmations", "passports", "documents"),
    [
        (make(days=365), (), ("ending",), ()),
        (make(usages=("digital_signature",)), (), (), ("commitment",)),
        (make(usages=("content_commitment",)), (), ("usage",), ()),
        (make(usages=("key_encipherment",)), ("usage",), ("usage",), ("commitment",)),
        (make(kinds=(_TEST,)), (), ("kind",), ()),
        (make(country="FR"), ("country",), ("country",), ()),
        (make(authority=True), ("authority",), ("authority",), ("authority",)),
        (make(name="Nguyễn Thị Hoa CCCD 001190012345"), ("person",), ("person",), ("person",)),
        (make(begins=-9, days=-1), ("ended",), ("ended",), ("ended",)),
        (make(begins=2), ("not-begun",), ("not-begun",), ("not-begun",)),
        (b"none", ("form",), ("form",), ("form",)),
        (make(key=ec.generate_private_key(ec.SECP384R1())), ("key",), ("key",), ("key",)),
        (make(key=rsa.generate_private_key(65537, 3072)), (), ("rsa-size",), ()),
    ],
)
def test_each_obstacle_for_each_use(
    der: bytes, confirmations: tuple[str, ...], passports: tuple[str, ...], documents: tuple[str, ...]
) -> None:
    assert found(der) == {"confirmations": confirmations, "passports": passports, "documents": documents}


def test_key_usages_are_named_or_not_there() -> None:
    assert key_usages(make()) == frozenset({"digital_signature", "content_commitment"})
    assert key_usages(make(usages=None)) is None
    assert key_usages(b"none") is None


def test_passports_end_before_their_signer() -> None:
    certificate = SigningCertificate.from_der(make(days=400))
    assert passports_until(certificate) == NOW + timedelta(days=34)
