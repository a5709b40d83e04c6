"""Trust lists as the EU gateway exchanges them: a JSON array, in which each DSC is signed by its country's uploader.

    {"kid": "2Rk3X8HntrI=", "timestamp": "2021-06-18T11:55:19+02:00", "country": "VN", "certificateType": "DSC",
     "thumbprint": "d91937...", "signature": "MIIG...", "rawData": "MIIC..."}

``rawData`` is the DER certificate, ``signature`` a detached CMS over it, both base64; ``thumbprint`` is its SHA-256.
Entries of type UPLOAD are the uploaders' certificates, signed by the gateway's trust anchor.
"""

import base64
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certificates.detached_cms import read_detached
from certificates.errors import CertificateError, IssuanceError
from certificates.list_signing import is_issued_by
from certificates.pdf.cms import encode_signed_attributes, encode_signed_data
from certificates.pki import SigningCertificate, fingerprint, key_identifier, verify_signature
from certificates.records.model import instant_to_text
from certificates.signing import SigningKey
from certificates.trust_entries import TrustEntry
from certificates.x509 import read_certificate

MAX_FILE: Final = 64 * 1024 * 1024  # bytes
_NAMED: Final = 5  # certificates that a refusal names


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouchers:
    """Whom the operator lets vouch for certificates that come from outside.

    Attributes:
        anchors: DER certificates of gateways' trust anchors, which sign the uploaders' certificates.
        authorities: DER certificates of CSCAs, for certificates that come without an uploader's signature.
        named: SHA-256 fingerprints of DSCs and of uploaders' certificates that the operator names himself.
        excluded: SHA-256 fingerprints of DSCs that the operator leaves out, vouched for or not.
    """

    anchors: Collection[bytes] = ()
    authorities: Collection[bytes] = ()
    named: Collection[bytes] = ()
    excluded: Collection[bytes] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Uploaded:
    """An entry of the gateway's JSON."""

    kind: str
    country: str
    der: bytes
    signature: bytes


def import_certificates(certificates: Iterable[bytes], vouchers: Vouchers) -> tuple[bytes, ...]:
    """The DSCs among plain DER certificates, each issued by one of the authorities or named by the operator.

    Raises:
        CertificateError: ``import-unverified``, with fingerprints that the operator may compare and name.
        IssuanceError: ``certificate-form``.
    """
    signers = [
        der for der in certificates if not read_certificate(der).is_ca and fingerprint(der) not in vouchers.excluded
    ]
    unverified = [
        f"{read_certificate(der).subject} ({fingerprint(der).hex()}) is issued by no given CSCA"
        for der in signers
        if fingerprint(der) not in vouchers.named and not any(is_issued_by(der, one) for one in vouchers.authorities)
    ]
    _refuse(unverified)
    return tuple(signers)


def import_gateway(data: bytes, vouchers: Vouchers) -> tuple[tuple[str, bytes], ...]:
    """Country and DER of each DSC in the gateway's JSON, whose uploader's signature was verified.

    An uploader counts when one of the anchors signed its certificate, or the operator named it, and for its own country
    only. How long an uploader's certificate is valid does not matter: the gateway looked when it took the DSC.

    Raises:
        CertificateError: ``gateway-form``, ``import-unverified`` (with fingerprints that the operator may compare and
            name).
    """
    entries = _entries(data)
    uploaders = [entry for entry in entries if entry.kind == "UPLOAD" and _is_uploader(entry, vouchers)]
    unverified: list[str] = []
    verified: list[tuple[str, bytes]] = []
    for entry in entries:
        if entry.kind != "DSC" or fingerprint(entry.der) in vouchers.excluded:
            continue
        try:
            if fingerprint(entry.der) not in vouchers.named:
                _check_uploaded(entry, [one.der for one in uploaders if one.country == entry.country], vouchers)
            verified.append((entry.country, entry.der))
        except CertificateError as error:
            unverified.append(f"{entry.country} {fingerprint(entry.der).hex()}: {error.detail}")
    _refuse(unverified)
    return tuple(verified)


