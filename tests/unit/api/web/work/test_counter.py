"""The counter's pages over HTTP: whose visit it is, and that nothing typed is lost."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from certificates.records.dates import PartialDate
from tests.support.citizens import add_citizen, id_number
from tests.support.desk_world import Desks, make_desks
from tests.support.staff import Person, add_person

ORIGIN = {"Origin": "http://testserver", "Accept-Language": "en"}
HOME = "/work/counter"


@pytest.fixture
def desks(tmp_path: Path) -> Desks:
    made = make_desks(tmp_path)
    add_citizen(made.world, 1, contact=None)
    add_citizen(made.world, 2, contact=None, name="TRẦN VĂN BƯỞI")
    return made


def browser_of(person: Person) -> TestClient:
    app = person.world.client.app
    return TestClient(app, follow_redirects=False, cookies={"staff": person.bearer}, headers=ORIGIN)


def look_up(browser: TestClient, **given: str) -> Any:
    who = {"id_number": id_number(1), "date_of_birth": "05/04/1980", "purpose": "holder-request"}
    return browser.post(HOME, data=who | given)


def test_two_people_in_two_windows_are_never_mixed_up(desks: Desks) -> None:
    browser = browser_of(desks.clerk)
    first, second = look_up(browser), look_up(browser, id_number=id_number(2))
    assert first.headers["location"] == f"{HOME}/r00000001"
    told = first.headers["set-cookie"].split("; ")
    assert {f"Path={HOME}/r00000001", "HttpOnly", "SameSite=strict", "Max-Age=1800"} <= set(told)
    contact = {"do": "contact", "contact": "0912 345 678", "evidence": "citizen-card"}
    assert browser.post(first.headers["location"], data=contact).status_code == 303
    assert "TRẦN VĂN BƯỞI" in browser.get(second.headers["location"]).text
    assert "So far they go nowhere." in browser.get(second.headers["location"]).text
    assert "So far they go to …678." in browser.get(first.headers["location"]).text


def test_a_visit_is_one_clerks_one_records_and_half_an_hours(desks: Desks) -> None:
    browser = browser_of(desks.clerk)
    mine = look_up(browser).headers["location"]
    visit = browser.cookies.get("visit")
    other = browser_of(add_person(desks.world, "nam", "TYT-1", "clerk"))
    for person, path in ((other, mine), (browser, f"{HOME}/r00000002")):
        person.cookies.set("visit", visit or "", path=path)
        away = person.get(path)
        assert (away.status_code, away.headers["location"]) == (303, f"{HOME}?done=visit-over")
    desks.world.clock.forward(minutes=30)
    assert "ends after half an hour" in browser.get(browser.get(mine).headers["location"]).text
    kept = browser.post(mine, data={"do": "contact", "contact": '"><b>0912', "evidence": "passport"})
    assert (kept.status_code, 'value="&#34;&gt;&lt;b&gt;0912"' in kept.text) == (401, True)


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        ({"id_number": ""}, 422, "This is needed."),
        ({"date_of_birth": ""}, 422, "This is needed."),
        ({"id_number": "12"}, 422, "a card has 12 digits"),
        ({"date_of_birth": "06/04/1980"}, 404, "No record found"),
        ({"purpose": "audit"}, 422, "Not a purpose of a counter"),
        ({"purpose": ""}, 422, "Choose one of these."),
        ({"id_number": "", "record_id": "r99999999"}, 404, "No record found"),
    ],
)
def test_why_nobody_is_found_stands_beside_what_was_typed(
    desks: Desks, given: dict[str, str], status: int, told: str
) -> None:
    answer = look_up(browser_of(desks.clerk), **given)
    assert (answer.status_code, told in answer.text) == (status, True)
    assert all(f'value="{text}"' in answer.text for name, text in given.items() if text and name != "purpose")


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"do": "print", "what": "everything"}, 422, "There is no certificate"),
        ({"do": "print", "what": "card"}, 404, "No certificate yet"),
        ({"do": "contact", "contact": ""}, 422, "This is needed."),
        ({"do": "contact", "contact": "0912345678", "evidence": ""}, 422, "Choose one of these."),
        (
            {"do": "contact", "contact": "0912345678", "evidence": "birth-certificate"},
            422,
            "Choose one that this needs",
        ),
        ({"do": "guardian", "evidence": ""}, 422, "Choose one of these."),
        ({"do": "guardian", "evidence": "birth-certificate", "record_id": "r00000002"}, 409, "cannot be registered"),
        ({"do": "end", "watcher": "0"}, 404, "It has ended"),
        ({"do": "fly"}, 422, ""),
    ],
)
def test_what_is_refused_stands_on_the_visits_page(desks: Desks, form: dict[str, str], status: int, told: str) -> None:
    browser = browser_of(desks.clerk)
    answer = browser.post(look_up(browser).headers["location"], data=form)
    assert (answer.status_code, told in answer.text) == (status, True)
    assert "0912345678" in answer.text or "contact" not in form or not form["contact"]


def test_an_adult_consents_and_takes_it_back(desks: Desks) -> None:
    browser = browser_of(desks.clerk)
    mine = look_up(browser).headers["location"]
    other = {"id_number": id_number(2), "date_of_birth": "05/04/1980", "evidence": "written-consent"}
    assert browser.post(mine, data={"do": "guardian", **other}).headers["location"] == f"{mine}?done=guardian"
    page = browser.get(mine).text
    assert "by consent since" in page
    handle = page.partition('name="watcher" value="')[2].partition('"')[0]
    assert (
        browser.post(mine, data={"do": "end", "watcher": handle}).headers["location"] == f"{mine}?done=guardian-ended"
    )
    assert "TRẦN VĂN BƯỞI" not in browser.get(mine).text


def test_a_name_with_a_year_needs_the_unit(desks: Desks) -> None:
    add_citizen(desks.world, 3, name="LÒ THỊ MAI", born=PartialDate(1950), contact=None)
    browser = browser_of(desks.clerk)
    by_name = {"id_number": "", "full_name": "Lò Thị Mai", "date_of_birth": "1950"}
    assert "This is needed." in look_up(browser, **by_name).text
    assert look_up(browser, **by_name, unit="TYT-1").headers["location"] == f"{HOME}/r00000003"
