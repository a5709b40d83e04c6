"""Examples of the staff's own routes."""

from typing import Final

from api.accounts.exports import request_export
from api.accounts.staff import Staff
from tests.support.centre import World
from tests.support.examples.example import Example, Request, nothing


def _read(world: World, unit: str) -> Request:
    (record_id,) = world.add_records(1, unit=unit)
    return Request(body={"record_id": record_id, "purpose": "audit"})


def _approve_export(world: World, unit: str) -> Request:
    other = Staff(account="other", unit=unit, roles=frozenset({"clerk"}))
    export = request_export(world.centre, other, kind="work-list", unit=unit, persons=500)
    return Request(body={"export_id": export.export_id})


EXAMPLES: Final[dict[str, Example]] = {
    "GET /v1/staff/me": Example(nothing, placed=False),
    "POST /v1/staff/logout": Example(nothing, placed=False),
    "POST /v1/staff/records/read": Example(_read),
    "GET /v1/staff/exports/waiting": Example(nothing, placed=False),
    "POST /v1/staff/exports/approve": Example(_approve_export),
    "GET /v1/staff/exports/counts": Example(lambda _world, _unit: Request(params={"day": "2022-03-01"}), placed=False),
}
