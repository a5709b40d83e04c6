"""Behind a session: certificates, the state of the record, history, notices, complaints, and who else sees it."""

import base64
import io
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select, update

from api.accounts.reading import Purpose, read_record
from api.citizens.evidence import Evidence
from api.citizens.people import register_guardian
from api.revocation.reasons import RevocationReason
from api.states import RecordState
from api.store.schema import audit, passports, records
from api.store.schema_complaints import complaints
from api.store.transactions import writing
from certificates.qr import read_qr, read_qr_image
from certificates.records.dates import PartialDate
from tests.support.centre import World
from tests.support.citizens import CitizenApp, add_app, add_citizen
from tests.support.photos import photo, picture
from tests.support.revoking import order
from tests.support.staff import add_person


@pytest.fixture
def app(make: Any) -> CitizenApp:
    """The session of a person who has a certificate."""
    world: World = make("station")
    add_citizen(world)
    world.agent("TYT-1").work()
    app = add_app(world)
    app.enter()
    return app


@pytest.mark.both_databases
def test_the_certificate_in_every_form(app: CitizenApp) -> None:
    with app.world.engine.connect() as connection:
        stored = connection.execute(select(passports)).one()
    (one,) = app.post("me/certificates").json()["certificates"]
    assert (one["status"], one["hc1"], one["date_of_birth"]) == ("valid", stored.hc1, "1980-04-05")
    assert one["certificate_code"].startswith(stored.uvci)
    asked = {"certificate_code": one["certificate_code"]}
    assert read_qr(app.post("me/qr.png", asked).content) == stored.hc1
    svg = app.post("me/qr.svg", asked)
    assert (svg.headers["content-type"], svg.text[:4]) == ("image/svg+xml", "<svg")
    assert app.post("me/certificate.pdf").content == stored.pdf
    for layout in ("folded", "card"):
        sheet = pypdfium2.PdfDocument(io.BytesIO(app.post("me/sheet.pdf", {"layout": layout}).content))  # type: ignore[no-untyped-call]
        assert len(sheet) == 1
        text = sheet[0].get_textpage().get_text_bounded()
        assert "NGUYỄN THỊ HỒNG HẠNH" in text
        assert "01/03/2023" in text
        assert read_qr_image(sheet[0].render(scale=3).to_pil().convert("L")) == stored.hc1
    for code in ("URN:UVCI:01:VN:00000000000000", "ẹ²", "#"):
        missing = app.post("me/qr.png", {"certificate_code": code})
        assert (missing.status_code, missing.json()["code"]) == (404, "certificate-none")


