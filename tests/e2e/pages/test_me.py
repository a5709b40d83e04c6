"""The citizen's pages in a real browser: three ways to the certificate, its code, the record, and complaints."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.citizens.evidence import Evidence
from api.citizens.people import register_guardian
from api.citizens.sending import send_codes
from api.states import RecordState
from api.store.schema import passports
from api.store.transactions import writing
from certificates.qr import read_qr
from certificates.records.dates import PartialDate
from tests.support.browser import browser, keep, look_at, serving, violations
from tests.support.centre import World, make_world
from tests.support.citizens import NAME, SLIP, Post, add_citizen, id_number
from tests.support.photos import photo, picture

PHONE = {"width": 360, "height": 640}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """A person with a certificate and a child without, and one whose record does not match."""
    world = make_world(Path(tmp_path_factory.mktemp("me")), mode="station")
    add_citizen(world, 1)
    world.agent("TYT-1").work()
    add_citizen(world, 2, name="NGUYỄN MINH AN", born=PartialDate(2015, 5, 6), contact=None)
    reason = "register-mismatch:full_name,date_of_birth"
    add_citizen(world, 3, name="Trần Thị Bưởi", state=RecordState.MISMATCHED, reason=reason, contact=None)
    with writing(world.engine) as connection:
        register_guardian(
            connection,
            record_id="r00000002",
            guardian_id="r00000001",
            kind="child",
            evidence=Evidence.BIRTH_CERTIFICATE,
            by="lan@TYT-1",
            at=world.clock(),
        )
    with serving(world.client.app) as url:
        yield world, url


@pytest.fixture
def page(chromium: Any, served: tuple[World, str]) -> Iterator[Any]:
    context = chromium.new_context(locale="en-GB", viewport=PHONE, accept_downloads=True)
    opened = context.new_page()
    opened.goto(f"{served[1]}/me")
    yield opened
    context.close()


def glance(page: Any, name: str) -> None:
    """On the telephone only: what differs from a page that was looked at is an error beside its field, or few words."""
    assert violations(page) == [], name
    keep(page, f"{name}-phone-light", full_page=True)


def test_a_code_by_telephone_shows_the_certificate(page: Any, served: tuple[World, str]) -> None:
    world, _url = served
    page.get_by_text("It is your right, and it is free.").wait_for()
    look_at(page, "me-start")
    page.get_by_role("link", name="By telephone or e-mail").click()
    page.get_by_label("Full name").fill(NAME)
    page.get_by_label("Date of birth").fill("31/02/1980")
    page.get_by_role("button", name="Send me a code").click()
    page.locator("#date_of_birth-error").wait_for()
    assert page.get_by_label("Full name").input_value() == NAME
    assert page.get_by_label("Date of birth").input_value() == "31/02/1980"
    glance(page, "me-code-wrong")
    page.get_by_label("Date of birth").fill("5/4/1980")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Enter the code").wait_for()
    glance(page, "me-code-sent")
    page.get_by_label("Code of 8 digits").fill("1")
    page.keyboard.press("Enter")
    page.locator("#code-error").wait_for()
    post = Post()
    send_codes(world.centre, {"sms": post})
    page.get_by_label("Code of 8 digits").fill(post.sent[0][1][:9])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=NAME).wait_for()
    look_at(page, "me-mine")
    with world.engine.connect() as connection:
        stored = connection.execute(select(passports)).one()
    assert read_qr(page.locator("img.passport").screenshot()) == stored.hc1
    for name, file, start in (
        ("Signed certificate (PDF)", "certificate.pdf", stored.pdf),
        ("Sheet to fold (A4, PDF)", "folded.pdf", b"%PDF-"),
        ("Card to cut out (PDF)", "card.pdf", b"%PDF-"),
        ("QR code as a picture (PNG)", "passport.png", b"\x89PNG"),
        ("QR code to enlarge (SVG)", "passport.svg", b"<svg"),
    ):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename == file
        assert Path(download.value.path()).read_bytes().startswith(start)
    page.get_by_role("link", name="Show it full screen").click()
    page.get_by_text("Turn up the brightness").wait_for()
    look_at(page, "me-screen")
    assert read_qr(page.locator("img.passport").screenshot()) == stored.hc1
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="NGUYỄN MINH AN").click()
    page.get_by_role("heading", name="There is no certificate yet").wait_for()
    glance(page, "me-child")
    page.get_by_role("link", name="Who used my data").click()
    page.get_by_text("A guardian, or somebody you agreed to").first.wait_for()
    look_at(page, "me-history")
    page.get_by_role("link", name="Family").click()
    page.get_by_text("Child: I am the registered guardian").wait_for()
    glance(page, "me-people")
    page.get_by_role("button", name="Tiếng Việt").click()
    page.get_by_role("heading", name="Gia đình").wait_for()
    page.get_by_role("button", name="Thoát").click()
    page.get_by_text("Đây là quyền của bạn và miễn phí.").wait_for()
    page.goto(f"{served[1]}/me/mine")
    page.get_by_role("heading", name="Phiên đã kết thúc").wait_for()


def test_the_slip_the_field_that_does_not_match_and_a_complaint(page: Any, tmp_path: Path) -> None:
    page.get_by_role("link", name="With the paper slip").click()
    page.get_by_label("Claim code").fill("00000-00000")
    page.get_by_label("Record number").fill("r00000003")
    page.keyboard.press("Enter")
    page.locator("#claim_code-error").wait_for()
    assert page.get_by_label("Record number").input_value() == "r00000003"
    glance(page, "me-slip-wrong")
    page.get_by_label("Claim code").fill(SLIP)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="See what is missing").click()
    page.get_by_role("row", name="Full name Trần Thị Bưởi").wait_for()
    look_at(page, "me-record")
    page.get_by_role("link", name="Complain, with a photo").click()
    page.get_by_label("In your own words").fill("Tên tôi là Trần Thị Bươi, không có dấu hỏi")
    page.get_by_role("button", name="Send the complaint").click()
    page.locator("#kind-error").wait_for()
    assert "Bươi" in page.get_by_label("In your own words").input_value()
    glance(page, "me-complaint-wrong")
    page.get_by_label("What is it about?").select_option("person-wrong")
    taken = tmp_path / "card.jpg"
    taken.write_bytes(photo(image=picture(64, 64)))
    page.get_by_label("Photo of the slip or the card").set_input_files(taken)
    page.get_by_role("button", name="Send the complaint").click()
    page.get_by_role("heading", name="Your complaint was received").wait_for()
    look_at(page, "me-opened")
    page.get_by_role("button", name="See where it stands").click()
    page.get_by_text("Time left: 48 h 00 min of 48 hours").wait_for()
    page.get_by_text("A photo was received").wait_for()
    look_at(page, "me-followed")
    page.get_by_role("button", name="Send the photo").click()
    page.locator("#photo-error").wait_for()
    page.get_by_role("button", name="Take the complaint back").click()
    page.get_by_text("You have taken it back.").first.wait_for()


def test_the_certificates_code_and_telling_of_money_without_a_name(page: Any, served: tuple[World, str]) -> None:
    world, url = served
    with world.engine.connect() as connection:
        stored = connection.execute(select(passports)).one()
    page.get_by_role("link", name="With the certificate code").click()
    page.get_by_label("Certificate code").fill(stored.uvci[-14:])
    page.get_by_label("Date of birth").fill("06/04/1980")
    page.keyboard.press("Enter")
    page.locator("#certificate_code-error").wait_for()
    glance(page, "me-qr-wrong")
    page.get_by_label("Date of birth").fill("05/04/1980")
    page.keyboard.press("Enter")
    page.get_by_text("It is valid.").wait_for()
    look_at(page, "me-qr")
    assert read_qr(page.locator("img.passport").screenshot()) == stored.hc1
    page.goto(f"{url}/me")
    page.get_by_role("link", name="Tell us, without giving your name").click()
    page.get_by_label("Province").select_option("01")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Which station or unit?").select_option("TYT-1")
    page.get_by_label("What is it about?").select_option("conduct")
    page.get_by_role("button", name="Send the complaint").click()
    page.locator("#statement-error").wait_for()
    glance(page, "me-report-wrong")
    assert page.get_by_label("Which station or unit?").input_value() == "TYT-1"
    page.get_by_role("link", name="My certificate").click()
    page.get_by_role("link", name="Where is my complaint?").click()
    page.get_by_label("Number").fill("01-00000-00000")
    page.keyboard.press("Enter")
    page.locator("#number-error").wait_for()
    glance(page, "me-follow-wrong")


def test_without_a_script_everything_works(chromium: Any, served: tuple[World, str]) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="vi-VN", viewport=PHONE)
    page = context.new_page()
    page.goto(f"{served[1]}/me")
    page.get_by_role("link", name="Bằng phiếu tiêm").click()
    page.get_by_label("Mã nhận").fill(SLIP)
    page.get_by_label("Số giấy tờ").fill(id_number(1))
    page.get_by_role("button", name="Xem giấy chứng nhận").click()
    page.get_by_role("heading", name=NAME).wait_for()
    context.close()
