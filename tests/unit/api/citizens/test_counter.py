"""The counter: whoever has no telephone gets the same there, and finds it in the own history."""

import re
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select

from api.store.schema import audit
from certificates.records.dates import PartialDate
from tests.support.centre import World
from tests.support.citizens import SLIP, add_app, add_citizen, id_number
from tests.support.staff import Person, add_person

BORN = "05/04/1980"


@pytest.fixture
def clerk(make: Any) -> Person:
    """At another station than where the dose was given."""
    world: World = make("station")
    add_citizen(world, contact=None)
    return add_person(world, "hoa", "TYT-2", "clerk")


def look_up(clerk: Person, number: int = 1, **given: Any) -> Any:
    who = {"id_number": id_number(number), "date_of_birth": BORN, **given}
    return clerk.post("/v1/counter/look-up", {"purpose": "holder-request", **who})


def test_any_station_prints_for_whoever_shows_the_card(clerk: Person) -> None:
    world = clerk.world
    world.agent("TYT-1").work()
    found = look_up(clerk).json()
    assert (found["name"], found["state"], found["contact"]) == ("NGUYỄN THỊ HỒNG HẠNH", "issued", None)
    for what in ("certificate", "folded", "card"):
        page = clerk.post("/v1/counter/print", {"visit": found["visit"], "what": what})
        assert page.headers["content-type"] == "application/pdf"
        assert page.content.startswith(b"%PDF-")
    given = {"visit": found["visit"], "contact": "0912 345 678", "evidence": "citizen-card"}
    assert clerk.post("/v1/counter/contact", given).json() == {"contact": "…678"}
    assert look_up(clerk).json()["contact"] == "…678"
    app = add_app(world)
    app.enter()
    uses = app.post("me/history").json()["uses"]
    at_counter = {(one["unit"], one["what"]["en"], one["why"]["en"]) for one in uses}
    assert ("TYT-2", "It was looked up for you at a counter.", "because you asked") in at_counter
    assert ("TYT-2", "The certificate was fetched.", "at a counter") in at_counter
    assert ("TYT-2", "The certificate was printed.", "at a counter") in at_counter


def test_what_a_clerk_does_not_learn(clerk: Person) -> None:
    tried: list[tuple[dict[str, Any], int, str]] = [
        ({"date_of_birth": "06/04/1980"}, 404, "counter-unknown"),
        ({"id_number": id_number(9)}, 404, "counter-unknown"),
        ({"date_of_birth": ""}, 422, "citizen-form"),
        ({"purpose": "audit"}, 422, "counter-purpose"),
        ({"id_number": "", "record_id": "r00000001"}, 403, "place"),
        ({"id_number": "", "full_name": "nguyễn thị hồng hạnh"}, 403, "place"),
    ]
    for given, status, code in tried:
        answer = look_up(clerk, **given)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_lost_slip_is_printed_anew_and_the_old_code_ends(clerk: Person) -> None:
    visit = look_up(clerk).json()["visit"]
    page = clerk.post("/v1/counter/print", {"visit": visit, "what": "slip"}).content
    text = pypdfium2.PdfDocument(page)[0].get_textpage().get_text_bounded()  # type: ignore[no-untyped-call]
    (code,) = set(re.findall(r"[0-9A-Z]{5}-[0-9A-Z]{5}", text))
    app = add_app(clerk.world)
    who = {"record_id": "r00000001"}
    assert app.post("enter/slip", {**who, "claim_code": SLIP}).status_code == 403
    assert app.post("enter/slip", {**who, "claim_code": code}).status_code == 200


def test_refusals_stand_in_the_log(clerk: Person) -> None:
    look_up(clerk, date_of_birth="06/04/1980")
    look_up(clerk, 9)
    with clerk.world.engine.connect() as connection:
        rows = connection.execute(select(audit).where(audit.c.act == "counter-refused").order_by(audit.c.sequence))
        told = [(row.actor, row.subject, row.reason) for row in rows]
    assert told == [("hoa@TYT-2", "r00000001", "holder-request"), ("hoa@TYT-2", "unknown", "holder-request")]


