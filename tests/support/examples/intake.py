"""Examples of the routes where doses come in."""

from typing import Final

from sqlalchemy import select

from api.intake.importer import import_file
from api.store.schema_intake import possible_duplicates
from tests.support.centre import World
from tests.support.examples.example import Example, Request, nothing
from tests.support.intake import row, write_csv


def _pair(world: World, unit: str) -> dict[str, str]:
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


EXAMPLES: Final[dict[str, Example]] = {
    "GET /v1/duplicates": Example(nothing, placed=False),
    "POST /v1/duplicates/{duplicate_id}/read": Example(lambda world, unit: Request(path=_pair(world, unit))),
    "POST /v1/duplicates/{duplicate_id}/decision": Example(
        lambda world, unit: Request(path=_pair(world, unit), body={"verdict": "different", "why": "two sisters"})
    ),
}
