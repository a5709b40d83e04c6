"""The national platform, for tests: a key, and the doses that it sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from api.platform.keys import Platform, add_key
from api.store.schema import units
from api.store.transactions import writing
from tests.support.centre import World

DOSE: Mapping[str, str] = {
    "id": "d1",
    "full_name": "Nguyễn Thị Hồng",
    "date_of_birth": "1961-03-07",
    "sex": "Nữ",
    "id_number": "001161012345",
    "dose_number": "1",
    "given_on": "2022-03-01",
    "product": "AstraZeneca",
    "lot": "ABX1234",
    "unit": "TYT-1",
    "entered_by": "lan",
}


def dose(number: int = 1, **changes: str) -> dict[str, str]:
    """A good dose of the person of this number, given today."""
    return {**DOSE, "id": f"d{number}", "id_number": f"001161{number:06}", **changes}


@dataclass
class Machine:
    """A caller with a key."""

    world: World
    key_id: str
    key: str
    unit: str

    @property
    def platform(self) -> Platform:
        """As the use case takes its caller."""
        return Platform(key_id=self.key_id, name="test", unit=self.unit)

    def post(self, *doses: Mapping[str, Any], name: str = "request-1", **headers: str) -> Any:
        given = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": name, **headers}
        return self.world.client.post("/v1/platform/doses", json={"doses": list(doses)}, headers=given)


def add_machine(world: World, unit: str = "BYT") -> Machine:
    """A key for this unit and those below; the stations are put below the ministry."""
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code != "BYT").values(parent="BYT"))
    key_id, key = add_key(world.engine, name="National platform", unit=unit, by="operator", at=world.clock())
    return Machine(world=world, key_id=key_id, key=key, unit=unit)
