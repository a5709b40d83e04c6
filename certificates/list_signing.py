"""Who may sign lists: a list-signing certificate that travels with the list, issued by a pinned offline root.

A signed list is the CBOR array ``[certificate, COSE_Sign1]`` of two byte strings: the DER certificate of the list
signer, and the list sealed by its key (`certificates.sealing`). Certificates below a pinned root that sign something
else (a DSC, where a country has one CA for all) carry no `EKU_LIST_SIGNER` and are refused.
"""

import warnings
from collections.abc import Collection
from typing import Final

from cryptography import x509

from certificates.cbor import encode_bytes, read_bytes
from certificates.errors import CertificateError, IssuanceError
from certificates.pki import SigningCertificate
from certificates.sealing import Unsealed, seal, unseal
from certificates.signing import SigningKey
from certificates.trust import TrustStore
from certificates.x509 import read_certificate

EKU_LIST_SIGNER: Final = "2.25.7146244675212715986531656230285252460"  # ours: a UUID as an OID (X.667)
_ARRAY_OF_TWO: Final = b"\x82"
_MAX_CERTIFICATE: Final = 8192  # bytes


def is_signed_list(data: bytes) -> bool:
    """Whether this begins as a signed list does. PEM, DER and JSON never do."""
    return data.startswith(_ARRAY_OF_TWO)


def sign_list(payload: bytes, key: SigningKey, purpose: bytes) -> bytes:
    """A signed list with its signer's certificate. ``purpose`` is one of `certificates.purposes`.

    Raises:
        IssuanceError: ``list-signer-usage`` (the key's certificate is not for lists), ``signature-invalid``.
    """
    if not is_list_signer(key.certificate_der):
        raise IssuanceError("list-signer-usage", "the certificate of this key is not for signing lists")
    return _ARRAY_OF_TWO + encode_bytes(key.certificate_der) + encode_bytes(seal(payload, key, purpose))


def open_list(data: bytes, roots: Collection[bytes], purpose: bytes, *, max_size: int) -> Unsealed:
    """Verify a signed list up to a pinned root; whether its signer was valid at the time is for the reader to say.

    Args:
        data: what `sign_list` gave.
        roots: DER certificates of the pinned roots; the certificate of a list signer that is pinned counts itself.
        purpose: what the list must have been signed for.
        max_size: bytes of ``data`` at most.

    Raises:
        CertificateError: ``list-form``, ``list-chain`` (its signer is no list signer below a pinned root),
            ``list-signer``, ``list-signature``.
    """
    if len(data) > max_size:
        raise CertificateError("list-form", "it is too large")
    if not is_signed_list(data):
        raise CertificateError("list-form", "this is no signed list")
    certificate, start = read_bytes(data, 1)
    sealed, end = read_bytes(data, start)
    if certificate is None or sealed is None or end != len(data) or len(certificate) > _MAX_CERTIFICATE:
        raise CertificateError("list-form", "this is no signed list")
    signer = _check_chain(certificate, roots)
    return unseal(sealed, TrustStore(by_kid={signer.kid: (signer,)}), purpose, max_size=max_size)


def is_list_signer(der: bytes) -> bool:
    """Whether a certificate is one for signing lists. Raises IssuanceError ``certificate-form``."""
    parts = read_certificate(der)
    return EKU_LIST_SIGNER in parts.extended_key_usages and not parts.is_ca


def is_issued_by(der: bytes, issuer: bytes) -> bool:
    """Whether ``issuer`` is a CA certificate whose key signed the certificate ``der``, and whose name that names."""
    try:
        with warnings.catch_warnings():  # of odd serial numbers and names, which change nothing here
            warnings.simplefilter("ignore")
            above = x509.load_der_x509_certificate(issuer)
            x509.load_der_x509_certificate(der).verify_directly_issued_by(above)
        return read_certificate(issuer).is_ca
    # InvalidSignature; and what a strict parser refuses, in many kinds of errors, cannot be verified either.
    except Exception:
        return False


def _check_chain(der: bytes, roots: Collection[bytes]) -> SigningCertificate:
    try:
        signer = SigningCertificate.from_der(der)
        fits = is_list_signer(der)
    except IssuanceError as error:
        raise CertificateError("list-form", "its signer's certificate cannot be read") from error
    if not fits:
        raise CertificateError("list-chain", "its signer's certificate is not for signing lists")
    if der in roots:
        return signer
    for root in roots:
        if is_issued_by(der, root):
            issuer = read_certificate(root)
            if issuer.not_before <= signer.not_before and signer.not_after <= issuer.not_after:
                return signer
    raise CertificateError("list-chain", "its signer was not certified by a pinned root")
