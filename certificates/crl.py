"""The CRL of a CSCA: X.509 v2 (RFC 5280, 5), complete, signed on the CSCA's token. The last list is the whole memory.

Pure: what is to be signed is built here, the signature comes from a key on a token.
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto has no types.

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asn1crypto import algos
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.crl_reasons import REASONS, Reason
from certificates.errors import IssuanceError
from certificates.profiles import SIGNATURE_ALGORITHMS, IssuingKey, asn1_time, load_csca, subject_key_id

CRL_DAYS: Final = 90  # until the next list is due, revocations or not: as ICAO Doc 9303-12 has it for CSCAs


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedEntry:
    """One certificate of the list. ``reason`` as RFC 5280, 5.3.1 names it, in kebab-case."""

    serial: int
    revoked_at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CscaCrl:
    """A list that was read and verified, or made."""

    der: bytes
    number: int
    issued_at: datetime
    next_update: datetime
    entries: tuple[RevokedEntry, ...]


def revoke_certificates(
    key: IssuingKey,
    csca_der: bytes,
    certificates: Iterable[bytes],
    *,
    reason: Reason,
    at: datetime,
    after: CscaCrl | None = None,
    days: int = CRL_DAYS,
) -> CscaCrl:
    """The next list: all entries of the last one, and these certificates (none: the list is only made anew).

    Raises:
        IssuanceError: ``csca-form``, ``crl-certificate`` (this CSCA did not issue it, or it is the CSCA itself),
            ``crl-again`` (it is revoked already), ``crl-time`` (the last list is of a later time), ``issued-signature``
            (the key does not belong to the CSCA certificate).
    """
    csca = load_csca(csca_der)
    issued_at = at.astimezone(UTC).replace(microsecond=0)
    if after is not None and after.issued_at > issued_at:
        raise IssuanceError("crl-time", "the last list is of a later time than this: look at the clock")
    entries = list(after.entries) if after else []
    for der in certificates:
        serial = _serial_of(der, csca)
        if any(entry.serial == serial for entry in entries):
            raise IssuanceError("crl-again", "the certificate is revoked already")
        entries.append(RevokedEntry(serial=serial, revoked_at=issued_at, reason=reason))
    number = after.number + 1 if after else 1
    next_update = issued_at + timedelta(days=days)
    der = _signed(key, csca, entries, number=number, issued_at=issued_at, next_update=next_update)
    return read_csca_crl(der, csca_der, own_fault=True)


def read_csca_crl(data: bytes, csca_der: bytes, *, own_fault: bool = False) -> CscaCrl:
    """A list of this CSCA, PEM or DER, its signature verified.

    Raises:
        IssuanceError: ``csca-form``, ``crl-form``, ``crl-signature`` (``own_fault``: ``issued-signature``).
    """
    csca = load_csca(csca_der)
    try:
        load = x509.load_pem_x509_crl if data.lstrip().startswith(b"-----BEGIN") else x509.load_der_x509_crl
        crl = load(data)
        good = crl.issuer == csca.subject and crl.is_signature_valid(csca.public_key())  # type: ignore[arg-type]
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        entries = tuple(map(_entry, crl))
        next_update = crl.next_update_utc
    except (ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise IssuanceError("crl-form", "this is no revocation list of a CSCA") from error
    if not good:
        code = "issued-signature" if own_fault else "crl-signature"
        raise IssuanceError(code, "the list is not signed by this CSCA")
    if next_update is None:
        raise IssuanceError("crl-form", "the list does not say when the next one is due")
    der = crl.public_bytes(Encoding.DER)
    return CscaCrl(der=der, number=number, issued_at=crl.last_update_utc, next_update=next_update, entries=entries)


def crl_pem(der: bytes) -> str:
    """A list as PEM text."""
    return x509.load_der_x509_crl(der).public_bytes(Encoding.PEM).decode("ascii")


def _serial_of(der: bytes, csca: x509.Certificate) -> int:
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(csca)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise IssuanceError("crl-certificate", "this CSCA did not issue the certificate") from error
    if certificate == csca:
        raise IssuanceError("crl-certificate", "a CSCA does not revoke itself: checkers drop it")
    return certificate.serial_number


def _entry(revoked: x509.RevokedCertificate) -> RevokedEntry:
    try:
        flag = revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        flag = "unspecified"
    reason = next((one for one in REASONS if _flag(one) == flag), None)
    if reason is None:
        raise ValueError("a reason that this project does not give")
    return RevokedEntry(serial=revoked.serial_number, revoked_at=revoked.revocation_date_utc, reason=reason)


def _flag(reason: Reason) -> str:
    """As `cryptography` spells it: keyCompromise."""
    first, *others = reason.split("-")
    return first + "".join(word.capitalize() for word in others)


def _signed(
    key: IssuingKey,
    csca: x509.Certificate,
    entries: Iterable[RevokedEntry],
    *,
    number: int,
    issued_at: datetime,
    next_update: datetime,
) -> bytes:
    revoked: list[dict[str, Any]] = []
    for entry in entries:
        # RFC 5280, 5.3.1: instead of "unspecified" the extension is left out.
        named = [{"extn_id": "crl_reason", "extn_value": entry.reason.replace("-", "_")}]
        extensions = {} if entry.reason == "unspecified" else {"crl_entry_extensions": named}
        revoked.append({"user_certificate": entry.serial, "revocation_date": asn1_time(entry.revoked_at), **extensions})
    algorithm = SIGNATURE_ALGORITHMS[key.algorithm]
    tbs = asn1_crl.TbsCertList(
        {
            "version": "v2",
            "signature": algorithm,
            "issuer": asn1.Name.load(csca.subject.public_bytes()),
            "this_update": asn1_time(issued_at),
            "next_update": asn1_time(next_update),
            **({"revoked_certificates": revoked} if revoked else {}),
            "crl_extensions": [
                {"extn_id": "authority_key_identifier", "extn_value": {"key_identifier": subject_key_id(csca)}},
                {"extn_id": "crl_number", "extn_value": number},
            ],
        }
    )
    raw = key.sign(tbs.dump())
    signature = algos.DSASignature.from_p1363(raw).dump() if key.algorithm == "ES256" else raw
    crl = asn1_crl.CertificateList({"tbs_cert_list": tbs, "signature_algorithm": algorithm, "signature": signature})
    return bytes(crl.dump())
