"""The citizen's pages over HTTP: the cookie, who sees what, and that nothing typed is lost."""

import re
from html import unescape
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, update

from api.accounts.staff import Staff
from api.app import access_of
from api.citizens.evidence import Evidence
from api.citizens.people import register_guardian
from api.complaints import working
from api.complaints.deciding import refuse
from api.complaints.refusals import Refusal
from api.store.schema import passports, units
from api.store.transactions import writing
from certificates.uvci import printed
from tests.support.centre import World
from tests.support.citizens import SLIP, add_citizen
from tests.support.photos import photo, picture

ORIGIN = {"Origin": "http://testserver"}
CLERK = Staff(account="hoa", unit="TYT-1", roles=frozenset({"clerk"}))


@pytest.fixture
def world(make: Any) -> World:
    made: World = make("station")
    add_citizen(made)
    made.client.cookies.set("language", "en")
    return made


def send(world: World, path: str, files: Any = None, **fields: str) -> Any:
    return world.client.post(path, data=fields, files=files, headers=ORIGIN, follow_redirects=False)


def enter(world: World, record_id: str = "r00000001") -> Any:
    """By the slip; the client keeps the cookie."""
    answer = send(world, "/me/slip", record_id=record_id, claim_code=SLIP)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/mine")
    return answer


def test_the_cookie_is_for_this_site_alone_and_no_script(world: World) -> None:
    cookie = enter(world).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Max-Age=1800"} <= set(cookie.split("; "))
    assert world.client.get("/me/mine").status_code == 200
    assert send(world, "/me/leave").headers["location"] == "/me"
    assert world.client.get("/me/mine").status_code == 401


def test_every_page_behind_the_proof_asks_for_it_and_no_address_takes_anything_about_a_person(world: World) -> None:
    pages = [one for one in world.client.app.routes if getattr(one, "path", "").startswith("/me")]  # type: ignore[attr-defined]
    closed = [one for one in pages if access_of(one) == "citizen-page"]
    assert len(closed) >= 11
    for route in pages:
        assert isinstance(route, APIRoute)
        assert {one.name for one in route.dependant.query_params} <= {"of", "layout", "province"}
        assert route.dependant.path_params == []
    for route in closed:
        for method in route.methods:
            answer = world.client.request(method, route.path, headers=ORIGIN)
            assert (answer.status_code, "half an hour" in answer.text) == (401, True)


def test_another_site_sends_nothing(world: World) -> None:
    enter(world)
    answer = world.client.post("/me/mine/complaint", data={}, headers={"Origin": "http://elsewhere"})
    assert answer.status_code == 403


def test_a_handle_of_somebody_else_shows_nothing(world: World) -> None:
    world.agent("TYT-1").work()
    enter(world)
    for path in ("", "/qr", "/qr.png", "/qr.svg", "/certificate.pdf", "/sheet.pdf", "/record", "/history"):
        assert world.client.get(f"/me/mine{path}").status_code == 200
        assert world.client.get(f"/me/mine{path}?of=r00000002").status_code == 404
    assert world.client.get("/me/mine/sheet.pdf?layout=poster").status_code == 422


def test_the_slip_keeps_what_was_typed_and_says_what_was_wrong(world: World) -> None:
    answer = send(world, "/me/slip", record_id="r00000001", claim_code="11111-11111")
    assert answer.status_code == 422
    assert 'value="11111-11111"' in answer.text
    assert "The claim code does not fit" in answer.text
    answer = send(world, "/me/slip", claim_code=SLIP, id_number="12")
    assert "a card has 12 digits" in unescape(answer.text)


def test_the_code_and_the_date_of_birth_show_the_code_alone(world: World) -> None:
    world.agent("TYT-1").work()
    with world.engine.connect() as connection:
        uvci = connection.execute(select(passports.c.uvci)).scalar_one()
    answer = send(world, "/me/qr", certificate_code=printed(uvci).lower(), date_of_birth="5.4.1980")
    assert (answer.status_code, "It is valid." in answer.text) == (200, True)
    assert "HẠNH" not in answer.text
    assert send(world, "/me/qr", certificate_code=uvci, date_of_birth="1980").status_code == 422
    assert send(world, "/me/qr", certificate_code=uvci, date_of_birth="gestern").status_code == 422


