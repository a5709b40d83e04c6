"""Signer certificates: what the code needs to know of a DSC, and how its signatures are verified."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256

from certificates.errors import IssuanceError
from certificates.signing import Algorithm
from certificates.x509 import PublicKey, read_certificate

KID_SIZE: Final = 8
ES256_SIGNATURE_SIZE: Final = 64
PSS_SALT_SIZE: Final = 32  # RFC 8230, 2: as long as the hash
RSA_MIN_BITS: Final = 2048
RSA_MAX_BITS: Final = 4096
ALL_KINDS: Final = frozenset("vtr")
_EKU_PREFIXES: Final = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")  # both spellings are alive
_EKU_KIND: Final = {"1": "t", "2": "v", "3": "r"}
_TIMES: Final = ("not_before", "not_after")
_ECDSA: Final = ec.ECDSA(SHA256())
_SHA256: Final = SHA256()
_PSS: Final = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=PSS_SALT_SIZE)


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

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: the certificate, and what a trust list says of it in its own words."""
        return _restore, (self.der, {name: getattr(self, name) for name in ("country", "kinds", *_TIMES)})

    def may_sign(self, kind: str) -> bool:
        """Whether the EKU allows certificates of this kind: "v", "t" or "r"."""
        return kind in self.kinds

    @classmethod
    def from_der(cls, der: bytes) -> "SigningCertificate":
        """Read a certificate. Extensions that a strict X.509 parser refuses do not cost it its key.

        Raises:
            IssuanceError: ``certificate-form``, or ``certificate-key`` (neither P-256 nor RSA 2048 to 4096).
        """
        parts = read_certificate(der)
        return cls(
            der=der,
            kid=key_identifier(der),
            fingerprint=fingerprint(der),
            algorithm=_algorithm_of(parts.public_key),
            public_key=parts.public_key,
            subject=parts.subject,
            country=parts.country,
            not_before=parts.not_before,
            not_after=parts.not_after,
            kinds=_kinds(parts.extended_key_usages),
            is_ca=parts.is_ca,
        )


def _restore(der: bytes, said: dict[str, Any]) -> SigningCertificate:
    return replace(SigningCertificate.from_der(der), **said)


def _algorithm_of(key: PublicKey) -> Algorithm:
    if isinstance(key, ec.EllipticCurvePublicKey):
        if isinstance(key.curve, ec.SECP256R1):
            return "ES256"
    elif RSA_MIN_BITS <= key.key_size <= RSA_MAX_BITS:
        return "PS256"
    raise IssuanceError("certificate-key", "the key is neither P-256 nor RSA of 2048 to 4096 bits")


def _kinds(usages: frozenset[str]) -> frozenset[str]:
    named = {_EKU_KIND.get(usage.removeprefix(prefix)) for usage in usages for prefix in _EKU_PREFIXES}
    return frozenset(kind for kind in named if kind) or ALL_KINDS


def fingerprint(der: bytes) -> bytes:
    """SHA-256 over the DER certificate, 32 bytes."""
    return hashlib.sha256(der).digest()


def key_identifier(der: bytes) -> bytes:
    """The kid: first 8 bytes of SHA-256 over the DER certificate (hcert-spec 1.0.8, 3.3.3)."""
    return fingerprint(der)[:KID_SIZE]


def verify_signature(certificate: SigningCertificate, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (r||s of 64 bytes, or PSS of the modulus' size, exactly) is by this certificate's key."""
    key: Any = certificate.public_key
    try:
        if certificate.algorithm == "ES256":
            if len(signature) != ES256_SIGNATURE_SIZE:
                return False
            key.verify(_ecdsa_der(signature), message, _ECDSA)
        else:
            if len(signature) * 8 != (key.key_size + 7) // 8 * 8:
                return False
            key.verify(signature, message, _PSS, _SHA256)
    except InvalidSignature:
        return False
    return True


def _ecdsa_der(signature: bytes) -> bytes:
    """r||s as ECDSA-Sig-Value (RFC 3279, 2.2.3): two integers in their shortest form, less than 128 bytes in all."""
    r, s = signature[:32].lstrip(b"\0"), signature[32:].lstrip(b"\0")
    r, s = (b"\0" + r if r[:1] > b"\x7f" or not r else r), (b"\0" + s if s[:1] > b"\x7f" or not s else s)
    return b"\x30%c\x02%c%b\x02%c%b" % (len(r) + len(s) + 4, len(r), r, len(s), s)