def test_what_an_app_has_already_is_not_sent_again(app: CitizenApp) -> None:
    for path in ("certificates", "qr.png", "qr.svg", "certificate.pdf", "sheet.pdf", "record", "people", "notices"):
        first = app.post(f"me/{path}")
        again = app.post(f"me/{path}", **{"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert first.headers["cache-control"] == "private, no-cache"
        assert app.post(f"me/{path}", **{"If-None-Match": '"another"'}).content == first.content


def test_what_is_revoked_or_in_doubt_shows_no_code(app: CitizenApp) -> None:
    with writing(app.world.engine) as connection:
        uvci = connection.execute(select(passports.c.uvci)).scalar_one()
    answer = app.complain("data-wrong", grave="wrong-person")
    assert answer.status_code == 200
    (one,) = app.post("me/certificates").json()["certificates"]
    assert (one["status"], one["hc1"]) == ("disputed", None)
    assert app.post("me/qr.png").json()["code"] == "passport-disputed"
    order(app.world, RevocationReason.WRONG_DATA, codes=(uvci,))
    (one,) = app.post("me/certificates").json()["certificates"]
    assert (one["status"], one["hc1"]) == ("revoked", None)
    for path in ("qr.png", "qr.svg", "certificate.pdf", "sheet.pdf"):
        assert app.post(f"me/{path}").json()["code"] == "passport-revoked"
    (told,) = app.post("me/notices").json()["notices"]
    assert (told["kind"], told["certificate_code"]) == ("revoked", one["certificate_code"])


def test_the_field_that_does_not_match_and_what_to_do(world: World) -> None:
    reason = "register-mismatch:full_name,date_of_birth"
    add_citizen(world, state=RecordState.MISMATCHED, reason=reason)
    app = add_app(world)
    app.enter()
    found = app.post("me/record").json()
    assert [(one["field"], one["entered"]) for one in found["wrong"]] == [
        ("full_name", "NGUYỄN THỊ HỒNG HẠNH"),
        ("date_of_birth", "1980-04-05"),
    ]
    assert (found["state"], found["unit"], len(found["doses"])) == ("mismatched", "TYT-1", 2)
    assert "trạm y tế" in found["to_do"]["vi"]
    assert app.post("me/certificates").json() == {"certificates": []}
    assert app.post("me/certificate.pdf").json()["code"] == "certificate-none"


def test_every_state_says_what_to_do(world: World) -> None:
    add_citizen(world)
    app = add_app(world)
    app.enter()
    for state, reason, fields, to_do in (
        ("incomplete", "date-of-birth-missing", ["date_of_birth"], "papers"),
        ("malformed_id", "citizen-id-length", ["id_number"], "papers"),
        ("incomplete", "doses-none", [], "papers"),
        ("unverifiable", "register-no-answer", [], "identity card"),
        ("register_disputed", None, [], "police"),
        ("ready", None, [], "nothing"),
        ("issued", None, [], "fetch"),
        ("disputed", "complaint", [], "complaint"),
    ):
        with writing(world.engine) as connection:
            connection.execute(update(records).values(state=state, reason=reason))
        found = app.post("me/record").json()
        assert [one["field"] for one in found["wrong"]] == fields
        assert to_do in found["to_do"]["en"]


@pytest.mark.both_databases
def test_the_history_names_units_and_purposes_and_no_account(app: CitizenApp) -> None:
    clerk = add_person(app.world, "lan", "TYT-1", "clerk")
    app.world.clock.forward(minutes=5)
    read_record(app.world.centre, clerk.staff, "r00000001", Purpose.CORRECTION)
    app.world.clock.forward(minutes=5)
    app.complain("conduct", accused="a name", unit=None)
    answer = app.post("me/history")
    uses = answer.json()["uses"]
    said = [(one["unit"], one["what"]["en"], one["why"]["en"]) for one in uses]
    assert said[0] == ("TYT-1", "Your record was read.", "to correct it")
    assert ("TYT-1", "The certificate was signed.", "") in said
    assert ("", "The proof was right, and a session began.", "by the code that was sent to you") in said
    assert ("TYT-1", "Data of the vaccination were taken in.", "") in said
    assert uses[0]["who"]["vi"] == "Đơn vị TYT-1"
    assert "lan" not in answer.text
    assert not any("complaint" in what for _, what, _ in said)  # of conduct nothing shows


@pytest.mark.both_databases
def test_a_complaint_with_a_photo_is_opened_once(app: CitizenApp) -> None:
    image = base64.b64encode(photo(image=picture(16, 16))).decode()
    first = app.complain("data-wrong", "a-complaint", photo=image)
    again = app.complain("data-wrong", "a-complaint", photo=image)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    with app.world.engine.connect() as connection:
        (case,) = connection.execute(select(complaints)).all()
    assert (case.record_id, case.complaint_id) == ("r00000001", first.json()["number"])
    follow = {"number": first.json()["number"], "secret": first.json()["secret"]}
    assert app.post("complaints/follow", follow).json()["spent_seconds"] == 0
    other = app.complain("data-wrong", "a-complaint", statement="Khác")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-other")


def test_one_persons_answer_is_never_anothers(app: CitizenApp) -> None:
    mine = app.complain("data-wrong", "the-same-name").json()
    add_citizen(app.world, 2, contact="0987654321")
    app.bearer = ""
    app.enter(2)
    assert app.complain("data-wrong", "the-same-name").json()["number"] != mine["number"]


def test_a_child_is_seen_by_its_guardian_until_the_fourteenth_birthday(app: CitizenApp) -> None:
    world = app.world
    add_citizen(world, 2, name="NGUYỄN MINH AN", born=PartialDate(2008, 3, 3), contact=None)
    assert [one["person"] for one in app.post("me/people").json()["people"]] == ["self"]
    with writing(world.engine) as connection:
        handle = register_guardian(
            connection,
            record_id="r00000002",
            guardian_id="r00000001",
            kind="child",
            evidence=Evidence.BIRTH_CERTIFICATE,
            by="lan@TYT-1",
            at=world.clock(),
        )
    people = app.post("me/people").json()["people"]
    assert [(one["person"], one["name"], one["relation"]) for one in people][1] == (handle, "NGUYỄN MINH AN", "child")
    assert app.post("me/record", {"person": handle}).json()["state"] == "ready"
    with world.engine.connect() as connection:
        last = connection.execute(select(audit).order_by(audit.c.sequence.desc()).limit(1)).one()
    assert (last.subject, last.act, last.reason) == ("r00000002", "standing-shown", "guardian")
    world.clock.forward(days=2)  # 3 March 2022, the birthday
    app.bearer = ""
    app.enter()
    assert app.post("me/record", {"person": handle}).json()["code"] == "citizen-person-unknown"
    assert len(app.post("me/people").json()["people"]) == 1


def test_an_adults_consent_is_the_adults_to_take_back(app: CitizenApp) -> None:
    world = app.world
    add_citizen(world, 2, contact="0987654321")
    with writing(world.engine) as connection:
        handle = register_guardian(
            connection,
            record_id="r00000002",
            guardian_id="r00000001",
            kind="consent",
            evidence=Evidence.WRITTEN_CONSENT,
            by="lan@TYT-1",
            at=world.clock(),
        )
    assert app.post("me/certificates", {"person": handle}).status_code == 200
    assert app.post("me/end-consent", {"watcher": handle}).json()["code"] == "guardianship-unknown"  # not theirs
    other = add_app(world)
    other.enter(2)
    (watcher,) = other.post("me/people").json()["seen_by"]
    assert (watcher["watcher"], watcher["kind"]) == (handle, "consent")
    assert other.post("me/end-consent", {"watcher": handle}).status_code == 200
    assert app.post("me/certificates", {"person": handle}).json()["code"] == "citizen-person-unknown"


def test_whose_handle_it_is_not_learns_nothing(app: CitizenApp) -> None:
    add_citizen(app.world, 2)
    for handle in ("r00000002", "", "0" * 24):
        for path in ("certificates", "record", "history", "notices", "certificate.pdf", "qr.png", "sheet.pdf"):
            answer = app.post(f"me/{path}", {"person": handle})
            assert (answer.status_code, answer.json()["code"]) == (404, "citizen-person-unknown")
