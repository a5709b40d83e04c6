"""CSCA and DSC certificates: their content, who accepts them, and what is refused."""

import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from certificates.errors import IssuanceError
from certificates.list_signing import EKU_LIST_SIGNER
from certificates.pki import SigningCertificate
from certificates.profiles import (
    EKU_VACCINATION,
    DscProfile,
    Subject,
    issue_csca,
    issue_dsc,
    issue_list_signer,
    request_der,
    to_pem,
)
from certificates.signing import Algorithm

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
REAL = DscProfile()
PSS = padding.PSS(padding.MGF1(SHA256()), 32)
ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "PS256")
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Key:
    """A key in memory that signs as a token does."""

    private: PrivateKey

    @property
    def algorithm(self) -> Algorithm:
        return "ES256" if isinstance(self.private, ec.EllipticCurvePrivateKey) else "PS256"

    @property
    def public_der(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, tbs: bytes) -> bytes:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.private.sign(tbs, ec.ECDSA(SHA256())))
            return r.to_bytes(32) + s.to_bytes(32)
        return self.private.sign(tbs, PSS, SHA256())


@cache
def key(algorithm: Algorithm, number: int = 0) -> Key:
    del number
    if algorithm == "ES256":
        return Key(ec.generate_private_key(ec.SECP256R1()))
    return Key(rsa.generate_private_key(65537, 2048))


def make_csca(algorithm: Algorithm = "ES256", *, specimen: bool = False, not_before: datetime = NOW) -> bytes:
    return issue_csca(
        key(algorithm),
        public_key_der=key(algorithm).public_der,
        subject=Subject(common_name="CSCA Health", organisation="Bộ Y tế"),
        not_before=not_before,
        specimen=specimen,
    )


def make_csr(private: PrivateKey | None = None, **names: str) -> bytes:
    fields = {"C": "VN", "O": "Trạm Y tế xã Bình An", "OU": "T0101", "CN": "Trạm Y tế", **names}
    oids = {
        "C": NameOID.COUNTRY_NAME,
        "O": NameOID.ORGANIZATION_NAME,
        "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "CN": NameOID.COMMON_NAME,
        "SN": NameOID.SERIAL_NUMBER,
    }
    subject = x509.Name([x509.NameAttribute(oids[name], value) for name, value in fields.items() if value])
    private = private or key("ES256", 1).private
    builder = x509.CertificateSigningRequestBuilder(subject)
    if isinstance(private, rsa.RSAPrivateKey):
        return builder.sign(private, SHA256(), rsa_padding=PSS).public_bytes(Encoding.DER)
    return builder.sign(private, SHA256()).public_bytes(Encoding.DER)


def issue(csr: bytes, csca: bytes | None = None, profile: DscProfile = REAL, not_before: datetime = NOW) -> bytes:
    return issue_dsc(csr, key("ES256"), csca or make_csca(), profile, not_before=not_before)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_csca(algorithm: Algorithm) -> None:
    csca = x509.load_der_x509_certificate(make_csca(algorithm))
    assert csca.issuer == csca.subject
    assert csca.subject.rfc4514_string() == "CN=CSCA Health,O=Bộ Y tế,C=VN"
    assert (csca.not_valid_before_utc, csca.not_valid_after_utc) == (NOW, NOW.replace(year=2030))
    constraints = csca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    usage = csca.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (True, True, False)
    csca.verify_directly_issued_by(csca)


