"""Whether another authority still stands by a certificate: its OCSP answer (RFC 6960) or its CRL (RFC 5280).

Pure: what was fetched is judged here. An answer counts when the authority signed it, with SHA-256 or better, and when
it is in force at the moment that is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, Hash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, SignatureAlgorithmOID

from certificates.errors import IssuanceError

CLOCK_MARGIN: Final = timedelta(minutes=10)  # clocks differ
LONGEST_OCSP: Final = timedelta(days=1)  # for an answer that does not say when the next one comes
_GOOD_HASHES: Final = (SHA256, SHA384, SHA512)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a certificate says that its state is answered: http and https addresses only, in its order."""

    ocsp: tuple[str, ...]
    crl: tuple[str, ...]


def addresses_of(certificate: x509.Certificate) -> Addresses:
    """The addresses in the certificate (RFC 5280, 4.2.2.1 and 4.2.1.13); indirect and partial CRLs are passed over."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        answerers = []
    else:
        answerers = [one.access_location for one in access if one.access_method == AuthorityInformationAccessOID.OCSP]
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        lists = []
    else:
        lists = [name for point in points if not (point.crl_issuer or point.reasons) for name in point.full_name or ()]
    return Addresses(ocsp=tuple(_web(answerers)), crl=tuple(_web(lists)))


def ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The question for one certificate, DER. SHA-1 only names the issuer; every responder knows it (RFC 5019)."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA1())  # noqa: S303
    return builder.build().public_bytes(Encoding.DER)


def read_ocsp(data: bytes, certificate: x509.Certificate, issuer: x509.Certificate, *, at: datetime) -> bool:
    """Whether the certificate is revoked, by an OCSP response in DER.

    Raises:
        IssuanceError: ``status-form`` (no answer about this certificate), ``status-signature``, ``status-age`` (of
            another time), ``status-unknown`` (the responder says that it does not know).
    """
    try:
        response = ocsp.load_der_ocsp_response(data)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise IssuanceError("status-form", f"the responder answers {response.response_status.name}")
        single = next((one for one in response.responses if _is_about(one, certificate, issuer)), None)
        if single is None:
            raise IssuanceError("status-form", "the answer is about another certificate")
        _check_responder(response, issuer, at)
        until = single.next_update_utc or single.this_update_utc + LONGEST_OCSP
        _check_age(single.this_update_utc, until, at)
        status = single.certificate_status
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise IssuanceError("status-form", "this is no OCSP answer") from error
    if status is ocsp.OCSPCertStatus.UNKNOWN:
        raise IssuanceError("status-unknown", "the responder does not know the certificate")
    return status is ocsp.OCSPCertStatus.REVOKED


def read_crl(data: bytes, certificate: x509.Certificate, issuer: x509.Certificate, *, at: datetime) -> bool:
    """Whether the certificate is revoked, by its authority's complete CRL in DER or PEM.

    Raises:
        IssuanceError: ``status-form`` (no CRL, another authority's, a partial or indirect one), ``status-signature``,
            ``status-age``.
    """
    try:
        load = x509.load_pem_x509_crl if data.lstrip().startswith(b"-----BEGIN") else x509.load_der_x509_crl
        crl = load(data)
        if crl.issuer != issuer.subject:
            raise IssuanceError("status-form", "the list is another authority's")
        if not isinstance(crl.signature_hash_algorithm, _GOOD_HASHES) or not crl.is_signature_valid(
            issuer.public_key()  # type: ignore[arg-type]
        ):
            raise IssuanceError("status-signature", "the list is not signed by the authority")
        _check_completeness(crl)
        if crl.next_update_utc is None:
            raise IssuanceError("status-age", "the list does not say how long it counts")
        _check_age(crl.last_update_utc, crl.next_update_utc, at)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise IssuanceError("status-form", "this is no revocation list") from error
    return entry is not None


def _web(names: list[x509.GeneralName]) -> Iterator[str]:
    for name in names:
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith(("http://", "https://")):
            yield name.value


def _is_about(single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if single.serial_number != certificate.serial_number:
        return False
    hashes = []
    for data in (issuer.subject.public_bytes(), _key_bits(issuer)):
        digest = Hash(single.hash_algorithm)
        digest.update(data)
        hashes.append(digest.finalize())
    return [single.issuer_name_hash, single.issuer_key_hash] == hashes


def _key_bits(certificate: x509.Certificate) -> bytes:
    """What the key hash of OCSP covers: the bits of the public key, without its frame (RFC 6960, 4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _check_responder(response: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime) -> None:
    """The authority itself, or whom it certified for just this (RFC 6960, 4.2.2.2)."""
    for candidate in (issuer, *response.certificates):
        try:
            if candidate is not issuer:
                candidate.verify_directly_issued_by(issuer)
                usage = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
                in_time = candidate.not_valid_before_utc <= at <= candidate.not_valid_after_utc
                if ExtendedKeyUsageOID.OCSP_SIGNING not in usage or not in_time:
                    continue
            _verify(response, candidate)
        except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
            continue
        return
    raise IssuanceError("status-signature", "the answer is not signed by the authority or its responder")


def _verify(response: ocsp.OCSPResponse, signer: x509.Certificate) -> None:
    key, algorithm = signer.public_key(), response.signature_hash_algorithm
    if not isinstance(algorithm, _GOOD_HASHES):
        raise InvalidSignature
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
    elif isinstance(key, rsa.RSAPublicKey):
        pss = response.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS
        scheme = padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH) if pss else padding.PKCS1v15()
        key.verify(response.signature, response.tbs_response_bytes, scheme, algorithm)
    else:
        raise InvalidSignature


def _check_completeness(crl: x509.CertificateRevocationList) -> None:
    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            partial = value.only_some_reasons or value.only_contains_ca_certs or value.only_contains_attribute_certs
            if partial or value.indirect_crl:
                raise IssuanceError("status-form", "the list does not cover every certificate of its authority")
        elif isinstance(value, x509.DeltaCRLIndicator) or extension.critical:
            raise IssuanceError("status-form", "the list is no complete one")


def _check_age(begins: datetime, until: datetime, at: datetime) -> None:
    if not begins - CLOCK_MARGIN <= at <= until + CLOCK_MARGIN:
        raise IssuanceError("status-age", "the answer is of another time")
