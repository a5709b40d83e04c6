"""Revocation batches as countries upload them to the EU gateway and fetch them there: in a CMS by an uploader."""

import base64
import binascii
import hashlib
from collections.abc import Collection, Iterable
from typing import Final

from certificates.detached_cms import DetachedSignature, read_attached
from certificates.errors import CertificateError, IssuanceError
from certificates.pdf.cms import encode_signed_attributes, encode_signed_data
from certificates.pki import SigningCertificate, fingerprint, verify_signature
from certificates.revocation.batches import MAX_BATCH, RevocationBatch, read_batch
from certificates.signing import SigningKey
from certificates.x509 import read_certificate

MAX_UPLOAD: Final = 2 * MAX_BATCH  # bytes, in base64
_DER_SEQUENCE: Final = b"\x30"


def sign_batch(batch: RevocationBatch, key: SigningKey) -> bytes:
    """The batch in a CMS that carries it, base64.

    Raises:
        IssuanceError: ``signature-invalid``: what the key gave is not by its certificate.
    """
    uploader, content = SigningCertificate.from_der(key.certificate_der), batch.to_json()
    attributes = encode_signed_attributes(hashlib.sha256(content).digest(), uploader.fingerprint)
    signature = key.sign(attributes)
    if not verify_signature(uploader, attributes, signature):
        raise IssuanceError("signature-invalid", "the signature does not belong to this certificate")
    return base64.b64encode(encode_signed_data(uploader, attributes, signature, content=content))


def open_batch(data: bytes, uploaders: Iterable[tuple[str, bytes]], named: Collection[bytes]) -> RevocationBatch:
    """The batch in a CMS (DER or base64) that an uploader of its own country signed.

    Args:
        data: what the gateway gave.
        uploaders: country and DER of those that `certificates.gateway.read_uploaders` gives.
        named: SHA-256 fingerprints of uploaders' certificates that the operator names himself.

    Raises:
        CertificateError: ``cms-form``, ``cms-content``, ``import-unverified`` (with the fingerprint that the operator
            may compare and name), ``batch-form``, ``batch-country`` (another country's uploader signed it).
    """
    signature, content = read_attached(_der(data), max_size=MAX_BATCH)
    known = [(read_certificate(der).country, der) for der in signature.certificates if fingerprint(der) in named]
    country = _country_of(signature, [*uploaders, *known])
    batch = read_batch(content)
    if country not in (None, batch.country):
        raise CertificateError("batch-country", f"an uploader of {country} may not revoke for {batch.country}")
    return batch


def _country_of(signature: DetachedSignature, uploaders: Iterable[tuple[str | None, bytes]]) -> str | None:
    countries = {der: country for country, der in uploaders}
    try:
        return countries[signature.find_signer(countries)]
    except CertificateError as error:
        embedded = ", ".join(fingerprint(der).hex() for der in signature.certificates) or "not given"
        raise CertificateError(
            "import-unverified", f"no verified uploader signed it (its uploader: {embedded})"
        ) from error


def _der(data: bytes) -> bytes:
    if data[:1] == _DER_SEQUENCE:
        return data
    if len(data) > MAX_UPLOAD:
        raise CertificateError("cms-form", "the CMS is too large")
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error as error:
        raise CertificateError("cms-form", "this is no CMS: batches come signed by their country's uploader") from error
