"""How many records a unit, and one person there, may take to sign on one day in Viet Nam; and the alarms about it.

Counted is what leases handed out that day and what did not come back unsigned. The count stands with the leases, so
all processes and machines of the service share it. The ministry's machine counts once more, by its own list
(`signer.units`), which the centre cannot change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, Literal

import structlog
from sqlalchemy import Connection, Engine, Row, bindparam, case, delete, func, insert, select, update

from api.audit import record_act
from api.config import Settings
from api.errors import CentreError
from api.store.schema import leases, units
from api.store.schema_quotas import alarms, quotas
from api.store.transactions import Turn, writing
from certificates.records.dates import VIETNAM, local_day
from certificates.records.model import instant_to_text

AlarmKind = Literal["unit-quota-share", "unit-quota-reached", "signer-quota-share", "signer-quota-reached"]
SHARE: Final = 0.8  # of a quota that raises an alarm before it is reached
MOST: Final = 10_000_000  # records of a day that a quota may name
_MINISTRY: Final = "ministry"
_log = structlog.get_logger(__name__)
_KEEP: Final = select(units.c.code).where(units.c.code == bindparam("its_code")).with_for_update(key_share=True)
_TODAY: Final = (leases.c.unit == units.c.code) & (leases.c.day == bindparam("day"))
# Kind and own numbers of a unit, and what its leases of today hold.
_USE: Final = (
    select(
        units.c.kind,
        quotas.c.daily,
        quotas.c.per_signer,
        func.coalesce(func.sum(leases.c.records), 0).label("used"),
    )
    .select_from(units.outerjoin(quotas, quotas.c.unit == units.c.code).outerjoin(leases, _TODAY))
    .where(units.c.code == bindparam("its_code"))
    .group_by(units.c.kind, quotas.c.daily, quotas.c.per_signer)
)
_MINE: Final = case((leases.c.account == bindparam("person"), leases.c.records), else_=0)
_USE_OF_BOTH: Final = _USE.add_columns(func.coalesce(func.sum(_MINE), 0).label("own"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What was taken of a quota today: by the whole unit (``account`` empty), or by one person there."""

    account: str
    records: int
    quota: int

    @property
    def left(self) -> int:
        return max(0, self.quota - self.records)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What holds for a unit. ``own``: of the two numbers at least one was set for it."""

    unit: str
    daily: int
    per_signer: int
    own: bool
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A quota was reached, or `SHARE` of it."""

    day: str
    unit: str
    kind: str
    account: str
    records: int
    quota: int
    raised_at: str


def keep_unit(connection: Connection, unit: str) -> None:
    """Let other leases of the unit wait until this transaction ends: each counts what the one before it took."""
    connection.execute(_KEEP, {"its_code": unit})


def read_used(
    connection: Connection, settings: Settings, *, unit: str, account: str, now: datetime
) -> tuple[Used, Used]:
    """What the unit and the person took today."""
    given = {"its_code": unit, "day": local_day(now).isoformat(), "person": account}
    row = connection.execute(_USE_OF_BOTH, given).one()
    daily, per_signer = _numbers(row, settings)
    return (
        Used(account="", records=row.used, quota=daily),
        Used(account=account, records=row.own, quota=per_signer),
    )


def refuse_used_up(used: Iterable[Used], now: datetime) -> None:
    """Raises CentreError ``quota-unit`` or ``quota-signer``, with the moment from which work goes on."""
    for one in used:
        if not one.left:
            may_from = next_day(now)
            raise CentreError(
                "quota-signer" if one.account else "quota-unit",
                f"{one.quota} records were taken today",
                retry_after=max(1, round((may_from - now).total_seconds())),
                may_from=may_from,
            )


