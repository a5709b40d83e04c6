"""The lists as files: what a web server, a CDN and a checker with little data may rely on."""

import hashlib
from typing import Any

import pytest

from api.audit import verify_log
from certificates.bundle_folder import MANIFEST, PARTS, folder_reader, install
from certificates.bundle_signing import Changes
from certificates.errors import CertificateError
from certificates.log_heads import is_ours, read_seen
from tests.support.centre import World
from tests.support.codes import AT
from tests.support.trust_lists import ROOTS

pytestmark = pytest.mark.both_databases

BUNDLE = "/v1/lists/bundle.cbor"


@pytest.fixture
def world(centre: World) -> World:
    centre.publish()
    return centre


def parts(world: World) -> list[str]:
    return sorted(path.name for path in (world.centre.settings.lists / PARTS).iterdir())


def test_the_manifest(world: World) -> None:
    answer = world.client.get(BUNDLE)
    assert answer.status_code == 200
    assert answer.content == (world.centre.settings.lists / MANIFEST).read_bytes()
    assert answer.headers["content-type"] == "application/cbor"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "public, max-age=300, must-revalidate"
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_part_never_changes(world: World) -> None:
    names = parts(world)
    assert len(names) == 2
    for name in names:
        answer = world.client.get(f"/v1/lists/parts/{name}")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == name
        assert answer.headers["content-type"] == "application/cbor"
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["etag"] == f'"{name}"'


def test_the_head_of_the_log_comes_with_the_lists(world: World) -> None:
    answer = world.client.get("/v1/lists/log-head.txt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    (seen,) = read_seen(answer.text)
    assert seen.given.head == verify_log(world.engine)
    assert is_ours(world.centre.secret, seen.given)
    assert (seen.centre, seen.seen_at) == (world.centre.settings.centre_url, world.clock())


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '{} , "other"', "*"])
def test_what_a_client_has_is_not_sent_again(world: World, form: str) -> None:
    for path in (BUNDLE, f"/v1/lists/parts/{parts(world)[0]}"):
        whole = world.client.get(path)
        answer = world.client.get(path, headers={"If-None-Match": form.format(whole.headers["etag"])})
        assert (answer.status_code, answer.content) == (304, b"")
        for name in ("etag", "cache-control"):
            assert answer.headers[name] == whole.headers[name]


@pytest.mark.parametrize("given", ['"other"', "", '"', "W/", '"*"'])
def test_another_tag_gets_the_file(world: World, given: str) -> None:
    assert world.client.get(BUNDLE, headers={"If-None-Match": given}).status_code == 200


def test_heads_without_bodies(world: World) -> None:
    for path in (BUNDLE, f"/v1/lists/parts/{parts(world)[0]}"):
        whole, head = world.client.get(path), world.client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("etag", "cache-control", "content-length", "content-type"):
            assert head.headers[name] == whole.headers[name], (path, name)
        assert world.client.head(path, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    "path", ["0" * 64, "A" * 64, "x", "..%2fbundle.cbor", "%2e%2e/bundle.cbor", "0" * 63 + "%00", "0" * 4000]
)
def test_what_is_not_published(world: World, path: str) -> None:
    answer = world.client.get(f"/v1/lists/parts/{path}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["code"] in ("list-missing", "not-found")


def test_before_the_first_list(centre: World) -> None:
    answer = centre.client.get(BUNDLE)
    assert (answer.status_code, answer.json()["code"]) == (404, "list-missing")
    assert centre.client.head(BUNDLE).status_code == 404


def test_a_checker_that_is_a_day_old_fetches_what_changed(world: World, tmp_path: Any) -> None:
    asked: list[str] = []

    def get(name: str, largest: int) -> bytes:
        asked.append(name)
        answer = world.client.get(f"/v1/lists/{name}")
        if answer.status_code != 200:
            raise CertificateError("list-missing")
        content: bytes = answer.content[: largest + 1]
        return content

    for day, changes in enumerate((None, Changes())):
        asked.clear()
        if changes is not None:
            world.clock.forward(days=1)
            world.publish(changes=changes)
        manifest = get(MANIFEST, 65_536)
        install(manifest, get, tmp_path / "mine", ROOTS, at=world.clock(), seen=day)
        assert len(asked) == (3 if day == 0 else 1)
    assert folder_reader(tmp_path / "mine")(MANIFEST, 65_536) == world.client.get(BUNDLE).content
    assert world.clock() > AT
