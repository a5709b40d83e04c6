"""A small tree of units with people in it, and complaints in one line."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from api.accounts.staff import Role, Staff
from api.complaints.kinds import ComplaintKind
from api.complaints.opening import Opened, Opening, open_complaint
from api.passports.claims import hash_claim_code
from api.signing.enrolment import add_unit, close_unit
from api.store.schema import claim_codes, units
from api.store.schema_complaints import complaint_events, complaints
from api.store.transactions import writing
from tests.support.centre import World

SLIP = "7K2MX-9Q0ZD"
KIND = ComplaintKind


@dataclass
class Tree:
    """BYT above SYT (province 01) above TYT-1 and TYT-2; TYT-0 was closed, TYT-1 is its successor."""

    world: World

    def staff(self, unit: str, account: str = "lan", *roles: Role) -> Staff:
        return Staff(account=account, unit=unit, roles=frozenset(roles or ("clerk", "overseer")))

    def open(self, kind: ComplaintKind = KIND.DATA_WRONG, *, staff: Staff | None = None, **given: Any) -> Opened:
        """A complaint of Hạnh's, of TYT-1 where nothing else is said."""
        values = {"unit": "TYT-1", "person_name": "Nguyễn Thị Hồng Hạnh", "statement": "Sai ngày sinh"} | given
        return open_complaint(self.world.centre, Opening(kind=kind, **values), staff=staff)

    def open_on_record(
        self, kind: ComplaintKind = KIND.DATA_WRONG, record_id: str = "r00000001", **given: Any
    ) -> Opened:
        return self.open(kind, record_id=record_id, claim_code=SLIP, unit=None, **given)

    def slip(self, record_id: str) -> None:
        """Give the record a slip that carries `SLIP`."""
        with writing(self.world.engine) as connection:
            connection.execute(
                insert(claim_codes).values(
                    record_id=record_id,
                    province="01",
                    code_hash=hash_claim_code(self.world.centre.secret, record_id, SLIP),
                    failures=0,
                    made_at="2022-03-01T00:00:00Z",
                )
            )

    def row(self, number: str) -> Any:
        with self.world.engine.connect() as connection:
            return connection.execute(select(complaints).where(complaints.c.complaint_id == number)).one()

    def acts(self, number: str) -> list[tuple[str, str, str | None]]:
        """Act, unit and detail of everything that happened."""
        query = (
            select(complaint_events)
            .where(complaint_events.c.complaint_id == number)
            .order_by(complaint_events.c.number)
        )
        with self.world.engine.connect() as connection:
            return [(row.act, row.unit, row.detail) for row in connection.execute(query)]


def plant(world: World) -> Tree:
    """Put the units of a world into a tree."""
    given: dict[str, Any] = {"opened_on": date(2020, 1, 1), "by": "test", "at": world.clock(), "province": "01"}
    add_unit(world.engine, code="SYT", name="Sở Y tế", kind="province", parent="BYT", **given)
    add_unit(world.engine, code="TYT-0", name="Trạm cũ", kind="station", parent="SYT", **given)
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code.in_(["TYT-1", "TYT-2"])).values(parent="SYT"))
    closing: dict[str, Any] = {"closed_on": date(2021, 1, 1), "by": "test", "at": world.clock()}
    close_unit(world.engine, code="TYT-0", successor="TYT-1", **closing)
    return Tree(world=world)


def as_role(staff: Staff, *roles: Role) -> Staff:
    return replace(staff, roles=frozenset(roles))
