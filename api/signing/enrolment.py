"""Units and their tokens: who may sign at all."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from cryptography import x509
from sqlalchemy import Connection, Engine, Row, exists, insert, or_, select, update

from api.accounts.staff import POLICE
from api.audit import holds_number, record_act
from api.auth import read_certificate, signs_lists, task_of
from api.config import Settings
from api.errors import CentreError
from api.signing.authorities import UNCHECKED, Authorities, Source, check_standing, note_standing
from api.signing.fetching import Fetch
from api.signing.queue import close_jobs
from api.signing.work import next_year
from api.states import RecordState
from api.store.areas import enter_areas
from api.store.moves import Move, move
from api.store.schema import confirmations, jobs, leases, passports, records, tokens, units
from api.store.transactions import Turn, writing
from certificates.errors import IssuanceError
from certificates.person_numbers import names_person, texts_of
from certificates.pki import SigningCertificate
from certificates.records.model import instant_to_text

MINISTRY: Final = "ministry"  # the kind of unit that issues in two-tier
KINDS: Final = ("station", "hospital", "mobile", "committee", "province", POLICE, MINISTRY)
_SPECIMEN: Final = "SPECIMEN"
_SHOWN: Final = ("name", "kind", "parent", "province", "opened_on", "closed_on", "successor")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUnit:
    """A unit that shall be entered into the tree."""

    code: str
    name: str
    kind: str
    province: str
    opened_on: date
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollable:
    """A certificate that passed all checks for a unit; ``source``: who stands by it. Made by `check_token` only."""

    unit: str
    certificate: SigningCertificate
    source: Source


def add_unit(
    engine: Engine,
    *,
    code: str,
    name: str,
    kind: str,
    province: str,
    opened_on: date,
    by: str,
    at: datetime,
    parent: str | None = None,
) -> None:
    """Enter a unit into the tree. Raises CentreError, as `check_unit` does."""
    unit = NewUnit(code=code, name=name, kind=kind, province=province, opened_on=opened_on, parent=parent)
    with writing(engine, Turn.ALONE) as connection:
        add_unit_in(connection, unit, by=by, at=at)


def check_unit(connection: Connection, unit: NewUnit) -> None:
    """Police of a commune stand below the same unit as its station, and answer for what lies below that.

    Raises CentreError ``unit-form``, ``unit-kind``, ``unit-parent`` (police without one), ``unit-exists`` or
    ``unit-unknown`` (the parent).
    """
    if not re.fullmatch(r"[A-Z0-9-]{1,32}", unit.code) or holds_number(unit.code) or not unit.name.strip():
        raise CentreError("unit-form", "a unit has a code of A-Z, 0-9 and - (at most 32) and a name")
    if unit.kind not in KINDS:
        raise CentreError("unit-kind", f"the kind of a unit is one of: {', '.join(KINDS)}")
    if unit.kind == POLICE and unit.parent is None:
        raise CentreError("unit-parent", "police answer for the persons of the units below their parent: name it")
    if _unit_kind(connection, unit.code) is not None:
        raise CentreError("unit-exists", f"there is a unit {unit.code} already")
    if unit.parent is not None and _unit_kind(connection, unit.parent) is None:
        raise CentreError("unit-unknown", f"there is no unit {unit.parent}")


def add_unit_in(connection: Connection, unit: NewUnit, *, by: str, at: datetime) -> None:
    """`add_unit` in the caller's transaction, which must be alone."""
    check_unit(connection, unit)
    connection.execute(
        insert(units).values(
            code=unit.code,
            name=unit.name.strip(),
            kind=unit.kind,
            parent=unit.parent,
            province=unit.province,
            opened_on=unit.opened_on.isoformat(),
        )
    )
    enter_areas(connection, unit.code, unit.parent)
    record_act(connection, at=at, actor=by, act="add-unit", subject=unit.code)


def close_unit(engine: Engine, *, code: str, successor: str, closed_on: date, by: str, at: datetime) -> None:
    """Close a unit: its successor inherits the work. Raises CentreError ``unit-unknown`` or ``unit-successor``."""
    with writing(engine, Turn.ALONE) as connection:
        for unit in (code, successor):
            if _unit_kind(connection, unit) is None:
                raise CentreError("unit-unknown", f"there is no unit {unit}")
        if code in (successor, *_successors(connection, successor)):
            raise CentreError("unit-successor", "a unit cannot be followed by itself")
        connection.execute(
            update(units).where(units.c.code == code).values(closed_on=closed_on.isoformat(), successor=successor)
        )
        record_act(connection, at=at, actor=by, act="close-unit", subject=code, reason=successor)


