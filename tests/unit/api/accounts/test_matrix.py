"""Every route as every role, at the person's own unit and at another one: nothing succeeds that should not."""

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from api.accounts.staff import ROLES, Role, Staff
from api.app import access_of
from api.web.door import COOKIE
from api.web.pages import LOG_IN, PageRoute
from tests.support.centre import World
from tests.support.examples import EXAMPLES, Request
from tests.support.matrix import PAGE, name_of, page_of
from tests.support.platform import add_machine
from tests.support.staff import add_person

OWN, FOREIGN = "TYT-1", "TYT-2"
REGISTER = "id,name,dob,sex,status\n"
UNDISCLOSED = {401, 403, 404}


@pytest.fixture
def world(make: Any, tmp_path: Path) -> World:
    """A centre with all that a deployment may have."""
    (tmp_path / "register.csv").write_text(REGISTER, "utf-8")
    made: World = make("two-tier", register_address=str(tmp_path / "register.csv"))
    return made


def call(world: World, name: str, request: Request, bearer: str | None) -> Any:
    """A bearer goes as programs send it; on pages as a browser does, which a refusal of nobody leads to the log-in."""
    method, path = name.split()
    page = is_page(world, name)
    headers = (
        {} if bearer is None else {"Cookie": f"{COOKIE}={bearer}"} if page else {"Authorization": f"Bearer {bearer}"}
    )
    headers |= {"Origin": "http://testserver"} if page else {}
    if "Cookie" in headers:
        headers["Cookie"] += "".join(f"; {key}={value}" for key, value in (request.cookies or {}).items())
    for key, value in (request.path or {}).items():
        path = path.replace(f"{{{key}}}", value)
    given: dict[str, Any] = {"params": dict(request.params or {}), "headers": headers}
    if request.content is not None:
        given["content"] = request.content
    elif page:
        given |= {"data": request.form, "files": request.files, "follow_redirects": False}
    elif method != "GET":
        given["json"] = {} if request.body is None else request.body
    answer = world.client.request(method, path, **given)
    world.client.cookies.clear()  # a page that opens a session leaves it to nobody
    if page and answer.headers.get("location", "").startswith(f"{LOG_IN}?next="):
        answer.status_code = 401
    return answer


def is_page(world: World, name: str) -> bool:
    return name in pages_of(world.client.app)


@lru_cache(maxsize=1)
def pages_of(app: FastAPI) -> frozenset[str]:
    return frozenset(name_of(route) for route in app.routes if isinstance(route, PageRoute))


def staff_routes(world: World) -> dict[str, frozenset[Role]]:
    found = {name_of(route): access_of(route) for route in world.client.app.routes}  # type: ignore[attr-defined]
    return {name: access for name, access in found.items() if isinstance(access, frozenset)}


def test_every_route_of_the_staff_has_an_example(world: World) -> None:
    assert set(staff_routes(world)) == set(EXAMPLES)


def test_the_page_is_that_of_the_service(world: World) -> None:
    app = world.client.app
    assert isinstance(app, FastAPI)
    assert page_of(app) == PAGE.read_text("utf-8"), "run python -m tests.support.matrix"


def test_nothing_succeeds_that_should_not(world: World) -> None:
    others = (None, world.agent(OWN).bearer, add_machine(world, OWN).key)
    people = {role: add_person(world, role, OWN, role) for role in ROLES}
    stranger = Staff(account="nobody", unit=OWN, roles=frozenset())
    cells: Counter[str] = Counter()
    unexpected: list[str] = []
    useless: list[str] = []
    for name, allowed in staff_routes(world).items():
        example = EXAMPLES[name]
        for unit in (OWN, FOREIGN) if example.placed else (OWN,):
            given = example.request(world, unit, stranger)  # one for all who shall not get as far as to it
            for bearer in others:
                cells["refused"] += 1
                answer = call(world, name, given, bearer)
                if answer.status_code != 401:
                    unexpected.append(f"{name} without an account: {answer.status_code}")
            for role, person in people.items():
                if role in allowed:
                    given = example.request(world, unit, person.staff)
                answer = call(world, name, given, person.bearer)
                if role in allowed and unit == OWN:
                    cells["allowed"] += 1
                    fine = answer.status_code < 300 or (answer.status_code == 303 and is_page(world, name))
                    useless += [] if fine else [f"{name} as {role}: {answer.status_code} {answer.text}"]
                    continue
                cells["refused"] += 1
                wanted = {403} if role not in allowed else UNDISCLOSED
                if answer.status_code not in wanted:
                    unexpected.append(f"{name} as {role} at {unit}: {answer.status_code} {answer.text}")
        if name.endswith(("/logout", "/password")):
            people = {role: add_person(world, f"{role}.{sum(cells.values())}", OWN, role) for role in ROLES}
    assert unexpected == []
    assert useless == [], "an example that fails at home shows nothing"
    assert cells["refused"] > cells["allowed"] > 0


def test_the_routes_of_tokens_and_machines_take_no_account(world: World) -> None:
    bearers = [add_person(world, role, OWN, role).bearer for role in ROLES]
    agent = world.agent(FOREIGN).bearer
    keys = {"token": add_machine(world, OWN).key, "platform": agent, "app": agent, "citizen": agent}
    tried = Counter[object]()
    for route in world.client.app.routes:  # type: ignore[attr-defined]
        access = access_of(route)
        if access in keys:
            tried[access] += 1
            for bearer in (None, *bearers, keys[access]):
                assert call(world, name_of(route), Request(), bearer).status_code == 401
    assert set(tried) == set(keys)
