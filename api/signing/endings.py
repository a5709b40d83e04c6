"""Tokens that will soon sign no more: somebody must act before that day."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, Engine, select

from api.auth import read_certificate, task_of
from api.checkers.published import issuing_from
from api.config import Settings
from api.errors import CentreError
from api.signing.authorities import is_stale
from api.signing.lifetimes import signs_until
from api.store.schema import tokens, units
from certificates.jobs import Task
from certificates.pki import SigningCertificate

WARNED: Final = timedelta(days=60)  # time for a new certificate to be issued and published

Fault = Literal["ended", "unpublished", "ending", "certificate-unchecked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A token that somebody must look after. ``successor``: another token of the unit that signs on, or None."""

    unit: str
    fingerprint: bytes
    fault: Fault
    signs_until: datetime
    successor: bytes | None


def find_warnings(engine: Engine, *, settings: Settings, at: datetime) -> tuple[Warned, ...]:
    """Tokens in use that sign no more, or not 60 days from now, that do not stand on the published list yet, or whose
    authority has been silent too long; the most urgent first. One that a spare already follows is named with it."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(tokens.c.fingerprint, tokens.c.certificate, tokens.c.unit, units.c.kind)
            .join(units, units.c.code == tokens.c.unit)
            .where(tokens.c.suspended_at.is_(None), units.c.closed_on.is_(None))
        ).all()
        by_unit: dict[str, list[_Looked]] = defaultdict(list)
        for row in rows:
            with suppress(CentreError):  # in this mode the unit signs nothing
                task = task_of(settings.mode, row.kind, row.certificate)
                by_unit[row.unit].append(_look(connection, row.certificate, task, settings, at))
    found = [warned for unit, looked in by_unit.items() for warned in _warned_in(unit, looked)]
    return tuple(sorted(found, key=lambda warned: (warned.successor is not None, warned.signs_until, warned.unit)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    fingerprint: bytes
    signs_until: datetime
    fault: Fault | None


def _look(connection: Connection, der: bytes, task: Task, settings: Settings, at: datetime) -> _Looked:
    certificate = read_certificate(der)
    until = signs_until(certificate, task)
    fault: Fault | None = None
    if until < at:
        fault = "ended"
    elif task == "issue" and not _is_published(connection, settings, certificate, at):
        fault = "unpublished"
    elif is_stale(connection, certificate.fingerprint, settings=settings, now=at):
        fault = "certificate-unchecked"
    elif until < at + WARNED:
        fault = "ending"
    return _Looked(fingerprint=certificate.fingerprint, signs_until=until, fault=fault)


def _is_published(connection: Connection, settings: Settings, certificate: SigningCertificate, at: datetime) -> bool:
    try:
        issuing_from(connection, settings, certificate, at)
    except CentreError:
        return False
    return True


def _warned_in(unit: str, looked: Sequence[_Looked]) -> list[Warned]:
    follower = next((one.fingerprint for one in looked if one.fault is None), None)
    return [
        Warned(unit=unit, fingerprint=one.fingerprint, fault=one.fault, signs_until=one.signs_until, successor=follower)
        for one in looked
        if one.fault is not None
    ]
