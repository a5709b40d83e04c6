"""Examples of the routes of identity."""

import base64
import itertools
from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import select, update

from api.accounts.staff import Staff
from api.identity.lists import ask_list, make_list
from api.signing.enrolment import add_unit, enrol_token
from api.states import RecordState
from api.store.records import write_versions
from api.store.schema import units
from api.store.transactions import writing
from certificates.records.model import IdKind
from certificates.signed_file import sign_file
from tests.support.centre import World, new_version
from tests.support.examples.example import Example, Request
from tests.support.police import add_account, fill
from tests.support.softkeys import make_key

_numbers = itertools.count(500_000)
_WHY: Final = {"purpose": "correction"}


def _mismatched(world: World, unit: str, state: RecordState = RecordState.MISMATCHED, **changes: Any) -> str:
    version = new_version(next(_numbers), unit=unit, state=state, at=world.clock())
    record = replace(version.record, person=replace(version.record.person, **changes))
    version = replace(version, record=record, reason="register-mismatch:date_of_birth", evidence=None)
    with writing(world.engine) as connection:
        write_versions(connection, [version], by="huong", why="import", at=world.clock())
    return record.record_id


def _about_record(world: World, unit: str) -> Request:
    return Request(path={"record_id": _mismatched(world, unit)}, body=_WHY)


def _foreigner(world: World, unit: str) -> Request:
    person = {"nationality": "DK", "id_kind": IdKind.PASSPORT, "id_number": f"{next(_numbers)}"}
    record_id = _mismatched(world, unit, RecordState.AWAITING_MATCH, **person)
    return Request(path={"record_id": record_id}, body={"document": "passport"})


def _dispute(world: World, unit: str) -> Request:
    return Request(path={"record_id": _mismatched(world, unit)}, body={"document": "id-card"})


def _ask(world: World, unit: str) -> Request:
    _mismatched(world, unit)
    return Request(body={"unit": unit})


def _make(world: World, unit: str, caller: Staff) -> Request:
    _mismatched(world, unit)
    there = replace(_clerk(unit), account=caller.account)
    return Request(body={"unit": unit, "export_id": ask_list(world.centre, unit, staff=there).export_id})


def _signed(world: World, unit: str) -> Request:
    record_id = _mismatched(world, unit)
    made = make_list(world.engine, unit, staff=_clerk(unit), at=world.clock(), only=[record_id])
    world.clock.forward(seconds=1)
    file, police = fill(made.file, {record_id: ("Đúng",)}), _police_of(world, unit)
    cms = sign_file(file, world.keys[police], account=police.lower(), at=world.clock())
    coded = [base64.b64encode(data).decode("ascii") for data in (file, cms)]
    return Request(body=dict(zip(("file", "signature"), coded, strict=True)))


def _withdraw(world: World, unit: str) -> Request:
    _mismatched(world, unit)
    made = make_list(world.engine, unit, staff=_clerk(unit), at=world.clock())
    return Request(path={"list_id": made.list_id}, body={"reason": "lost"})


def _clerk(unit: str) -> Staff:
    return Staff(account="vouching", unit=unit, roles=frozenset({"clerk"}))


def _police_of(world: World, unit: str) -> str:
    """The police beside a unit, below a commune of their own, with a token."""
    commune, police = f"XA-{unit}", f"CA-{unit}"
    with world.engine.connect() as connection:
        if connection.execute(select(units.c.code).where(units.c.code == police)).one_or_none():
            return police
    given: dict[str, Any] = {"province": "01", "opened_on": date(2020, 1, 1), "by": "test", "at": world.clock()}
    add_unit(world.engine, code=commune, name=commune, kind="committee", **given)
    add_unit(world.engine, code=police, name=police, kind="police", parent=commune, **given)
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code == unit).values(parent=commune))
    key = world.keys[police] = make_key("ES256", common_name=f"SPECIMEN {police}")
    enrol_token(world.engine, police, key.certificate_der, settings=world.centre.settings, by="test", at=world.clock())
    add_account(world.engine, police.lower(), police, "police")
    return police


EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/identity/records/{record_id}/compare": Example(_about_record),
    "POST /v1/identity/records/{record_id}/entries": Example(_about_record),
    "POST /v1/identity/records/{record_id}/attestation": Example(_foreigner),
    "POST /v1/identity/records/{record_id}/dispute": Example(_dispute),
    "POST /v1/identity/lists/ask": Example(_ask),
    "POST /v1/identity/lists": Example(by_caller=_make),
    "GET /v1/identity/lists": Example(lambda _world, unit: Request(params={"unit": unit})),
    "POST /v1/identity/lists/signed": Example(_signed),
    "POST /v1/identity/lists/{list_id}/withdraw": Example(_withdraw),
}