def raise_alarms(connection: Connection, used: Iterable[Used], *, unit: str, taken: int, now: datetime) -> None:
    """Note what a lease of ``taken`` records reached, once a day; also in the audit and in the service's log."""
    day = local_day(now).isoformat()
    for one in used:
        whose = "signer" if one.account else "unit"
        after = one.records + taken
        for word, line in (("share", round(SHARE * one.quota)), ("reached", one.quota)):
            if not one.records < line <= after:
                continue
            kind = f"{whose}-quota-{word}"
            key = {"day": day, "unit": unit, "kind": kind, "account": one.account}
            same = [alarms.c[name] == value for name, value in key.items()]
            if connection.execute(select(alarms.c.day).where(*same)).first() is not None:
                continue  # reached, given back and reached again
            connection.execute(
                insert(alarms).values(**key, records=after, quota=one.quota, raised_at=instant_to_text(now))
            )
            record_act(
                connection,
                at=now,
                actor="centre",
                act=f"alarm-{kind}",
                subject=f"{one.account}@{unit}" if one.account else unit,
                reason=f"{after} of {one.quota}",
            )
            _log.warning("alarm", kind=kind, unit=unit, records=after, quota=one.quota)


def give_back(connection: Connection, returned: Mapping[str, int]) -> None:
    """Records of these leases (by lease) came back unsigned: they count no more. In the order of the leases' ids."""
    if returned:
        left = leases.c.records - bindparam("count")
        connection.execute(
            update(leases).where(leases.c.lease_id == bindparam("key")).values(records=case((left > 0, left), else_=0)),
            [{"key": lease_id, "count": returned[lease_id]} for lease_id in sorted(returned)],
        )


def set_quota(
    engine: Engine, *, unit: str, daily: int | None, per_signer: int | None, by: str, at: datetime, reason: str
) -> None:
    """Give a unit its own numbers; both None: the deployment's hold again.

    Raises CentreError ``unit-unknown``, ``quota-form`` (below 0, or beyond `MOST`).
    """
    if not all(0 <= number <= MOST for number in (daily, per_signer) if number is not None):
        raise CentreError("quota-form", f"a quota is a number of records from 0 to {MOST}")
    with writing(engine, Turn.ALONE) as connection:
        if connection.execute(select(units.c.code).where(units.c.code == unit)).first() is None:
            raise CentreError("unit-unknown", f"there is no unit {unit}")
        connection.execute(delete(quotas).where(quotas.c.unit == unit))
        if daily is not None or per_signer is not None:
            connection.execute(
                insert(quotas).values(
                    unit=unit, daily=daily, per_signer=per_signer, set_by=by, set_at=instant_to_text(at)
                )
            )
        told = "default" if daily is None and per_signer is None else f"daily {daily}, per signer {per_signer}"
        record_act(connection, at=at, actor=by, act="set-quota", subject=unit, reason=f"{told}: {reason}")


def read_quota(engine: Engine, settings: Settings, *, unit: str, now: datetime) -> Quota:
    """What holds for a unit, and what it used today. Raises CentreError ``unit-unknown``."""
    with engine.connect() as connection:
        row = connection.execute(_USE, {"its_code": unit, "day": local_day(now).isoformat()}).one_or_none()
    if row is None:
        raise CentreError("unit-unknown", f"there is no unit {unit}")
    daily, per_signer = _numbers(row, settings)
    own = row.daily is not None or row.per_signer is not None
    return Quota(unit=unit, daily=daily, per_signer=per_signer, own=own, used=row.used)


def read_alarms(engine: Engine, *, since: str, unit: str | None = None) -> tuple[Alarm, ...]:
    """Alarms from this day on (YYYY-MM-DD, in Viet Nam), the newest first."""
    query = select(alarms).where(alarms.c.day >= since).order_by(alarms.c.raised_at.desc(), alarms.c.unit)
    if unit is not None:
        query = query.where(alarms.c.unit == unit)
    with engine.connect() as connection:
        return tuple(Alarm(**row._mapping) for row in connection.execute(query))


def next_day(now: datetime) -> datetime:
    """The first moment of tomorrow in Viet Nam."""
    return datetime.combine(local_day(now) + timedelta(days=1), time(), VIETNAM)


def _numbers(row: Row[*tuple[Any, ...]], settings: Settings) -> tuple[int, int]:
    general = settings.station_daily_quota, settings.signer_daily_quota
    if row.kind == _MINISTRY:  # the desk of the whole country: one quota, whoever sits at it
        general = settings.ministry_daily_quota, settings.ministry_daily_quota
    return (
        general[0] if row.daily is None else row.daily,
        general[1] if row.per_signer is None else row.per_signer,
    )
