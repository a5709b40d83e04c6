"""Acts that somebody should look at: at night, in bursts, for doses that never came, reads that led to nothing.

Thresholds stand in docs/audit.md, and none of them proves anything. The ministry's units sign without a person, and
hospitals work at night: neither is measured by the hours of a commune.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, Row, Select, exists, func, select

from api.accounts.staff import Staff, refuse_role, units_above
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.reconciliation.report import LONGEST as LONGEST_REPORT
from api.reconciliation.report import Flag, reconcile
from api.store.schema import audit, units
from api.store.schema_revoking import deliveries
from api.store.transactions import writing
from certificates.records.dates import VIETNAM, local_day
from certificates.records.model import instant_to_text

Kind = Literal["night", "burst", "reads-without-act", "undelivered"]
NIGHT_FROM, NIGHT_TO = 21, 6  # hours in Viet Nam: from nine in the evening until six in the morning
SIGNED_AN_HOUR: Final = 600  # by one person: six seconds a record, without a pause
CHANGED_AN_HOUR: Final = 120  # corrected or attested by one person
READ_A_DAY: Final = 10  # records read by one person on one day that led to nothing
LONGEST: Final = timedelta(days=8)  # that is looked through in one request
_UNMEASURED: Final = ("ministry",)
_AT_NIGHT_AS_WELL: Final = ("ministry", "hospital")
_SIGNED: Final = ("confirm-signed", "issue-signed")
_CHANGED: Final = ("record-corrected", "person-attested")
_READ: Final = "read-record"
_LOG_INS: Final = ("login", "staff-login", "staff-login-failed")
_HOUR: Final = func.substr(audit.c.at, 1, 13)  # RFC 3339 in UTC, down to the hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """One finding: who, on which day in Viet Nam, how often; and where it stands in the log."""

    kind: Kind
    actor: str
    unit: str
    day: str
    count: int
    first: int
    last: int


def find_unusual(engine: Engine, *, begin: datetime, end: datetime) -> tuple[Unusual, ...]:
    """All findings of acts from ``begin`` on and before ``end``; by day, then by person."""
    with engine.connect() as connection:
        found = [one for finder in FINDERS for one in finder(connection, begin, end)]
        found += _undelivered(connection, begin, end, _overdrawn(engine, end))
    return tuple(sorted(found, key=lambda one: (one.day, one.actor, one.kind)))


def tell_auditor(centre: Centre, staff: Staff, *, begin: datetime, end: datetime) -> tuple[Unusual, ...]:
    """As `find_unusual`, of the auditor's part of the tree. That it was asked stands in the log.

    Raises CentreError ``role``; ``request-form``: more than `LONGEST`.
    """
    refuse_role(staff, "auditor")
    if end - begin > LONGEST:
        raise CentreError("request-form", fields=("end",))
    found = find_unusual(centre.engine, begin=begin, end=end)
    with writing(centre.engine) as connection:
        mine = {one.unit: staff.unit in units_above(connection, one.unit) for one in found}
        record_act(connection, at=centre.clock(), actor=staff.actor, act="unusual-read", subject=staff.unit)
    return tuple(one for one in found if mine[one.unit])


def _nights(connection: Connection, begin: datetime, end: datetime) -> Iterator[Unusual]:
    by_hour = _by_hour(begin, end, except_kinds=_AT_NIGHT_AS_WELL).where(audit.c.act.not_in(_LOG_INS))
    nights: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in connection.execute(by_hour):
        local = _local(row.hour)
        if local.hour >= NIGHT_FROM or local.hour < NIGHT_TO:
            evening = local - timedelta(hours=NIGHT_TO)  # what is done after midnight belongs to the evening before
            nights.setdefault((row.actor, evening.date().isoformat()), []).append(row)
    for (_, day), rows in nights.items():
        yield _finding("night", day, rows)


def _bursts(connection: Connection, begin: datetime, end: datetime) -> Iterator[Unusual]:
    for acts, most in ((_SIGNED, SIGNED_AN_HOUR), (_CHANGED, CHANGED_AN_HOUR)):
        by_hour = _by_hour(begin, end, except_kinds=_UNMEASURED).where(audit.c.act.in_(acts))
        for row in connection.execute(by_hour.having(func.count() > most)):
            yield _finding("burst", _local(row.hour).date().isoformat(), [row])


def _reads(connection: Connection, begin: datetime, end: datetime) -> Iterator[Unusual]:
    """People who read many records and then did nothing with most of them."""
    later = audit.alias()
    followed = exists().where(
        later.c.subject == audit.c.subject,
        later.c.actor == audit.c.actor,
        later.c.act != _READ,
        later.c.sequence > audit.c.sequence,
    )
    idle = _by_hour(begin, end, except_kinds=_UNMEASURED).where(audit.c.act == _READ)
    days: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in connection.execute(idle.where(~followed)):
        days.setdefault((row.actor, _local(row.hour).date().isoformat()), []).append(row)
    for (_, day), rows in days.items():
        if sum(row.acts for row in rows) >= READ_A_DAY:
            yield _finding("reads-without-act", day, rows)


def _overdrawn(engine: Engine, end: datetime) -> frozenset[str]:
    """Units of whose lots more doses stand on passports than were delivered; none where nobody enters deliveries.

    Doses are signed for long after their day: a year of them is looked at.
    """
    with engine.connect() as connection:
        if connection.execute(select(deliveries.c.unit).limit(1)).first() is None:
            return frozenset()
    until = local_day(end - timedelta(seconds=1))
    report = reconcile(engine, since=until - timedelta(days=LONGEST_REPORT - 1), until=until)
    return frozenset(one.unit for one in report.lots if Flag.ISSUED_OVER_DELIVERED in one.flags)


def _undelivered(
    connection: Connection, begin: datetime, end: datetime, overdrawn: frozenset[str]
) -> Iterator[Unusual]:
    """Who signed at a unit whose passports tell of more doses than ever came to it."""
    signed = _by_hour(begin, end, except_kinds=_UNMEASURED).where(audit.c.act.in_(_SIGNED))
    days: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in connection.execute(signed.where(audit.c.unit.in_(overdrawn))) if overdrawn else ():
        days.setdefault((row.actor, _local(row.hour).date().isoformat()), []).append(row)
    for (_, day), rows in days.items():
        yield _finding("undelivered", day, rows)


def _by_hour(begin: datetime, end: datetime, *, except_kinds: tuple[str, ...]) -> Select[Any]:
    """Acts of people at units, counted by person and hour."""
    others = select(units.c.code).where(units.c.kind.in_(except_kinds))
    return (
        select(
            audit.c.actor,
            audit.c.unit,
            _HOUR.label("hour"),
            func.count().label("acts"),
            func.min(audit.c.sequence).label("first"),
            func.max(audit.c.sequence).label("last"),
        )
        .where(
            audit.c.at >= instant_to_text(begin),
            audit.c.at < instant_to_text(end),
            audit.c.unit.is_not(None),
            audit.c.unit.not_in(others),
        )
        .group_by(audit.c.actor, audit.c.unit, _HOUR)
    )


def _finding(kind: Kind, day: str, rows: list[Row[Any]]) -> Unusual:
    return Unusual(
        kind=kind,
        actor=rows[0].actor,
        unit=rows[0].unit,
        day=day,
        count=sum(row.acts for row in rows),
        first=min(row.first for row in rows),
        last=max(row.last for row in rows),
    )


def _local(hour: str) -> datetime:
    return datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC).astimezone(VIETNAM)


FINDERS: Final[tuple[Callable[[Connection, datetime, datetime], Iterator[Unusual]], ...]] = (_nights, _bursts, _reads)
