"""What a certificate on a token may be used for here, and what stands in the way. Pure: no token is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from certificates.errors import IssuanceError
from certificates.person_numbers import names_person, texts_of
from certificates.pki import SigningCertificate

Use = Literal["confirmations", "passports", "documents"]  # a unit's word, the QR code, the signed PDF
Obstacle = Literal[
    "form",
    "key",
    "authority",
    "person",
    "country",
    "not-begun",
    "ended",
    "usage",
    "commitment",
    "kind",
    "rsa-size",
    "ending",
]

USES: Final[tuple[Use, ...]] = get_args(Use)
PASSPORT_LIFE: Final = timedelta(days=366)  # Decision 5772: 12 months; a DSC outlives what it signs (hcert-spec 3.3)
ISSUING_RSA_BITS: Final = 2048  # a longer signature makes a code too dense to print
_KEY_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


def obstacles(der: bytes, use: Use, *, at: datetime, country: str = "VN") -> tuple[Obstacle, ...]:
    """What keeps this certificate (DER) from this use at this moment; nothing when it is suitable.

    Args:
        country: that of the deployment, ISO 3166-1 alpha-2.
    """
    try:
        certificate = SigningCertificate.from_der(der)
    except IssuanceError as error:
        return ("key" if error.code == "certificate-key" else "form",)
    return tuple(dict.fromkeys(_obstacles(certificate, use, at, country)))


def key_usages(der: bytes) -> frozenset[str] | None:
    """The names of the key usages (RFC 5280, 4.2.1.3, as `cryptography` writes them); None: the certificate has no
    such extension, or it cannot be read."""
    try:
        usage = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return None
    return frozenset(name for name in _KEY_USAGES if getattr(usage, name))


def passports_until(certificate: SigningCertificate) -> datetime:
    """The last moment at which this certificate may sign a passport."""
    return certificate.not_after - PASSPORT_LIFE


def _obstacles(certificate: SigningCertificate, use: Use, at: datetime, country: str) -> Iterator[Obstacle]:
    if certificate.is_ca:
        yield "authority"
    if _names_person(certificate.der):
        yield "person"
    if at < certificate.not_before:
        yield "not-begun"
    if at > certificate.not_after:
        yield "ended"
    usages = key_usages(certificate.der)
    if use == "documents":
        if usages is not None and "content_commitment" not in usages:
            yield "commitment"
        return
    if certificate.country != country:
        yield "country"
    signs = {"digital_signature"} if use == "passports" else {"digital_signature", "content_commitment"}
    if usages is not None and not usages & signs:
        yield "usage"
    if use == "passports":
        yield from _passport_obstacles(certificate, at)


def _passport_obstacles(certificate: SigningCertificate, at: datetime) -> Iterator[Obstacle]:
    key = certificate.public_key
    if not certificate.may_sign("v"):
        yield "kind"
    if isinstance(key, rsa.RSAPublicKey) and key.key_size != ISSUING_RSA_BITS:
        yield "rsa-size"
    if passports_until(certificate) < at <= certificate.not_after:
        yield "ending"


def _names_person(der: bytes) -> bool:
    try:
        return names_person(texts_of(x509.load_der_x509_certificate(der)))
    except (ValueError, x509.DuplicateExtension):  # a reader that forgives more has read it; nothing is known of names
        return False
