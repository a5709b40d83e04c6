"""Verifying the detached CMS signatures of gateways (RFC 5652): other algorithms and attributes than ours of PDFs.

ECDSA and RSA (PKCS#1 v1.5 or PSS) with SHA-256, SHA-384 or SHA-512, with or without signed attributes, one signer.
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto has no types.

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from certificates.ber import check_tags
from certificates.errors import CertificateError
from certificates.x509 import PublicKey, read_certificate

MAX_SIZE: Final = 65_536  # bytes; real ones have 1,000 to 10,000
_HASHES: Final[dict[str, HashAlgorithm]] = {"sha256": SHA256(), "sha384": SHA384(), "sha512": SHA512()}
_DER_SET: Final = b"\x31"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachedSignature:
    """A signature over a content, taken apart; nothing but the content's digest is verified yet.

    ``message`` is what the key signed: the signed attributes, or the content where there are none. ``certificates``
    are those embedded, DER.
    """

    message: bytes
    signature: bytes
    scheme: str
    hash_name: str
    certificates: tuple[bytes, ...]

    def find_signer(self, candidates: Iterable[bytes]) -> bytes:
        """The first of these DER certificates whose key made the signature.

        Raises:
            CertificateError: ``cms-signature``: none of them did.
        """
        for der in candidates:
            if self._is_by(read_certificate(der).public_key):
                return der
        raise CertificateError("cms-signature", "the signature is by none of the known signers")

    def _is_by(self, key: PublicKey) -> bool:
        chosen = _HASHES[self.hash_name]
        try:
            if isinstance(key, ec.EllipticCurvePublicKey) and self.scheme == "ecdsa":
                key.verify(self.signature, self.message, ec.ECDSA(chosen))
                return True
            if isinstance(key, rsa.RSAPublicKey) and self.scheme == "rsassa_pss":
                pss = padding.PSS(padding.MGF1(chosen), padding.PSS.AUTO)
                key.verify(self.signature, self.message, pss, chosen)
                return True
            if isinstance(key, rsa.RSAPublicKey) and self.scheme == "rsassa_pkcs1v15":
                key.verify(self.signature, self.message, padding.PKCS1v15(), chosen)
                return True
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):  # ValueError: a key too short for the hash
            return False
        return False


def read_detached(data: bytes, content: bytes) -> DetachedSignature:
    """Take a CMS over ``content`` apart; a copy of the content in it must be the same.

    Raises:
        CertificateError: ``cms-form`` (no SignedData with one signer and known algorithms), ``cms-content`` (it is over
            something else).
    """
    return _guarded(data, content, MAX_SIZE)[0]


def read_attached(data: bytes, *, max_size: int) -> tuple[DetachedSignature, bytes]:
    """Take a CMS of at most ``max_size`` bytes apart that carries its content: the signature and the content.

    Raises:
        CertificateError: ``cms-form``, also where it carries none; ``cms-content``.
    """
    return _guarded(data, None, max_size)


def _guarded(data: bytes, content: bytes | None, max_size: int) -> tuple[DetachedSignature, bytes]:
    if len(data) > max_size:
        raise CertificateError("cms-form", "the CMS is too large")
    try:
        return _read(data, content)
    except CertificateError:
        raise
    # The parser's own slips (index, key, attribute errors) on data that is no CMS mean just that.
    except Exception as error:
        raise CertificateError("cms-form", "this is no signature in CMS") from error


def _read(data: bytes, content: bytes | None) -> tuple[DetachedSignature, bytes]:
    check_tags(data)
    info = cms.ContentInfo.load(data, strict=True)
    if info["content_type"].native != "signed_data":
        raise CertificateError("cms-form", "this is no SignedData")
    signed = info["content"]
    (signer,) = signed["signer_infos"]
    encapsulated = signed["encap_content_info"]["content"]
    if content is None:
        content = encapsulated.native
        if type(content) is not bytes:
            raise CertificateError("cms-form", "the CMS does not carry what it is over")
    if encapsulated.native is not None and encapsulated.native != content:
        raise CertificateError("cms-content", "the signature is over something else")
    digest = signer["digest_algorithm"]["algorithm"].native
    scheme, hash_name = _scheme(signer["signature_algorithm"], digest)
    if {digest, hash_name} - set(_HASHES) or scheme not in ("ecdsa", "rsassa_pss", "rsassa_pkcs1v15"):
        raise CertificateError("cms-form", "an algorithm that is not accepted")
    message = content
    if signer["signed_attrs"].native is not None:
        _check_attributes(signer["signed_attrs"], hashlib.new(digest, content).digest())
        message = _DER_SET + signer["signed_attrs"].dump()[1:]  # carried with another tag than it was signed with
    found = DetachedSignature(
        message=message,
        signature=signer["signature"].native,
        scheme=scheme,
        hash_name=hash_name,
        certificates=tuple(one.chosen.dump() for one in signed["certificates"] if one.name == "certificate"),
    )
    return found, content


def _scheme(algorithm: Any, digest: str) -> tuple[str, str]:
    """Scheme and hash. A bare rsaEncryption or ecPublicKey leaves the hash to the digest algorithm (RFC 3370, 3.2)."""
    scheme = str(algorithm.signature_algo)
    try:
        return scheme, str(algorithm.hash_algo)
    except ValueError:
        return scheme, digest


def _check_attributes(attributes: Any, digest: bytes) -> None:
    found: dict[str, Any] = {}
    for attribute in attributes:
        name = attribute["type"].native
        if name in found:
            raise CertificateError("cms-form", "an attribute stands there twice")
        found[name] = attribute["values"].native
    if found.get("content_type") != ["data"]:
        raise CertificateError("cms-form", "the signature does not say that it is over data")
    if found.get("message_digest") != [digest]:
        raise CertificateError("cms-content", "the signature is over something else")
