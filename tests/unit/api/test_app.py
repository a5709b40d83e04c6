import ast
import dataclasses
import json
import threading
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import text
from structlog.testing import capture_logs

import api
from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.app import PUBLIC, access_of, create_app
from api.auth import Session, require_session
from api.context import Centre
from api.errors import CentreError
from api.limits import RateLimit
from api.passports import routes as passport_routes
from tests.support.centre import World

LOOKING = {"/v1/citizen/enter/send-code", "/v1/citizen/enter/slip", "/v1/counter/look-up"}
ENTRY = {"/v1/platform/doses", "/v1/vaccination-sessions/{session_id}/people"}
PROTECTED = {
    "/v1/audit/checkpoints",
    "/v1/ministry/files",
    "/v1/ministry/files/missing",
    "/v1/ministry/files/read",
    "/v1/ministry/lists/draft",
    "/v1/ministry/lists/publish",
    "/v1/ministry/lists/state",
    "/v1/ministry/units",
    "/v1/ministry/units/newest",
    "/v1/audit/rows",
    "/v1/signing/lease",
    "/v1/signing/submit",
    "/v1/stations/not-ready",
}


def problem(response: object, status: int, code: str) -> dict[str, object]:
    assert response.status_code == status  # type: ignore[attr-defined]
    assert response.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    body: dict[str, object] = response.json()  # type: ignore[attr-defined]
    assert body["type"] == f"urn:vaxseal:problem:{code}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_the_service_asks_the_authorities_by_itself(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def asking(_centre: Centre, *, due_only: bool) -> object:
        asked.set()
        assert due_only
        raise CentreError("authorities-file")  # ends no thread

    monkeypatch.setattr("api.background.recheck", asking)
    settings = world.centre.settings.model_copy(update={"unit_ca_roots": tmp_path})
    with TestClient(create_app(dataclasses.replace(world.centre, settings=settings))) as client:
        assert asked.wait(10)
        assert client.get("/healthz").status_code == 200


def test_every_route_is_listed_here(world: World) -> None:
    """A new route must be put into one of the two lists by hand, public or for a logged-in token; or it names roles."""
    paths: dict[object, set[str]] = {"public": set(), "token": set()}
    for route in world.client.app.routes:  # type: ignore[attr-defined]
        paths.setdefault(access_of(route), set()).add(route.path)
    assert paths["public"] == PUBLIC
    assert paths["token"] == PROTECTED


def test_every_protected_route_refuses_without_a_bearer(world: World) -> None:
    for path in PROTECTED:
        for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}):
            assert world.client.post(path, json={}, headers=headers).status_code == 401


def test_the_documents_name_every_route_but_pages(world: World) -> None:
    described = world.client.get("/openapi.json").json()["paths"]
    routes = [route for route in world.client.app.routes if isinstance(route, APIRoute)]  # type: ignore[attr-defined]
    programs = {route.path for route in routes if route.path.startswith("/v1/") and route.methods != {"HEAD"}}
    assert set(described) == {"/healthz", "/readyz", *programs}
    assert described["/v1/signing/lease"]["post"]["security"]


def test_no_route_takes_anything_to_be_signed(world: World) -> None:
    """What is signed comes from stored, verified records. No caller hands in a message, a hash or content for it."""
    document = world.client.get("/openapi.json").json()
    asked: dict[str, set[str]] = {}
    for path, methods in document["paths"].items():
        for method in methods.values():
            names = {parameter["name"] for parameter in method.get("parameters", ())}
            for content in method.get("requestBody", {}).get("content", {}).values():
                names |= _fields(content["schema"], document)
            asked[path] = names
    assert asked["/v1/signing/submit"] >= {"lease_id", "signed", "job_id", "reason"}
    forbidden = {
        "message",
        "tbs",
        "to_be_signed",
        "hash",
        "digest",
        "payload",
        "claims",
        "nam",
        "fn",
        "uvci",
    }
    # A person's name comes in where doses are entered: the register answers about it before anything is signed; and
    # where somebody is looked for.
    naming = ENTRY | LOOKING
    assert {path for path, names in asked.items() if "full_name" in names} == naming
    forbidden |= {"full_name"}
    assert {path: names & forbidden for path, names in asked.items() if path not in naming and names & forbidden} == {}
    assert all(asked[path] & forbidden == {"full_name"} for path in ENTRY)


