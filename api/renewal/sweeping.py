"""Renewing what is due: a next version of the record, with the same person and doses, waits to be signed.

Everything from the intent to the PDF hangs on a record's version, so a renewal is one: it gets a new certificate code
and new times, and the old passport stays good until its own end (ADR 48). A page is a transaction, and what another
process is at work on is left to it: any number of sweeps may run at once, and any may be cut off.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Select, bindparam, func, select, update

from api.audit import Act, record_acts
from api.intake.versions import next_state
from api.notices.kinds import NoticeKind
from api.notices.writing import Notice, write_notices
from api.states import RecordState
from api.store.locks import lock_free
from api.store.records import NewVersion, stored_record, write_versions
from api.store.schema import records
from api.store.schema_revoking import renewals
from api.store.transactions import again, writing
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text

AT_ONCE: Final = 500  # records of one transaction
_STANDS: Final = frozenset({RecordState.ISSUED, RecordState.RENEWED})
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep did. ``put_off``: until tomorrow, for the record is revoked, disputed or held; ``dropped``: the
    passport has ended, or a newer version takes its place anyway."""

    started: int
    put_off: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is due: ``now`` altogether, ``by_unit`` of that, and ``by_day`` for the days to come."""

    now: int
    by_unit: dict[str, int]
    by_day: dict[str, int]


def forecast(engine: Engine, *, at: datetime, days: int = 30) -> Forecast:
    """Count what a sweep would renew now and on each of the next days, and change nothing.

    What waits for its passport's record to stand as issued again is not among it.
    """
    today = local_day(at)
    with engine.connect() as connection:
        by_unit = connection.execute(
            _count_due(records.c.unit)
            .where(renewals.c.due_on <= today.isoformat(), renewals.c.expires_at >= instant_to_text(at))
            .group_by(records.c.unit)
            .order_by(func.count().desc(), records.c.unit)
        ).all()
        by_day = connection.execute(
            _count_due(renewals.c.due_on)
            .where(
                renewals.c.due_on > today.isoformat(),
                renewals.c.due_on <= (today + timedelta(days=days)).isoformat(),
            )
            .group_by(renewals.c.due_on)
            .order_by(renewals.c.due_on)
        ).all()
    counted = {row[0]: int(row[1]) for row in by_unit}
    return Forecast(now=sum(counted.values()), by_unit=counted, by_day={row[0]: int(row[1]) for row in by_day})


def sweep_renewals(engine: Engine, *, by: str, at: datetime, progress: Progress | None = None) -> Swept:
    """Start every renewal that is due, page by page."""
    done = Counter[str]()
    while page := _sweep_page(engine, by=by, at=at):
        done.update(page)
        if progress is not None:
            progress(done.total(), None)
    return Swept(started=done["started"], put_off=done["waiting"], dropped=done["dropped"])


@again
def _sweep_page(engine: Engine, *, by: str, at: datetime) -> Counter[str]:
    """One page; empty when nothing is due that nobody else has."""
    due = (renewals.c.state == "waiting") & (renewals.c.due_on <= local_day(at).isoformat())
    page = select(renewals).where(due).order_by(renewals.c.due_on, renewals.c.record_id).limit(AT_ONCE)
    with writing(engine) as connection:
        seen = connection.execute(page.with_only_columns(renewals.c.record_id)).scalars().all()
        if not seen:
            return Counter()
        free = lock_free(connection, records.c.record_id.in_(seen))
        # Read again under the locks: another sweep may have been here.
        mine = connection.execute(select(renewals).where(due, renewals.c.record_id.in_(free))).all()
        stored = {
            row.record_id: row for row in connection.execute(select(records).where(records.c.record_id.in_(free)))
        }
        chosen = [(row, *_judge(row, stored[row.record_id], at)) for row in mine]
        started = [row for row, state, _ in chosen if state == "started"]
        _start(connection, started, stored, by=by, at=at)
        _note(connection, chosen, at)
    return Counter(state for _, state, _ in chosen)


def _judge(row: Row[Any], record: Row[Any], at: datetime) -> tuple[str, str | None]:
    """State and reason of a renewal that is due."""
    if row.expires_at < instant_to_text(at):
        return "dropped", "expired"
    if record.version != row.version:
        return "dropped", "newer-version"
    if RecordState(record.state) not in _STANDS:
        return "waiting", record.state
    return "started", None


def _start(
    connection: Connection, started: Sequence[Row[Any]], rows: dict[str, Row[Any]], *, by: str, at: datetime
) -> None:
    versions = []
    for row in started:
        stored = stored_record(rows[row.record_id])
        record = replace(stored.record, version=stored.record.version + 1)
        state, reason, evidence = next_state(connection, stored, record, at=at)
        if state is RecordState.READY:
            state = RecordState.EXPIRING
        versions.append(
            NewVersion(
                record=record,
                state=state,
                reason=reason,
                person_key=stored.person_key,
                province=stored.province,
                evidence=evidence,
            )
        )
    write_versions(connection, versions, by=by, why="renewal", at=at)
    write_notices(
        connection,
        [
            Notice(
                record_id=row.record_id,
                province=row.province,
                kind=NoticeKind.EXPIRING,
                uvci=row.uvci,
                until=row.expires_at,
            )
            for row in started
        ],
        at=at,
    )
    record_acts(connection, [Act(actor=by, act="renew", subject=row.record_id) for row in started], at=at)


def _note(connection: Connection, chosen: Sequence[tuple[Row[Any], str, str | None]], at: datetime) -> None:
    tomorrow = (local_day(at) + timedelta(days=1)).isoformat()
    if chosen:
        connection.execute(
            update(renewals)
            .where(
                renewals.c.province == bindparam("in_province"),
                renewals.c.record_id == bindparam("of_record"),
                renewals.c.version == bindparam("of_version"),
            )
            .values(
                state=bindparam("to"),
                reason=bindparam("why"),
                due_on=bindparam("on"),
                next_version=bindparam("next"),
                changed_at=instant_to_text(at),
            ),
            [
                {
                    "in_province": row.province,
                    "of_record": row.record_id,
                    "of_version": row.version,
                    "to": state,
                    "why": reason,
                    "on": tomorrow if state == "waiting" else row.due_on,
                    "next": row.version + 1 if state == "started" else None,
                }
                for row, state, reason in chosen
            ],
        )


def _count_due(column: Any) -> Select[Any]:
    """How many wait and would be started, by this column."""
    return (
        select(column, func.count())
        .select_from(renewals)
        .join(records, (records.c.record_id == renewals.c.record_id) & (records.c.version == renewals.c.version))
        .where(renewals.c.state == "waiting", records.c.state.in_([state.value for state in _STANDS]))
    )
