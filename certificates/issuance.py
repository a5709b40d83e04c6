"""The two halves of issuing, with the token between them.

``prepare_*`` makes every check and touches no key; the caller stores the intent; the key signs ``ToBeSigned.message``;
`finish` verifies that signature before anything is released. A ToBeSigned is redeemed at most once.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import cbor2

from certificates import purposes
from certificates.cose import CoseSign1, protected_header, read_sig_structure, sig_structure
from certificates.cwt import CwtClaims
from certificates.errors import IssuanceError
from certificates.payload import HealthCertificate, build_health_certificate
from certificates.pki import SigningCertificate, verify_signature
from certificates.records.model import VerifiedRecord
from certificates.uvci import check_uvci

CONFIRMATION_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the centre fixes for one certificate before anybody signs. Times are aware, UTC, whole seconds.

    ``uvci`` is the certificate identifier (`certificates.uvci`), ``issuer`` the DCC's ``is`` (<= 80 characters),
    ``country`` both ``iss`` of the CWT and the C= of the signer.
    """

    uvci: str
    issued_at: datetime
    expires_at: datetime
    issuer: str
    country: str = "VN"

    def __post_init__(self) -> None:
        for instant in (self.issued_at, self.expires_at):
            if instant.utcoffset() != timedelta(0) or instant.microsecond:
                raise IssuanceError("terms-time", "times are UTC with whole seconds")
        if self.expires_at <= self.issued_at:
            raise IssuanceError("terms-order", "the end must lie after the beginning")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBeSigned:
    """A message ready for the key, with everything needed to verify what comes back."""

    purpose: bytes
    protected: bytes
    payload: bytes = field(repr=False)  # personal data
    certificate: SigningCertificate
    health_certificate: HealthCertificate
    message: bytes = field(init=False, repr=False, compare=False)
    """The Sig_structure: the very bytes that the key signs."""
    _once: threading.Lock = field(init=False, default_factory=threading.Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", sig_structure(self.protected, self.payload, self.purpose))

    @property
    def digest(self) -> bytes:
        """SHA-256 of `message`: the centre names it in the job, the agent compares."""
        return hashlib.sha256(self.message).digest()


def claims_for(record: VerifiedRecord, terms: Terms) -> CwtClaims:
    """The claims of the passport: the same for the unit that confirms and for the key that signs.

    Raises RecordError ``uvci-form`` (no key signs free text as a certificate code), or that the record makes no DCC.
    """
    check_uvci(terms.uvci, country=terms.country)
    return CwtClaims(
        issuer=terms.country,
        issued_at=int(terms.issued_at.timestamp()),
        expires_at=int(terms.expires_at.timestamp()),
        certificate=build_health_certificate(record, uvci=terms.uvci, issuer=terms.issuer),
    )


def prepare_passport(record: VerifiedRecord, terms: Terms, dsc: SigningCertificate) -> ToBeSigned:
    """Build the passport's Sig_structure for ``dsc``.

    Raises:
        IssuanceError: the DSC cannot sign this (``dsc-validity``, ``dsc-usage``, ``dsc-country``).
        RecordError: ``uvci-form``, or the record does not make a valid DCC.
    """
    _check_dsc(terms, dsc)
    claims = claims_for(record, terms)
    return ToBeSigned(
        purpose=purposes.PASSPORT,
        protected=protected_header(dsc.algorithm, dsc.kid),
        payload=claims.encode(),
        certificate=dsc,
        health_certificate=claims.certificate,
    )


def prepare_confirmation(record: VerifiedRecord, terms: Terms, certificate: SigningCertificate) -> ToBeSigned:
    """Build the unit's confirmation: its token vouches for the passport's very claims and for the record behind them.

    The payload is the CBOR array ``[1, record id, version, record digest, CWT claims]``.
    """
    claims = claims_for(record, terms)
    return ToBeSigned(
        purpose=purposes.CONFIRMATION,
        protected=protected_header(certificate.algorithm, certificate.kid),
        payload=cbor2.dumps(
            [
                CONFIRMATION_VERSION,
                record.record.record_id,
                record.record.version,
                record.record.digest,
                claims.encode(),
            ]
        ),
        certificate=certificate,
        health_certificate=claims.certificate,
    )


def finish(tbs: ToBeSigned, signature: bytes) -> CoseSign1:
    """Verify the signature with the certificate's key and give the complete COSE_Sign1. Works once per ToBeSigned.

    Raises IssuanceError ``tbs-redeemed`` or ``signature-invalid``.
    """
    if not verify_signature(tbs.certificate, tbs.message, signature):
        raise IssuanceError("signature-invalid", "the signature does not belong to this message and certificate")
    if not tbs._once.acquire(blocking=False):
        raise IssuanceError("tbs-redeemed", "this ToBeSigned was finished before")
    return CoseSign1(protected=tbs.protected, payload=tbs.payload, signature=signature)


def finish_kept(purpose: bytes, message: bytes, signature: bytes, certificate: SigningCertificate) -> CoseSign1:
    """As `finish`, for a message that was prepared and kept, by whoever knows that nobody changed it meanwhile.

    Raises IssuanceError ``signature-invalid``, CheckError COSE.
    """
    protected, payload = read_sig_structure(message, purpose)
    if not verify_signature(certificate, message, signature):
        raise IssuanceError("signature-invalid", "the signature does not belong to this message and certificate")
    return CoseSign1(protected=protected, payload=payload, signature=signature)


def verify_confirmation(
    confirmation: CoseSign1, record: VerifiedRecord, terms: Terms, certificate: SigningCertificate
) -> None:
    """Check that ``confirmation`` is the unit's signature over exactly this record, version and these claims.

    Raises IssuanceError ``confirmation-differs`` or ``confirmation-signature``.
    """
    expected = prepare_confirmation(record, terms, certificate)
    if (confirmation.protected, confirmation.payload) != (expected.protected, expected.payload):
        raise IssuanceError("confirmation-differs", "the unit confirmed something else")
    if not verify_signature(certificate, expected.message, confirmation.signature):
        raise IssuanceError("confirmation-signature", "the confirmation's signature does not verify")


def _check_dsc(terms: Terms, dsc: SigningCertificate) -> None:
    if not dsc.not_before <= terms.issued_at or terms.expires_at > dsc.not_after:
        raise IssuanceError("dsc-validity", "the certificate must cover the whole life of the passport")
    if not dsc.may_sign("v"):
        raise IssuanceError("dsc-usage", "the certificate may not sign vaccination certificates")
    if dsc.country != terms.country:
        raise IssuanceError("dsc-country", "the certificate belongs to another country")


def whole_seconds(instant: datetime) -> datetime:
    """The instant in UTC without its fraction of a second."""
    return instant.astimezone(UTC).replace(microsecond=0)
