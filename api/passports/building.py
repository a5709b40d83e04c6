"""The page of a signed passport, made again and held against the gate. A process of `api.workers` loads this module and
what it imports, before its first page: nothing of the web.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from api.checkers.published import PublishedSigner, trust_of
from api.passports.gate import check_before_release
from api.signing.work import Work, work_of
from api.states import RecordState
from certificates.errors import CertificateError, IssuanceError
from certificates.pdf.document import prepare_document
from certificates.pdf.layout import LAYOUT
from certificates.pdf.pades import embed_cms
from certificates.pki import SigningCertificate
from certificates.records.dates import local_day
from certificates.records.model import instant_from_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What the gate let through: the signed page, and the picture that it read, a PNG."""

    pdf: bytes
    qr_png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Why the gate would not release: ``code`` as records carry it, and a sentence for the audit."""

    code: str
    detail: str

    @classmethod
    def by(cls, error: CertificateError) -> "Held":
        """The closed reasons of checks say that the gate found them."""
        code = f"gate-{error.code.lower()}" if error.code.isupper() else error.code
        return cls(code=code, detail=error.detail)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


def attempt(passport: Row[Any], row: Row[Any], signers: tuple[PublishedSigner, ...], now: datetime) -> Released | Held:
    """What leaves, or the reason to hold it."""
    try:
        return build(passport, row, signers, now)
    except CertificateError as error:
        return Held.by(error)


def build(passport: Row[Any], row: Row[Any], signers: tuple[PublishedSigner, ...], now: datetime) -> Released:
    """The signed PDF and the picture, checked by the gate. Raises CertificateError with the reason to hold it.

    Args:
        signers: all that the published list has with the kid of the passport.
    """
    if passport.suspended_at is not None:
        raise IssuanceError("token-suspended", "the token was suspended before the release")
    confirmed = passport.came_from == RecordState.CONFIRMED.value
    if confirmed and row.confirmer_suspended_at is not None:
        raise IssuanceError("confirmer-suspended", "the token that confirmed was suspended before the release")
    if passport.layout != LAYOUT:
        raise IssuanceError("layout", "the page was signed in another layout")
    certificate = SigningCertificate.from_der(passport.certificate)
    work: Work = work_of(row, today=local_day(now))
    prepared = prepare_document(
        work.record,
        work.terms,
        passport.hc1,
        certificate,
        signing_time=instant_from_text(passport.signing_time),
        confirmation=row.confirmation if confirmed else None,
    )
    if prepared.digest != passport.pdf_digest:
        raise IssuanceError("pdf-differs", "the agent signed another page than the centre makes")
    pdf = embed_cms(prepared, passport.cms)
    picture = check_before_release(work.record, work.terms, passport.hc1, pdf, trust_of(signers), at=now)
    return Released(pdf=pdf, qr_png=picture)
