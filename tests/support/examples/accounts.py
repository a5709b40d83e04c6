"""Examples of the staff's own routes."""

import base64
import itertools
from datetime import date
from typing import Final

from api.accounts.exports import request_export
from api.accounts.proposals import propose_token, propose_unit
from api.accounts.staff import Staff
from api.signing.enrolment import NewUnit
from tests.support.centre import World
from tests.support.examples.example import Example, Request, nothing
from tests.support.softkeys import make_key


def _read(world: World, unit: str) -> Request:
    (record_id,) = world.add_records(1, unit=unit)
    return Request(body={"record_id": record_id, "purpose": "audit"})


def _approve_export(world: World, unit: str) -> Request:
    other = Staff(account="other", unit=unit, roles=frozenset({"clerk"}))
    export = request_export(world.centre, other, kind="work-list", unit=unit, persons=500)
    return Request(body={"export_id": export.export_id})


_numbers = itertools.count()


def _propose_unit(_world: World, unit: str) -> Request:
    code = f"NEW-{next(_numbers)}"
    body = {"code": code, "name": "Trạm", "kind": "station", "province": "01", "opened_on": "2022-01-01"}
    return Request(body={**body, "parent": unit})


def _propose_token(_world: World, unit: str) -> Request:
    return Request(body={"unit": unit, "certificate": base64.b64encode(_certificate()).decode("ascii")})


def _decide_unit(world: World, unit: str) -> Request:
    new = NewUnit(
        code=f"NEW-{next(_numbers)}",
        name="Trạm",
        kind="station",
        province="01",
        opened_on=date(2022, 1, 1),
        parent=unit,
    )
    return Request(body={"proposal_id": propose_unit(world.centre, new, by="root").proposal_id})


def _decide_token(world: World, unit: str) -> Request:
    made = propose_token(world.centre, unit, _certificate(), by="root")
    return Request(body={"proposal_id": made.proposal_id})


def _certificate() -> bytes:
    return make_key("ES256", common_name=f"SPECIMEN {next(_numbers)}").certificate_der


EXAMPLES: Final[dict[str, Example]] = {
    "GET /v1/staff/me": Example(nothing, placed=False),
    "POST /v1/staff/logout": Example(nothing, placed=False),
    "POST /v1/staff/records/read": Example(_read),
    "GET /v1/staff/exports/waiting": Example(nothing, placed=False),
    "POST /v1/staff/exports/approve": Example(_approve_export),
    "GET /v1/staff/proposals": Example(nothing, placed=False),
    "POST /v1/staff/proposals/unit": Example(_propose_unit),
    "POST /v1/staff/proposals/token": Example(_propose_token),
    "POST /v1/staff/proposals/approve": Example(_decide_token),
    "POST /v1/staff/proposals/reject": Example(_decide_unit),
    "GET /v1/staff/own-entries": Example(lambda _world, _unit: Request(params={"since": "2022-03-01"}), placed=False),
    "GET /v1/staff/exports/counts": Example(lambda _world, _unit: Request(params={"day": "2022-03-01"}), placed=False),
}
