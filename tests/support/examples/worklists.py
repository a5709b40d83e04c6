"""Examples of the routes of work lists."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import insert

from api.accounts.staff import Staff
from api.signing.enrolment import add_unit
from api.states import RecordState
from api.store.records import write_versions
from api.store.schema_worklists import work_rechecks
from api.store.transactions import writing
from api.worklists.asides import AsideReason, put_aside
from api.worklists.attempts import Outcome, Way, note_attempt
from tests.support.centre import World, new_version
from tests.support.examples.example import Example, Request

_numbers = itertools.count(700_000)


def _at(unit: str) -> Request:
    return Request(body={"unit": unit})


def record_at(world: World, unit: str, state: RecordState = RecordState.MISMATCHED, reason: str | None = None) -> str:
    version = replace(new_version(next(_numbers), unit=unit, state=state, at=world.clock()), reason=reason)
    with writing(world.engine) as connection:
        write_versions(connection, [replace(version, evidence=None)], by="import", why="import", at=world.clock())
    return version.record.record_id


def _work(state: RecordState = RecordState.MISMATCHED, **body: Any) -> Callable[[World, str], Request]:
    return lambda world, unit: Request(body={"record_id": record_at(world, unit, state), **body})


def _pass(world: World, unit: str) -> Request:
    record_id = record_at(world, unit)
    clerk = Staff(account="other", unit=unit, roles=frozenset({"clerk"}))
    note_attempt(world.centre, clerk, record_id, way=Way.PHONE, outcome=Outcome.DATA_CONFIRMED)
    return Request(body={"record_id": record_id, "ground": "data-confirmed"})


def _aside(desk: RecordState, role: Any) -> Callable[[World, str], Request]:
    def about(world: World, unit: str) -> Request:
        record_id = record_at(world, unit, desk)
        person = Staff(account="other", unit=unit, roles=frozenset({role}))
        put_aside(world.centre, person, record_id, reason=AsideReason.ILL, days=3)
        return Request(body={"record_id": record_id})

    return about


def recheck_at(world: World, unit: str) -> str:
    """What waits to be checked at this unit: the work of a unit below it."""
    below = f"BELOW-{next(_numbers)}"
    add_unit(
        world.engine,
        code=below,
        name="Trạm",
        kind="station",
        province="01",
        opened_on=date(2020, 1, 1),
        parent=unit,
        by="test",
        at=world.clock(),
    )
    closing_id, record_id = f"c{next(_numbers)}", record_at(world, below)
    with writing(world.engine) as connection:
        connection.execute(
            insert(work_rechecks).values(
                closing_id=closing_id,
                province="01",
                day="2022-03-01",
                unit=below,
                above=unit,
                record_id=record_id,
                version=1,
                kind="mended",
                work_class="unverifiable",
                closed_by="other",
                why="rate",
                drawn_at="2022-03-02T00:00:00Z",
            )
        )
    return closing_id


def _recheck(world: World, unit: str) -> Request:
    return Request(body={"closing_id": recheck_at(world, unit), "error": None})


_CORRECTION: Final[dict[str, Any]] = {"changes": {"sex": "Nam"}, "reason": "typed-wrong", "proof": "slip"}
_OF_POLICE: Final = RecordState.REGISTER_DISPUTED
EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/worklists/list": Example(lambda _world, unit: Request(body={"unit": unit, "desk": "clerk"})),
    "POST /v1/worklists/above": Example(lambda _world, unit: _at(unit)),
    "POST /v1/worklists/rechecks": Example(lambda _world, unit: _at(unit)),
    "POST /v1/worklists/summary": Example(lambda _world, unit: _at(unit)),
    "POST /v1/worklists/days": Example(
        lambda _world, unit: Request(body={"unit": unit, "since": "2022-03-01", "until": "2022-03-02"})
    ),
    "POST /v1/worklists/history": Example(_work(purpose="audit")),
    "POST /v1/worklists/clerk/attempt": Example(_work(way="phone", outcome="not-reached")),
    "POST /v1/worklists/clerk/pass": Example(_pass),
    "POST /v1/worklists/clerk/correct": Example(_work(**_CORRECTION)),
    "POST /v1/worklists/clerk/aside": Example(_work(reason="ill", days=3)),
    "POST /v1/worklists/clerk/call-back": Example(_aside(RecordState.MISMATCHED, "clerk")),
    "POST /v1/worklists/police/hand-back": Example(_work(_OF_POLICE, reason="data-wrong")),
    "POST /v1/worklists/police/settle": Example(_work(_OF_POLICE, finding="no-such-person")),
    "POST /v1/worklists/police/correct": Example(_work(_OF_POLICE, **_CORRECTION)),
    "POST /v1/worklists/police/aside": Example(_work(_OF_POLICE, reason="ill", days=3)),
    "POST /v1/worklists/police/call-back": Example(_aside(_OF_POLICE, "police")),
    "POST /v1/worklists/above/call-back": Example(_aside(RecordState.MISMATCHED, "clerk")),
    "POST /v1/worklists/above/recheck": Example(_recheck),
}
