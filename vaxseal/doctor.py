"""What keeps a token from signing, each as a sentence that says what to do. It looks, and changes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from certificates.pki import SigningCertificate
from certificates.suitability import passports_until
from hsm.discovery import DriverReport, SeenToken
from hsm.inside import KeyFacts
from hsm.mechanisms import has_old_padding
from hsm.readers import Readers
from hsm.tokens import TokenSelector
from vaxseal.token_reports import ALGORITHMS, CertificateReport, certificate_reports, way_to_sign
from vaxseal.token_sentences import FINDINGS, OBSTACLES, Severity
from vaxseal.vietnamese import vietnamese_of

WARN_BEFORE: Final = timedelta(days=60)
_PIN_FINDINGS: Final = (
    ("pin_locked", "pin-locked"),
    ("pin_final_try", "pin-final-try"),
    ("pin_count_low", "pin-low"),
    ("pin_to_be_changed", "pin-to-be-changed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. ``about``: a token's serial or a driver's name, empty for the machine."""

    code: str
    about: str = ""
    values: dict[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return FINDINGS[self.code][0]

    @property
    def english(self) -> str:
        return FINDINGS[self.code][1].format_map(self.values)

    @property
    def vietnamese(self) -> str:
        return FINDINGS[self.code][2].format_map(self.values)

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "about": self.about,
            "detail": self.english,
            "detail_vi": self.vietnamese,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found on this machine.

    Attributes:
        reports: of every driver.
        readers: as the system sees them; None where it was not asked or does not answer.
        at: this moment by the machine's clock.
        written_at: when this program was installed: an earlier clock is wrong.
    """

    reports: tuple[DriverReport, ...]
    readers: Readers | None
    at: datetime
    written_at: datetime


def chosen_tokens(reports: tuple[DriverReport, ...], selector: TokenSelector) -> tuple[SeenToken, ...]:
    """The tokens that are examined: those that fit. Blank software tokens wait for nobody."""
    return tuple(
        token
        for report in reports
        for token in report.tokens
        if (token.fits(selector) if token.info.initialised else selector == TokenSelector())
        and not (token.driver.is_software and not token.info.initialised)
    )


def examine(seen: Seen, selector: TokenSelector) -> Iterator[Finding]:
    """Everything that is wrong with this machine and the tokens that are meant, what matters most first."""
    if seen.at < seen.written_at - timedelta(days=1):
        yield Finding(code="clock-wrong", values={"date": f"{seen.at:%d/%m/%Y %H:%M}"})
    tokens = chosen_tokens(seen.reports, selector)
    if not tokens:
        yield _why_no_token(seen, selector)
    for report in seen.reports:
        if report.error is not None:
            detail = (report.error.detail or report.error.code).removesuffix(".")
            values = {
                "driver": report.driver.name,
                "detail": detail,
                "detail_vi": vietnamese_of(report.error.code),
            }
            yield Finding(code="driver-broken", about=report.driver.name, values=values)
    for token in tokens:
        yield from _examine_token(token, seen.at)


def examine_inside(token: SeenToken, keys: tuple[KeyFacts, ...], at: datetime) -> Iterator[Finding]:
    """What only a log-in shows: whether the certificates have their keys."""
    held = {fingerprint for key in keys for fingerprint in key.fingerprints}
    signers = [report for report in certificate_reports(token, at) if not report.is_authority]
    if not keys or (signers and not any(report.stored.fingerprint in held for report in signers)):
        yield Finding(code="key-none", about=token.info.serial)


def _why_no_token(seen: Seen, selector: TokenSelector) -> Finding:
    """The first thing that is missing on the way from the machine to the token."""
    there = [token.info for report in seen.reports for token in report.tokens if token.info.initialised]
    if there and selector != TokenSelector():
        names = ", ".join(f"{info.label} ({info.serial})" for info in there)
        return Finding(code="token-other", values={"tokens": names})
    service = seen.readers.service if seen.readers else "unknown"
    readers = seen.readers.readers if seen.readers else ()
    hardware = [report for report in seen.reports if not report.driver.is_software]
    if service == "stopped":
        return Finding(code="service-stopped")
    if any(reader.card for reader in readers):
        return Finding(code="token-unknown" if hardware else "driver-none")
    if not seen.reports or (not hardware and not readers):
        return Finding(code="driver-none")
    return Finding(code="token-none" if readers else "reader-none")


def _examine_token(token: SeenToken, at: datetime) -> Iterator[Finding]:
    serial = token.info.serial
    if not token.info.initialised:
        yield Finding(code="token-blank", about=token.driver.name)
        return
    if not token.info.pin_set:
        yield Finding(code="pin-none", about=serial)
    else:
        for flag, code in _PIN_FINDINGS:
            if getattr(token.info, flag):
                yield Finding(code=code, about=serial)
                break
    if not any(way_to_sign(token, algorithm) for algorithm in ALGORITHMS):
        old = has_old_padding(token.mechanisms)
        yield Finding(code="padding-old" if old else "mechanism-missing", about=serial)
        return  # another token is needed, whatever its certificates say
    if token.certificates is None:
        yield Finding(code="certificates-unread", about=serial)
        return
    yield from _examine_certificates(token, at)


def _examine_certificates(token: SeenToken, at: datetime) -> Iterator[Finding]:
    """One good certificate is enough: only where there is none is what is wrong with the others told."""
    serial = token.info.serial
    reports = [report for report in certificate_reports(token, at) if not report.is_authority]
    if not reports:
        yield Finding(code="certificate-none", about=serial)
    elif good := [report.certificate for report in reports if report.suitable and report.certificate]:
        yield from _examine_dates(serial, good, reports, at)
    else:
        for report in reports:
            yield _why_unfit(serial, token, report, at)


def _examine_dates(
    serial: str, good: list[SigningCertificate], reports: list[CertificateReport], at: datetime
) -> Iterator[Finding]:
    last = max(certificate.not_after for certificate in good)
    if last - at < WARN_BEFORE:
        yield Finding(code="certificate-ending", about=serial, values={"date": f"{last:%d/%m/%Y}"})
    signers = [report.certificate for report in reports if not report.uses["passports"] and report.certificate]
    if signers:
        end = max(passports_until(certificate) for certificate in signers)
        if end - at < WARN_BEFORE:
            yield Finding(code="passports-ending", about=serial, values={"date": f"{end:%d/%m/%Y}"})


def _why_unfit(serial: str, token: SeenToken, report: CertificateReport, at: datetime) -> Finding:
    found = report.certificate
    if found is not None and at > found.not_after:
        return Finding(code="certificate-ended", about=serial, values={"date": f"{found.not_after:%d/%m/%Y}"})
    if found is not None and at < found.not_before:
        return Finding(code="certificate-not-begun", about=serial, values={"date": f"{found.not_before:%d/%m/%Y}"})
    if "mechanism" in report.uses["documents"]:
        old = found is not None and found.algorithm == "PS256" and has_old_padding(token.mechanisms)
        return Finding(code="padding-old" if old else "mechanism-missing", about=serial)
    reasons = dict.fromkeys(reason for use in report.uses.values() for reason in use)
    words = [OBSTACLES[reason] for reason in reasons]
    english, vietnamese = ("; ".join(texts) for texts in zip(*words, strict=True))
    return Finding(code="certificate-unfit", about=serial, values={"detail": english, "detail_vi": vietnamese})


def unique(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each once, problems before warnings."""
    found: list[Finding] = []
    for finding in findings:
        if finding not in found:
            found.append(finding)
    return tuple(sorted(found, key=lambda finding: finding.severity != "problem"))
