"""Who may look around in a demo."""

from datetime import date
from pathlib import Path

from api.accounts.second_factor import code_at
from api.signing.enrolment import add_unit
from tests.support.centre import World, make_world
from vaxseal.demo.guests import Guest, invite
from vaxseal.demo.province import MINISTRY, PROVINCE, STATIONS


def test_each_guest_gets_in_with_what_is_shown(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    for unit in (MINISTRY, *STATIONS):
        add_unit(
            world.engine,
            code=unit.code,
            name=unit.name,
            kind=unit.kind,
            province=PROVINCE,
            opened_on=date(2020, 1, 1),
            by="test",
            at=world.clock(),
        )
    guests = invite(world.centre)
    assert [log_in(world, guest) for guest in guests] == [["clerk"], ["police"], ["overseer"]]
    assert all(guest.password not in repr(guest) for guest in guests)


def log_in(world: World, guest: Guest) -> list[str]:
    body = {"account": guest.account, "password": guest.password, "code": code_at(guest.secret, world.clock())}
    answer = world.client.post("/v1/staff/login", json=body)
    assert answer.status_code == 200, answer.text
    roles: list[str] = answer.json()["roles"]
    return roles
