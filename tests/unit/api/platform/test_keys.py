"""Keys of the platform: shown once, kept as a hash, ended for good."""

import pytest
from sqlalchemy import select

from api.errors import CentreError
from api.platform.keys import add_key, find_platform, list_keys, revoke_key
from api.store.schema import audit
from api.store.schema_intake import platform_keys
from tests.support.centre import START, World
from tests.support.platform import add_machine, dose


def test_a_key_is_kept_as_a_hash(world: World) -> None:
    machine = add_machine(world)
    with world.engine.connect() as connection:
        row = connection.execute(select(platform_keys)).one()
        acts = connection.execute(select(audit.c.act, audit.c.subject)).all()
    assert machine.key.startswith("vxp_")
    assert machine.key.encode() not in row.key_hash
    assert ("platform-key-added", machine.key_id) in acts
    assert machine.key not in str(list_keys(world.engine))
    assert find_platform(world.engine, machine.key).actor == f"platform:{machine.key_id}@BYT"


def test_a_revoked_or_unknown_key_is_refused(world: World) -> None:
    machine = add_machine(world)
    assert machine.post(dose(1)).status_code == 200
    revoke_key(world.engine, machine.key_id, by="operator", at=START)
    for headers in ({}, {"Authorization": "Bearer vxp_x"}, {"Authorization": ""}):
        refused = machine.post(dose(1), name="request-2", **headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "platform-key-refused")
    (listed,) = list_keys(world.engine)
    assert (listed["revoked_by"], listed["unit"]) == ("operator", "BYT")
    with pytest.raises(CentreError, match="platform-key-unknown"):
        revoke_key(world.engine, machine.key_id, by="operator", at=START)


def test_no_other_bearer_opens_it_and_it_opens_nothing_else(world: World) -> None:
    machine = add_machine(world)
    agent = world.agent("TYT-1")
    assert machine.post(dose(1), Authorization=f"Bearer {agent.bearer}").status_code == 401
    agent.bearer = machine.key
    assert agent.post("/v1/signing/lease", {"layout": "x", "limit": 1}).status_code == 401


@pytest.mark.parametrize(("name", "unit", "code"), [("", "BYT", "platform-key-name"), ("x", "NO", "unit-unknown")])
def test_a_key_needs_a_name_and_a_unit(world: World, name: str, unit: str, code: str) -> None:
    with pytest.raises(CentreError, match=code):
        add_key(world.engine, name=name, unit=unit, by="operator", at=START)
