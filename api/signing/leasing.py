"""Handing out work: one transaction that picks records, fixes their terms and stores the very bytes to be signed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, insert, select

from api.audit import Act, record_act, record_acts
from api.auth import Session, refuse_suspended
from api.checkers.published import issuing_from
from api.context import Centre
from api.errors import CentreError
from api.signing.enrolment import inherited_units
from api.signing.own_entries import has_other_signers, is_own_entry, note_own_entries
from api.signing.queue import move_records, return_lapsed
from api.signing.quotas import keep_unit, raise_alarms, read_used, refuse_used_up
from api.signing.seals import seal_job
from api.signing.work import VersionRow, next_year, read_versions, work_of
from api.states import RecordState
from api.store.arrays import insert_many
from api.store.moves import Standing
from api.store.schema import certificate_codes, intents, jobs, leases, records, tokens
from api.store.transactions import again, writing
from certificates.errors import CheckError, RecordError
from certificates.jobs import SigningJob
from certificates.pdf.layout import LAYOUT
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text
from certificates.uvci import new_uvci

LARGEST_BATCH: Final = 500
MOST_COUNTED: Final = 10_000  # of waiting records: a million take longer to count than a hundred to lease
_ASIDE: Final = {  # where a record goes that does not pass the checks; everything else is incomplete
    "evidence-missing": RecordState.AWAITING_MATCH,
    "evidence-other-person": RecordState.AWAITING_MATCH,
    "register-mismatch": RecordState.MISMATCHED,
    "register-no-answer": RecordState.UNVERIFIABLE,
    "register-deceased": RecordState.DECEASED,
    "register-merged": RecordState.MERGED,
    "attestation-not-foreigner": RecordState.AWAITING_MATCH,
    "attestation-document": RecordState.AWAITING_MATCH,
    "attestation-unit": RecordState.AWAITING_MATCH,
    "attestation-unnamed": RecordState.AWAITING_MATCH,
    "evidence-future": RecordState.AWAITING_MATCH,
    "record-digest": RecordState.HELD,
    "record-form": RecordState.HELD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Work for one token until ``deadline``. ``waiting`` counts the records that are left for another lease,
    `MOST_COUNTED` at most; not those that this person entered and another one of the unit signs."""

    lease_id: str
    deadline: datetime
    jobs: tuple[SigningJob, ...]
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    job: SigningJob
    tbs: bytes
    seal: bytes
    came_from: str
    province: str


@again
def lease_work(centre: Centre, session: Session, *, layout: str, limit: int, offline: bool = False) -> Lease:
    """Lease up to ``limit`` records to the session's token.

    ``offline``: for work without a network, until a later deadline. A token then holds LARGEST_BATCH records at most.

    A record that no longer passes its checks is put aside with the reason; the others go on. Raises CentreError
    ``no-task``, ``layout``, ``certificate-ended``, ``certificate-ending``, ``dsc-usage``, ``dsc-unpublished``,
    ``dsc-too-new``, ``quota-unit``, ``quota-signer`` or ``offline-full``, IssuanceError ``dsc-country``: then nothing
    is leased.
    """
    now = centre.clock()
    _check_signer(session, layout, now)
    settings = centre.settings
    seconds = settings.offline_lease_seconds if offline else settings.lease_seconds
    lease_id, deadline = secrets.token_hex(16), now + timedelta(seconds=seconds)
    leased: list[_Made] = []
    with writing(centre.engine) as connection:
        refuse_suspended(connection, session)
        begin = session.certificate.not_before
        if session.task == "issue":
            begin = issuing_from(connection, centre.settings, session.certificate, now)
        keep_unit(connection, session.unit)
        return_lapsed(connection, now)
        used = read_used(connection, settings, unit=session.unit, account=session.account, now=now)
        if offline:
            limit = min(limit, _room(connection, session))
        refuse_used_up(used, now)
        limit = min(limit, *(one.left for one in used))
        first = session.task == "confirm" or settings.mode == "station"  # not the ministry, after a unit
        leave_own = first and has_other_signers(connection, session)
        left = 0
        kind = (session.task, settings.mode)
        queues = _queues(connection, session, settings.mode, begin)
        for queue in queues:
            last = ""
            while len(leased) < limit:
                given = {**queue, "last": last, "most": limit - len(leased)}
                keys = [Standing._make(row) for row in connection.execute(_taking(*kind), given).all()]
                if not keys:
                    break
                last = keys[-1].record_id
                made, own = _lease_some(connection, centre, session, keys, now, leave_own=leave_own)
                leased, left = leased + made, left + own
        connection.execute(
            insert(leases),
            {
                "lease_id": lease_id,
                "fingerprint": session.certificate.fingerprint,
                "account": session.account,
                "task": session.task,
                "made_at": instant_to_text(now),
                "deadline": instant_to_text(deadline),
                "unit": session.unit,
                "day": local_day(now).isoformat(),
                "records": len(leased),
            },
        )
        _store_jobs(connection, leased, lease_id, now)
        raise_alarms(connection, used, unit=session.unit, taken=len(leased), now=now)
        record_act(
            connection,
            at=now,
            actor=session.actor,
            act=f"lease-{session.task}",
            subject=lease_id,
            reason=str(len(leased)),
            token=session.certificate.fingerprint,
        )
        waiting = min(MOST_COUNTED, sum(connection.execute(_waiting(*kind), queue).scalar_one() for queue in queues))
        waiting = max(0, waiting - left)
    return Lease(lease_id=lease_id, deadline=deadline, jobs=tuple(one.job for one in leased), waiting=waiting)