def read_uploaders(data: bytes, vouchers: Vouchers) -> tuple[tuple[str, bytes], ...]:
    """Country and DER of the uploaders in the gateway's JSON that an anchor signed, or the operator named.

    Raises CertificateError ``gateway-form``.
    """
    uploaders = (entry for entry in _entries(data) if entry.kind == "UPLOAD" and _is_uploader(entry, vouchers))
    return tuple((entry.country, entry.der) for entry in uploaders)


def export_gateway(entries: Iterable[TrustEntry], key: SigningKey, *, at: datetime) -> bytes:
    """The gateway's JSON of these DSCs, each signed by the uploader's key.

    Raises:
        IssuanceError: ``signature-invalid``: what the key gave is not by its certificate.
    """
    uploader = SigningCertificate.from_der(key.certificate_der)
    return (json.dumps([_exported(entry, key, uploader, at) for entry in entries], indent=2) + "\n").encode()


def _exported(entry: TrustEntry, key: SigningKey, uploader: SigningCertificate, at: datetime) -> dict[str, str]:
    certificate = entry.certificate
    attributes = encode_signed_attributes(certificate.fingerprint, uploader.fingerprint)
    signature = key.sign(attributes)
    if not verify_signature(uploader, attributes, signature):
        raise IssuanceError("signature-invalid", "the signature does not belong to this certificate")
    return {
        "kid": base64.b64encode(certificate.kid).decode(),
        "timestamp": instant_to_text(at),
        "country": entry.country,
        "certificateType": "DSC",
        "thumbprint": certificate.fingerprint.hex(),
        "signature": base64.b64encode(encode_signed_data(uploader, attributes, signature)).decode(),
        "rawData": base64.b64encode(certificate.der).decode(),
    }


def _is_uploader(entry: _Uploaded, vouchers: Vouchers) -> bool:
    if fingerprint(entry.der) in vouchers.named:
        return True
    try:
        read_detached(entry.signature, entry.der).find_signer(vouchers.anchors)
    except CertificateError:
        return False
    return True


def _check_uploaded(entry: _Uploaded, uploaders: Collection[bytes], vouchers: Vouchers) -> None:
    """Raises CertificateError: no verified uploader of the DSC's country signed it."""
    signature = read_detached(entry.signature, entry.der)
    named = [der for der in signature.certificates if fingerprint(der) in vouchers.named]
    own = [der for der in (*uploaders, *named) if read_certificate(der).country in (None, entry.country)]
    try:
        signature.find_signer(own)
    except CertificateError as error:
        embedded = ", ".join(fingerprint(der).hex() for der in signature.certificates) or "not given"
        raise CertificateError("cms-signature", f"no verified uploader signed it (its uploader: {embedded})") from error


def _entries(data: bytes) -> tuple[_Uploaded, ...]:
    if len(data) > MAX_FILE:
        raise CertificateError("gateway-form", "the file is too large")
    try:
        items = json.loads(data)
        if type(items) is dict:
            items = items["certificates"]
        if type(items) is not list:
            raise CertificateError("gateway-form", "this is no array of certificates")
        return tuple(_parsed(items))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, IssuanceError) as error:
        raise CertificateError("gateway-form", "this is no trust list of the gateway") from error


def _parsed(items: list[Any]) -> Iterator[_Uploaded]:
    for item in items:
        kind, country = item["certificateType"], item["country"]
        if kind not in ("DSC", "UPLOAD"):
            continue
        der = base64.b64decode(item["rawData"], validate=True)
        read_certificate(der)
        kid = item.get("kid")
        if type(country) is not str or (kid is not None and kid != base64.b64encode(key_identifier(der)).decode()):
            raise CertificateError("gateway-form", "an entry has no country, or the kid of another certificate")
        signature = base64.b64decode(item.get("signature") or "", validate=True)
        yield _Uploaded(kind=kind, country=country, der=der, signature=signature)


def _refuse(unverified: list[str]) -> None:
    if not unverified:
        return
    more = f"; and {len(unverified) - _NAMED} more" if len(unverified) > _NAMED else ""
    raise CertificateError("import-unverified", "; ".join(unverified[:_NAMED]) + more)
