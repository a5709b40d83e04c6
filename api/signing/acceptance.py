"""Taking signatures in: verify first, then store, then release; each job once.

A signature that is valid is never thrown away: what comes too late, for an old version or a second time is kept as
evidence and never released.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, Select, Update, bindparam, delete, insert, select, update

from api.audit import Act, record_acts
from api.auth import Session, refuse_suspended
from api.context import Centre
from api.errors import CentreError
from api.passports.release import release_all
from api.revocation.choosing import catch_signed
from api.revocation.late import revoke_late, spare
from api.signing.authorities import UNCHECKED, is_stale
from api.signing.queue import move_records, return_lapsed
from api.signing.quotas import give_back
from api.signing.seals import is_sealed
from api.signing.work import read_versions, work_of
from api.states import RecordState
from api.store.arrays import insert_many, one_of_named
from api.store.moves import Standing, read_standings
from api.store.schema import confirmations, jobs, late_signatures, leases, passports, records
from api.store.transactions import again, writing
from certificates import purposes
from certificates.cose import CoseSign1
from certificates.errors import CertificateError, IssuanceError
from certificates.hc1 import check_hc1, decode_hc1
from certificates.issuance import finish_kept
from certificates.jobs import JobResult, Outcome, SignedJob
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text

_OF_JOBS: Final = tuple(
    jobs.c[name] for name in ("job_id", "record_id", "version", "province", "came_from", "state", "reason")
)
# Refusals that only put a record off; the last is the token's fault.
RETURNING: Final = frozenset({"quota-exceeded", "not-now", "signature-invalid"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedJob:
    """The agent would not sign: ``reason`` is its code, ``detail`` its sentence."""

    job_id: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    """A valid signature for a job, not stored yet."""

    job: Row[Any]
    signed: SignedJob
    cose: CoseSign1


@again
def accept(
    centre: Centre, session: Session, lease_id: str, signed: Sequence[SignedJob], refused: Sequence[RefusedJob]
) -> tuple[JobResult, ...]:
    """Take one batch in; the answers stand in the order signed, refused.

    Raises CentreError ``request-form`` when a job stands there twice, ``token-suspended``.
    """
    ids = [*(one.job_id for one in signed), *(one.job_id for one in refused)]
    if len(set(ids)) != len(ids):
        raise CentreError("request-form", "a job stands there twice", fields=("job_id",))
    now = centre.clock()
    with centre.engine.connect() as connection:
        known = _read_jobs(connection, session, lease_id, ids, jobs.c.tbs, jobs.c.seal)
        rows = read_versions(connection, [(job.record_id, job.version) for job in known.values()])
    verified: list[_Verified] = []
    rejected: dict[str, str] = {}
    for one in signed:
        job = known.get(one.job_id)
        if job is None:
            rejected[one.job_id] = "job-unknown"
            continue
        try:
            verified.append(_verify(centre, job, rows[job.record_id, job.version], one, session, now))
        except CertificateError as error:
            rejected[one.job_id] = error.code
    rejected |= {one.job_id: "job-unknown" for one in refused if one.job_id not in known}
    with writing(centre.engine) as connection:
        refuse_suspended(connection, session)
        of_records = [job.record_id for job in known.values()]
        standings = read_standings(connection, of_records)
        if any(job.deadline < instant_to_text(now) for job in known.values()):
            return_lapsed(connection, now)  # these too, whoever comes next
            standings = read_standings(connection, of_records)
        unchecked = is_stale(connection, session.certificate.fingerprint, settings=centre.settings, now=now)
        stored = _store(connection, session, lease_id, standings, verified, now, unchecked=unchecked)
        known_refused = [one for one in refused if one.job_id in known]
        settled = stored | _refuse(connection, session, lease_id, standings, known_refused, now)
        states = {one.record_id: (one.state, one.reason) for one in standings.values()}
    if session.task == "issue":
        # The signatures are committed: whatever happens from here, `release_pending` finishes it.
        uvcis = [rows[one.job.record_id, one.job.version].uvci for one in verified]
        release_all(centre, uvcis)
        with centre.engine.connect() as connection:
            states = _read_states(connection, known.values())
    results = []
    for job_id in ids:
        outcome, reason = ("rejected", rejected[job_id]) if job_id in rejected else settled[job_id]
        state, why = states[known[job_id].record_id] if job_id in known else (None, None)
        if outcome == "accepted" and state == RecordState.HELD.value:
            reason = why
        results.append(JobResult(job_id=job_id, outcome=outcome, reason=reason, state=state))
    return tuple(results)


def _verify(
    centre: Centre, job: Row[Any], row: Row[Any], signed: SignedJob, session: Session, now: datetime
) -> _Verified:
    """Verify the signature over the message of the stored intent, which is built again unless its seal is whole.

    Raises IssuanceError ``tbs-differs`` (the centre would build other bytes today), ``signature-invalid``,
    ``pdf-missing``, ``hc1-differs``; RecordError.
    """
    certificate, task = session.certificate, session.task
    named = {"job_id": job.job_id, "task": task, "fingerprint": certificate.fingerprint, "tbs": job.tbs}
    if not is_sealed(centre.secret, row, job.seal, **named):
        tbs = work_of(row, today=local_day(now)).prepare(task, certificate)
        if tbs.message != job.tbs:
            raise IssuanceError("tbs-differs", "the stored message is not the one of this record and intent")
    purpose = purposes.CONFIRMATION if task == "confirm" else purposes.PASSPORT
    cose = finish_kept(purpose, job.tbs, signed.signature, certificate)
    if session.task == "issue":
        if signed.hc1 is None or signed.cms is None or signed.pdf_digest is None:
            raise IssuanceError("pdf-missing", "the key that signs a passport also signs its PDF")
        check_hc1(signed.hc1, cose.encode())
    return _Verified(job=job, signed=signed, cose=cose)


def _store(
    connection: Connection,
    session: Session,
    lease_id: str,
    standings: dict[str, Standing],
    verified: Sequence[_Verified],
    now: datetime,
    *,
    unchecked: bool,
) -> dict[str, tuple[Outcome, str | None]]:
    """Store what is on time and new; keep the rest as evidence. The jobs are read again under their records' locks.

    ``standings``: of the records, since they were locked. ``unchecked``: nobody knows whether the certificate was
    revoked meanwhile: what is stored is held.
    """
    current = _read_jobs(connection, session, lease_id, [one.job.job_id for one in verified])
    results: dict[str, tuple[Outcome, str | None]] = {}
    taken: list[_Verified] = []
    evidence: list[tuple[_Verified, str]] = []
    for one in verified:
        job = current[one.job.job_id]
        if job.state == "done":
            results[job.job_id] = ("already", None)
            if not _is_stored(connection, job, session, one):
                evidence.append((one, "again"))
        elif job.state == "leased" and _awaits(job, standings):
            results[job.job_id] = ("accepted", None)
            taken.append(one)
        else:
            old = job.version != standings[job.record_id].version
            reason = "old-version" if old else "late" if job.state == "lapsed" else "not-leased"
            results[job.job_id] = ("rejected", reason)
            evidence.append((one, reason))
    _keep_evidence(connection, session, evidence, now)
    if taken:
        if session.task == "confirm":
            _store_confirmations(connection, session, taken, now)
        else:
            _store_passports(connection, session, taken, now, held=unchecked)
        ids = [one.job.job_id for one in taken]
        connection.execute(_close_jobs(connection.dialect.name), {"ids": ids, "closed_at": instant_to_text(now)})
        state = RecordState.CONFIRMED if session.task == "confirm" else RecordState.SIGNED
        where = (RecordState.HELD.value, UNCHECKED) if unchecked else (state.value, None)
        move_records(connection, standings, {one.job.record_id: where for one in taken}, now)
    acts = [_act(session, f"{session.task}-signed", one.job.record_id) for one in taken]
    acts += [_act(session, "signature-kept", one.job.record_id, reason) for one, reason in evidence]
    record_acts(connection, acts, at=now)
    return results


def _awaits(job: Row[Any], standings: Mapping[str, Standing]) -> bool:
    """Whether the job's record is still leased, in the job's version."""
    there = standings[job.record_id]
    return (there.version, there.state) == (job.version, RecordState.LEASED.value)


@cache
def _close_jobs(dialect: str) -> Update:
    mine = one_of_named(dialect, jobs.c.job_id, "ids")
    return update(jobs).where(mine).values(state="done", reason=None, closed_at=bindparam("closed_at"))


def _store_confirmations(connection: Connection, session: Session, taken: Sequence[_Verified], now: datetime) -> None:
    # A confirmation of a token that was suspended since makes room for the new one; the log keeps both.
    ids, versions = [one.job.record_id for one in taken], {(one.job.record_id, one.job.version) for one in taken}
    for row in connection.execute(_earlier(connection.dialect.name), {"ids": ids}).all():
        if tuple(row) in versions:
            connection.execute(
                delete(confirmations).where(
                    confirmations.c.record_id == row.record_id, confirmations.c.version == row.version
                )
            )
    insert_many(
        connection,
        confirmations,
        [
            {
                "record_id": one.job.record_id,
                "version": one.job.version,
                "province": one.job.province,
                "cose": one.cose.encode(),
                "fingerprint": session.certificate.fingerprint,
                "account": session.account,
                "confirmed_at": instant_to_text(now),
            }
            for one in taken
        ],
    )


@cache
def _earlier(dialect: str) -> Select[Any]:
    return select(confirmations.c.record_id, confirmations.c.version).where(
        one_of_named(dialect, confirmations.c.record_id, "ids")
    )


def _store_passports(
    connection: Connection, session: Session, taken: Sequence[_Verified], now: datetime, *, held: bool
) -> None:
    rows = read_versions(connection, [(one.job.record_id, one.job.version) for one in taken])
    values = []
    for one in taken:
        row = rows[one.job.record_id, one.job.version]
        values.append(
            {
                "uvci": row.uvci,
                "record_id": one.job.record_id,
                "version": one.job.version,
                "province": one.job.province,
                "state": "held" if held else "signed",
                "reason": UNCHECKED if held else None,
                "job_id": one.job.job_id,
                "hc1": one.signed.hc1,
                "cms": one.signed.cms,
                "pdf_digest": one.signed.pdf_digest,
                "fingerprint": session.certificate.fingerprint,
                "account": session.account,
                "signed_at": instant_to_text(now),
                "expires_at": row.expires_at,
            }
        )
    insert_many(connection, passports, values)
    catch_signed(connection, [value["uvci"] for value in values])
    spare(connection, session.certificate, [one.signed.signature for one in taken])


def _keep_evidence(
    connection: Connection, session: Session, evidence: Sequence[tuple[_Verified, str]], now: datetime
) -> None:
    for one, reason in evidence:
        key = (late_signatures.c.job_id == one.job.job_id) & (late_signatures.c.signature == one.signed.signature)
        if connection.execute(select(late_signatures.c.job_id).where(key)).first() is None:
            connection.execute(
                insert(late_signatures).values(
                    job_id=one.job.job_id,
                    signature=one.signed.signature,
                    province=one.job.province,
                    reason=reason,
                    fingerprint=session.certificate.fingerprint,
                    account=session.account,
                    received_at=instant_to_text(now),
                )
            )
            if session.task == "issue":
                row = read_versions(connection, [(one.job.record_id, one.job.version)])[
                    one.job.record_id, one.job.version
                ]
                revoke_late(
                    connection,
                    session.certificate,
                    one.signed.signature,
                    uvci=row.uvci,
                    expires_at=row.expires_at,
                )


def _is_stored(connection: Connection, job: Row[Any], session: Session, one: _Verified) -> bool:
    """Whether this very signature is the one that was taken for the job."""
    table = confirmations if session.task == "confirm" else passports
    column = confirmations.c.cose if session.task == "confirm" else passports.c.hc1
    stored = connection.execute(
        select(column).where(table.c.record_id == job.record_id, table.c.version == job.version)
    ).scalar_one_or_none()
    return (decode_hc1(stored) if isinstance(stored, str) else stored) == one.cose.encode()


def _refuse(
    connection: Connection,
    session: Session,
    lease_id: str,
    standings: dict[str, Standing],
    refused: Sequence[RefusedJob],
    now: datetime,
) -> dict[str, tuple[Outcome, str | None]]:
    """Record what the agent would not sign: the record is held for the agent's reason, or returns where it was."""
    current = _read_jobs(connection, session, lease_id, [one.job_id for one in refused]) if refused else {}
    results: dict[str, tuple[Outcome, str | None]] = {}
    moves: dict[str, tuple[str, str | None]] = {}
    acts = []
    for one in refused:
        job = current[one.job_id]
        results[one.job_id] = ("refused", one.reason)
        if job.state != "leased":
            results[one.job_id] = ("already", job.reason) if job.state == "refused" else ("rejected", "not-leased")
            continue
        connection.execute(
            update(jobs)
            .where(jobs.c.job_id == one.job_id)
            .values(state="refused", reason=one.reason, detail=one.detail, closed_at=instant_to_text(now))
        )
        if _awaits(job, standings):
            moves[job.record_id] = (
                job.came_from if one.reason in RETURNING else RecordState.HELD.value,
                one.reason,
            )
        acts.append(_act(session, f"{session.task}-refused", job.record_id, one.reason))
    move_records(connection, standings, moves, now)
    give_back(connection, {lease_id: len(acts)} if acts else {})
    record_acts(connection, acts, at=now)
    return results


