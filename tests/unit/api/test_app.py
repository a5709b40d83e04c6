import ast
import json
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy import text
from structlog.testing import capture_logs

import api
from api.app import PUBLIC, create_app
from api.errors import CentreError
from api.passports import routes as passport_routes
from tests.support.centre import World

PROTECTED = {"/v1/signing/lease", "/v1/signing/submit"}


def problem(response: object, status: int, code: str) -> dict[str, object]:
    assert response.status_code == status  # type: ignore[attr-defined]
    assert response.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    body: dict[str, object] = response.json()  # type: ignore[attr-defined]
    assert body["type"] == f"urn:vaxseal:problem:{code}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_every_route_is_listed_here(world: World) -> None:
    """A new route must be put into one of the two lists by hand: public, or for a logged-in token."""
    paths = {getattr(route, "path", "") for route in world.client.app.routes}  # type: ignore[attr-defined]
    assert paths == PUBLIC | PROTECTED


def test_every_protected_route_refuses_without_a_bearer(world: World) -> None:
    for path in PROTECTED:
        for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}):
            assert world.client.post(path, json={}, headers=headers).status_code == 401


def test_the_documents_name_every_route(world: World) -> None:
    described = world.client.get("/openapi.json").json()["paths"]
    routes = world.client.app.routes  # type: ignore[attr-defined]
    assert set(described) == {route.path for route in routes if isinstance(route, APIRoute)}
    assert described["/v1/signing/lease"]["post"]["security"]


def test_nothing_loads_from_elsewhere(world: World) -> None:
    problem(world.client.get("/docs"), 404, "not-found")
    problem(world.client.get("/redoc"), 404, "not-found")


def test_an_open_route_keeps_the_service_from_starting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()

    @router.post("/v1/sign")
    def sign() -> None:
        """What must never be."""

    monkeypatch.setattr(passport_routes, "router", router)
    with pytest.raises(CentreError, match="/v1/sign"):
        create_app(world.centre)


def test_no_module_of_the_service_can_sign() -> None:
    """The service holds no key: nothing in it calls ``sign``, loads a private key, or knows of tokens' drivers."""
    root = Path(api.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called not in ("sign", "build_cms"), path
                assert "private_key" not in called, path
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
                assert not any(name.split(".")[0] in ("hsm", "pkcs11") for name in names), path


def test_every_error_is_a_problem(world: World) -> None:
    client = world.client
    problem(client.get("/nothing"), 404, "not-found")
    problem(client.get("/v1/auth/login"), 405, "method-not-allowed")
    assert client.get("/v1/auth/login").headers["allow"] == "POST"
    problem(client.post("/v1/auth/login", content=b"{"), 422, "request-form")
    problem(client.post("/v1/auth/login", content=b"\xff\xfe"), 422, "request-form")
    body = problem(client.post("/v1/auth/login", json={"challenge_id": "x" * 65}), 422, "request-form")
    assert body["fields"] == ["challenge_id", "signature"]


def test_a_problem_repeats_no_value(world: World) -> None:
    response = world.client.post(
        "/v1/citizen/passport", json={"certificate_code": "x", "date_of_birth": "born on the fourth of July"}
    )
    assert "July" not in response.text


def test_language(world: World) -> None:
    assert world.client.get("/x").json()["title"] == "Không có địa chỉ này"
    english = world.client.get("/x", headers={"Accept-Language": "en"})
    assert english.json()["title"] == "No such address"
    assert english.headers["content-language"] == "en"


def test_large_requests(world: World) -> None:
    large = b"x" * (world.centre.settings.largest_request + 1)
    problem(world.client.post("/v1/auth/login", content=large), 413, "request-too-large")
    problem(world.client.post("/v1/auth/login", content=iter([large[:-1], b"xx"])), 413, "request-too-large")
    problem(
        world.client.post("/v1/auth/login", content=b"x", headers={"Content-Length": "-1"}), 413, "request-too-large"
    )


def test_an_unforeseen_failure_tells_nothing(world: World) -> None:
    with world.engine.connect() as connection:
        connection.execute(text("DROP TABLE challenges"))
        connection.commit()
    body = {"fingerprint": "A" * 43 + "=", "account": "secret.name"}
    with capture_logs() as logs:
        response = world.client.post("/v1/auth/challenge", json=body)
    problem(response, 503, "unavailable")
    assert "challenges" not in response.text
    assert "secret.name" not in json.dumps(logs)


def test_health(world: World) -> None:
    assert world.client.get("/healthz").json() == {"status": "ok"}
    with world.engine.connect() as connection:
        connection.execute(text("DROP TABLE tokens"))
        connection.execute(text("DROP TABLE units"))
        connection.commit()
    problem(world.client.get("/healthz"), 503, "unavailable")


def test_the_log_holds_routes_only(world: World) -> None:
    with capture_logs() as logs:
        world.client.get("/v1/citizen/001180000001?name=Hanh")
        world.client.post("/v1/citizen/passport?name=Hanh", json={"certificate_code": "a", "date_of_birth": "1980"})
    assert [(entry["path"], entry["status"]) for entry in logs] == [(None, 404), ("/v1/citizen/passport", 404)]
    assert "Hanh" not in json.dumps(logs)
    assert "1980" not in json.dumps(logs)


def test_answers_are_not_kept_by_others(world: World) -> None:
    for response in (world.client.get("/healthz"), world.client.get("/nothing")):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"


def test_open_routes_are_limited(make: object) -> None:
    world: World = make("two-tier")  # type: ignore[operator]
    world.client.app.state.rate_limit._per_minute = 3  # type: ignore[attr-defined]
    body = {"certificate_code": "a", "date_of_birth": "1980"}
    for _ in range(3):
        problem(world.client.post("/v1/citizen/passport", json=body), 404, "passport-not-found")
    response = world.client.post("/v1/citizen/passport", json=body)
    problem(response, 429, "too-many-requests")
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert world.client.get("/healthz").status_code == 200


def test_an_error_of_our_own_answers_500(world: World) -> None:
    world.clock.now = None  # type: ignore[assignment]
    body = {"fingerprint": "A" * 43 + "=", "account": "a"}
    with capture_logs() as logs:
        response = world.client.post("/v1/auth/challenge", json=body)
    problem(response, 500, "internal")
    assert "TypeError" not in response.text
    assert logs[0]["kind"] == "TypeError"
