"""What clerks and police find on their desks in the tests of their pages: a station, its police, a register, a
complaint, a pair, a list."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from api.signing.enrolment import add_unit, enrol_token
from api.states import RecordState
from api.store.records import write_versions
from api.store.schema import units
from api.store.transactions import writing
from tests.support.centre import World, make_world, new_version
from tests.support.softkeys import make_key
from tests.support.staff import Person as Account
from tests.support.staff import add_person

HOA = "NGUYỄN THỊ HÒA"  # as the register has her


@dataclass
class Desks:
    """TYT-1 and its police CA-1 below the commune XA-1, which stands below BYT."""

    world: World
    clerk: Account
    police: Account
    above: Account

    def add(
        self,
        number: int,
        *,
        state: RecordState = RecordState.MISMATCHED,
        reason: str | None = "register-mismatch:full_name",
        name: str = "NGUYỄN THỊ HOA",
        days: int = 0,
        **person: Any,
    ) -> str:
        """A record of the station, taken in so many days ago."""
        at = self.world.clock() - timedelta(days=days)
        version = new_version(number, unit="TYT-1", state=state, at=at)
        changed = replace(version.record.person, full_name=name, **person)
        record = replace(version.record, person=changed)
        version = replace(version, record=record, reason=reason, evidence=None)
        with writing(self.world.engine) as connection:
            write_versions(connection, [version], by="huong", why="import", at=at)
        return record.record_id

    def register(self, *entries: str) -> None:
        """What the register has: number, name, day, sex, status."""
        file = Path(str(self.world.centre.settings.register_address))
        file.write_text("\n".join(("id,name,dob,sex,status", *entries)) + "\n", encoding="utf-8")


def make_desks(folder: Path) -> Desks:
    """With nothing on them yet."""
    world = make_world(folder)
    given: dict[str, Any] = {"opened_on": date(2020, 1, 1), "by": "test", "at": world.clock(), "province": "01"}
    add_unit(world.engine, code="XA-1", name="Xã Hòa Bình", kind="committee", parent="BYT", **given)
    add_unit(world.engine, code="CA-1", name="Công an xã Hòa Bình", kind="police", parent="XA-1", **given)
    with writing(world.engine) as connection:
        connection.execute(
            update(units).where(units.c.code == "TYT-1").values(parent="XA-1", name="Trạm Y tế xã Hòa Bình")
        )
    world.keys["CA-1"] = make_key("ES256", common_name="SPECIMEN CA")
    der = world.keys["CA-1"].certificate_der
    enrol_token(world.engine, "CA-1", der, settings=world.centre.settings, by="test", at=world.clock())
    return Desks(
        world=world,
        clerk=add_person(world, "lan", "TYT-1", "clerk"),
        police=add_person(world, "minh.ca", "CA-1", "police"),
        above=add_person(world, "hoa", "XA-1", "overseer"),
    )
