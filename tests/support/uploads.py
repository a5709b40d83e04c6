"""What countries upload to the EU gateway: DSCs with detached CMS signatures, made by another library than ours."""

import base64
import hashlib
from collections.abc import Collection
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from tests.support.softkeys import SoftKey

_DETACHED = pkcs7.PKCS7Options.DetachedSignature


def detached(
    content: bytes,
    key: SoftKey,
    *,
    algorithm: Any = None,
    options: Collection[pkcs7.PKCS7Options] = (),
    rsa_padding: padding.PSS | None = None,
    attached: bool = False,
) -> bytes:
    """A CMS over the content in DER."""
    certificate = x509.load_der_x509_certificate(key.certificate_der)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    chosen = algorithm or SHA256()
    builder = builder.add_signer(certificate, key.private_key, chosen, rsa_padding=rsa_padding)
    detaching = [] if attached else [_DETACHED]
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *detaching, *options])


def entry(der: bytes, by: SoftKey, *, kind: str = "DSC", country: str = "VN", **changes: Any) -> dict[str, Any]:
    """An entry of the gateway's JSON."""
    fingerprint = hashlib.sha256(der)
    return {
        "kid": base64.b64encode(fingerprint.digest()[:8]).decode(),
        "timestamp": "2022-05-20T15:54:50+02:00",
        "country": country,
        "certificateType": kind,
        "thumbprint": fingerprint.hexdigest(),
        "signature": base64.b64encode(detached(der, by)).decode(),
        "rawData": base64.b64encode(der).decode(),
    } | changes
