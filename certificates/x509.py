"""Reading X.509 certificates of all the world, some of which a strict parser refuses.

The strict parser goes first. Where it refuses the certificate or one of its extensions, a tolerant one takes out what
is needed: a checker must not lose a country's key over a badly written CRL distribution point.
"""

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import NameOID

from certificates.ber import check_tags
from certificates.errors import IssuanceError

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_KEY_CERT_SIGN: Final = "key_cert_sign"
_DIGITAL_SIGNATURE: Final = "digital_signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateParts:
    """What this project needs to know of a certificate. ``country``: C= of the subject, else of the issuer."""

    public_key: PublicKey
    subject: str
    country: str | None
    not_before: datetime
    not_after: datetime
    extended_key_usages: frozenset[str]
    is_ca: bool


def read_certificate(der: bytes) -> CertificateParts:
    """Take a DER certificate apart.

    Raises:
        IssuanceError: ``certificate-form`` (no certificate, or bytes after it), ``certificate-key`` (not EC, not RSA).
    """
    try:
        # Names with, for instance, a country of three letters are read all the same; the parser only warns.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read_strictly(x509.load_der_x509_certificate(der))
    except IssuanceError:
        raise
    # Its refusals have no common root (ValueError, InvalidVersion, DuplicateExtension, ...).
    except Exception:
        return _read_tolerantly(der)


def _read_strictly(certificate: x509.Certificate) -> CertificateParts:
    usages: frozenset[str] = frozenset()
    is_ca = signs_certificates = signs_data = False
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            usages = frozenset(usage.dotted_string for usage in extension.value)
        elif isinstance(extension.value, x509.BasicConstraints):
            is_ca = extension.value.ca
        elif isinstance(extension.value, x509.KeyUsage):
            signs_certificates = extension.value.key_cert_sign
            signs_data = extension.value.digital_signature
    return CertificateParts(
        public_key=_accepted(certificate.public_key()),
        subject=certificate.subject.rfc4514_string(),
        country=_country(certificate.subject) or _country(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        extended_key_usages=usages,
        is_ca=is_ca or (signs_certificates and not signs_data),
    )


def _country(name: x509.Name) -> str | None:
    for attribute in name.get_attributes_for_oid(NameOID.COUNTRY_NAME):
        value = attribute.value
        if isinstance(value, str) and value.strip():
            return value.strip().upper()
    return None


def _accepted(key: object) -> PublicKey:
    if isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
        return key
    raise IssuanceError("certificate-key", "the key is neither EC nor RSA")


def _read_tolerantly(der: bytes) -> CertificateParts:
    # Not at the top: it takes a while to load, and few certificates need it.
    from asn1crypto import x509 as asn1

    try:
        check_tags(der)
        certificate = asn1.Certificate.load(der, strict=True)  # type: ignore[no-untyped-call]
        tbs = certificate["tbs_certificate"]
        validity = tbs["validity"]
        subject = tbs["subject"]
        key = _key_of(tbs["subject_public_key_info"])
        usages, is_ca = _extensions_of(tbs["extensions"])
        return CertificateParts(
            public_key=_accepted(key),
            subject=str(subject.human_friendly),
            country=_native_country(subject) or _native_country(tbs["issuer"]),
            not_before=_instant(validity["not_before"].native),
            not_after=_instant(validity["not_after"].native),
            extended_key_usages=usages,
            is_ca=is_ca,
        )
    except IssuanceError:
        raise
    # The lenient parser's own slips (index, key, attribute errors) on data that is no certificate mean just that.
    except Exception as error:
        raise IssuanceError("certificate-form", "this is not a certificate") from error


def _key_of(info: Any) -> object:
    """Also of keys for RSASSA-PSS only; explicit curve parameters, as some CSCAs have them, are not read."""
    try:
        if info["algorithm"]["algorithm"].native == "rsassa_pss":
            numbers = info["public_key"].parsed.native
            return rsa.RSAPublicNumbers(numbers["public_exponent"], numbers["modulus"]).public_key()
        return load_der_public_key(info.dump())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise IssuanceError("certificate-key", "a key that cannot be read") from error


def _extensions_of(extensions: Any) -> tuple[frozenset[str], bool]:
    """EKU and whether it is a CA. Unreadable extensions are passed over, but unreadable basic constraints mean a CA."""
    usages: set[str] = set()
    is_ca = signs_certificates = signs_data = False
    for extension in extensions:
        name = extension["extn_id"].native
        if name not in ("extended_key_usage", "basic_constraints", "key_usage"):
            continue
        try:
            value = extension["extn_value"].parsed
            if name == "extended_key_usage":
                usages.update(usage.dotted for usage in value)
            elif name == "basic_constraints":
                is_ca = is_ca or bool(value["ca"].native)
            else:
                signs_certificates = _KEY_CERT_SIGN in value.native
                signs_data = _DIGITAL_SIGNATURE in value.native
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            if name == "basic_constraints":
                is_ca = True
    return frozenset(usages), is_ca or (signs_certificates and not signs_data)


def _native_country(name: Any) -> str | None:
    for relative in name.chosen:
        for attribute in relative:
            if attribute["type"].native == "country_name":
                value = str(attribute["value"].native).strip()
                if value:
                    return value.upper()
    return None


def _instant(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
