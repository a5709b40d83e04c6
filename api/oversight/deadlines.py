"""Deadlines: rows of scope, task, last day and owner; and when a task will be done at the pace of the last week."""

import csv
import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Connection, Engine, delete, insert, select

from api.accounts.staff import Staff, units_above
from api.audit import record_act
from api.complaints.counting import OPEN as OPEN_COMPLAINTS
from api.context import Centre
from api.errors import CentreError
from api.oversight.overview import ISSUED_STATES, PACE, check_area
from api.oversight.reading import read_counts_of, read_net
from api.oversight.stages import Stage, Standing, standing_of
from api.states import RecordState
from api.store.areas import CLASSES
from api.store.coverage import COMPLAINTS, DOSES, RESIDENTS, STOCK
from api.store.schema import units
from api.store.schema_oversight import COUNTRY, TASKS, deadlines
from api.store.transactions import Turn, writing
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text

COLUMNS: Final = ("id", "scope", "task", "due", "owner")
LONGEST_OWNER: Final = 100
FOREVER: Final = 3650  # days; a forecast beyond says nothing
Outlook = Literal["done", "in-time", "late", "no-pace", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """``scope``: a unit's code, or `COUNTRY`. ``due``: the last day."""

    deadline_id: str
    scope: str
    task: str
    due: date
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How far a task is in one area.

    Attributes:
        done, left: how many are, and are not; left None: what there is to do is not known (no residents, no
            deliveries were entered).
        a_day: how many more are done a day; the mean of the last `PACE` whole days. Below 0: it grows.
        ready_on: the day on which none will be left at this pace; None: never, or nobody knows.
        late_days: how many days after the deadline that is, or today where it is not done; below 0: before it.
    """

    deadline: Deadline
    done: int
    left: int | None
    a_day: float
    ready_on: date | None
    late_days: int | None
    outlook: Outlook


def look_ahead(centre: Centre, staff: Staff, unit: str | None = None) -> tuple[Forecast, ...]:
    """The deadlines that are a unit's, by their day, with its forecast. Raises CentreError ``role``, ``place``."""
    with centre.engine.connect() as connection:
        code = check_area(connection, staff, unit)
        return read_forecasts(connection, code, today=local_day(centre.clock()))


def read_forecasts(connection: Connection, code: str, *, today: date) -> tuple[Forecast, ...]:
    """As `look_ahead`, for whoever may."""
    week = {"since": today - timedelta(days=PACE), "until": today - timedelta(days=1)}
    net = read_net(connection, [code], measures=_MEASURES, **week)[code]
    progress = _Progress(standing=standing_of(read_counts_of(connection, code)), net=net)
    found = read_deadlines(connection, (COUNTRY, *units_above(connection, code)))
    return tuple(_forecast(one, *progress.of(one.task), today=today) for one in found)


def read_deadlines(connection: Connection, scopes: Collection[str] | None = None) -> tuple[Deadline, ...]:
    """Those of these scopes, or all; by their day."""
    query = select(deadlines).order_by(deadlines.c.due, deadlines.c.deadline_id)
    if scopes is not None:
        query = query.where(deadlines.c.scope.in_(scopes))
    return tuple(
        Deadline(
            deadline_id=row.deadline_id,
            scope=row.scope,
            task=row.task,
            due=date.fromisoformat(row.due),
            owner=row.owner,
        )
        for row in connection.execute(query)
    )


def import_deadlines(engine: Engine, path: Path, *, by: str, at: datetime) -> int:
    """Put the rows of a CSV (UTF-8; `COLUMNS`) in the place of all that are there; returns how many.

    Raises CentreError ``deadlines-form``: names the row by its number, and the column.
    """
    rows = _read(path)
    entered = {"entered_by": by, "entered_at": instant_to_text(at)}
    with writing(engine, Turn.ALONE) as connection:
        known = {COUNTRY, *connection.execute(select(units.c.code)).scalars()}
        for number, row in enumerate(rows, 2):
            if row["scope"] not in known:
                raise CentreError("deadlines-form", f"row {number}: no unit has this code", fields=("scope",))
        connection.execute(delete(deadlines))
        if rows:
            connection.execute(
                insert(deadlines),
                [{"deadline_id": row["id"], **{name: row[name] for name in COLUMNS[1:]}, **entered} for row in rows],
            )
        record_act(connection, at=at, actor=by, act="import-deadlines", subject="deadlines", reason=f"{len(rows)} rows")
    return len(rows)


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                {name: (row.get(name) or "").strip() for name in COLUMNS} for row in csv.DictReader(file) if any(row)
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CentreError("deadlines-form", "not a CSV in UTF-8") from error
    seen: set[str] = set()
    for number, row in enumerate(rows, 2):
        wrong = next((name for name in COLUMNS if not row[name]), None)
        wrong = wrong or (None if row["task"] in TASKS else "task")
        wrong = wrong or (None if _is_day(row["due"]) else "due")
        wrong = wrong or ("owner" if len(row["owner"]) > LONGEST_OWNER else None)
        wrong = wrong or ("id" if row["id"] in seen or len(row["id"]) > LONGEST_OWNER else None)
        if wrong is not None:
            raise CentreError("deadlines-form", f"row {number}: {wrong}", fields=(wrong,))
        seen.add(row["id"])
    return rows


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_FALLING: Final[Mapping[str, tuple[str, ...]]] = {  # what is left goes down
    "mended": tuple(CLASSES),
    "matched": (RecordState.AWAITING_MATCH.value,),
    "complaints": (OPEN_COMPLAINTS,),
}
_AGAINST: Final[Mapping[str, tuple[str, str]]] = {  # what is done goes up, to what there is
    "entered": (f"{STOCK}given", f"{STOCK}delivered"),
    "children": (f"{DOSES}2:5-11", f"{RESIDENTS}5-11"),
    "boosters": (f"{DOSES}3:18+", f"{RESIDENTS}18+"),
}
_MEASURES: Final = (
    *ISSUED_STATES,
    *(name for names in _FALLING.values() for name in names),
    *(done for done, _ in _AGAINST.values()),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Progress:
    standing: Standing
    net: Counter[str]

    def of(self, task: str) -> tuple[int, int | None, float]:
        """Done, left, and how many more are done a day."""
        number = self.standing.number
        if task in _AGAINST:
            done, whole = _AGAINST[task]
            left = max(0, number(whole) - number(done)) if number(whole) else None
            return number(done), left, self._a_day((done,))
        if task == "issued":
            return self.standing.stages[Stage.ISSUED], self.standing.left, self._a_day(ISSUED_STATES)
        waiting = {
            "mended": self.standing.to_mend,
            "matched": self.standing.stages[Stage.ANSWER],
            "complaints": number(OPEN_COMPLAINTS),
        }[task]
        all_of_them = number(f"{COMPLAINTS}received") if task == "complaints" else self.standing.taken_in
        return all_of_them - waiting, waiting, -self._a_day(_FALLING[task])

    def _a_day(self, measures: Collection[str]) -> float:
        return sum(self.net[name] for name in measures) / PACE


def _forecast(deadline: Deadline, done: int, left: int | None, a_day: float, *, today: date) -> Forecast:
    ready_on, late, outlook = _outlook(deadline.due, left, a_day, today)
    return Forecast(
        deadline=deadline, done=done, left=left, a_day=a_day, ready_on=ready_on, late_days=late, outlook=outlook
    )


def _outlook(due: date, left: int | None, a_day: float, today: date) -> tuple[date | None, int | None, Outlook]:
    if left is None:
        return None, None, "unknown"
    if left == 0:
        return None, None, "done"
    days = math.ceil(left / a_day) if a_day > 0 else FOREVER + 1
    if days > FOREVER:
        return None, max(0, (today - due).days) or None, "no-pace"
    ready_on = today + timedelta(days=days)
    late = (ready_on - due).days
    return ready_on, late, "late" if late > 0 else "in-time"
