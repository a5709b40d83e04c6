"""Whose certificates a session shows: the own, those of children by their registered guardian, those of adults who
consented. A registration is made at a counter, with what the clerk saw."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from api.audit import record_act
from api.citizens.evidence import OF_CONSENT, OF_GUARDIAN, Evidence
from api.citizens.holder import Holder
from api.errors import CentreError
from api.store.schema import records
from api.store.schema_citizens import guardianships
from certificates.records.dates import local_day
from certificates.records.model import Person, instant_to_text

OF_AGE: Final = 14  # years: from then on a person acts alone (docs/citizens.md)
SELF: Final = "self"
Kind = Literal["child", "consent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Somebody whose record a session shows. ``handle`` names the person in requests, and tells nothing."""

    handle: str
    record_id: str
    name: str = field(repr=False)
    relation: Literal["self", "child", "consent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Somebody who may see a record."""

    handle: str
    name: str = field(repr=False)
    kind: Kind
    since: str
    ends_on: str | None


def people_of(connection: Connection, holder: Holder, *, at: datetime) -> tuple[Shown, ...]:
    """The person first, then whom the person stands for. At a counter: whoever stands there."""
    rows = connection.execute(
        select(guardianships.c.guardianship_id, guardianships.c.record_id, guardianships.c.kind)
        .where(guardianships.c.guardian_id == holder.record_id, in_force(at))
        .order_by(guardianships.c.registered_at, guardianships.c.guardianship_id)
    ).all()
    names = names_of(connection, [holder.record_id, *(row.record_id for row in rows)])
    own = Shown(handle=SELF, record_id=holder.record_id, name=names[holder.record_id], relation="self")
    others = (
        Shown(handle=row.guardianship_id, record_id=row.record_id, name=names[row.record_id], relation=row.kind)
        for row in rows
    )
    return own, *others


def person_for(connection: Connection, holder: Holder, handle: str, *, at: datetime) -> str:
    """The record behind a handle of this session. Raises CentreError ``citizen-person-unknown``."""
    if handle == SELF:
        return holder.record_id
    record_id: str | None = connection.execute(
        select(guardianships.c.record_id).where(
            guardianships.c.guardianship_id == handle,
            guardianships.c.guardian_id == holder.record_id,
            in_force(at),
        )
    ).scalar_one_or_none()
    if record_id is None:
        raise CentreError("citizen-person-unknown", fields=("person",))
    return record_id


def watchers_of(connection: Connection, record_id: str, *, at: datetime) -> tuple[Watcher, ...]:
    """Who may see this record beside its person."""
    rows = connection.execute(
        select(guardianships)
        .where(guardianships.c.record_id == record_id, in_force(at))
        .order_by(guardianships.c.registered_at, guardianships.c.guardianship_id)
    ).all()
    names = names_of(connection, [row.guardian_id for row in rows])
    return tuple(
        Watcher(
            handle=row.guardianship_id,
            name=names[row.guardian_id],
            kind=row.kind,
            since=row.registered_at,
            ends_on=row.ends_on,
        )
        for row in rows
    )


def register_guardian(
    connection: Connection,
    *,
    record_id: str,
    guardian_id: str,
    kind: Kind,
    evidence: Evidence,
    by: str,
    at: datetime,
) -> str:
    """Register who may see a record, for somebody who stands at the counter; returns its number.

    A child's guardian until the day of the 14th birthday; from then on by consent only, which is the person's own.

    Raises CentreError ``guardianship-unfit`` (an adult has no guardian here, a child gives no consent, the day of birth
    is not known, nobody stands for himself, or it is registered already), ``citizen-evidence``.
    """
    if evidence not in (OF_GUARDIAN if kind == "child" else OF_CONSENT):
        raise CentreError("citizen-evidence", fields=("evidence",))
    row = connection.execute(
        select(records.c.province, records.c.document).where(records.c.record_id == record_id)
    ).one()
    grown = of_age_on(Person.from_dict(json.loads(row.document)["person"]))
    young = grown is not None and local_day(at) < grown
    same = select(guardianships.c.guardianship_id).where(
        guardianships.c.record_id == record_id, guardianships.c.guardian_id == guardian_id, in_force(at)
    )
    again = connection.execute(same).first() is not None
    if record_id == guardian_id or young != (kind == "child") or again:
        raise CentreError("guardianship-unfit")
    handle = secrets.token_hex(12)
    connection.execute(
        insert(guardianships).values(
            guardianship_id=handle,
            province=row.province,
            record_id=record_id,
            guardian_id=guardian_id,
            kind=kind,
            evidence=evidence.value,
            registered_by=by,
            registered_at=instant_to_text(at),
            ends_on=grown.isoformat() if kind == "child" and grown is not None else None,
        )
    )
    record_act(connection, at=at, actor=by, act=f"{kind}-registered", subject=record_id, reason=evidence.value)
    return handle


def end_guardianship(connection: Connection, handle: str, *, record_id: str, by: str, at: datetime) -> None:
    """End it: the adult takes the consent back, or a clerk was shown that it is over.

    Raises CentreError ``guardianship-unknown``: not of this record, or ended before.
    """
    ended = connection.execute(
        update(guardianships)
        .where(guardianships.c.guardianship_id == handle, guardianships.c.record_id == record_id, in_force(at))
        .values(ended_at=instant_to_text(at), ended_by=by)
    )
    if ended.rowcount != 1:
        raise CentreError("guardianship-unknown")
    record_act(connection, at=at, actor=by, act="guardianship-ended", subject=record_id, reason=handle)


def of_age_on(person: Person) -> date | None:
    """The day of the 14th birthday; None where the day of birth is not known: then nobody else acts for the person."""
    born = person.date_of_birth
    if born is None or born.day is None:
        return None
    try:
        return born.earliest.replace(year=born.year + OF_AGE)
    except ValueError:  # 29 February
        return date(born.year + OF_AGE, 3, 1)


def in_force(at: datetime) -> ColumnElement[bool]:
    """A condition for queries: registered, not ended, and the child is still one."""
    today = local_day(at).isoformat()
    still = or_(guardianships.c.ends_on.is_(None), guardianships.c.ends_on > today)
    return guardianships.c.ended_at.is_(None) & still


def names_of(connection: Connection, record_ids: list[str]) -> dict[str, str]:
    """The names of people, by record, as they stand in the newest version."""
    rows = connection.execute(
        select(records.c.record_id, records.c.document).where(records.c.record_id.in_(record_ids))
    )
    return {row.record_id: json.loads(row.document)["person"]["full_name"] for row in rows}