def _read_jobs(
    connection: Connection, session: Session, lease_id: str, ids: Sequence[str], *more: Column[Any]
) -> dict[str, Row[Any]]:
    """The jobs of this lease, if the lease is the session's token's. ``more``: columns beside `_OF_JOBS`."""
    given = {
        "ids": list(ids),
        "lease": lease_id,
        "its_task": session.task,
        "token": session.certificate.fingerprint,
    }
    return {row.job_id: row for row in connection.execute(_jobs(connection.dialect.name, more), given).all()}


@cache
def _jobs(dialect: str, more: tuple[Column[Any], ...]) -> Select[Any]:
    return (
        select(
            *_OF_JOBS,
            *more,
            leases.c.deadline,
        )
        .join(leases, leases.c.lease_id == jobs.c.lease_id)
        .where(
            jobs.c.lease_id == bindparam("lease"),
            one_of_named(dialect, jobs.c.job_id, "ids"),
            jobs.c.task == bindparam("its_task"),
            leases.c.fingerprint == bindparam("token"),
        )
    )


def _read_states(connection: Connection, of_jobs: Iterable[Row[Any]]) -> dict[str, tuple[str, str | None]]:
    """State and reason of the records of these jobs."""
    rows = connection.execute(_states(connection.dialect.name), {"ids": [job.record_id for job in of_jobs]}).all()
    return {row.record_id: (row.state, row.reason) for row in rows}


@cache
def _states(dialect: str) -> Select[Any]:
    return select(records.c.record_id, records.c.state, records.c.reason).where(
        one_of_named(dialect, records.c.record_id, "ids")
    )


def _act(session: Session, act: str, record_id: str, reason: str = "") -> Act:
    return Act(actor=session.actor, act=act, subject=record_id, reason=reason, token=session.certificate.fingerprint)
