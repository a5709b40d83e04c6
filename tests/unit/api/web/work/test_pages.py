"""The pages of clerks and police, read without a browser."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.accounts.exports import list_own, request_export
from api.complaints.kinds import ComplaintKind
from api.complaints.working import pass_on
from api.identity.lists import show_lists
from api.identity.proofs import ProofKind
from api.states import RecordState, WorkClass
from api.web.work import words
from api.worklists.asides import AsideReason
from api.worklists.attempts import Ground, HandBackReason, Outcome, Way
from api.worklists.mending import CorrectionReason, Finding
from api.worklists.rechecks import ErrorClass
from api.worklists.steps import StepKind
from certificates.records.model import RegisterStatus
from certificates.records.near_misses import Slip
from tests.support.complaints import Tree
from tests.support.desk_world import Desks, make_desks
from tests.support.photos import photo, picture
from tests.support.staff import Person

ORIGIN = {"Origin": "http://testserver", "Accept-Language": "en"}


@pytest.fixture
def desks(tmp_path: Path) -> Desks:
    return make_desks(tmp_path)


def browser_of(person: Person) -> TestClient:
    app = person.world.client.app
    return TestClient(app, follow_redirects=False, cookies={"staff": person.bearer}, headers=ORIGIN)


def test_every_code_of_a_closed_list_has_words() -> None:
    for kinds, known in (
        (StepKind, words.EVENTS),
        (RecordState, words.RECORD_STATES),
        (WorkClass, words.CLASSES),
        (Slip, words.SLIPS),
        (Way, words.WAYS),
        (Outcome, words.OUTCOMES),
        (Ground, words.GROUNDS),
        (HandBackReason, words.HAND_BACK_REASONS),
        (AsideReason, words.ASIDE_REASONS),
        (CorrectionReason, words.REASONS),
        (ProofKind, words.PROOFS),
        (Finding, words.FINDINGS),
        (RegisterStatus, words.ANSWERS),
        (ErrorClass, words.ERRORS),
    ):
        assert set(kinds) == set(known)


def test_a_dose_is_added_to_another_units_record_by_who_gave_it(desks: Desks) -> None:
    (record_id,) = desks.world.add_records(1, unit="TYT-2")
    tree = Tree(world=desks.world)
    tree.slip(record_id)
    number = tree.open_on_record(ComplaintKind.DOSES_MISSING, record_id).number
    pass_on(desks.world.centre, number, "TYT-1", "tiêm ở đó", staff=tree.staff("TYT-2"))
    clerk, here = browser_of(desks.clerk), f"/work/complaints/{number}"
    page = clerk.get(here).text
    shown = ("dose.4.given_on", "proof", "full_name", "id_number")
    assert [f'name="{name}"' in page for name in shown] == [True, True, False, False]
    typed = {"do": "confirm", "note": "Đã thêm", "proof": "slip", "unit": "TYT-1", "dose.3.given_on": "05/02/2022"}
    half = clerk.post(here, data=typed | {"dose.3.product": "", "dose.3.lot": ""})
    assert (half.status_code, 'id="confirm-dose-3-product-wrong"' in half.text) == (422, True)
    typed |= {"dose.3.product": "vaxzevria", "dose.3.lot": "ABZ3"}
    assert clerk.post(here, data=typed).headers["location"].startswith("/work/complaints?done=entered")
    assert desks.world.state(record_id) == ("ready", None)


def test_what_people_typed_is_never_markup(desks: Desks) -> None:
    record_id = desks.add(1, name="<script>alert(1)</script>")
    browser = browser_of(desks.clerk)
    page = browser.get(f"/work/records/{record_id}").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    number = Tree(world=desks.world).open(statement='"><img src=x onerror=alert(1)>').number
    page = browser.get(f"/work/complaints/{number}").text
    assert "<img src=x" not in page
    typed = {"do": "refuse", "note": "</textarea><i>"}
    page = browser.post(f"/work/complaints/{number}", data=typed).text
    assert "&lt;/textarea&gt;&lt;i&gt;" in page
    assert "<i>" not in page


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"do": "attempt"}, 422, "Choose one of these."),
        ({"do": "aside", "reason": "ill", "days": "many"}, 422, "Give a whole number."),
        ({"do": "aside", "reason": "ill", "days": "99"}, 422, "Give at least 1 day"),
        ({"do": "pass", "ground": "not-reached"}, 409, "Not enough attempts yet"),
        ({"do": "hand-back", "reason": "data-wrong"}, 403, "The account may not do this"),
        ({"do": "correct", "seen": "1", "sex": "F"}, 422, "Choose one of these."),
        ({"do": "correct", "seen": "1", "reason": "typed-wrong", "proof": "slip"}, 409, "Nothing would change"),
        ({"do": "correct", "seen": "1", "reason": "typed-wrong", "proof": "slip", "reference": "0912345678"}, 422, ""),
        ({"do": "correct", "seen": "7", "reason": "typed-wrong", "proof": "slip"}, 409, "Somebody else"),
        ({"do": "ask", "purpose": ""}, 422, "Choose one of these."),
        ({"do": "fly"}, 422, ""),
    ],
)
def test_what_is_refused_stands_on_the_page(desks: Desks, form: dict[str, str], status: int, told: str) -> None:
    record_id = desks.add(2)
    answer = browser_of(desks.clerk).post(f"/work/records/{record_id}", data=form)
    assert (answer.status_code, told in answer.text) == (status, True)


def test_the_whole_way_of_a_record_in_words(desks: Desks) -> None:
    record_id = desks.add(3)
    here = f"/work/records/{record_id}"
    clerk, police = browser_of(desks.clerk), browser_of(desks.police)
    assert clerk.post(here, data={"do": "attempt", "way": "phone", "outcome": "data-confirmed"}).status_code == 303
    passed = clerk.post(here, data={"do": "pass", "ground": "data-confirmed"})
    assert passed.headers["location"] == f"/work?done=passed&about={record_id}"
    assert "on the list of police now" in clerk.get(passed.headers["location"]).text
    assert record_id in police.get("/work").text
    assert police.post(here, data={"do": "hand-back", "reason": "data-wrong"}).status_code == 303
    assert clerk.post(here, data={"do": "aside", "reason": "ill", "days": "3"}).status_code == 303
    assert "Ill, or not to be asked now" in clerk.get("/work?status=aside").text
    above = browser_of(desks.above)
    assert record_id in above.get("/work").text
    assert above.post(here, data={"do": "call-back"}).status_code == 303
    page = clerk.get(here).text
    for event in (StepKind.ATTEMPT, StepKind.PASSED, StepKind.HANDED_BACK, StepKind.ASIDE, StepKind.BACK):
        assert words.EVENTS[event] in page


def test_a_foreigner_is_vouched_for(desks: Desks) -> None:
    record_id = desks.add(
        4, state=RecordState.AWAITING_MATCH, reason="attestation-needed", nationality="LA", id_number="P1234567"
    )
    clerk = browser_of(desks.clerk)
    page = clerk.get(f"/work/records/{record_id}").text
    assert "Vouch with my name" in page
    assert "Ask the register" not in page
    refused = clerk.post(f"/work/records/{record_id}", data={"do": "attest"})
    assert (refused.status_code, "This is needed." in refused.text) == (422, True)


def test_a_conduct_complaint_has_its_own_reason_and_no_record(desks: Desks) -> None:
    number = Tree(world=desks.world).open(ComplaintKind.CONDUCT, statement="Đòi tiền").number
    page = browser_of(desks.above).get(f"/work/complaints/{number}").text
    assert "conduct could not be shown" in page
    assert "The photo is blurred." not in page
    assert browser_of(desks.clerk).get(f"/work/complaints/{number}").status_code == 404


def test_a_photo_from_the_counter_and_a_person_who_is_named(desks: Desks) -> None:
    number = Tree(world=desks.world).open().number
    here, clerk = f"/work/complaints/{number}", browser_of(desks.clerk)
    none = clerk.post(here, data={"do": "photo"})
    assert (none.status_code, "This is needed." in none.text) == (422, True)
    bad = clerk.post(here, data={"do": "photo"}, files={"photo": ("a.jpg", b"<svg onload=alert(1)>")})
    assert (bad.status_code, 'aria-describedby="photo-photo-wrong' in bad.text) == (422, True)
    assert "It is no JPEG, PNG or WebP" in bad.text
    taken = clerk.post(here, data={"do": "photo"}, files={"photo": ("a.jpg", photo(image=picture(16, 16)))})
    assert taken.headers["location"].endswith("?done=photo")
    (address,) = set(re.findall(rf"{here}/photos/[0-9a-f]{{64}}", clerk.get(here).text))
    shown = clerk.get(address)
    assert (shown.headers["content-type"], shown.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert clerk.post(here, data={"do": "name", "account": "Lê An"}).status_code == 422
    assert clerk.post(here, data={"do": "name", "account": "lan"}).status_code == 303
    refused = clerk.post(here, data={"do": "refuse", "reason": "blurred"})
    assert (refused.status_code, "The complaint names this account" in refused.text) == (403, True)


def test_a_session_that_ended_gives_back_what_was_typed(desks: Desks) -> None:
    record_id = desks.add(5)
    stranger = TestClient(desks.world.client.app, follow_redirects=False, headers=ORIGIN)
    answer = stranger.post(f"/work/records/{record_id}", data={"do": "aside", "reason": "ill", "days": '3"'})
    assert answer.status_code == 401
    assert 'name="days" value="3&#34;"' in answer.text
    assert (
        stranger.get(f"/work/records/{record_id}").headers["location"] == f"/staff/login?next=/work/records/{record_id}"
    )
    file = stranger.post("/work/imports", files={"file": ("a.csv", b"x")}, data={"do": "x"})
    assert "Only files have to be chosen once more." in file.text


def test_more_than_two_hundred_rows_wait_for_a_second_person(desks: Desks) -> None:
    desks.add(6, state=RecordState.REGISTER_DISPUTED, reason="register-wrong:sex")
    clerk, above = browser_of(desks.clerk), browser_of(desks.above)
    request_export(desks.world.centre, desks.clerk.staff, kind="other", unit="TYT-1", persons=200)
    asked = clerk.post("/work/lists", data={"do": "make"})
    assert asked.headers["location"] == "/work/lists?done=asked-list"
    assert "waits for a second person" in clerk.get("/work/lists").text
    (waiting,) = (one for one in list_own(desks.world.centre, desks.clerk.staff) if one.state == "waiting")
    given = {"export_id": waiting.export_id}
    assert "A second person is needed" in clerk.post("/work/lists", data={"do": "approve", **given}).text
    assert above.post("/work/lists", data={"do": "approve", **given}).status_code == 303
    assert "Take it now" in clerk.get("/work/lists").text
    file = clerk.post("/work/lists", data={"do": "make", **given})
    assert file.headers["content-type"].endswith("spreadsheetml.sheet")
    assert file.content.startswith(b"PK")
    again = clerk.post("/work/lists", data={"do": "make", **given})
    assert (again.status_code, "waits for police" in again.text) == (409, True)
    (made,) = show_lists(desks.world.engine)
    given_up = clerk.post("/work/lists", data={"do": "withdraw", "list_id": made["list"], "reason": "mất tệp"})
    assert given_up.status_code == 303