def test_a_visit_is_its_clerks_and_ends(clerk: Person) -> None:
    visit = look_up(clerk).json()["visit"]
    other = add_person(clerk.world, "mai", "TYT-2", "clerk")
    for who, code in ((other, "citizen-session-ended"), (clerk, "certificate-none")):
        answer = who.post("/v1/counter/print", {"visit": visit, "what": "card"})
        assert answer.json()["code"] == code
    app = add_app(clerk.world)
    app.bearer = visit  # nor is it a citizen's session
    assert app.post("me/certificates").json()["code"] == "citizen-session-ended"
    clerk.world.clock.forward(minutes=30)
    assert clerk.post("/v1/counter/print", {"visit": visit}).json()["code"] == "citizen-session-ended"


def test_so_many_look_ups_a_day(make: Any) -> None:
    world: World = make("two-tier", counter_look_ups_per_day=2)
    add_citizen(world)
    clerk = add_person(world, "hoa", "TYT-2", "clerk")
    assert [look_up(clerk).status_code for _ in range(3)] == [200, 200, 429]
    world.clock.forward(days=1)
    assert add_person(world, "mai", "TYT-2", "clerk").post("/v1/counter/look-up", {}).status_code == 422
    clerk.log_in()
    assert look_up(clerk).status_code == 200


def register(clerk: Person, shown: int, guardian: int, kind: str, evidence: str, born: str = BORN) -> Any:
    visits = {
        "visit": look_up(clerk, shown, date_of_birth=born).json()["visit"],
        "guardian_visit": look_up(clerk, guardian).json()["visit"],
    }
    return clerk.post("/v1/counter/guardian", {**visits, "kind": kind, "evidence": evidence})


def test_guardians_and_consents_are_registered_with_evidence_and_ended(clerk: Person) -> None:
    add_citizen(clerk.world, 2, born=PartialDate(2015, 5, 6))
    add_citizen(clerk.world, 3)
    add_citizen(clerk.world, 4, born=PartialDate(2015))
    child, adult, vague = "06/05/2015", BORN, "2015"
    for shown, born, kind, evidence, code in (
        (2, child, "child", "citizen-card", "citizen-evidence"),
        (2, child, "consent", "written-consent", "guardianship-unfit"),  # a child gives none
        (3, adult, "child", "birth-certificate", "guardianship-unfit"),  # an adult has no guardian here
        (3, adult, "consent", "birth-certificate", "citizen-evidence"),
        (4, vague, "child", "birth-certificate", "guardianship-unfit"),
        (1, adult, "consent", "written-consent", "guardianship-unfit"),  # nobody stands for himself
    ):
        assert register(clerk, shown, 1, kind, evidence, born).json()["code"] == code
    watcher = register(clerk, 2, 1, "child", "birth-certificate", child).json()["watcher"]
    assert register(clerk, 2, 1, "child", "birth-certificate", child).json()["code"] == "guardianship-unfit"
    assert register(clerk, 3, 1, "consent", "written-consent").status_code == 200
    found = look_up(clerk, 2, date_of_birth=child).json()
    (shown,) = found["seen_by"]
    assert (shown["watcher"], shown["kind"], shown["ends_on"]) == (watcher, "child", "2029-05-06")
    ending = {"visit": found["visit"], "watcher": watcher}
    assert clerk.post("/v1/counter/end-guardian", ending).status_code == 200
    assert clerk.post("/v1/counter/end-guardian", ending).json()["code"] == "guardianship-unknown"


def test_contacts_that_are_not_kept(clerk: Person) -> None:
    visit = look_up(clerk).json()["visit"]
    for contact, evidence, code in (
        ("12", "citizen-card", "citizen-contact"),
        ("a@b", "passport", "citizen-contact"),
        ("a@example.vn", "birth-certificate", "citizen-evidence"),
    ):
        answer = clerk.post("/v1/counter/contact", {"visit": visit, "contact": contact, "evidence": evidence})
        assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_without_a_date_that_can_be_read_nobody_learns_whether_a_number_is_known(clerk: Person) -> None:
    told = [look_up(clerk, number, date_of_birth=text) for number in (1, 999) for text in ("", "31/02/1980")]
    assert {(answer.status_code, answer.json()["code"]) for answer in told} == {(422, "citizen-form")}