def _room(connection: Connection, session: Session) -> int:
    """How many more records the token may hold at once, and keep others from asking meanwhile.

    Raises CentreError ``offline-full``.
    """
    mine = tokens.c.fingerprint == session.certificate.fingerprint
    connection.execute(select(tokens.c.fingerprint).where(mine).with_for_update(key_share=True))
    held = (
        select(func.count())
        .select_from(jobs.join(leases, leases.c.lease_id == jobs.c.lease_id))
        .where(jobs.c.state == "leased", leases.c.fingerprint == session.certificate.fingerprint)
    )
    room: int = LARGEST_BATCH - connection.execute(held).scalar_one()
    if room <= 0:
        raise CentreError("offline-full", f"the token holds {LARGEST_BATCH} records already")
    return room


def _lease_some(
    connection: Connection,
    centre: Centre,
    session: Session,
    keys: Sequence[Standing],
    now: datetime,
    *,
    leave_own: bool,
) -> tuple[list[_Made], int]:
    """Take those of ``keys`` that pass, put the others aside.

    ``leave_own``: what the person at the token entered stays for another signer; how many those are is the second
    answer.
    """
    before = len(keys)
    stored = read_versions(connection, [(key.record_id, key.version) for key in keys])
    if leave_own:
        keys = [key for key in keys if not is_own_entry(stored[key.record_id, key.version], session)]
    wanted = {(key.record_id, key.version): stored[key.record_id, key.version] for key in keys}
    rows = _fix_terms(connection, centre, wanted, now)
    made, today = list[_Made](), local_day(now)
    aside: dict[str, tuple[str, str | None]] = {}
    for key in keys:
        try:
            made.append(_make_job(centre, rows[key.record_id, key.version], key.state, session, now, today))
        except (RecordError, CheckError) as error:  # what is wrong with the signer's certificate ends the whole lease
            state = _ASIDE.get(error.code, RecordState.INCOMPLETE)
            # These two carry the code of what is missing or implausible in their detail.
            general = error.code in ("record-incomplete", "record-implausible")
            aside[key.record_id] = (state.value, error.detail if general else error.code.lower())
    taken = {one.job.record.record_id: (RecordState.LEASED.value, None) for one in made}
    move_records(connection, {key.record_id: key for key in keys}, taken | aside, now)
    record_acts(
        connection,
        [
            Act(actor="centre", act="put-aside", subject=record_id, reason=reason or "")
            for record_id, (_, reason) in aside.items()
        ],
        at=now,
    )
    if session.task == "confirm" or centre.settings.mode == "station":
        note_own_entries(connection, session, list(wanted.values()), now)
    return made, before - len(keys)


def _check_signer(session: Session, layout: str, now: datetime) -> None:
    certificate = session.certificate
    if session.task == "watch":
        raise CentreError("no-task", "this token sees to the log and the lists: it signs no records")
    if layout != LAYOUT:
        raise CentreError("layout", "the agent makes another page than the centre")
    if not certificate.not_before <= now <= certificate.not_after:
        raise CentreError("certificate-ended")
    if session.task == "issue":
        if certificate.not_after < next_year(now):
            raise CentreError("certificate-ending")
        if not certificate.may_sign("v"):
            raise CentreError("dsc-usage")


