"""Tokens that will soon sign no more: somebody must act before that day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Engine, select

from api.auth import read_certificate, task_of
from api.config import Settings
from api.errors import CentreError
from api.signing.lifetimes import signs_until
from api.signing.standing import is_stale
from api.store.schema import tokens, units
from certificates.pki import SigningCertificate

WARNED: Final = timedelta(days=60)  # time for a new certificate to be issued and published

Fault = Literal["ended", "ending", "certificate-unchecked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A token that somebody must look after. ``successor``: another token of the unit that signs on, or None."""

    unit: str
    fingerprint: bytes
    fault: Fault
    signs_until: datetime
    successor: bytes | None


def find_warnings(engine: Engine, *, settings: Settings, at: datetime) -> tuple[Warned, ...]:
    """Tokens in use that sign no more, or not 60 days from now, or whose authority has been silent too long; the most
    urgent first. One that a spare already follows is named with it."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(tokens.c.fingerprint, tokens.c.certificate, tokens.c.unit, units.c.kind)
            .join(units, units.c.code == tokens.c.unit)
            .where(tokens.c.suspended_at.is_(None), units.c.closed_on.is_(None))
        ).all()
        stale = {row.fingerprint for row in rows if is_stale(connection, row.fingerprint, settings=settings, now=at)}
    by_unit: dict[str, list[tuple[SigningCertificate, datetime]]] = defaultdict(list)
    for row in rows:
        try:
            task = task_of(settings.mode, row.kind)
        except CentreError:
            continue
        certificate = read_certificate(row.certificate)
        by_unit[row.unit].append((certificate, signs_until(certificate, task)))
    found = [warned for unit, entries in by_unit.items() for warned in _warned_in(unit, entries, stale=stale, at=at)]
    return tuple(sorted(found, key=lambda warned: (warned.successor is not None, warned.signs_until, warned.unit)))


def _warned_in(
    unit: str, entries: Sequence[tuple[SigningCertificate, datetime]], *, stale: set[bytes], at: datetime
) -> list[Warned]:
    def fault_of(certificate: SigningCertificate, until: datetime) -> Fault | None:
        if until < at:
            return "ended"
        if certificate.fingerprint in stale:
            return "certificate-unchecked"
        return "ending" if until < at + WARNED else None

    faults = {certificate.fingerprint: fault_of(certificate, until) for certificate, until in entries}
    followers = [certificate.fingerprint for certificate, _ in entries if faults[certificate.fingerprint] is None]
    return [
        Warned(
            unit=unit,
            fingerprint=certificate.fingerprint,
            fault=fault,
            signs_until=until,
            successor=followers[0] if followers else None,
        )
        for certificate, until in entries
        if (fault := faults[certificate.fingerprint]) is not None
    ]
