"""Examples of the routes where doses come in."""

from datetime import date
from typing import Final

from sqlalchemy import select

from api.accounts.staff import Staff
from api.intake.importer import import_file
from api.sessions.listing import add_people, open_session
from api.store.schema_intake import possible_duplicates
from tests.support.centre import World
from tests.support.examples.example import Example, Request, nothing
from tests.support.intake import row, write_csv


def pair_at(world: World, unit: str) -> dict[str, str]:
    """Two people of this unit who may be one."""
    number = sum(1 for _ in world.centre.settings.data.glob("*.csv"))
    path = write_csv(
        world.centre.settings.data / f"{number}.csv",
        row(id=f"001161{number:04}12", unit=unit, name=f"Lê {'A' * (number + 1)}"),
        row(id=f"001161{number:04}21", unit=unit, name=f"Lê {'A' * (number + 1)}"),
    )
    report = import_file(world.engine, path, imported_by="lan", at=world.clock())
    with world.engine.connect() as connection:
        query = select(possible_duplicates.c.duplicate_id).where(possible_duplicates.c.origin == report.import_id)
        return {"duplicate_id": connection.execute(query).scalar_one()}


def import_at(world: World, unit: str) -> dict[str, str]:
    number = sum(1 for _ in world.centre.settings.data.glob("*.csv"))
    path = write_csv(world.centre.settings.data / f"{number}.csv", row(unit=unit))
    return {"import_id": import_file(world.engine, path, imported_by="lan", at=world.clock(), unit=unit).import_id}


_SESSION: Final = {"day": "2022-03-01", "product": "AstraZeneca", "lot": "ABX1"}
_PERSON: Final = {"full_name": "Lê An", "date_of_birth": "1961-03-07", "sex": "Nữ", "id_number": "001161012345"}


def _session(world: World, unit: str) -> dict[str, str]:
    """A session of this unit with one person on its list."""
    staff = Staff(account="lan", unit=unit, roles=frozenset({"clerk"}))
    number = open_session(world.centre, staff, unit=unit, day=date(2022, 3, 1), product="AstraZeneca", lot="ABX1")
    add_people(world.centre, staff, number, [_PERSON])
    return {"session_id": number}


EXAMPLES: Final[dict[str, Example]] = {
    "GET /v1/duplicates": Example(nothing, placed=False),
    "POST /v1/duplicates/{duplicate_id}/read": Example(lambda world, unit: Request(path=pair_at(world, unit))),
    "POST /v1/duplicates/{duplicate_id}/decision": Example(
        lambda world, unit: Request(path=pair_at(world, unit), body={"verdict": "different", "why": "two sisters"})
    ),
    "POST /v1/vaccination-sessions": Example(lambda _world, unit: Request(body=_SESSION | {"unit": unit})),
    "GET /v1/vaccination-sessions/{session_id}": Example(lambda world, unit: Request(path=_session(world, unit))),
    "POST /v1/vaccination-sessions/{session_id}/people": Example(
        lambda world, unit: Request(path=_session(world, unit), body={"people": [_PERSON]})
    ),
    "POST /v1/vaccination-sessions/{session_id}/ask-again": Example(
        lambda world, unit: Request(path=_session(world, unit))
    ),
    "POST /v1/vaccination-sessions/{session_id}/slips": Example(
        lambda world, unit: Request(path=_session(world, unit))
    ),
    "POST /v1/vaccination-sessions/{session_id}/given": Example(
        lambda world, unit: Request(path=_session(world, unit), body={"places": [1]})
    ),
    "GET /v1/imports/{import_id}": Example(lambda world, unit: Request(path=import_at(world, unit))),
    "GET /v1/imports/{import_id}/rows.csv": Example(lambda world, unit: Request(path=import_at(world, unit))),
}