@pytest.mark.parametrize("dsc_algorithm", ALGORITHMS)
@pytest.mark.parametrize("csca_algorithm", ALGORITHMS)
def test_a_dsc_is_accepted_by_others(csca_algorithm: Algorithm, dsc_algorithm: Algorithm, tmp_path: Path) -> None:
    csca_der = make_csca(csca_algorithm)
    der = issue_dsc(make_csr(key(dsc_algorithm, 1).private), key(csca_algorithm), csca_der, REAL, not_before=NOW)
    (tmp_path / "csca.pem").write_text(to_pem(csca_der))
    (tmp_path / "dsc.pem").write_text(to_pem(der))
    moment = str(int((NOW + timedelta(days=1)).timestamp()))
    command = ["openssl", "verify", "-x509_strict", "-attime", moment, "-CAfile", "csca.pem", "dsc.pem"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    dsc, csca = x509.load_der_x509_certificate(der), x509.load_der_x509_certificate(csca_der)
    dsc.verify_directly_issued_by(csca)
    signed_with = {"ES256": SignatureAlgorithmOID.ECDSA_WITH_SHA256, "PS256": SignatureAlgorithmOID.RSASSA_PSS}
    assert dsc.signature_algorithm_oid == signed_with[csca_algorithm]
    ours = SigningCertificate.from_der(der)
    assert ours.algorithm == dsc_algorithm
    assert (ours.country, ours.kinds, ours.is_ca) == ("VN", frozenset("v"), False)


def test_the_content_of_a_dsc() -> None:
    csca = x509.load_der_x509_certificate(make_csca())
    dsc = x509.load_der_x509_certificate(issue(make_csr(), csca.public_bytes(Encoding.DER)))
    assert dsc.subject.rfc4514_string() == "CN=Trạm Y tế,OU=T0101,O=Trạm Y tế xã Bình An,C=VN"
    assert dsc.issuer == csca.subject
    assert (dsc.not_valid_before_utc, dsc.not_valid_after_utc) == (NOW, NOW.replace(year=2028))
    usage = dsc.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage == x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    assert dsc.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    authority = dsc.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert authority == csca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    own = dsc.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert own == x509.SubjectKeyIdentifier.from_public_key(dsc.public_key())
    extended = dsc.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [oid.dotted_string for oid in extended] == [EKU_VACCINATION]


def test_serial_numbers_are_random_and_long() -> None:
    numbers = {x509.load_der_x509_certificate(issue(make_csr())).serial_number for _ in range(20)}
    assert len(numbers) == 20
    assert all(number.bit_length() == 127 for number in numbers)  # 16 bytes, positive
    assert len({number >> 112 for number in numbers}) > 10


def test_any_use() -> None:
    ours = SigningCertificate.from_der(issue(make_csr(), profile=DscProfile(vaccination_only=False)))
    assert ours.kinds == frozenset("vtr")


@pytest.mark.parametrize("specimen", [False, True])
def test_a_list_signer_is_for_lists_alone(specimen: bool, tmp_path: Path) -> None:
    root, profile = make_csca(specimen=specimen), DscProfile(specimen=specimen)
    der = issue_list_signer(make_csr(), key("ES256"), root, profile, not_before=NOW)
    certificate = x509.load_der_x509_certificate(der)
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (NOW, NOW.replace(year=2028))
    purpose = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert purpose.critical
    assert [usage.dotted_string for usage in purpose.value] == [EKU_LIST_SIGNER]
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, False, False)
    for name, one in (("root", root), ("signer", der)):
        (tmp_path / name).write_bytes(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM))
    # no_check_time: the test's dates; openssl does not know our purpose, and need not
    command = ["openssl", "verify", "-x509_strict", "-no_check_time", "-CAfile", str(tmp_path / "root")]
    subprocess.run([*command, str(tmp_path / "signer")], check=True, capture_output=True)
    with pytest.raises(IssuanceError, match="specimen-mismatch"):
        issue_list_signer(make_csr(), key("ES256"), root, DscProfile(specimen=not specimen), not_before=NOW)


def test_a_leap_day_ends_on_28_february() -> None:
    csca = make_csca(not_before=datetime(2028, 2, 1, tzinfo=UTC))
    dsc = x509.load_der_x509_certificate(issue(make_csr(), csca, not_before=datetime(2028, 2, 29, tzinfo=UTC)))
    assert dsc.not_valid_after_utc == datetime(2030, 2, 28, tzinfo=UTC)


def test_dates_past_2049_are_written_as_the_standard_wants() -> None:
    csca = x509.load_der_x509_certificate(make_csca(not_before=datetime(2048, 6, 1, tzinfo=UTC)))
    assert csca.not_valid_after_utc.year == 2052


