"""What leaves the centre in one piece: alone a person takes 200 rows about people a day, for more another one agrees.

Every area that gives out lists does it in three steps: `request_export` (how many rows it would be), then, where the
answer says ``waiting``, another person's `approve_export`, then `take_export` in the transaction that reads the rows.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from api.accounts.staff import Role, Staff, refuse_place, refuse_role, units_above
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.store.schema_accounts import accounts, exports
from api.store.transactions import writing
from certificates.records.dates import local_day
from certificates.records.model import instant_from_text, instant_to_text

ALONE: Final = 200  # rows about people that one person takes in a day
LIFE: Final = timedelta(days=1)  # of a request
APPROVERS: Final[tuple[Role, ...]] = ("clerk", "signer", "police", "overseer", "ministry")
_LISTED: Final = 200
State = Literal["granted", "waiting", "approved", "taken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A list that somebody asked for. ``granted`` and ``approved`` may be taken, once, by who asked."""

    export_id: str
    account: str
    unit: str
    kind: str
    what: str
    persons: int
    state: State
    asked_at: str
    approved_by: str | None


def request_export(centre: Centre, staff: Staff, *, kind: str, unit: str, persons: int, what: str = "") -> Export:
    """Ask for a list of a unit's.

    Args:
        kind: which list, as "work-list"; the caller has checked that this person may have it.
        persons: rows about people it holds now: it may hold fewer when it is taken, never more.
        what: which part of it, in words without personal data.

    Raises CentreError ``place``.
    """
    now = centre.clock()
    day = local_day(now).isoformat()
    export_id = secrets.token_hex(16)
    with writing(centre.engine) as connection:
        refuse_place(connection, staff, unit)
        # One request of a person after the other: they add up.
        connection.execute(select(accounts.c.account).where(accounts.c.account == staff.account).with_for_update())
        alone = exports.c.approved_at.is_not(None) & exports.c.approved_by.is_(None)
        mine = (exports.c.account == staff.account) & (exports.c.day == day) & alone
        before = connection.execute(select(func.coalesce(func.sum(exports.c.persons), 0)).where(mine)).scalar_one()
        granted = before + persons <= ALONE
        connection.execute(
            insert(exports).values(
                export_id=export_id,
                account=staff.account,
                day=day,
                unit=unit,
                kind=kind,
                what=what,
                persons=persons,
                asked_at=instant_to_text(now),
                approved_at=instant_to_text(now) if granted else None,
            )
        )
        record_act(
            connection,
            at=now,
            actor=staff.actor,
            act="ask-export",
            subject=export_id,
            reason=f"{kind}, {unit}, persons {persons}",
        )
        return _export(_find(connection, export_id))


def approve_export(centre: Centre, staff: Staff, export_id: str) -> Export:
    """A second person lets it go.

    Raises CentreError ``role``, ``export-unknown``, ``place``, ``second-person`` (it is one's own), ``export-settled``.
    """
    refuse_role(staff, *APPROVERS)
    now = centre.clock()
    with writing(centre.engine) as connection:
        row = _find(connection, export_id)
        refuse_place(connection, staff, row.unit)
        if row.account == staff.account:
            raise CentreError("second-person", "who asks for an export does not approve it")
        if row.approved_at is not None or _is_over(row, now):
            raise CentreError("export-settled", "it was approved before, or a day has passed")
        connection.execute(
            update(exports)
            .where(exports.c.export_id == export_id)
            .values(approved_by=staff.account, approved_at=instant_to_text(now))
        )
        record_act(connection, at=now, actor=staff.actor, act="approve-export", subject=export_id, reason=row.account)
        return _export(_find(connection, export_id))


