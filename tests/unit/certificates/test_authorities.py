"""Chains up to a named root."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from certificates.authorities import verify_chain
from certificates.errors import IssuanceError
from certificates.profiles import DscProfile, Subject, issue_csca, issue_dsc
from certificates.signing import Algorithm
from tests.support.softkeys import soft_key

AT = datetime(2022, 3, 1, tzinfo=UTC)
Key = ec.EllipticCurvePrivateKey
UNIT_KEY = ec.generate_private_key(ec.SECP256R1())
REQUESTED = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Trạm"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Trạm"),
    ]
)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certified(
    subject: str, key: Key, issuer: str, by: Key, *, ca: bool = True, length: int | None = None, signs: bool = True
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2022, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2023, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=length), critical=True)
    )
    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    usage = x509.KeyUsage(digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, decipher_only=False, **uses)
    return builder.add_extension(usage, critical=True).sign(by, SHA256()).public_bytes(Encoding.DER)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(IssuanceError) as caught:
        act()
    return caught.value.code


@pytest.fixture(scope="module")
def keys() -> dict[str, Key]:
    return {text: ec.generate_private_key(ec.SECP256R1()) for text in ("root", "middle", "lower", "unit")}


def test_a_certificate_directly_below_its_root() -> None:
    for key in (soft_key("ES256"), soft_key("PS256")):
        chain = verify_chain(key.certificate_der, [key.ca_der], at=AT)
        assert [one.public_bytes(Encoding.DER) for one in chain] == [key.certificate_der, key.ca_der]


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_a_csca_of_ours(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    spki = key.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    subject = Subject(common_name="CSCA", organisation="Bộ Y tế")
    csca = issue_csca(key, public_key_der=spki, subject=subject, not_before=AT, specimen=True)
    request = x509.CertificateSigningRequestBuilder().subject_name(REQUESTED).sign(UNIT_KEY, SHA256())
    dsc = issue_dsc(request.public_bytes(Encoding.DER), key, csca, DscProfile(specimen=True), not_before=AT)
    assert len(verify_chain(dsc, [csca], at=AT)) == 2


def test_authorities_between(keys: dict[str, Key]) -> None:
    root = certified("root", keys["root"], "root", keys["root"])
    middle = certified("middle", keys["middle"], "root", keys["root"])
    unit = certified("unit", keys["unit"], "middle", keys["middle"], ca=False, signs=False)
    stranger = soft_key("ES256").ca_der
    assert len(verify_chain(unit, [stranger, middle, root], at=AT)) == 3
    assert refused(lambda: verify_chain(unit, [root], at=AT)) == "chain"
    assert refused(lambda: verify_chain(unit, [middle], at=AT)) == "chain"  # no root is named
    assert refused(lambda: verify_chain(unit, [middle, stranger], at=AT)) == "chain"
    assert refused(lambda: verify_chain(unit, [middle, root], at=datetime(2023, 2, 1, tzinfo=UTC))) == "chain"
    assert refused(lambda: verify_chain(b"x", [root], at=AT)) == "certificate-form"


def test_who_may_not_certify(keys: dict[str, Key]) -> None:
    root = certified("root", keys["root"], "root", keys["root"])
    unit = certified("unit", keys["unit"], "middle", keys["middle"], ca=False, signs=False)
    no_authority = certified("middle", keys["middle"], "root", keys["root"], ca=False)
    assert refused(lambda: verify_chain(unit, [no_authority, root], at=AT)) == "chain"
    signs_nothing = certified("middle", keys["middle"], "root", keys["root"], signs=False)
    assert refused(lambda: verify_chain(unit, [signs_nothing, root], at=AT)) == "chain"
    forged = certified("middle", keys["middle"], "root", keys["lower"])
    assert refused(lambda: verify_chain(unit, [forged, root], at=AT)) == "chain"


def test_a_path_that_is_too_long(keys: dict[str, Key]) -> None:
    root = certified("root", keys["root"], "root", keys["root"])
    middle = certified("middle", keys["middle"], "root", keys["root"], length=0)
    lower = certified("lower", keys["lower"], "middle", keys["middle"])
    unit = certified("unit", keys["unit"], "lower", keys["lower"], ca=False, signs=False)
    assert refused(lambda: verify_chain(unit, [lower, middle, root], at=AT)) == "chain"
