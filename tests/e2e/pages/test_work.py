"""Clerks and police at their pages, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.complaints.following import follow
from api.complaints.kinds import ComplaintKind
from api.complaints.photos import clean_photo
from api.identity.proofs import Proof, ProofKind
from api.states import RecordState
from api.web.door import COOKIE
from api.worklists.mending import CorrectionReason, Finding, mend, settle
from api.worklists.sampling import commit_seeds, draw_due
from certificates.records.dates import PartialDate
from certificates.signed_file import sign_file
from tests.support.browser import browser, look_at, serving, violations
from tests.support.centre import World
from tests.support.citizens import add_citizen, id_number
from tests.support.complaints import SLIP, Tree
from tests.support.desk_world import HOA, Desks, make_desks
from tests.support.intake import row, write_csv
from tests.support.photos import photo, slip
from tests.support.police import fill
from tests.support.staff import Person, add_person


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as launched:
        yield launched


@pytest.fixture
def desks(tmp_path: Path) -> Desks:
    return make_desks(tmp_path)


@pytest.fixture
def address(desks: Desks) -> Iterator[str]:
    with serving(desks.world.client.app) as url:
        yield url


def open_as(chromium: Any, address: str, person: Person, *, script: bool = True) -> Any:
    """A page of somebody who has logged in."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1024, "height": 600}, java_script_enabled=script)
    context.add_cookies([{"name": COOKIE, "value": person.bearer, "url": address}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def told(page: Any, text: str) -> None:
    page.get_by_text(text).first.wait_for()


def issue(world: World) -> None:
    """Passports for all who are ready."""
    for unit in ("TYT-1", "BYT"):
        world.agent(unit).work()


def press(page: Any, *letters: str) -> None:
    """Letters, once the page listens."""
    page.locator("html.keys").wait_for()
    for letter in letters:
        page.keyboard.press(letter)


def test_a_clerk_mends_a_record_by_keyboard_alone(chromium: Any, desks: Desks, address: str) -> None:
    record_id = desks.add(1, days=3)
    desks.add(2, reason="register-mismatch:sex")
    desks.register(f"001180000001,{HOA},1980-04-05,F,found")
    page = open_as(chromium, address, desks.clerk)
    keys = page.keyboard
    page.goto(f"{address}/work")
    told(page, "Name differs")
    look_at(page, "work-list")
    press(page, "n")
    page.get_by_role("heading", name="Name differs").wait_for()
    assert HOA not in page.content()  # a clerk learns which field differs, and no more
    look_at(page, "work-record")
    press(page, "?")
    page.get_by_role("dialog").wait_for()
    look_at(page, "work-keys")
    keys.press("Escape")
    press(page, "c")
    assert page.evaluate("document.activeElement.name") == "full_name"
    keys.type(HOA)
    keys.press("Enter")
    told(page, "Something is still open")
    look_at(page, "work-refused")
    assert page.get_by_label("Full name").input_value() == HOA
    assert page.evaluate("document.activeElement.name") == "reason"  # the first that is wrong
    keys.type("Typed")
    keys.press("Tab")
    keys.type("ID card")
    keys.press("Tab")
    keys.type("quyển 7, trang 12")
    keys.press("Enter")
    told(page, "ready to be signed")
    assert desks.world.state(record_id)[0] == "ready"
    assert page.locator("tbody tr").count() == 1


def test_letters_rest_while_somebody_types_and_where_they_are_switched_off(
    chromium: Any, desks: Desks, address: str
) -> None:
    record_id = desks.add(1)
    page = open_as(chromium, address, desks.clerk)
    page.goto(f"{address}/work/records/{record_id}")
    press(page, "c")
    page.keyboard.type("tap")
    assert page.get_by_label("Full name").input_value() == "tap"
    page.keyboard.press("Escape")
    for chord in ("Control+t", "Alt+t"):
        page.keyboard.press(chord)
    assert page.locator("details[open]").count() == 0
    press(page, "?")
    page.get_by_label("Use these keys on this device").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    assert page.locator("details[open]").count() == 0
    page.reload()
    page.locator("html:not(.keys)").wait_for()
    page.keyboard.press("t")
    assert page.locator("details[open]").count() == 0
    page.get_by_text("Tried to reach the person").click()  # the pointer still opens it
    assert page.locator("details[open]").count() == 1


def test_what_somebody_else_did_meanwhile_is_not_written_over(chromium: Any, desks: Desks, address: str) -> None:
    record_id = desks.add(3, state=RecordState.MALFORMED_ID, reason="citizen-id-length", id_number="0011")
    page = open_as(chromium, address, desks.clerk, script=False)  # and all of it without a script
    page.goto(f"{address}/work/records/{record_id}")
    page.locator("summary", has_text="Correct").click()
    page.get_by_label("ID number").fill("00118")
    page.get_by_label("Why", exact=True).first.select_option("typed-wrong")
    page.get_by_label("Proven by").select_option("id-card-seen")
    mend(
        desks.world.centre,
        desks.clerk.staff,
        record_id,
        {"id_number": "001"},
        reason=CorrectionReason.TYPED_WRONG,
        proof=Proof(kind=ProofKind.SLIP),
    )
    page.get_by_role("button", name="Correct the record").click()
    told(page, "Somebody else has just changed the record")
    assert page.get_by_label("ID number").input_value() == "00118"
    page.get_by_label("Date of birth").fill("31/02/1980")
    page.get_by_role("button", name="Correct the record").click()
    told(page, "The new value cannot be read")
    assert page.get_by_label("Date of birth").get_attribute("aria-invalid") == "true"
    assert page.get_by_label("ID number").input_value() == "00118"


def test_a_session_that_ended_loses_nothing(chromium: Any, desks: Desks, address: str) -> None:
    record_id = desks.add(4)
    page = open_as(chromium, address, desks.clerk)
    page.goto(f"{address}/work/records/{record_id}")
    press(page, "a")
    page.get_by_label("Ill, or not to be asked now").check()
    page.context.clear_cookies()
    page.get_by_role("button", name="Put aside").click()
    told(page, "The session has ended")
    look_at(page, "work-ended")
    page.context.add_cookies([{"name": COOKIE, "value": desks.clerk.bearer, "url": address}])
    page.get_by_role("button", name="I have logged in: send it now").click()
    told(page, "is aside; the unit above sees it")
    stranger = open_as(chromium, address, desks.police)
    stranger.goto(f"{address}/work/complaints")
    told(stranger, "The account may not do this")


def test_police_compare_take_over_and_settle(chromium: Any, desks: Desks, address: str) -> None:
    disputed = desks.add(
        5, state=RecordState.REGISTER_DISPUTED, reason="register-wrong:full_name,date_of_birth", days=9
    )
    nobody = desks.add(6, state=RecordState.REGISTER_DISPUTED, reason="register-wrong:sex")
    desks.register(f"001180000005,{HOA},1980-05-04,F,found")
    page = open_as(chromium, address, desks.police)
    keys = page.keyboard
    page.goto(f"{address}/work")
    press(page, "n")
    page.get_by_role("heading", name="The register may be wrong").wait_for()
    press(page, "r")
    keys.press("Tab")
    keys.press("Enter")
    told(page, "Day and month are swapped.")
    assert page.locator("mark").all_inner_texts() == ["O", "Ò", "5", "4", "4", "5"]
    look_at(page, "work-police")
    press(page, "u")
    assert page.get_by_label("Full name").input_value() == HOA
    assert page.get_by_label("Date of birth").input_value() == "04/05/1980"
    page.get_by_label("Why", exact=True).first.select_option("register-right")
    page.get_by_label("Proven by").select_option("id-card-seen")
    page.get_by_role("button", name="Correct the record").click()
    told(page, "ready to be signed")
    assert desks.world.state(disputed)[0] == "ready"
    press(page, "n")
    page.get_by_role("heading", name="The register may be wrong").wait_for()
    press(page, "s")
    page.get_by_label("The person has died").check()
    keys.press("Enter")
    told(page, "The finding does not fit")
    page.get_by_label("There is no such person").check()
    keys.press("Enter")
    told(page, f"Record {nobody} is settled without a certificate")
    told(page, "Nothing is to be mended here.")


def test_a_complaint_is_confirmed_beside_its_photo_and_another_one_refused(
    chromium: Any, desks: Desks, address: str
) -> None:
    tree = Tree(world=desks.world)
    record_id = desks.add(7, state=RecordState.READY, reason=None)
    tree.slip(record_id)
    shown = clean_photo(photo(image=slip(HOA, "Mũi 2: 05/10/2021, Vaxzevria, FK0112")))
    wrong = tree.open(record_id=record_id, claim_code=SLIP, unit=None, statement="Sai lô mũi 2: FK0112", photo=shown)
    lost = tree.open(ComplaintKind.NOTHING_FOUND, statement="Không thấy gì", date_of_birth="05/04/1980")
    page = open_as(chromium, address, desks.clerk)
    page.goto(f"{address}/work/complaints")
    told(page, "0 of 48 h")
    look_at(page, "work-complaints")
    page.get_by_role("link", name=wrong.number).click()
    picture_shown = page.get_by_role("img", name="Photo 1 of the citizen")
    picture_shown.wait_for()
    assert picture_shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == 640
    look_at(page, "work-complaint")
    press(page, "y")
    page.get_by_role("group", name="Dose 2").get_by_label("Lot").fill("FK0112")
    page.get_by_role("button", name="Put it right").click()
    told(page, "This is needed.")
    assert page.get_by_role("group", name="Dose 2").get_by_label("Lot").input_value() == "FK0112"
    page.get_by_label("What the citizen reads").fill("Đã sửa số lô mũi 2.")
    page.get_by_role("button", name="Put it right").click()
    told(page, "the citizen was right")
    assert tree.row(wrong.number).state == "confirmed"
    page.get_by_role("link", name=lost.number).click()
    told(page, "It is tied to no record yet.")
    press(page, "k")
    page.get_by_role("button", name="Look for records").click()
    told(page, "0 records fit")
    press(page, "x")
    page.get_by_role("button", name="Refuse the complaint").click()
    told(page, "Choose one of these.")
    look_at(page, "work-refuse")
    page.get_by_label("The photo is blurred.").check()
    page.get_by_role("button", name="Refuse the complaint").click()
    told(page, "the citizen reads why")
    assert tree.row(lost.number).refusal == "blurred"


def test_a_complaint_brings_the_missing_record_into_being(chromium: Any, desks: Desks, address: str) -> None:
    tree = Tree(world=desks.world)
    shown = clean_photo(photo(image=slip(HOA, "Mũi 1: 05/10/2021, Vaxzevria, FK0112")))
    lost = tree.open(ComplaintKind.NOTHING_FOUND, statement="Không thấy gì", date_of_birth="05/04/1980", photo=shown)
    page = open_as(chromium, address, desks.clerk)
    page.goto(f"{address}/work/complaints/{lost.number}")
    press(page, "y")
    page.get_by_label("What the citizen reads").fill("Đã bổ sung.")
    form = page.locator("form:has(input[value=confirm])")
    assert form.get_by_label("Full name").input_value() == "Nguyễn Thị Hồng Hạnh"
    form.get_by_label("Sex").select_option("F")
    form.get_by_label("ID number").fill("001180000099")
    page.get_by_role("button", name="Put it right").click()
    told(page, "Choose one of these.")
    form.get_by_label("Proven by").select_option("slip")
    first = form.get_by_role("group", name="Dose 1")
    first.get_by_label("Day").fill("31/02/2021")
    first.get_by_label("Vaccine").select_option("vaxzevria")
    first.get_by_label("Lot").fill("FK0112")
    page.get_by_role("button", name="Put it right").click()
    told(page, "The correction is refused")
    assert first.get_by_label("Day").get_attribute("aria-invalid") == "true"
    look_at(page, "work-missing")
    first.get_by_label("Day").fill("05/10/2021")
    page.get_by_role("button", name="Put it right").click()
    told(page, "what was missing is entered (waits for the register)")
    case = tree.row(lost.number)
    assert (case.state, desks.world.state(case.record_id)[0]) == ("confirmed", "awaiting_match")


def test_a_list_goes_to_police_and_comes_back_signed(chromium: Any, desks: Desks, address: str, tmp_path: Path) -> None:
    record_id = desks.add(8, state=RecordState.REGISTER_DISPUTED, reason="register-wrong:sex")
    page = open_as(chromium, address, desks.clerk, script=False)
    page.goto(f"{address}/work/lists")
    page.get_by_text("Make the next list").click()
    with page.expect_download() as caught:
        page.get_by_role("button", name="Make the list").click()
    out = fill(Path(caught.value.path()).read_bytes(), {record_id: ("Đúng",)})
    desks.world.clock.forward(hours=1)
    (tmp_path / "list.xlsx").write_bytes(out)
    signature = sign_file(out, desks.world.keys["CA-1"], account="minh.ca", at=desks.world.clock())
    (tmp_path / "list.xlsx.p7s").write_bytes(signature)
    page.reload()
    told(page, "with police")
    page.get_by_text("Hand in a list that police signed").click()
    page.get_by_label("The spreadsheet as it was signed").set_input_files(tmp_path / "list.xlsx")
    page.get_by_role("button", name="Hand it in").click()
    told(page, "This is needed.")
    page.get_by_label("The spreadsheet as it was signed").set_input_files(tmp_path / "list.xlsx")
    page.get_by_label(re.compile("Its signature")).set_input_files(tmp_path / "list.xlsx.p7s")
    page.get_by_role("button", name="Hand it in").click()
    page.get_by_role("heading", name=re.compile("came back")).wait_for()
    assert desks.world.state(record_id)[0] == "ready"
    page.context.close()


def test_a_file_is_handed_in_and_two_alike_in_it_are_joined(
    chromium: Any, desks: Desks, address: str, tmp_path: Path
) -> None:
    alike = row(unit="TYT-1", id="001161012354", dose=2, day="20/12/2021")
    file = write_csv(tmp_path / "a.csv", row(unit="TYT-1"), alike, row(unit="TYT-1", born="?"))
    page = open_as(chromium, address, desks.clerk)
    page.goto(f"{address}/work/imports")
    page.get_by_label(re.compile("A spreadsheet")).set_input_files(file)
    page.get_by_role("button", name="Take it in").click()
    page.get_by_role("heading", name="a.csv").wait_for()
    assert page.get_by_role("cell", name="4").is_visible()
    page.goto(f"{address}/work/duplicates")
    press(page, "n")
    page.get_by_role("heading", name="Alike").wait_for()
    assert sorted(page.locator("mark").all_inner_texts()) == ["45", "54"]  # which one is left, its id decides
    look_at(page, "work-duplicate")
    press(page, "s")
    page.keyboard.press("Enter")
    told(page, "This is needed.")
    page.keyboard.type("cùng phiếu")
    page.keyboard.press("Enter")
    told(page, "They are one and the same from now on.")


def test_somebody_without_a_telephone_is_served_at_the_counter(chromium: Any, desks: Desks, address: str) -> None:
    world = desks.world
    born, day = PartialDate(2015, 5, 6), "06/05/2015"
    child = add_citizen(world, 31, contact=None, name="LÊ THỊ AN", born=born)
    add_citizen(world, 32, contact=None)
    issue(world)
    page = open_as(chromium, address, desks.clerk)
    page.goto(f"{address}/work/counter")
    page.get_by_label("Number of the card").fill(id_number(31))
    page.get_by_role("button", name="Look the person up").click()
    page.get_by_label("Date of birth").fill("31/02/2015")
    page.get_by_role("button", name="Look the person up").click()
    told(page, "This is no date.")
    assert violations(page) == []
    assert page.evaluate("document.activeElement.name") == "date_of_birth"
    assert page.get_by_label("Number of the card").input_value() == id_number(31)
    page.get_by_label("Date of birth").fill(day)
    page.get_by_role("button", name="Look the person up").click()
    page.get_by_role("heading", name="LÊ THỊ AN").wait_for()
    assert page.url == f"{address}/work/counter/{child}"
    press(page, "c")
    page.keyboard.type("0912")
    page.get_by_label("What you saw of the person").select_option("citizen-card")
    page.get_by_role("button", name="Register the contact").click()
    told(page, "Enter a telephone number")
    assert page.get_by_label("Telephone or e-mail").input_value() == "0912"
    page.get_by_label("Telephone or e-mail").fill("0912 345 678")
    page.get_by_role("button", name="Register the contact").click()
    told(page, "Codes go to this contact from now on.")
    press(page, "g")
    page.keyboard.type(id_number(32))
    page.keyboard.press("Tab")
    page.keyboard.type("05/04/1980")
    page.get_by_label("What you saw for it").select_option("birth-certificate")
    page.get_by_role("button", name="Register who may see it").click()
    told(page, "this person may see the certificates from now on")
    press(page, "s")
    with page.expect_download() as caught:
        page.get_by_role("button", name="Print a new slip").click()
    assert Path(caught.value.path()).read_bytes().startswith(b"%PDF-")
    press(page, "p")
    look_at(page, "work-visit")
    with page.expect_download() as caught:
        page.get_by_role("button", name="Card to cut out").click()
    assert Path(caught.value.path()).read_bytes().startswith(b"%PDF-")
    page.locator("summary", has_text="End it").click()
    page.context.clear_cookies(name="visit")
    page.get_by_role("button", name="It is over: end it").click()
    page.get_by_role("heading", name="The visit is over").wait_for()
    again = page.context.new_page()
    again.goto(f"{address}/work/counter")
    again.get_by_text("Without a card").click()
    again.get_by_label("Record number on the slip").fill(child)
    again.get_by_role("button", name="Look the person up").click()
    again.get_by_role("heading", name="LÊ THỊ AN").wait_for()
    page.get_by_role("button", name="I have looked the person up: send it now").click()
    told(page, "this person sees the certificates no longer")


def test_a_complaint_is_taken_down_for_somebody_at_the_counter(
    chromium: Any, desks: Desks, address: str, tmp_path: Path
) -> None:
    page = open_as(chromium, address, desks.clerk)
    page.goto(f"{address}/work/complaints")
    press(page, "t")
    page.get_by_label(re.compile("Conduct: delay")).check()
    page.get_by_role("button", name="Take it down").click()
    told(page, "This is needed.")
    look_at(page, "work-complaint-new")
    page.get_by_label("In the person’s own words").fill("Đòi 50.000 đồng")
    page.get_by_role("button", name="Take it down").click()
    page.locator("#new-unit-wrong").wait_for()  # conduct of this very unit
    assert page.get_by_label(re.compile("Conduct: delay")).is_checked()
    assert page.get_by_label("In the person’s own words").input_value() == "Đòi 50.000 đồng"
    page.get_by_label(re.compile("there is nothing in the system")).check()
    page.get_by_label("Full name").fill("Lê Thị Hạnh")
    (tmp_path / "slip.jpg").write_bytes(photo(image=slip(HOA, "Mũi 2: 05/10/2021")))
    page.get_by_label("Photo of the slip or the card").set_input_files(tmp_path / "slip.jpg")
    page.get_by_role("button", name="Take it down").click()
    told(page, "It is answered until")
    assert violations(page) == []
    number, secret = page.locator("dd.code").all_inner_texts()
    found = follow(desks.world.centre, number, secret)
    assert (found.kind, found.unit) == (ComplaintKind.NOTHING_FOUND, "TYT-1")


def test_a_sample_of_what_police_settled_is_checked_again_above(chromium: Any, desks: Desks, address: str) -> None:
    world = desks.world
    commit_seeds(world.centre)
    nobody = [
        desks.add(number, state=RecordState.REGISTER_DISPUTED, reason="register-wrong:sex") for number in (41, 42)
    ]
    for record_id in nobody:
        settle(world.centre, desks.police.staff, record_id, finding=Finding.NOBODY)
    world.clock.forward(days=1)
    draw_due(world.centre)
    page = open_as(chromium, address, add_person(world, "vinh", "XA-1", "overseer"))
    page.goto(f"{address}/work/rechecks")
    told(page, "minh.ca@CA-1")
    assert violations(page) == []
    press(page, "n")
    page.get_by_role("heading", name="What you found").wait_for()
    proof = page.locator("dt", has_text="Reason and proof").locator("+ dd")
    assert proof.inner_text() == "There is no such person"
    press(page, "w")
    page.get_by_role("button", name="Write the error down").click()
    told(page, "Choose one of these.")
    look_at(page, "work-recheck")
    page.get_by_label("Attempts were written down that were not made").check()
    page.keyboard.press("Enter")
    told(page, "It is written down what was wrong")
    press(page, "n")
    page.get_by_role("heading", name="What you found").wait_for()
    press(page, "o")
    page.keyboard.press("Enter")
    told(page, "nothing was wrong with record")
    told(page, "Nothing waits to be checked.")
