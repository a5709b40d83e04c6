"""The kinds of X.509 certificate that a country issues for health passports: CSCA, DSC and list signer.

Pure: what is to be signed is built here, the signature comes from a key on a token.
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto has no types.

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from asn1crypto import algos, keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from cryptography.x509.oid import NameOID

from certificates.errors import IssuanceError
from certificates.list_signing import EKU_LIST_SIGNER
from certificates.person_numbers import names_person
from certificates.pki import PSS_SALT_SIZE
from certificates.signing import Algorithm

CSCA_YEARS: Final = 4
DSC_YEARS: Final = 2
RSA_BITS: Final = 2048  # what is issued; a longer signature makes a code too dense to print
EKU_VACCINATION: Final = "1.3.6.1.4.1.1847.2021.1.2"  # hcert-spec, DSC profile
SPECIMEN: Final = "SPECIMEN"
_SERIAL_SIZE: Final = 16
_FIELDS: Final = {
    NameOID.COUNTRY_NAME: "country_name",
    NameOID.ORGANIZATION_NAME: "organization_name",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "organizational_unit_name",
    NameOID.COMMON_NAME: "common_name",
}


class IssuingKey(Protocol):
    """A key that signs whole messages; as `certificates.signing.SigningKey`, and need not have a certificate yet."""

    @property
    def algorithm(self) -> Algorithm: ...

    def sign(self, tbs: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject as far as these certificates know one. ``unit_code`` becomes OU."""

    common_name: str
    organisation: str
    unit_code: str | None = None
    country: str = "VN"

    def checked(self) -> "Subject":
        """Itself. Raises IssuanceError ``subject-field`` or ``subject-person-number``."""
        return _checked(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DscProfile:
    """What a DSC is for.

    Attributes:
        specimen: for demo and development: the subject says SPECIMEN, and so must the CSCA's.
        vaccination_only: add the EKU that allows vaccination certificates alone; without, any use is allowed.
        country: ISO 3166-1 alpha-2 that the request must carry.
    """

    specimen: bool = False
    vaccination_only: bool = True
    country: str = "VN"


def issue_csca(
    key: IssuingKey, *, public_key_der: bytes, subject: Subject, not_before: datetime, specimen: bool = False
) -> bytes:
    """A self-signed CSCA certificate, DER: four years, CA with path length 0, keyCertSign and cRLSign.

    Args:
        public_key_der: SubjectPublicKeyInfo of ``key``; EC P-256 or RSA-2048.

    Raises:
        IssuanceError: ``subject-field``, ``subject-person-number``, ``csr-key``, or ``issued-signature`` when the key
            is not that of ``public_key_der``.
    """
    spki = _checked_spki(public_key_der)
    name = _name(_checked(subject), specimen=specimen)
    key_id = _key_id(spki)
    tbs = _tbs(
        key.algorithm,
        issuer=name,
        subject=name,
        spki=spki,
        validity=(not_before, _add_years(not_before, CSCA_YEARS)),
        extensions=[
            ("basic_constraints", True, {"ca": True, "path_len_constraint": 0}),
            ("key_usage", True, {"key_cert_sign", "crl_sign"}),
            ("key_identifier", False, key_id),
        ],
    )
    der = _signed(tbs, key)
    _check_issued(der, der)
    return der


def issue_dsc(
    csr_der: bytes, csca_key: IssuingKey, csca_der: bytes, profile: DscProfile, *, not_before: datetime
) -> bytes:
    """A DSC for the key of a request, DER: two years, digitalSignature and nonRepudiation (its key also signs PDFs).

    Raises:
        IssuanceError: ``csr-form``, ``csr-signature`` (no proof of possession), ``csr-key`` (neither P-256 nor
            RSA-2048), ``subject-field``, ``subject-person-number``, ``csca-form``, ``csca-validity`` (it ends before
            the DSC would), ``specimen-mismatch`` (a specimen under a real CSCA or the reverse), ``issued-signature``
            (the key does not belong to the CSCA certificate).
    """
    usage: list[tuple[str, bool, Any]] = []
    if profile.vaccination_only:
        usage.append(("extended_key_usage", False, [EKU_VACCINATION]))
    kind = {"digital_signature", "non_repudiation"}
    return _issue(csr_der, csca_key, csca_der, profile, not_before=not_before, key_usage=kind, usage=usage)


def issue_list_signer(
    csr_der: bytes, root_key: IssuingKey, root_der: bytes, profile: DscProfile, *, not_before: datetime
) -> bytes:
    """A certificate for signing trust lists, DER: two years, digitalSignature, a critical EKU for nothing else.

    The root is made as a CSCA is (`issue_csca`), in a token of its own that stays offline. Of ``profile`` the specimen
    and the country count.

    Raises:
        IssuanceError: as `issue_dsc`.
    """
    usage = [("extended_key_usage", True, [EKU_LIST_SIGNER])]
    kind = {"digital_signature"}
    return _issue(csr_der, root_key, root_der, profile, not_before=not_before, key_usage=kind, usage=usage)


def _issue(
    csr_der: bytes,
    csca_key: IssuingKey,
    csca_der: bytes,
    profile: DscProfile,
    *,
    not_before: datetime,
    key_usage: set[str],
    usage: list[tuple[str, bool, Any]],
) -> bytes:
    csca = load_csca(csca_der)
    subject, spki = _read_csr(csr_der, profile.country)
    if profile.specimen != _says_specimen(csca.subject):
        raise IssuanceError("specimen-mismatch", "specimen certificates come from a specimen CSCA only, others never")
    if not profile.specimen and SPECIMEN in (subject.common_name + subject.organisation).upper():
        raise IssuanceError("specimen-mismatch", "the request is for a specimen")
    not_after = _add_years(not_before, DSC_YEARS)
    if not_before < csca.not_valid_before_utc or not_after > csca.not_valid_after_utc:
        raise IssuanceError("csca-validity", "the certificate would be valid outside the time of its CSCA")
    extensions: list[tuple[str, bool, Any]] = [
        ("basic_constraints", True, {"ca": False}),
        ("key_usage", True, key_usage),
        ("authority_key_identifier", False, {"key_identifier": subject_key_id(csca)}),
        ("key_identifier", False, _key_id(spki)),
        *usage,
    ]
    tbs = _tbs(
        csca_key.algorithm,
        issuer=asn1.Name.load(csca.subject.public_bytes()),
        subject=_name(subject, specimen=profile.specimen),
        spki=spki,
        validity=(not_before, not_after),
        extensions=extensions,
    )
    der = _signed(tbs, csca_key)
    _check_issued(der, csca_der)
    return der


def request_der(data: bytes) -> bytes:
    """A request that is PEM or DER, as DER. Raises IssuanceError ``csr-form``."""
    try:
        load = x509.load_pem_x509_csr if b"-----BEGIN" in data else x509.load_der_x509_csr
        return load(data).public_bytes(Encoding.DER)
    except ValueError as error:
        raise IssuanceError("csr-form", "the file is no certificate request (PKCS#10), PEM or DER") from error


def to_pem(der: bytes) -> str:
    """A certificate as PEM text."""
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode("ascii")


# requests


def _read_csr(csr_der: bytes, country: str) -> tuple[Subject, keys.PublicKeyInfo]:
    try:
        request = x509.load_der_x509_csr(csr_der)
        key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise IssuanceError("csr-form", "the request is no PKCS#10 request in DER") from error
    spki = _checked_spki(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    _check_possession(request)
    found: dict[str, str] = {}
    for attribute in request.subject:
        field = _FIELDS.get(attribute.oid)
        if field is None or field in found or not isinstance(attribute.value, str):
            raise IssuanceError("subject-field", "the subject may hold C, O, OU and CN, each once")
        found[field] = attribute.value
    subject = Subject(
        common_name=found.get("common_name", ""),
        organisation=found.get("organization_name", ""),
        unit_code=found.get("organizational_unit_name"),
        country=found.get("country_name", ""),
    )
    if subject.country != country:
        raise IssuanceError("subject-field", f"the subject's country must be {country}")
    return _checked(subject), spki


def _check_possession(request: x509.CertificateSigningRequest) -> None:
    """Only ES256 and PS256 (salt 32) prove possession: the key shows that it can make what passports need."""
    key, signature, signed = request.public_key(), request.signature, request.tbs_certrequest_bytes
    try:
        if not isinstance(request.signature_hash_algorithm, SHA256):
            raise IssuanceError("csr-signature", "the request is not signed with SHA-256")
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PSS(padding.MGF1(SHA256()), PSS_SALT_SIZE), SHA256())
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise IssuanceError("csr-signature", "the request is not signed by its own key with ES256 or PS256") from error


def _checked(subject: Subject) -> Subject:
    values = {"country": subject.country, "organisation": subject.organisation, "common name": subject.common_name}
    for name, value in values.items():
        if not value.strip():
            raise IssuanceError("subject-field", f"the subject has no {name}")
    if not re.fullmatch(r"[A-Z]{2}", subject.country):
        raise IssuanceError("subject-field", "the country is two capital letters")
    for value in (*values.values(), subject.unit_code or ""):
        if len(value) > 64 or not value.isprintable():  # X.520 upper bounds
            raise IssuanceError("subject-field", "a field of the subject is longer than 64 characters or not text")
    if names_person((*values.values(), subject.unit_code or "")):
        raise IssuanceError("subject-person-number", "certificates are for units: no number of a person")
    return subject


def _checked_spki(der: bytes) -> keys.PublicKeyInfo:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise IssuanceError("csr-key", "the public key cannot be read") from error
    fits = (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)) or (
        isinstance(key, rsa.RSAPublicKey) and key.key_size == RSA_BITS
    )
    if not fits:
        raise IssuanceError("csr-key", "the key is neither EC P-256 nor RSA-2048")
    spki: keys.PublicKeyInfo = keys.PublicKeyInfo.load(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    return spki


# X.509


def load_csca(der: bytes) -> x509.Certificate:
    """The certificate of an authority. Raises IssuanceError ``csca-form``."""
    try:
        csca = x509.load_der_x509_certificate(der)
        constraints = csca.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = csca.extensions.get_extension_for_class(x509.KeyUsage).value
        subject_key_id(csca)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise IssuanceError("csca-form", "the CSCA certificate lacks what a CSCA has") from error
    if not constraints.ca or not usage.key_cert_sign:
        raise IssuanceError("csca-form", "this certificate may not sign certificates")
    return csca


def subject_key_id(certificate: x509.Certificate) -> bytes:
    """Its subject key identifier. Raises x509.ExtensionNotFound."""
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _says_specimen(name: x509.Name) -> bool:
    return any(SPECIMEN in str(attribute.value).upper() for attribute in name)


def _key_id(spki: keys.PublicKeyInfo) -> bytes:
    """Method 1 of RFC 5280, 4.2.1.2: SHA-1 over the bits of the key; a name, not a protection."""
    return hashlib.sha1(bytes(spki["public_key"]), usedforsecurity=False).digest()


def _name(subject: Subject, *, specimen: bool) -> asn1.Name:
    def marked(text: str) -> str:
        return text if not specimen or SPECIMEN in text.upper() else f"{SPECIMEN} {text}"

    fields = {"country_name": subject.country, "organization_name": marked(subject.organisation)}
    if subject.unit_code:
        fields["organizational_unit_name"] = subject.unit_code
    fields["common_name"] = marked(subject.common_name)
    name: asn1.Name = asn1.Name.build(fields)
    return name


def _add_years(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + years, day=28)


def asn1_time(moment: datetime) -> asn1.Time:
    """A date as certificates and lists write it, in whole seconds."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return asn1.Time({"utc_time" if whole.year < 2050 else "general_time": whole})  # RFC 5280, 4.1.2.5 and 5.1.2.4


def _new_serial() -> int:
    """Random, positive, exactly 16 bytes in DER (the first byte is 0x40 to 0x7f)."""
    raw = secrets.token_bytes(_SERIAL_SIZE)
    return int.from_bytes(bytes([0x40 | raw[0] & 0x3F]) + raw[1:])


def _tbs(
    algorithm: Algorithm,
    *,
    issuer: asn1.Name,
    subject: asn1.Name,
    spki: keys.PublicKeyInfo,
    validity: tuple[datetime, datetime],
    extensions: list[tuple[str, bool, Any]],
) -> asn1.TbsCertificate:
    return asn1.TbsCertificate(
        {
            "version": "v3",
            "serial_number": _new_serial(),
            "signature": SIGNATURE_ALGORITHMS[algorithm],
            "issuer": issuer,
            "validity": {"not_before": asn1_time(validity[0]), "not_after": asn1_time(validity[1])},
            "subject": subject,
            "subject_public_key_info": spki,
            "extensions": [
                {"extn_id": name, "critical": critical, "extn_value": value} for name, critical, value in extensions
            ],
        }
    )


def _signed(tbs: asn1.TbsCertificate, key: IssuingKey) -> bytes:
    raw = key.sign(tbs.dump())
    signature = algos.DSASignature.from_p1363(raw).dump() if key.algorithm == "ES256" else raw
    certificate = asn1.Certificate(
        {
            "tbs_certificate": tbs,
            "signature_algorithm": SIGNATURE_ALGORITHMS[key.algorithm],
            "signature_value": signature,
        }
    )
    return bytes(certificate.dump())


def _check_issued(der: bytes, issuer_der: bytes) -> None:
    """No certificate leaves unverified: a faulty token, or another key than the certificate's, shows here."""
    try:
        x509.load_der_x509_certificate(der).verify_directly_issued_by(x509.load_der_x509_certificate(issuer_der))
    except (InvalidSignature, ValueError, TypeError) as error:
        raise IssuanceError("issued-signature", "the signature does not fit the certificate of the issuer") from error


SIGNATURE_ALGORITHMS: Final[dict[Algorithm, algos.SignedDigestAlgorithm]] = {
    "ES256": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
    "PS256": algos.SignedDigestAlgorithm(
        {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": {"algorithm": "sha256"},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
                "salt_length": PSS_SALT_SIZE,
            },
        }
    ),
}
