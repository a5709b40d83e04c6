"""OCSP answers and CRLs: which ones count."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from certificates.authority_status import Addresses, addresses_of, ocsp_request, read_crl, read_ocsp
from certificates.errors import IssuanceError
from tests.support.softkeys import SoftKey, soft_key

AT = datetime(2022, 3, 1, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CA_KEY, UNIT_KEY, RESPONDER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
Key = ec.EllipticCurvePrivateKey


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certified(
    subject: str, key: Key, *extensions: x509.ExtensionType, until: datetime = AT + 365 * DAY
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name("CA"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - 30 * DAY)
        .not_valid_after(until)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(CA_KEY, SHA256())


CA = certified("CA", CA_KEY)
UNIT = certified("unit", UNIT_KEY)
OTHER = certified("other", UNIT_KEY)
RESPONDER = certified("responder", RESPONDER_KEY, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]))
SERVER = certified("server", RESPONDER_KEY, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]))
ENDED = certified("ended", RESPONDER_KEY, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), until=AT - DAY)


def answer(
    *,
    about: x509.Certificate = UNIT,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    signer: tuple[x509.Certificate, Key] = (CA, CA_KEY),
    made: datetime = AT - timedelta(hours=1),
    until: datetime | None = AT + timedelta(hours=1),
    enclosed: Sequence[x509.Certificate] = (),
) -> bytes:
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about,
        issuer=CA,
        algorithm=SHA1(),  # noqa: S303
        cert_status=status,
        this_update=made,
        next_update=until,
        revocation_time=made if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer[0])
    if enclosed:
        builder = builder.certificates(list(enclosed))
    return builder.sign(signer[1], SHA256()).public_bytes(Encoding.DER)


def crl(
    *revoked: x509.Certificate,
    issuer: str = "CA",
    key: Key = CA_KEY,
    made: datetime = AT - DAY,
    until: datetime = AT + DAY,
    extension: x509.ExtensionType | None = None,
) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(name(issuer)).last_update(made).next_update(until)
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(made)
        builder = builder.add_revoked_certificate(entry.build())
    if extension is not None:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(IssuanceError) as caught:
        act()
    return caught.value.code


def test_an_answer_of_the_authority_itself() -> None:
    assert read_ocsp(answer(), UNIT, CA, at=AT) is False
    assert read_ocsp(answer(status=ocsp.OCSPCertStatus.REVOKED), UNIT, CA, at=AT) is True


def test_an_answer_of_its_responder() -> None:
    data = answer(signer=(RESPONDER, RESPONDER_KEY), enclosed=[SERVER, RESPONDER])
    assert read_ocsp(data, UNIT, CA, at=AT) is False


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (answer(about=OTHER), "status-form"),
        (b"no", "status-form"),
        (
            ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER),
            "status-form",
        ),
        (answer(status=ocsp.OCSPCertStatus.UNKNOWN), "status-unknown"),
        (answer()[:-1] + bytes([answer()[-1] ^ 1]), "status-signature"),
        (answer(signer=(RESPONDER, RESPONDER_KEY)), "status-signature"),  # its certificate is missing
        (answer(signer=(SERVER, RESPONDER_KEY), enclosed=[SERVER]), "status-signature"),
        (answer(signer=(ENDED, RESPONDER_KEY), enclosed=[ENDED]), "status-signature"),
        (answer(made=AT - 3 * DAY, until=AT - DAY), "status-age"),
        (answer(made=AT - 3 * DAY, until=None), "status-age"),
        (answer(made=AT + DAY, until=None), "status-age"),
    ],
)
def test_answers_that_do_not_count(data: bytes, code: str) -> None:
    assert refused(lambda: read_ocsp(data, UNIT, CA, at=AT)) == code


def test_an_answer_without_a_next_one_counts_for_a_day() -> None:
    assert read_ocsp(answer(until=None), UNIT, CA, at=AT) is False


def test_an_answer_by_another_ca_of_the_same_name() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    other = x509.CertificateBuilder().subject_name(name("CA")).issuer_name(name("CA")).public_key(key.public_key())
    twin = other.serial_number(5).not_valid_before(AT).not_valid_after(AT + DAY).sign(key, SHA256())
    assert refused(lambda: read_ocsp(answer(), UNIT, twin, at=AT)) == "status-form"
    assert refused(lambda: read_crl(crl(), UNIT, twin, at=AT)) == "status-signature"


def test_the_question_names_the_certificate() -> None:
    asked = ocsp.load_der_ocsp_request(ocsp_request(UNIT, CA))
    assert asked.serial_number == UNIT.serial_number


def test_a_list() -> None:
    assert read_crl(crl(OTHER), UNIT, CA, at=AT) is False
    assert read_crl(crl(UNIT), UNIT, CA, at=AT) is True
    pem = x509.load_der_x509_crl(crl(UNIT)).public_bytes(Encoding.PEM)
    assert read_crl(pem, UNIT, CA, at=AT) is True


def point(**changes: object) -> x509.IssuingDistributionPoint:
    given: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no", "status-form"),
        (crl(issuer="other"), "status-form"),
        (crl(key=UNIT_KEY), "status-signature"),
        (crl(made=AT - 3 * DAY, until=AT - DAY), "status-age"),
        (crl(made=AT + DAY, until=AT + 2 * DAY), "status-age"),
        (crl(extension=point(only_contains_ca_certs=True)), "status-form"),
        (crl(extension=point(indirect_crl=True)), "status-form"),
        (crl(extension=point(only_some_reasons=frozenset([x509.ReasonFlags.superseded]))), "status-form"),
        (crl(extension=x509.DeltaCRLIndicator(1)), "status-form"),
    ],
)
def test_lists_that_do_not_count(data: bytes, code: str) -> None:
    assert refused(lambda: read_crl(data, UNIT, CA, at=AT)) == code


def test_a_list_of_users_certificates_counts() -> None:
    assert read_crl(crl(UNIT, extension=point(only_contains_user_certs=True)), UNIT, CA, at=AT) is True


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_lists_that_rsa_signs(algorithm: str) -> None:
    key: SoftKey = soft_key("PS256")
    ca = x509.load_der_x509_certificate(key.certificate_der)
    builder = x509.CertificateRevocationListBuilder().issuer_name(ca.subject).last_update(AT).next_update(AT + DAY)
    scheme = padding.PSS(padding.MGF1(SHA256()), 32) if algorithm == "PS256" else None
    data = builder.sign(key.private_key, SHA256(), rsa_padding=scheme).public_bytes(Encoding.DER)
    assert read_crl(data, UNIT, ca, at=AT) is False


def test_the_addresses_that_count() -> None:
    def web(*texts: str) -> list[x509.GeneralName]:
        return [x509.UniformResourceIdentifier(text) for text in texts]

    ocsp_at, issuers_at = AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS
    access = [x509.AccessDescription(ocsp_at, one) for one in web("http://o.vn", "ldap://o.vn")]
    access.append(x509.AccessDescription(issuers_at, web("http://never.vn")[0]))
    points = [
        x509.DistributionPoint(web("ldap://l.vn", "https://l.vn/a.crl"), None, None, None),
        x509.DistributionPoint(web("http://partial.vn"), None, frozenset([x509.ReasonFlags.superseded]), None),
        x509.DistributionPoint(web("http://indirect.vn"), None, None, [x509.DirectoryName(name("x"))]),
    ]
    certificate = certified(
        "unit", UNIT_KEY, x509.AuthorityInformationAccess(access), x509.CRLDistributionPoints(points)
    )
    assert addresses_of(certificate) == Addresses(ocsp=("http://o.vn",), crl=("https://l.vn/a.crl",))
    assert addresses_of(UNIT) == Addresses(ocsp=(), crl=())
