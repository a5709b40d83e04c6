from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.web.door import own_path
from tests.support.centre import World, make_world
from tests.support.staff import PASSWORD, Person, add_person

ORIGIN = {"Origin": "http://testserver"}


def log_in(world: World, person: Person, **given: str) -> TestClient:
    """A browser in which the person logged in."""
    browser = TestClient(world.client.app, follow_redirects=False)
    form = {"account": person.account, "password": PASSWORD, "code": person.code, "next": "/staff", **given}
    browser.answer = browser.post("/staff/login", data=form, headers=ORIGIN)  # type: ignore[attr-defined]
    return browser


def test_in_and_out(world: World) -> None:
    person = add_person(world, "an", "TYT-1", "clerk")
    browser = log_in(world, person)
    answer = browser.answer  # type: ignore[attr-defined]
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie  # no TLS here
    home = browser.get("/staff")
    assert (home.status_code, "an · TYT-1" in home.text) == (200, True)
    assert browser.post("/staff/logout", headers=ORIGIN).headers["location"] == "/staff/login"
    assert browser.get("/staff").headers["location"] == "/staff/login?next=/staff"


def test_over_tls_the_cookie_stays_there(world: World) -> None:
    person = add_person(world, "an", "TYT-1", "clerk")
    browser = TestClient(world.client.app, base_url="https://vaxseal.test", follow_redirects=False)
    form = {"account": "an", "password": PASSWORD, "code": person.code}
    answer = browser.post("/staff/login", data=form, headers={"Origin": "https://vaxseal.test"})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_what_was_wrong_is_told_and_the_name_stays(world: World) -> None:
    person = add_person(world, "an", "TYT-1", "clerk")
    answer = log_in(world, person, password="wrong").answer  # type: ignore[attr-defined]
    assert answer.status_code == 403
    assert 'value="an"' in answer.text
    assert "wrong" not in answer.text
    assert "Đăng nhập không thành công" in answer.text


def test_a_bearer_of_nobody(world: World) -> None:
    browser = TestClient(world.client.app, follow_redirects=False, cookies={"staff": "x"})
    assert browser.get("/staff").headers["location"] == "/staff/login?next=/staff"


@pytest.mark.parametrize("origin", [None, "null", "http://elsewhere", "http://testserver.elsewhere", "https://"])
def test_nothing_is_sent_from_another_site(world: World, origin: str | None) -> None:
    person = add_person(world, "an", "TYT-1", "clerk")
    browser = log_in(world, person)
    answer = browser.post("/staff/logout", headers={} if origin is None else {"Origin": origin})
    assert answer.status_code == 403
    assert "page-origin" in answer.text
    assert browser.get("/staff").status_code == 200


@pytest.mark.parametrize("path", ["//elsewhere", "https://elsewhere", "/\\elsewhere", "elsewhere", "/" + "a" * 500, ""])
def test_the_log_in_leads_nowhere_else(path: str) -> None:
    assert own_path(path, "/staff") == "/staff"
    assert own_path("/work/list", "/staff") == "/work/list"


def test_another_language(world: World) -> None:
    browser = TestClient(world.client.app, follow_redirects=False)
    assert 'lang="vi"' in browser.get("/staff/login").text
    answer = browser.post("/language", data={"language": "en", "next": "/staff/login"}, headers=ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/login")
    page = browser.get("/staff/login")
    assert (page.headers["content-language"], "Log in" in page.text) == ("en", True)
    assert browser.post("/language", data={"language": "fr"}, headers=ORIGIN).status_code == 422


def test_forms_are_bounded(world: World, tmp_path: Path) -> None:
    browser = TestClient(world.client.app, follow_redirects=False)
    for form in ({"account": "a" * 300}, {"password": "a" * 300}, {f"f{i}": "" for i in range(300)}):
        assert browser.post("/staff/login", data=form, headers=ORIGIN).status_code == 422
    broken = {**ORIGIN, "Content-Type": "multipart/form-data; boundary=x"}
    assert browser.post("/staff/login", content=b"--y\r\n", headers=broken).status_code == 422
    answer = browser.post("/staff/login", files={"account": b"a file"}, headers=ORIGIN)
    assert answer.status_code == 422


def test_another_password_ends_the_other_sessions(world: World) -> None:
    person = add_person(world, "an", "TYT-1", "clerk")
    here, elsewhere = log_in(world, person), TestClient(world.client.app, follow_redirects=False)
    elsewhere.cookies.set("staff", person.bearer)
    form = {"password": PASSWORD, "new_password": "short", "code": "000000"}
    told = here.post("/staff/password", data=form, headers=ORIGIN)
    assert (told.status_code, 'id="new_password-error"' in told.text) == (422, True)
    form["new_password"] = "four words of mine"
    assert "Đăng nhập không thành công" in here.post("/staff/password", data=form, headers=ORIGIN).text
    world.clock.forward(minutes=1)
    changed = here.post("/staff/password", data=form | {"code": person.code}, headers=ORIGIN)
    assert changed.headers["location"] == "/staff/password?changed=1"
    assert here.get("/staff").status_code == 200
    assert elsewhere.get("/staff").headers["location"].startswith("/staff/login")
    gone = elsewhere.post("/staff/password", data=form, headers=ORIGIN)
    assert (gone.status_code, "four words" in gone.text) == (303, False)
    assert log_in(world, person, password=PASSWORD).answer.status_code == 403  # type: ignore[attr-defined]


def test_a_page_that_was_left_alone_keeps_what_was_typed(tmp_path: Path) -> None:
    world = make_world(tmp_path, staff_idle_minutes=30)
    person = add_person(world, "an", "TYT-1", "clerk")
    browser = log_in(world, person)
    typed = {"do": "aside", "note": "hàng xóm nói đi làm xa"}
    world.clock.forward(minutes=30)
    kept = browser.post("/work/records/r1", data=typed, headers=ORIGIN)
    assert (kept.status_code, 'value="hàng xóm nói đi làm xa"' in kept.text) == (401, True)
    assert browser.get("/staff").headers["location"] == "/staff/login?next=/staff"
    again = log_in(world, person)
    assert again.post("/work/records/r1", data=typed, headers=ORIGIN).status_code == 404  # the page asks for the record