def _fields(schema: dict[str, Any], document: dict[str, Any]) -> set[str]:
    """The names of all fields that a schema asks for, nested ones too."""
    if "$ref" in schema:
        return _fields(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document)
    names = set(schema.get("properties", {}))
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    if "items" in schema:
        inner.append(schema["items"])
    return names.union(*(_fields(each, document) for each in inner))


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


def test_a_route_of_two_minds_keeps_the_service_from_starting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()

    @router.post("/v1/both")
    def both(
        _session: Annotated[Session, Depends(require_session)],
        _staff: Annotated[Staff, Depends(require_staff("clerk"))],
    ) -> None:
        """Whose is it?"""

    monkeypatch.setattr(passport_routes, "router", router)
    with pytest.raises(CentreError, match="/v1/both"):
        create_app(world.centre)


def test_a_guard_without_a_role_is_no_guard() -> None:
    with pytest.raises(ValueError, match="names its roles"):
        require_staff()


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
    assert response.headers["retry-after"] == "5"
    assert "challenges" not in response.text
    assert "secret.name" not in json.dumps(logs)


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


def test_browsers_come_back_by_https_alone_where_they_came_by_it(world: World) -> None:
    assert "strict-transport-security" not in world.client.get("/healthz").headers
    secure = world.client.get("https://testserver/healthz")
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


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


def test_one_network_is_one_client() -> None:
    """Whoever has an IPv6 address has at least 2^64 of them."""
    limit = RateLimit(1)
    limit.count("2001:db8:1:2::1")
    with pytest.raises(CentreError, match="too-many-requests"):
        limit.count("2001:db8:1:2:ffff::2")
    for other in ("2001:db8:1:3::1", "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.3", "::ffff:192.0.2.4", "name", ""):
        limit.count(other)
    with pytest.raises(CentreError, match="too-many-requests"):
        limit.count("::ffff:192.0.2.1")


def test_an_error_of_our_own_answers_500(world: World) -> None:
    world.clock.now = None  # type: ignore[assignment]
    body = {"fingerprint": "A" * 43 + "=", "account": "a"}
    with capture_logs() as logs:
        response = world.client.post("/v1/auth/challenge", json=body)
    problem(response, 500, "internal")
    assert "TypeError" not in response.text
    assert logs[0]["kind"] == "TypeError"


def test_a_slash_too_many_is_another_address(world: World) -> None:
    """No redirect: its target would be made of what the caller wrote into Host."""
    answer = world.client.post("/v1/citizen/passport/", json={}, follow_redirects=False)
    problem(answer, 404, "not-found")


def test_the_documents_tell_the_truth_about_errors(world: World) -> None:
    """Every route answers errors as problem+json, and the documents say so with the problem's own fields."""
    described = world.client.get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(described)
    answer = world.client.post("/v1/auth/login", json={"challenge_id": "x"})
    for methods in described["paths"].values():
        for operation in methods.values():
            errors = {status: one for status, one in operation["responses"].items() if status not in ("200", "304")}
            assert set(errors) == {"default"}
            ((media, body),) = errors["default"]["content"].items()
            assert media == answer.headers["content-type"]
            assert set(body["schema"]["properties"]) == set(answer.json())


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "X"])
def test_other_methods(world: World, method: str) -> None:
    for path in PROTECTED | (PUBLIC - {"/openapi.json"}):
        if method == "HEAD" and path.startswith("/v1/lists/"):
            continue
        answer = world.client.request(method, path)
        assert answer.status_code == 405, path
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"lease_id": ' + b"1" * 6000 + b"}",
        b'{"lease_id": "\\ud800", "signed": [], "refused": []}',
        b'{"lease_id": "x", "signed": [{"a": ' + b"[" * 3000 + b"]" * 3000 + b'}], "refused": []}',
        b'{"lease_id": "x", "signed": [], "refused": [{"job_id": "\\ud800", "reason": "x"}]}',
    ],
)
def test_bodies_that_are_no_request(world: World, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {world.agent('TYT-1').bearer}", "Content-Type": "application/json"}
    problem(world.client.post("/v1/signing/submit", content=body, headers=headers), 422, "request-form")


def test_a_body_of_another_type(world: World) -> None:
    body = json.dumps({"fingerprint": "A" * 43 + "=", "account": "a"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = world.client.post("/v1/auth/challenge", content=body, headers={"Content-Type": kind})
        problem(answer, 422, "request-form")