def enrol_token(
    engine: Engine,
    unit: str,
    certificate_der: bytes,
    *,
    settings: Settings,
    by: str,
    at: datetime,
    fetch: Fetch | None = None,
) -> SigningCertificate:
    """Let the key of this certificate sign for ``unit``, on one person's word: `api.accounts.proposals` asks two.

    Raises CentreError as `check_token` and `enrol_in` do, and ``enrol-two-people``: in production one is not enough.
    """
    checked = check_token(engine, unit, certificate_der, settings=settings, at=at, fetch=fetch)
    if settings.environment == "production":
        raise CentreError("enrol-two-people", "in production a token is enrolled by two people: propose it")
    with writing(engine, Turn.ALONE) as connection:
        enrol_in(connection, checked, by=by, at=at)
    return checked.certificate


def check_token(
    engine: Engine,
    unit: str,
    certificate_der: bytes,
    *,
    settings: Settings,
    at: datetime,
    fetch: Fetch | None = None,
) -> Enrollable:
    """Everything that can be said of a certificate before it is enrolled. Its authority is asked, over ``fetch``.

    Raises CentreError ``unit-unknown``, or ``enrol-`` and why it is refused: ``form``, ``ca``, ``country``,
    ``ended``, ``ending`` (a passport lives 12 months), ``usage``, ``person`` (a person's number in its subject),
    ``specimen``, and of `check_standing`.
    """
    try:
        certificate = SigningCertificate.from_der(certificate_der)
    except IssuanceError as error:
        raise CentreError("enrol-form", f"not a usable certificate: {error.detail}") from error
    with engine.connect() as connection:
        kind = _unit_kind(connection, unit)
    if kind is None:
        raise CentreError("unit-unknown", f"there is no unit {unit}")
    if kind != MINISTRY and signs_lists(certificate_der):
        raise CentreError("enrol-usage", "a list signer's certificate is the ministry's")
    issues = kind != POLICE and task_of(settings.mode, kind, certificate_der) == "issue"
    _check_certificate(certificate, settings=settings, issues=issues, at=at)
    authorities = Authorities.load(settings)
    source = check_standing(certificate_der, authorities, settings=settings, at=at, fetch=fetch)
    return Enrollable(unit=unit, certificate=certificate, source=source)


def enrol_in(connection: Connection, checked: Enrollable, *, by: str, at: datetime) -> None:
    """Enrol it in the caller's transaction, which must be alone.

    Raises CentreError ``enrol-exists``, ``enrol-suspended`` (another certificate of the key).
    """
    certificate = checked.certificate
    known = connection.execute(
        select(tokens.c.unit).where(tokens.c.fingerprint == certificate.fingerprint)
    ).scalar_one_or_none()
    if known is not None:
        raise CentreError("enrol-exists", f"this certificate is enrolled for {known} already")
    if any(row.suspended_at for row in tokens_of_key(connection, certificate.der)):
        raise CentreError("enrol-suspended", "another certificate of this key is suspended: the key is not trusted")
    connection.execute(
        insert(tokens).values(
            fingerprint=certificate.fingerprint,
            unit=checked.unit,
            certificate=certificate.der,
            enrolled_at=instant_to_text(at),
            enrolled_by=by,
        )
    )
    note_standing(connection, certificate.fingerprint, checked.source, at)
    subject = certificate.fingerprint.hex()
    record_act(connection, at=at, actor=by, act="enrol-token", subject=subject, reason=checked.unit)
    record_act(connection, at=at, actor=by, act="enrol-authority", subject=subject, reason=checked.source)


def suspend_token(engine: Engine, fingerprint: bytes, *, by: str, at: datetime, reason: str) -> int:
    """`suspend_in` in a transaction of its own."""
    with writing(engine, Turn.ALONE) as connection:
        return suspend_in(connection, fingerprint, by=by, at=at, reason=reason)