def test_specimens_say_so_and_stay_among_themselves() -> None:
    real, specimen = make_csca(), make_csca(specimen=True)
    marked = x509.load_der_x509_certificate(issue(make_csr(), specimen, DscProfile(specimen=True)))
    for name in (marked.subject, marked.issuer):
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
            (value,) = name.get_attributes_for_oid(oid)
            assert str(value.value).startswith("SPECIMEN ")
    mixed = [
        (make_csr(), real, DscProfile(specimen=True)),
        (make_csr(), specimen, REAL),
        (make_csr(CN="Specimen station"), real, REAL),
    ]
    for csr, csca, profile in mixed:
        with pytest.raises(IssuanceError) as caught:
            issue(csr, csca, profile)
        assert caught.value.code == "specimen-mismatch"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ({"CN": "Trần Thị Lan 001185012345"}, "subject-person-number"),
        ({"OU": "012345678"}, "subject-person-number"),
        ({"O": "CCCD:001 185 012 345"}, "subject-person-number"),
        ({"CN": "001.185.012-345"}, "subject-person-number"),
        ({"CN": ""}, "subject-field"),
        ({"O": ""}, "subject-field"),
        ({"C": "LA"}, "subject-field"),
        ({"C": ""}, "subject-field"),
        ({"SN": "CMND:1"}, "subject-field"),
        ({"CN": "a\nb"}, "subject-field"),
    ],
)
def test_subjects_that_are_refused(names: dict[str, Any], code: str) -> None:
    with pytest.raises(IssuanceError) as caught:
        issue(make_csr(**names))
    assert caught.value.code == code
    assert not re.search(r"\d{3}", caught.value.detail)  # never repeats the number


def test_codes_of_units_are_no_numbers_of_persons() -> None:
    issue(make_csr(OU="79-0101-00123", CN="Trạm 12345678"))


def test_requests_that_are_refused() -> None:
    good = make_csr()
    forged = good[:-4] + bytes([good[-4] ^ 1]) + good[-3:]
    rsa_key = key("PS256", 1).private
    assert isinstance(rsa_key, rsa.RSAPrivateKey)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Trạm"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Trạm"),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder(name)
    short_salt = padding.PSS(padding.MGF1(SHA256()), 20)
    refused = [
        (b"nonsense", "csr-form"),
        (forged, "csr-signature"),
        (builder.sign(rsa_key, SHA256()).public_bytes(Encoding.DER), "csr-signature"),  # PKCS#1 v1.5
        (builder.sign(rsa_key, SHA256(), rsa_padding=short_salt).public_bytes(Encoding.DER), "csr-signature"),
        (builder.sign(key("ES256").private, SHA384()).public_bytes(Encoding.DER), "csr-signature"),
        (make_csr(ec.generate_private_key(ec.SECP384R1())), "csr-key"),
        (make_csr(rsa.generate_private_key(65537, 3072)), "csr-key"),
    ]
    for csr, code in refused:
        with pytest.raises(IssuanceError) as caught:
            issue(csr)
        assert caught.value.code == code, csr


def test_cscas_that_are_refused() -> None:
    csca = make_csca()
    dsc = issue(make_csr(), csca)
    refused = [
        (b"nonsense", NOW, "csca-form"),
        (dsc, NOW, "csca-form"),
        (csca, NOW - timedelta(seconds=1), "csca-validity"),
        (csca, NOW.replace(year=2028) + timedelta(seconds=1), "csca-validity"),
    ]
    for issuer, not_before, code in refused:
        with pytest.raises(IssuanceError) as caught:
            issue(make_csr(), issuer, not_before=not_before)
        assert caught.value.code == code
    issue(make_csr(), csca, not_before=NOW.replace(year=2028))  # ends with its CSCA, to the second


def test_nothing_leaves_with_a_signature_of_another_key() -> None:
    with pytest.raises(IssuanceError) as caught:
        issue_dsc(make_csr(), key("ES256", 7), make_csca(), REAL, not_before=NOW)
    assert caught.value.code == "issued-signature"
    subject = Subject(common_name="CSCA", organisation="Bộ Y tế")
    with pytest.raises(IssuanceError) as caught:
        issue_csca(key("ES256"), public_key_der=key("ES256", 7).public_der, subject=subject, not_before=NOW)
    assert caught.value.code == "issued-signature"
    with pytest.raises(IssuanceError) as caught:
        issue_csca(key("ES256"), public_key_der=b"nonsense", subject=subject, not_before=NOW)
    assert caught.value.code == "csr-key"


def test_requests_come_as_pem_or_der() -> None:
    der = make_csr()
    pem = x509.load_der_x509_csr(der).public_bytes(Encoding.PEM)
    assert request_der(pem) == request_der(der) == der
    for data in (b"", b"-----BEGIN CERTIFICATE REQUEST-----\nno\n-----END CERTIFICATE REQUEST-----\n"):
        with pytest.raises(IssuanceError) as caught:
            request_der(data)
        assert caught.value.code == "csr-form"