def take_export(
    connection: Connection,
    staff: Staff,
    export_id: str,
    *,
    kind: str,
    unit: str,
    persons: int,
    at: datetime,
    what: str = "",
) -> None:
    """Use up a request, in the transaction that reads what goes out: ``persons`` are the rows that are there now.

    Raises CentreError ``export-unknown`` (not this person's, or for another list), ``place``, ``export-waiting``,
    ``export-settled`` (taken, or a day has passed), ``export-grown`` (more rows than were asked for).
    """
    row = _find(connection, export_id)
    if (row.account, row.kind, row.unit, row.what) != (staff.account, kind, unit, what):
        raise CentreError("export-unknown")
    refuse_place(connection, staff, unit)
    if row.taken_at is not None or _is_over(row, at):
        raise CentreError("export-settled", "it was taken before, or a day has passed")
    if row.approved_at is None:
        raise CentreError("export-waiting", "a second person must approve it first")
    if persons > row.persons:
        raise CentreError("export-grown", "the list has grown: ask for it anew")
    connection.execute(
        update(exports).where(exports.c.export_id == export_id).values(taken_at=instant_to_text(at), persons=persons)
    )
    told = f"{kind}, {unit}, persons {persons}"
    record_act(connection, at=at, actor=staff.actor, act="take-export", subject=export_id, reason=told)


def list_waiting(centre: Centre, staff: Staff) -> tuple[Export, ...]:
    """Requests in this person's units that wait for a second person, oldest first; not this person's own."""
    since = instant_to_text(centre.clock() - LIFE)
    waiting = exports.c.approved_at.is_(None) & (exports.c.asked_at > since) & (exports.c.account != staff.account)
    with centre.engine.connect() as connection:
        rows = connection.execute(select(exports).where(waiting).order_by(exports.c.asked_at, exports.c.export_id))
        return tuple(_export(row) for row in _in_scope(connection, staff, rows.all()))[:_LISTED]


def list_own(centre: Centre, staff: Staff) -> tuple[Export, ...]:
    """What this person asked for within a day and has not taken: what waits for a second person, and what may be
    taken now."""
    since = instant_to_text(centre.clock() - LIFE)
    mine = (exports.c.account == staff.account) & (exports.c.asked_at > since) & exports.c.taken_at.is_(None)
    query = select(exports).where(mine).order_by(exports.c.asked_at, exports.c.export_id).limit(_LISTED)
    with centre.engine.connect() as connection:
        return tuple(_export(row) for row in connection.execute(query))


def count_exports(centre: Centre, staff: Staff, *, day: str) -> list[dict[str, Any]]:
    """What each person took on a day ("2022-03-01", in Viet Nam) from this person's units, the most first."""
    query = (
        select(
            exports.c.account,
            exports.c.unit,
            func.count().label("exports"),
            func.sum(exports.c.persons).label("persons"),
        )
        .where(exports.c.day == day, exports.c.taken_at.is_not(None))
        .group_by(exports.c.account, exports.c.unit)
        .order_by(func.sum(exports.c.persons).desc(), exports.c.account, exports.c.unit)
    )
    with centre.engine.connect() as connection:
        rows = _in_scope(connection, staff, connection.execute(query).all())
    return [{name: row._mapping[name] for name in ("account", "unit", "exports", "persons")} for row in rows]


def _in_scope(connection: Connection, staff: Staff, rows: Any) -> list[Row[Any]]:
    inside = {unit: staff.unit in units_above(connection, unit) for unit in {row.unit for row in rows}}
    return [row for row in rows if inside[row.unit]]


def _find(connection: Connection, export_id: str) -> Row[Any]:
    row = connection.execute(select(exports).where(exports.c.export_id == export_id).with_for_update()).one_or_none()
    if row is None:
        raise CentreError("export-unknown")
    return row


def _is_over(row: Row[Any], now: datetime) -> bool:
    return instant_from_text(row.asked_at) + LIFE <= now


def _export(row: Row[Any]) -> Export:
    state: State = "waiting"
    if row.taken_at is not None:
        state = "taken"
    elif row.approved_at is not None:
        state = "granted" if row.approved_by is None else "approved"
    return Export(
        export_id=row.export_id,
        account=row.account,
        unit=row.unit,
        kind=row.kind,
        what=row.what,
        persons=row.persons,
        state=state,
        asked_at=row.asked_at,
        approved_by=row.approved_by,
    )
