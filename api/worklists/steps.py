"""What was done about a record: who, when, what; each step by a code of a closed list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, func, insert, select

from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import record_act
from api.errors import CentreError
from api.store.moves import Desk, Item, Standing, read_items, read_standings
from api.store.schema_worklists import work_steps
from certificates.records.model import instant_to_text

CENTRE: Final = "centre"  # what nobody did but the clock


class StepKind(StrEnum):
    ATTEMPT = "attempt"  # code: way; value: outcome
    PASSED = "passed"  # to police; code: ground
    HANDED_BACK = "handed-back"  # to the station; code: reason
    ASIDE = "aside"  # code: reason; value: until when
    BACK = "back"  # from there; code: ended, called
    RAISED = "raised"  # for its age; code: the unit that sees it
    CORRECTED = "corrected"  # code: kind of proof; value: version
    SETTLED = "settled"  # code: finding
    RECHECKED = "rechecked"  # code: ok, or the class of error; value: version


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A record that is to be mended, kept by this transaction until it ends."""

    standing: Standing
    item: Item


def take_work(connection: Connection, staff: Staff, record_id: str, *, desk: Desk | None = None) -> Work:
    """The item of a record, for somebody who may work on it: a clerk on what is the station's, police on theirs.

    Raises CentreError ``work-unknown`` (nothing is to be mended, or there is no such record), ``place``, ``role``,
    ``work-desk`` (it is on the other desk's list), ``work-waiting`` (it was corrected, and an answer is awaited).
    """
    standing = read_standings(connection, [record_id]).get(record_id)
    item = read_items(connection, [record_id]).get(record_id)
    if standing is None or item is None:
        raise CentreError("work-unknown", "nothing is to be mended in a record of this number")
    refuse_place(connection, staff, item.unit)
    refuse_role(staff, desk or item.desk)
    if desk is not None and item.desk != desk:
        raise CentreError("work-desk", f"the record is on the list of {item.desk}")
    if item.status == "waiting":
        raise CentreError("work-waiting", "the record was corrected, and an answer is awaited")
    return Work(standing=standing, item=item)


def add_step(
    connection: Connection,
    standing: Standing,
    *,
    kind: StepKind,
    code: str,
    value: str = "",
    account: str,
    unit: str,
    at: datetime,
) -> None:
    """Write a step, and the act in the log. The caller has the record's lock."""
    here = (work_steps.c.record_id == standing.record_id) & (work_steps.c.province == standing.province)
    last = connection.execute(select(func.max(work_steps.c.number)).where(here)).scalar_one()
    connection.execute(
        insert(work_steps).values(
            record_id=standing.record_id,
            province=standing.province,
            number=(last or 0) + 1,
            at=instant_to_text(at),
            account=account,
            unit=unit,
            kind=kind.value,
            code=code,
            value=value,
        )
    )
    actor = account if account == CENTRE else f"{account}@{unit}"
    told = ", ".join(part for part in (code, value) if part)
    record_act(connection, at=at, actor=actor, act=f"work-{kind}", subject=standing.record_id, reason=told)
