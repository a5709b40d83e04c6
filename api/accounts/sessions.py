"""Sessions of the staff, and the guard of their routes. The bearer is kept as its SHA-256 only."""

import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Final

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, delete, insert, select, text

from api.accounts.login import Proven
from api.accounts.shifts import STAFF
from api.accounts.staff import Role, Staff, refuse_closed, refuse_role, roles_from_text
from api.audit import record_act
from api.auth import bearer_hash, get_centre
from api.context import Centre
from api.errors import CentreError
from api.store.counters import sweep
from api.store.quick import Quick
from api.store.schema import units
from api.store.schema_accounts import accounts, staff_sessions
from api.store.transactions import writing
from certificates.records.dates import local_day
from certificates.records.model import instant_from_text, instant_to_text

SESSION_LIFE: Final = timedelta(hours=8)
SEEN_EVERY: Final = timedelta(minutes=1)  # a use is written down so often: not with each request
_SEEN: Final = Quick(
    text(
        "UPDATE staff_sessions SET seen_at = :now WHERE token_hash = :bearer AND seen_at = :before RETURNING seen_at"
    ).columns(staff_sessions.c.seen_at)
)
staff_bearer: Final = HTTPBearer(
    scheme_name="StaffBearer", auto_error=False, description="The token of POST /v1/staff/login"
)


def open_session(centre: Centre, proven: Proven, *, kind: int = STAFF) -> tuple[str, Staff, datetime]:
    """Eight hours for who proved who they are; fewer where it is not used (``staff_idle_minutes``). Returns the bearer,
    the person and the end.

    ``kind``: for the staff's routes and pages, or for the desk at a token (`api.accounts.shifts`).

    Raises CentreError ``staff-login-refused`` (the account is gone or disabled), ``unit-closed``.
    """
    now = centre.clock()
    bearer, expires_at = secrets.token_urlsafe(32), now + SESSION_LIFE
    with writing(centre.engine) as connection:
        staff = _enter(connection, proven, now)
        sweep(connection, staff_sessions, staff_sessions.c.expires_at < instant_to_text(now))
        connection.execute(
            insert(staff_sessions).values(
                token_hash=bearer_hash(bearer),
                account=proven.account,
                expires_at=instant_to_text(expires_at),
                seen_at=instant_to_text(now),
                kind=kind,
            )
        )
    return bearer, staff, expires_at


def enter(centre: Centre, proven: Proven) -> Staff:
    """For one act, without a session. Raises CentreError as `open_session` does."""
    with writing(centre.engine) as connection:
        return _enter(connection, proven, centre.clock())


def _enter(connection: Connection, proven: Proven, now: datetime) -> Staff:
    row = connection.execute(
        select(accounts.c.unit, accounts.c.roles, units.c.opened_on, units.c.closed_on)
        .join(units, units.c.code == accounts.c.unit)
        .where(accounts.c.account == proven.account, accounts.c.disabled_at.is_(None))
        .with_for_update(of=accounts)
    ).one_or_none()
    if row is None:
        raise CentreError("staff-login-refused")
    refuse_closed(row, local_day(now))
    staff = Staff(account=proven.account, unit=row.unit, roles=roles_from_text(row.roles))
    record_act(connection, at=now, actor=staff.actor, act="staff-login", subject=proven.account, reason=proven.by)
    return staff


def close_session(centre: Centre, bearer: str, *, kind: int = STAFF) -> None:
    """The bearer is worth nothing from now on."""
    mine = (staff_sessions.c.token_hash == bearer_hash(bearer)) & (staff_sessions.c.kind == kind)
    with writing(centre.engine) as connection:
        connection.execute(delete(staff_sessions).where(mine))


def find_staff(centre: Centre, bearer: str) -> Staff:
    """Who acts, with unit and roles as they are now. That the session is in use is written down once a minute at most.

    Raises CentreError ``staff-session-ended`` (its time is over, or it was left alone), ``unit-closed``.
    """
    now, hashed = centre.clock(), bearer_hash(bearer)
    with centre.engine.connect() as connection:
        row = connection.execute(
            select(
                accounts.c.account,
                accounts.c.unit,
                accounts.c.roles,
                staff_sessions.c.expires_at,
                staff_sessions.c.seen_at,
                units.c.opened_on,
                units.c.closed_on,
            )
            .join(staff_sessions, staff_sessions.c.account == accounts.c.account)
            .join(units, units.c.code == accounts.c.unit)
            .where(
                staff_sessions.c.token_hash == hashed,
                staff_sessions.c.kind == STAFF,
                accounts.c.disabled_at.is_(None),
            )
        ).one_or_none()
    if row is None or instant_from_text(row.expires_at) <= now:
        raise CentreError("staff-session-ended")
    unused = now - instant_from_text(row.seen_at)
    if unused >= timedelta(minutes=centre.settings.staff_idle_minutes):
        raise CentreError("staff-session-ended")
    refuse_closed(row, local_day(now))
    if unused >= SEEN_EVERY:
        _SEEN.first(centre.engine, now=instant_to_text(now), bearer=hashed, before=row.seen_at)
    return Staff(account=row.account, unit=row.unit, roles=roles_from_text(row.roles))


class RoleGuard:
    """The dependency of whatever is for the staff. `api.app` reads ``roles`` off it: who may call the route at all."""

    def __init__(self, roles: frozenset[Role]) -> None:
        if not roles:
            raise ValueError("a route for the staff names its roles")
        self.roles = roles


class StaffGuard(RoleGuard):
    """The dependency of a route for the staff's programs, which carry a bearer."""

    def __call__(
        self,
        centre: Annotated[Centre, Depends(get_centre)],
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(staff_bearer)],
    ) -> Staff:
        if credentials is None:
            raise CentreError("staff-bearer-missing")
        staff = find_staff(centre, credentials.credentials)
        refuse_role(staff, *sorted(self.roles))
        return staff


@cache
def require_staff(*roles: Role) -> StaffGuard:
    """The guard of a route for people who have one of these roles.

    Roles do not say where: the use case asks `api.accounts.staff.refuse_place` about the unit.
    """
    return StaffGuard(frozenset(roles))
