"""Signed lists: a COSE_Sign1 around a payload, whose purpose stands in external_aad."""

from dataclasses import dataclass

from certificates.cose import CoseSign1, decode_cose_sign1, protected_header, read_headers, sig_structure
from certificates.errors import CertificateError, CheckError, IssuanceError
from certificates.pki import SigningCertificate, verify_signature
from certificates.signing import SigningKey
from certificates.trust import TrustStore


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Unsealed:
    """A payload whose signature was verified, and the certificate that did it. Made by `unseal` only."""

    payload: bytes
    signer: SigningCertificate


def seal(payload: bytes, key: SigningKey, purpose: bytes) -> bytes:
    """Sign a payload for one of `certificates.purposes`: an encoded COSE_Sign1, its signature verified.

    Raises:
        IssuanceError: ``signature-invalid``: what the key gave is not by its certificate.
    """
    certificate = SigningCertificate.from_der(key.certificate_der)
    protected = protected_header(certificate.algorithm, certificate.kid)
    message = sig_structure(protected, payload, purpose)
    signature = key.sign(message)
    if not verify_signature(certificate, message, signature):
        raise IssuanceError("signature-invalid", "the signature does not belong to this list and certificate")
    return CoseSign1(protected=protected, payload=payload, signature=signature).encode()


def unseal(data: bytes, signers: TrustStore, purpose: bytes, *, max_size: int) -> Unsealed:
    """Verify a signed list.

    Args:
        data: what `seal` gave.
        signers: who may sign lists of this purpose; not the signers of passports.
        purpose: the one of `certificates.purposes` it must have been signed for.
        max_size: bytes of ``data`` at most.

    Raises:
        CertificateError: ``list-form``, ``list-signer`` (nobody who may sign), ``list-signature``.
    """
    if len(data) > max_size:
        raise CertificateError("list-form", "it is too large")
    try:
        cose = decode_cose_sign1(data)
        headers = read_headers(cose)
    except CheckError as error:
        raise CertificateError("list-form", error.detail) from error
    candidates = signers.signers(headers.kid) if headers.kid else ()
    if not candidates:
        raise CertificateError("list-signer", "nobody who may sign such a list has this key identifier")
    message = sig_structure(cose.protected, cose.payload, purpose)
    for signer in candidates:
        if signer.algorithm == headers.algorithm and verify_signature(signer, message, cose.signature):
            return Unsealed(payload=cose.payload, signer=signer)
    raise CertificateError("list-signature", "the signature is not by the signer that it names")