def _queues(connection: Connection, session: Session, mode: str, begin: datetime) -> list[dict[str, Any]]:
    """Values for `_queue`: the records that this session may sign; renewals, which have weeks, after all others.

    ``begin``: since when its certificate counts.
    """
    values: dict[str, Any] = {"begin": instant_to_text(begin)} if session.task == "issue" else {}
    if session.task == "issue" and mode == "two-tier":
        return [{**values, "its_state": RecordState.CONFIRMED.value}]
    values["units"] = inherited_units(connection, session.unit)
    return [{**values, "its_state": state.value} for state in (RecordState.READY, RecordState.EXPIRING)]


def _queue(task: str, mode: str) -> Select[Any]:
    query = select(*(records.c[name] for name in Standing._fields)).where(records.c.state == bindparam("its_state"))
    if task == "issue":
        # A key signs nothing from before its certificate counts: such a record waits for the older key.
        older = select(intents.c.record_id).where(
            intents.c.record_id == records.c.record_id,
            intents.c.version == records.c.version,
            intents.c.issued_at < bindparam("begin"),
        )
        query = query.where(~older.exists())
        if mode == "two-tier":
            return query
    return query.where(records.c.unit.in_(bindparam("units", expanding=True)))


@cache
def _taking(task: str, mode: str) -> Select[Any]:
    """The next records of a queue, oldest id first, that nobody else has. SKIP LOCKED is for PostgreSQL; SQLite holds
    one lock for all."""
    query = _queue(task, mode).where(records.c.record_id > bindparam("last")).order_by(records.c.record_id)
    return query.limit(bindparam("most")).with_for_update(key_share=True, skip_locked=True, of=records)


@cache
def _waiting(task: str, mode: str) -> Select[Any]:
    return select(func.count()).select_from(_queue(task, mode).limit(MOST_COUNTED).subquery())


def _fix_terms(
    connection: Connection, centre: Centre, rows: Mapping[tuple[str, int], VersionRow], now: datetime
) -> dict[tuple[str, int], VersionRow]:
    """Store the intent of every record that has none, before anything is signed; every row has its terms then."""
    settings = centre.settings
    general = {
        "issued_at": instant_to_text(now),
        "expires_at": instant_to_text(next_year(now)),
        "issuer": settings.issuer,
        "country": settings.country,
    }
    whole = dict(rows)
    names = next((row._fields for row in rows.values()), ())
    fresh = []
    for key, row in rows.items():
        if row.uvci is None:
            code = {"uvci": new_uvci(settings.country), "province": row.province, "record_id": row.record_id}
            fresh.append(code)
            known = dict(zip(names, row, strict=True))
            whole[key] = SimpleNamespace(**{**known, **general, "uvci": code["uvci"]})
    insert_many(connection, certificate_codes, fresh)
    made_at = {**general, "made_at": instant_to_text(now)}
    versions = dict(rows.keys())
    insert_many(connection, intents, [{**code, "version": versions[code["record_id"]], **made_at} for code in fresh])
    return whole


def _make_job(centre: Centre, row: VersionRow, came_from: str, session: Session, now: datetime, today: date) -> _Made:
    """Check the record again and build what shall be signed."""
    work, confirmed = work_of(row, today=today), came_from == RecordState.CONFIRMED
    message = work.prepare(session.task, session.certificate)
    job = SigningJob(
        job_id=secrets.token_hex(16),
        task=session.task,
        record=work.record.record,
        evidence=work.record.evidence,
        terms=work.terms,
        signing_time=now,
        certificate_fingerprint=session.certificate.fingerprint,
        tbs_digest=message.digest,
        layout=LAYOUT,
        confirmation=row.confirmation if confirmed else None,
        confirmed_by=row.confirmed_by if confirmed else None,
    )
    seal = seal_job(
        centre.secret,
        row,
        job_id=job.job_id,
        task=job.task,
        fingerprint=job.certificate_fingerprint,
        tbs=message.message,
    )
    return _Made(job=job, tbs=message.message, seal=seal, came_from=came_from, province=row.province)


def _store_jobs(connection: Connection, made: Sequence[_Made], lease_id: str, now: datetime) -> None:
    at = instant_to_text(now)
    insert_many(
        connection,
        jobs,
        [
            {
                "job_id": one.job.job_id,
                "lease_id": lease_id,
                "record_id": one.job.record.record_id,
                "version": one.job.record.version,
                "province": one.province,
                "task": one.job.task,
                "came_from": one.came_from,
                "state": "leased",
                "tbs": one.tbs,
                "seal": one.seal,
                "signing_time": instant_to_text(one.job.signing_time),
                "layout": one.job.layout,
                "made_at": at,
            }
            for one in made
        ],
    )
