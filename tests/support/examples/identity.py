"""Examples of the routes of identity: questions to the register, attestations, lists for police."""

import base64
import itertools
from dataclasses import replace
from datetime import date
from typing import Final

from sqlalchemy import update

from api.accounts.staff import Staff
from api.identity.lists import MadeList, make_list
from api.signing.enrolment import add_unit, enrol_token
from api.states import RecordState
from api.store.records import write_versions
from api.store.schema_worklists import work_items
from api.store.transactions import writing
from certificates.records.model import IdKind
from certificates.signed_file import sign_file
from tests.support.centre import World, new_version
from tests.support.examples.example import Example, Request
from tests.support.softkeys import make_key
from tests.support.staff import add_person

_numbers = itertools.count(900_000)


def _question(world: World, unit: str) -> Request:
    (record_id,) = world.add_records(1, unit=unit, state=RecordState.MISMATCHED)
    return Request(path={"record_id": record_id}, body={"purpose": "correction"})


def _attestation(world: World, unit: str) -> Request:
    number = next(_numbers)
    version = new_version(number, unit=unit, state=RecordState.AWAITING_MATCH, at=world.clock())
    person = replace(version.record.person, nationality="DK", id_kind=IdKind.PASSPORT, id_number=f"{number}123")
    version = replace(version, record=replace(version.record, person=person), evidence=None, person_key=f"P:{number}")
    with writing(world.engine) as connection:
        write_versions(connection, [version], by="test", why="test", at=world.clock())
    return Request(path={"record_id": version.record.record_id}, body={"document": "passport"})


def _give_to_police(world: World, unit: str) -> None:
    world.add_records(1, unit=unit, state=RecordState.MISMATCHED)
    with writing(world.engine) as connection:
        connection.execute(update(work_items).where(work_items.c.unit == unit).values(desk="police"))


def _ask_for_list(world: World, unit: str) -> Request:
    _give_to_police(world, unit)
    return Request(body={"unit": unit})


def _list(world: World, unit: str) -> MadeList:
    _give_to_police(world, unit)
    staff = Staff(account="example", unit=unit, roles=frozenset({"clerk"}))
    return make_list(world.engine, unit, staff=staff, at=world.clock())


def _withdraw(world: World, unit: str) -> Request:
    return Request(path={"list_id": _list(world, unit).list_id}, body={"reason": "lost"})


def _signed(world: World, unit: str) -> Request:
    file, code = _list(world, unit).file, f"CA-{next(_numbers)}"
    key = make_key("ES256", common_name=f"SPECIMEN {code}")
    add_unit(
        world.engine,
        code=code,
        name=code,
        kind="police",
        province="01",
        parent=unit,
        opened_on=date(2020, 1, 1),
        by="test",
        at=world.clock(),
    )
    enrol_token(world.engine, code, key.certificate_der, settings=world.centre.settings, by="test", at=world.clock())
    account = add_person(world, f"police.{code}", code, "police").account
    cms = sign_file(file, key, account=account, at=world.clock())
    return Request(
        body={"file": base64.b64encode(file).decode("ascii"), "signature": base64.b64encode(cms).decode("ascii")}
    )


EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/identity/records/{record_id}/compare": Example(_question),
    "POST /v1/identity/records/{record_id}/entries": Example(_question),
    "POST /v1/identity/records/{record_id}/attestation": Example(_attestation),
    "POST /v1/identity/lists": Example(_ask_for_list),
    "GET /v1/identity/lists": Example(lambda _world, unit: Request(params={"unit": unit})),
    "POST /v1/identity/lists/signed": Example(_signed),
    "POST /v1/identity/lists/{list_id}/withdraw": Example(_withdraw),
}