def test_a_consent_is_taken_back_on_the_page(world: World) -> None:
    add_citizen(world, 2)
    with writing(world.engine) as connection:
        about = {"record_id": "r00000001", "guardian_id": "r00000002"}
        evidence, at = Evidence.WRITTEN_CONSENT, world.clock()
        handle = register_guardian(connection, **about, kind="consent", evidence=evidence, by="lan@TYT-1", at=at)
    enter(world)
    assert "Take my consent back" in world.client.get("/me/mine/people").text
    assert send(world, "/me/mine/people", watcher=handle).status_code == 303
    assert "Nobody but me." in world.client.get("/me/mine/people").text
    assert send(world, "/me/mine/people", watcher=handle).status_code == 404


def test_a_photo_that_is_none_stands_beside_its_field(world: World) -> None:
    given = {"kind": "conduct", "statement": "Đòi 50.000 đồng", "unit": "TYT-1", "province": "01"}
    answer = send(world, "/me/report", files={"photo": ("a.jpg", b"no picture", "image/jpeg")}, **given)
    assert answer.status_code == 422
    assert 'id="photo-error"' in answer.text
    assert "Đòi 50.000 đồng" in answer.text
    assert '<option value="TYT-1" selected>' in answer.text


def test_what_was_written_is_still_there_when_the_session_ended_meanwhile(world: World) -> None:
    enter(world)
    world.clock.forward(minutes=30)
    answer = send(world, "/me/mine/complaint", kind="data-wrong", statement="Sai ngày sinh")
    assert (answer.status_code, "Sai ngày sinh" in answer.text) == (401, True)
    assert "come back and send it again" in answer.text


def opened(world: World, **given: str) -> dict[str, str]:
    """Number and secret of a fresh complaint about the own record."""
    enter(world)
    answer = send(world, "/me/mine/complaint", kind="data-wrong", statement="Sai ngày sinh", **given)
    number, secret = re.findall(r'name="(?:number|secret)" value="([^"]+)"', answer.text)
    return {"number": number, "secret": secret}


def test_a_question_is_answered_with_a_photo(world: World) -> None:
    known = opened(world)
    working.ask(world.centre, known["number"], "Sinh ngày nào?", staff=CLERK)
    page = send(world, "/me/follow", **known).text
    assert "Sinh ngày nào?" in page
    assert "The clock stands until you answer." in page
    assert send(world, "/me/follow", **known, act="answer", text="").status_code == 422
    taken = {"photo": ("card.jpg", photo(image=picture(16, 16)), "image/jpeg")}
    page = send(world, "/me/follow", files=taken, **known, act="answer", text="5/4/1980").text
    assert "You answered; the clock runs on." in page
    assert "A photo was received." in page


def test_a_refusal_says_why_and_is_brought_before_the_unit_above(world: World) -> None:
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code == "TYT-1").values(parent="BYT"))
    known = opened(world)
    refuse(world.centre, known["number"], Refusal.BLURRED, staff=CLERK)
    page = send(world, "/me/follow", **known).text
    assert "It was refused, with a reason." in page
    assert "You do not agree?" in page
    assert send(world, "/me/follow", **known, act="appeal", text="").status_code == 422
    assert "Đơn vị BYT" in send(world, "/me/follow", **known, act="appeal", text="Ảnh rõ").text
    wrong = {**known, "secret": "00000-00000"}
    assert send(world, "/me/follow", **wrong).status_code == 404


def test_a_certificate_that_is_said_to_be_sold_is_shown_to_nobody(world: World) -> None:
    world.agent("TYT-1").work()
    enter(world)
    assert "full screen" in world.client.get("/me/mine").text
    page = send(world, "/me/mine/complaint", grave="fraud", statement="Bán giấy của tôi")
    assert (page.status_code, '<option value="fraud" selected>' in page.text) == (422, True)
    opened(world, grave="fraud")
    assert "full screen" not in world.client.get("/me/mine").text
    assert send(world, "/me/mine/complaint", kind="data-wrong", statement="x", grave="other").status_code == 422