def suspend_in(connection: Connection, fingerprint: bytes, *, by: str, at: datetime, reason: str) -> int:
    """Stop a token at once: every certificate of its key. What it holds to sign goes back, and what it confirmed and
    nobody signed yet goes back to ``ready``, also from the hands of the ministry: its word counts no more.

    Returns the number of those records. Raises CentreError ``token-unknown``.
    """
    now = instant_to_text(at)
    certificate = connection.execute(
        select(tokens.c.certificate).where(tokens.c.fingerprint == fingerprint)
    ).scalar_one_or_none()
    if certificate is None:
        raise CentreError("token-unknown", "no such token is enrolled")
    same = [row.fingerprint for row in tokens_of_key(connection, certificate)]
    connection.execute(update(tokens).where(tokens.c.fingerprint.in_(same)).values(suspended_at=now))
    doubtful = exists().where(
        confirmations.c.record_id == jobs.c.record_id,
        confirmations.c.version == jobs.c.version,
        confirmations.c.fingerprint.in_(same),
    )
    open_jobs = connection.execute(
        select(jobs.c.job_id, jobs.c.lease_id, jobs.c.record_id, jobs.c.version, jobs.c.came_from)
        .join(leases, leases.c.lease_id == jobs.c.lease_id)
        .where(jobs.c.state == "leased", leases.c.fingerprint.in_(same) | doubtful)
    ).all()
    close_jobs(connection, open_jobs, state="lapsed", reason="token-suspended", now=at)
    word = exists().where(
        confirmations.c.record_id == records.c.record_id,
        confirmations.c.version == records.c.version,
        confirmations.c.fingerprint.in_(same),
    )
    signed = exists().where(passports.c.record_id == records.c.record_id, passports.c.version == records.c.version)
    unchecked = (records.c.state == RecordState.HELD.value) & (records.c.reason == UNCHECKED) & ~signed
    spoken_for = or_(records.c.state == RecordState.CONFIRMED.value, unchecked), word
    vouched = connection.execute(select(records.c.record_id).where(*spoken_for).order_by(records.c.record_id)).scalars()
    ready = RecordState.READY.value
    back = [Move(record_id=record_id, state=ready, reason="confirmer-suspended") for record_id in vouched]
    returned = len(move(connection, back, at=at))
    for one in same:
        record_act(connection, at=at, actor=by, act="suspend-token", subject=one.hex(), reason=reason)
    return returned


def tokens_of_key(connection: Connection, certificate_der: bytes) -> list[Row[*tuple[Any, ...]]]:
    """The enrolled certificates of one key, whichever the unit (rows with fingerprint and suspended_at)."""
    key = read_certificate(certificate_der).public_key
    rows = connection.execute(select(tokens.c.fingerprint, tokens.c.certificate, tokens.c.suspended_at))
    return [row for row in rows if read_certificate(row.certificate).public_key == key]


def list_units(engine: Engine) -> list[dict[str, Any]]:
    """Every unit as a plain mapping, with its ``tokens`` (fingerprint in hexadecimal, times as text)."""
    with engine.connect() as connection:
        rows = connection.execute(select(units).order_by(units.c.code)).all()
        enrolled = connection.execute(select(tokens).order_by(tokens.c.enrolled_at)).all()
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found[row.code] = {"unit": row.code, **{name: row._mapping[name] for name in _SHOWN}, "tokens": []}
    for token in enrolled:
        found[token.unit]["tokens"].append(
            {
                "fingerprint": token.fingerprint.hex(),
                "enrolled_at": token.enrolled_at,
                "enrolled_by": token.enrolled_by,
                "suspended_at": token.suspended_at,
            }
        )
    return list(found.values())


def inherited_units(connection: Connection, unit: str) -> tuple[str, ...]:
    """The unit and all closed units whose work it inherited."""
    found, fresh = [unit], [unit]
    while fresh:
        fresh = [
            code
            for code in connection.execute(select(units.c.code).where(units.c.successor.in_(fresh))).scalars()
            if code not in found
        ]
        found += fresh
    return tuple(found)


def _check_certificate(certificate: SigningCertificate, *, settings: Settings, issues: bool, at: datetime) -> None:
    if certificate.is_ca:
        raise CentreError("enrol-ca", "the certificate of an authority signs no records")
    if certificate.country != settings.country:
        raise CentreError("enrol-country", f"the certificate's country (C) is not {settings.country}")
    if certificate.not_after <= at:
        raise CentreError("enrol-ended", "the certificate has ended")
    if issues and certificate.not_after < next_year(at):
        raise CentreError("enrol-ending", "the certificate must be valid for 12 more months: passports live that long")
    if issues and not certificate.may_sign("v"):
        raise CentreError("enrol-usage", "the certificate may not sign vaccination certificates")
    texts = _texts_of(certificate.der)
    if names_person(texts):
        raise CentreError(
            "enrol-person", "the subject carries a person's number: only certificates of units are enrolled"
        )
    if settings.environment == "production" and any(_SPECIMEN in value.upper() for value in texts):
        raise CentreError("enrol-specimen", "a SPECIMEN certificate is for development only")


def _texts_of(der: bytes) -> tuple[str, ...]:
    try:
        return texts_of(x509.load_der_x509_certificate(der))
    except ValueError as error:  # what cannot be read may name a person
        raise CentreError("enrol-form", "the certificate's names cannot be read") from error


def _unit_kind(connection: Connection, code: str) -> str | None:
    return connection.execute(select(units.c.kind).where(units.c.code == code)).scalar_one_or_none()


def _successors(connection: Connection, code: str) -> tuple[str, ...]:
    chain: list[str] = []
    following = connection.execute(select(units.c.successor).where(units.c.code == code)).scalar_one_or_none()
    while following is not None and following not in chain:
        chain.append(following)
        following = connection.execute(select(units.c.successor).where(units.c.code == following)).scalar_one_or_none()
    return tuple(chain)
