"""The scanner's page as it is served: its own policy, nothing sent twice, and a clear word where there is none."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from api.checkers.scanner import ScannerPage
from certificates.errors import CheckReason
from certificates.other_codes import OtherCode
from tests.support.centre import World
from tests.support.trust_lists import ROOT

PAGE = b"<!doctype html><title>Scanner</title>"
SCRIPT = b"export const one = 1;\n" * 20


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    for name, data in {"index.html": PAGE, "app.js": SCRIPT, "sw.js": b"work();", "notes.txt": b"-"}.items():
        (folder / name).write_bytes(data)
    (folder / "app.js.gz").write_bytes(gzip.compress(SCRIPT))
    return folder


@pytest.fixture
def world(centre: World, dist: Path) -> World:
    centre.client.app.state.scanner = ScannerPage(centre.centre.settings, dist)  # type: ignore[attr-defined]
    return centre


def test_the_page_says_what_a_browser_may_do_with_it(world: World) -> None:
    answer = world.client.get("/scan")
    assert (answer.status_code, answer.content) == (200, PAGE)
    rules = answer.headers.get_list("content-security-policy")
    assert len(rules) == 1
    assert rules[0].startswith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; ")
    assert "require-trusted-types-for 'script'" in rules[0]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "http:", "https:"} & set(rules[0].split())
    assert answer.headers["permissions-policy"] == "camera=(self), microphone=(), geolocation=()"
    assert answer.headers["x-content-type-options"] == "nosniff"
    others = world.client.get("/healthz")
    assert others.headers.get_list("content-security-policy") == ["default-src 'none'; frame-ancestors 'none'"]


def test_files_are_packed_and_not_sent_twice(world: World) -> None:
    answer = world.client.get("/scan/app.js", headers={"Accept-Encoding": "gzip"})
    assert answer.content == SCRIPT  # the client unpacked it
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(SCRIPT)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = world.client.get("/scan/app.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] == answer.headers["etag"] == f'"{hashlib.sha256(SCRIPT).hexdigest()}"'
    again = world.client.get("/scan/app.js", headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_only_files_of_the_page_are_given(world: World) -> None:
    for name in ("notes.txt", "app.js.gz", "..%2Fpackage.json", "nothing.js"):
        answer = world.client.get(f"/scan/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_service_worker_is_told_what_to_keep(world: World) -> None:
    answer = world.client.get("/scan/sw.js")
    assert answer.headers["service-worker-allowed"] == "/scan"
    announced, _, rest = answer.text.partition(";\n")
    kept = json.loads(announced.removeprefix("self.KEPT="))
    assert rest == "work();"
    assert kept["app.js"] == hashlib.sha256(SCRIPT).hexdigest()
    assert sorted(kept) == ["app.js", "index.html", "setup.json"]


def setup_of(world: World) -> dict[str, Any]:
    answer: dict[str, Any] = world.client.get("/scan/setup.json").json()
    return answer


def test_what_the_page_is_told_of_its_deployment(world: World, dist: Path, tmp_path: Path) -> None:
    roots = tmp_path / "root.pem"
    roots.write_bytes(x509.load_der_x509_certificate(ROOT.certificate_der).public_bytes(Encoding.PEM))
    settings = world.centre.settings.model_copy(update={"list_roots": roots, "list_max_age_days": 3})
    world.client.app.state.scanner = ScannerPage(settings, dist)  # type: ignore[attr-defined]
    said = setup_of(world)
    assert [base64.b64decode(root) for root in said["roots"]] == [ROOT.certificate_der]
    assert said["limits"] == {"warn": 24 * 3_600_000, "refuse": 72 * 3_600_000}
    assert said["reasons"].keys() == {reason.value for reason in CheckReason}
    assert said["others"].keys() == {kind.value for kind in OtherCode}
    assert said["products"]["EU/1/20/1528"] == "Comirnaty"


@pytest.mark.parametrize("name", [None, "nothing.pem"])
def test_without_a_root_that_can_be_read_the_page_believes_nobody(
    world: World, dist: Path, tmp_path: Path, name: str | None
) -> None:
    settings = world.centre.settings.model_copy(update={"list_roots": name and tmp_path / name})
    world.client.app.state.scanner = ScannerPage(settings, dist)  # type: ignore[attr-defined]
    with capture_logs() as logs:
        assert setup_of(world)["roots"] == []
    assert {"event": "scanner-without-root", "code": "lists-roots", "log_level": "error"} in logs


def test_without_a_page_people_are_told_what_helps(world: World, tmp_path: Path) -> None:
    world.client.app.state.scanner = ScannerPage(world.centre.settings, tmp_path / "nothing")  # type: ignore[attr-defined]
    answer = world.client.get("/scan")
    assert answer.status_code == 503
    assert "chưa được dựng" in answer.text
    assert "make setup" in answer.text
    assert world.client.get("/scan/app.js").status_code == 404
