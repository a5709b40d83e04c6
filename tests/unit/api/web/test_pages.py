import re
from pathlib import Path

from fastapi.testclient import TestClient

from tests.support.centre import World


def test_a_page_loads_nothing_from_elsewhere(world: World) -> None:
    page = world.client.get("/look")
    assert page.status_code == 200
    policies = page.headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert "unsafe" not in policies[0]
    assert "http" not in policies[0]
    assert "style=" not in page.text
    assert "<script>" not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_an_error_is_a_page_in_the_readers_language(world: World) -> None:
    answer = TestClient(world.client.app).post("/language", headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "Open the page of this service in your browser" in answer.text


def test_files(world: World) -> None:
    first = world.client.get("/static/look.css")
    assert first.headers["content-type"].startswith("text/css")
    again = world.client.get("/static/look.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert world.client.get("/static/mark.svg").headers["content-type"] == "image/svg+xml"
    assert world.client.get("/static/nothing.css").status_code == 404


def test_the_desk_has_the_same_colours_and_type() -> None:
    """It stands in a room of its own, which may not read this one."""
    root = Path(__file__).parents[4]
    look, desk = (
        re.findall(r":root \{.*?\n(?=\*)", (root / file).read_text("utf-8"), re.DOTALL)
        for file in ("api/web/static/look.css", "signer/desk/pages/desk.css")
    )
    assert look == desk != []
