"""Every route is asked what its OpenAPI says it takes, and what it does not: none fails, and all refuse in one form."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from api.accounts.staff import ROLES
from api.app import access_of
from api.problem_kinds import KINDS as PROBLEMS
from api.problems import MEDIA_TYPE, Problem
from tests.support.centre import World, make_world
from tests.support.citizens import add_app, add_citizen
from tests.support.databases import KINDS, Kind, addresses
from tests.support.matrix import name_of
from tests.support.platform import add_machine
from tests.support.staff import add_person

THOROUGH = settings().max_examples > 1000
EXAMPLES = 300 if THOROUGH else 6  # of each route, form and caller
SERVER_FAULT = 500


def calm(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


numbers = itertools.count()


def callers(world: World, operation: Any) -> list[dict[str, str]]:
    """The headers of one caller of each kind that the route is for, and of nobody."""
    access, bearers = access_to(world, operation), []
    if access in ("app", "citizen"):
        app = add_app(world)
        if access == "citizen":
            number = 1000 + next(numbers)  # a fresh one: so many codes a day for one person
            add_citizen(world, number)
            app.enter(number)
        session = {"Authorization": f"Bearer {app.bearer}"} if app.bearer else {}
        return [{}, {"X-App-Key": app.key, **session}]
    if access == "token":
        bearers = [world.agent(unit).bearer for unit in ("TYT-1", "BYT")]
    elif access == "platform":
        bearers = [add_machine(world).key]
    elif access != "public":  # a fresh person: log-out is among the routes
        roles = [role for role in ROLES if role != "signer"]  # with a signer's account agents would need theirs
        bearers = [add_person(world, f"p{next(numbers)}", "TYT-1", *roles).bearer]
    return [{}, *({"Authorization": f"Bearer {bearer}"} for bearer in bearers)]


def access_to(world: World, operation: Any) -> object:
    name = f"{operation.method.upper()} {operation.path}"
    return next(access_of(route) for route in world.client.app.routes if name_of(route) == name)  # type: ignore[attr-defined]


@contextmanager
def world_on(kind: Kind, folder: Path) -> Iterator[World]:
    with addresses(kind) as new:
        folder.mkdir()
        made = make_world(folder, address=new(folder))
        made.add_records(2)
        yield made
        made.engine.dispose()


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[dict[Kind, World]]:
    """One on each database that there is: what is made up for a route is asked of both."""
    with ExitStack() as stack:
        made: dict[Kind, World] = {}
        for kind in KINDS:
            with suppress(pytest.skip.Exception):
                made[kind] = stack.enter_context(world_on(kind, tmp_path / kind))
        yield made


@pytest.mark.parametrize("form", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
def test_whatever_comes_gets_an_answer_of_the_documented_form(worlds: dict[Kind, World], form: GenerationMode) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", worlds["sqlite"].client.app)
    asked = {kind: Counter[int]() for kind in worlds}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), "the OpenAPI document has a fault"
        with suppress(Unsatisfiable):  # it takes whatever comes: there is nothing invalid to send
            ask(worlds, found.ok(), form, asked)
    for answers in asked.values():
        assert answers[200] or form is GenerationMode.NEGATIVE
        assert answers[422]
        assert answers[401]


def ask(worlds: dict[Kind, World], operation: Any, form: GenerationMode, asked: dict[Kind, Counter[int]]) -> None:
    """The same examples of every caller, on every database."""
    called = [(kind, world, headers) for kind, world in worlds.items() for headers in callers(world, operation)]
    public = access_to(worlds["sqlite"], operation) == "public"
    numbers = itertools.count()

    @calm(EXAMPLES)
    @given(case=operation.as_strategy(generation_mode=form))
    def one(case: Any) -> None:
        first = next(numbers) == 0
        for kind, world, headers in called:
            if not (headers or public or first):
                continue  # nobody gets further than to 401: once is enough
            answer = case.call(headers=headers, app=world.client.app)
            where = f"{operation.method} {operation.path} on {kind}: {answer.status_code}"
            assert answer.status_code < SERVER_FAULT, where
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0] == MEDIA_TYPE, where
                assert Problem.model_validate_json(answer.content).code in PROBLEMS, where
            else:
                case.validate_response(answer)
            asked[kind][answer.status_code] += 1

    one()


def test_a_text_that_postgresql_cannot_keep_is_the_callers_fault(tmp_path: Path) -> None:
    with world_on("postgresql", tmp_path / "world") as world:
        answer = world.agent("TYT-1").post("/v1/signing/submit", {"lease_id": "a\x00b", "signed": [], "refused": []})
        assert (answer.status_code, answer.json()["code"]) == (422, "request-form")
