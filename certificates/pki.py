"""Signer certificates: what the code needs to know of a DSC, and how its signatures are verified."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from certificates.signing import Algorithm

KID_SIZE: Final = 8
ES256_SIGNATURE_SIZE: Final = 64
PSS_SALT_SIZE: Final = 32  # RFC 8230, 2: as long as the hash
_EKU_PREFIXES: Final = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")  # both spellings are alive
_EKU_KIND: Final = {"1": "t", "2": "v", "3": "r"}
_PSS: Final = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=PSS_SALT_SIZE)

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningCertificate:
    """A certificate whose key signs: a DSC, or the certificate of a unit's token.

    ``kinds`` holds which of the DCC's kinds (v, t, r) it may sign: all of them where it has no such EKU.
    """

    der: bytes
    kid: bytes
    fingerprint: bytes
    algorithm: Algorithm
    public_key: PublicKey
    subject: str
    country: str | None
    not_before: datetime
    not_after: datetime
    kinds: frozenset[str]
    is_ca: bool

    def may_sign(self, kind: str) -> bool:
        """Whether the EKU allows certificates of this kind: "v", "t" or "r"."""
        return kind in self.kinds

    @classmethod
    def from_der(cls, der: bytes) -> "SigningCertificate":
        """Raises IssuanceError ``certificate-form`` or ``certificate-key`` (neither P-256 nor RSA 2048 to 4096)."""
        raise NotImplementedError


def fingerprint(der: bytes) -> bytes:
    """SHA-256 over the DER certificate, 32 bytes."""
    return hashlib.sha256(der).digest()


def key_identifier(der: bytes) -> bytes:
    """The kid: first 8 bytes of SHA-256 over the DER certificate (hcert-spec 1.0.8, 3.3.3)."""
    return fingerprint(der)[:KID_SIZE]


def verify_signature(certificate: SigningCertificate, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (r||s of exactly 64 bytes, or PSS of exactly the modulus' size) is by this certificate's key."""
    key = certificate.public_key
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            if len(signature) != ES256_SIGNATURE_SIZE:
                return False
            r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        else:
            if len(signature) * 8 != (key.key_size + 7) // 8 * 8:
                return False
            key.verify(signature, message, _PSS, SHA256())
    except InvalidSignature:
        return False
    return True
