"""Tokens as people and machines read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from certificates.errors import IssuanceError
from certificates.pki import SigningCertificate
from certificates.records.model import instant_to_text
from certificates.suitability import USES, Use, key_usages, obstacles
from hsm.discovery import SeenToken
from hsm.errors import MechanismMissing
from hsm.inside import KeyFacts
from hsm.mechanisms import Algorithm, ways_to_sign
from hsm.tokens import StoredCertificate, TokenInfo
from vaxseal import token_sentences

ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "PS256")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateReport:
    """A certificate on a token, and for each use what stands in the way (nothing: it is suitable)."""

    stored: StoredCertificate
    certificate: SigningCertificate | None
    uses: dict[Use, tuple[str, ...]]

    @classmethod
    def of(cls, stored: StoredCertificate, token: SeenToken, at: datetime) -> "CertificateReport":
        try:
            certificate = SigningCertificate.from_der(stored.der)
        except IssuanceError:
            certificate = None
        unsigned: tuple[str, ...] = ()
        if certificate is not None and way_to_sign(token, certificate.algorithm) is None:
            unsigned = ("mechanism",)
        uses = {use: (*obstacles(stored.der, use, at=at), *unsigned) for use in USES}
        return cls(stored=stored, certificate=certificate, uses=uses)

    @property
    def suitable(self) -> bool:
        """For anything at all."""
        return not all(self.uses.values())

    @property
    def is_authority(self) -> bool:
        """Of a CA: it came with the token's own certificate and signs nothing here."""
        return self.certificate is not None and self.certificate.is_ca

    def to_dict(self) -> dict[str, Any]:
        found = self.certificate
        usages = key_usages(self.stored.der)
        return {
            "fingerprint": self.stored.fingerprint.hex(),
            "label": self.stored.label,
            "subject": found.subject if found else "(cannot be read)",
            "not_before": instant_to_text(found.not_before) if found else "?",
            "not_after": instant_to_text(found.not_after) if found else "?",
            "algorithm": found.algorithm if found else None,
            "key_usage": None if usages is None else sorted(usages),
            "uses": {use: list(reasons) for use, reasons in self.uses.items()},
        }


def way_to_sign(token: SeenToken, algorithm: Algorithm) -> str | None:
    """The mechanism that would be used, or None."""
    try:
        return ways_to_sign(token.mechanisms, algorithm)[0].name
    except MechanismMissing:
        return None


def certificate_reports(token: SeenToken, at: datetime) -> tuple[CertificateReport, ...]:
    """Of all certificates that the token shows."""
    return tuple(CertificateReport.of(stored, token, at) for stored in token.certificates or ())


def token_dict(token: SeenToken, at: datetime) -> dict[str, Any]:
    """A token as JSON. ``certificates`` is null where the driver did not list them."""
    listed = [report.to_dict() for report in certificate_reports(token, at)]
    return {
        **info_dict(token.info),
        "driver": token.driver.name,
        "module": str(token.driver.path),
        "signs": {algorithm: way_to_sign(token, algorithm) for algorithm in ALGORITHMS},
        "certificates": None if token.certificates is None else listed,
    }


def info_dict(info: TokenInfo) -> dict[str, Any]:
    """What a token says of itself."""
    return {
        "serial": info.serial,
        "label": info.label,
        "manufacturer": info.manufacturer,
        "model": info.model,
        "initialised": info.initialised,
        "pin": pin_state(info),
    }


def key_dict(key: KeyFacts) -> dict[str, Any]:
    """A key as JSON; what is bytes is hexadecimal."""
    return {
        "id": key.id.hex(),
        "label": key.label,
        "kind": "RSA" if key.is_rsa else "EC",
        "bits": key.bits,
        "always_authenticate": key.always_authenticate,
        "certificates": sorted(fingerprint.hex() for fingerprint in key.fingerprints),
    }


def pin_state(info: TokenInfo) -> str:
    """One of none, locked, final-try, count-low, to-be-changed, set."""
    if not info.pin_set:
        return "none"
    if info.pin_locked:
        return "locked"
    if info.pin_final_try:
        return "final-try"
    if info.pin_count_low:
        return "count-low"
    return "to-be-changed" if info.pin_to_be_changed else "set"


def token_line(info: TokenInfo) -> str:
    """A token in one line."""
    if not info.initialised:
        return f"(blank)  {info.manufacturer} {info.model}: ready for vaxseal token init"
    words = {
        "none": ", no PIN yet",
        "locked": ", PIN LOCKED",
        "final-try": ", ONE MORE WRONG PIN LOCKS IT",
        "count-low": ", a wrong PIN was entered before",
        "to-be-changed": ", the PIN must be changed",
        "set": "",
    }
    return f"{info.serial}  {info.label}  ({info.manufacturer} {info.model}{words[pin_state(info)]})"


def use_lines(report: CertificateReport) -> list[str]:
    """For each use yes, or no with its reasons."""
    lines = []
    for use, reasons in report.uses.items():
        english, vietnamese = token_sentences.USES[use]
        if not reasons:
            lines.append(f"{english} / {vietnamese}: yes / được")
            continue
        words = [token_sentences.OBSTACLES[reason] for reason in reasons]
        why, why_vi = ("; ".join(texts) for texts in zip(*words, strict=True))
        lines.append(f"{english} / {vietnamese}: no / không ({why} / {why_vi})")
    return lines
