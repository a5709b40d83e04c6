"""A session from its list to the doses that were given."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import insert, select, update

from api.accounts.staff import Role, Staff
from api.audit import read_log
from api.errors import CentreError
from api.identity.register import FileRegister
from api.intake.importer import import_file
from api.passports.claims import hash_claim_code
from api.sessions.giving import enter_given, write_slips
from api.sessions.listing import add_people, open_session, show_session
from api.sessions.slip_pages import Heading, Slip, print_slips, shown
from api.store.schema import claim_codes, units
from api.store.schema_intake import recoveries
from api.store.transactions import writing
from tests.support.centre import START, World
from tests.support.intake import people as stored_people
from tests.support.intake import row, write_csv
from tests.support.staff import add_person

HONG = {
    "full_name": "Nguyễn Thị Hồng",
    "date_of_birth": "1961-03-07",
    "sex": "Nữ",
    "id_number": "001161012345",
}
REGISTER = """id,name,dob,sex,status
001161012345,Nguyễn Thị Hồng,1961-03-07,F,found
001161000002,Lê An,1961-03-07,F,deceased
"""


def staff(*roles: Role, unit: str = "TYT-1") -> Staff:
    return Staff(account="lan", unit=unit, roles=frozenset(roles or ("clerk",)))


def begin(world: World, day: date = date(2022, 3, 1)) -> str:
    return open_session(world.centre, staff(), unit="TYT-1", day=day, product="AstraZeneca", lot="ABX1")


def vaccinated(world: World, folder: Path, *days: str, **changes: Any) -> None:
    rows = [row(dose=number, day=day, unit="TYT-1", **changes) for number, day in enumerate(days, start=1)]
    path = write_csv(folder / f"{len(list(folder.iterdir()))}.csv", *rows)
    assert import_file(world.engine, path, imported_by="lan", at=START).accepted == len(days)


def check(world: World, *given: dict[str, str], **options: Any) -> list[tuple[str, tuple[str, ...], str | None]]:
    listed = add_people(world.centre, staff(), begin(world), given, **options)
    return [(one.verdict, one.reasons, one.due_on) for one in listed.people]


def pages_of(pdf: bytes) -> list[str]:
    document: Any = pypdfium2.PdfDocument(io.BytesIO(pdf))  # type: ignore[no-untyped-call]
    return [page.get_textpage().get_text_bounded() for page in document]


def words_of(pdf: bytes) -> str:
    return "\n".join(pages_of(pdf))


@pytest.mark.both_databases
def test_from_the_list_to_the_record(world: World) -> None:
    session = begin(world)
    listed = add_people(world.centre, staff(), session, [HONG, HONG, {"full_name": "?"}])
    assert [(one.place, one.verdict, one.reasons) for one in listed.people] == [
        (1, "ready", ()),
        (None, "refused", ("listed-before",)),
        (None, "refused", ("name-letters",)),
    ]
    assert listed.people[1].sentence_vi
    pdf, count = write_slips(world.centre, staff(), session)
    text = words_of(pdf)
    (place,) = show_session(world.centre, staff(), session)["people"]
    assert (count, place["slip"], place["given_at"]) == (1, True, None)
    for shown_ in ("Nguyễn Thị Hồng", "001161012345", "07/03/1961", "01/03/2022", "ABX1", place["record"]):
        assert shown_ in text
    (given,) = enter_given(world.centre, staff(), session, [1])
    assert (given["outcome"], given["record"], given["slip_again"]) == ("accepted", place["record"], False)
    (stored,) = stored_people(world.engine)
    assert (stored.record.record_id, stored.record.doses[0].entered_by) == (place["record"], "lan")
    code = next(word for word in text.split() if len(word) == 11 and word[5] == "-")
    with world.engine.connect() as connection:
        kept = connection.execute(select(claim_codes.c.code_hash)).scalar_one()
    assert kept == hash_claim_code(world.centre.secret, place["record"], code)
    assert enter_given(world.centre, staff(), session, [1])[0]["outcome"] == "duplicate"
    acts = [act.act for act in read_log(world.engine, limit=10, subject=session)]
    assert acts == [
        "doses-entered",
        "doses-entered",
        "claim-codes-printed",
        "session-people-checked",
        "session-opened",
    ]


def test_who_was_vaccinated_before(world: World, tmp_path: Path) -> None:
    vaccinated(world, tmp_path, "05/10/2021")
    assert check(world, HONG | {"dose_number": "1"}) == [("stop", ("dose-given",), "2021-10-29")]
    assert check(world, HONG) == [("ready", (), "2021-10-29")]
    assert check(world, HONG | {"dose_number": "3"})[0][1] == ("dose-number-other",)


def test_too_early(world: World, tmp_path: Path) -> None:
    vaccinated(world, tmp_path, "05/10/2021", "20/12/2021")
    assert check(world, HONG) == [("stop", ("too-early",), "2022-03-20")]


def test_a_recovery_moves_the_day(world: World, tmp_path: Path) -> None:
    vaccinated(world, tmp_path, "08/03/2021", "08/06/2021", "08/09/2021")
    assert check(world, HONG) == [("ready", (), "2022-01-08")]
    with writing(world.engine) as connection:
        connection.execute(
            insert(recoveries).values(
                person_key=stored_people(world.engine)[0].person_key,
                positive_on="2022-01-10",
                province="01",
                source="laboratory",
                unit="TYT-1",
                person="{}",
                import_id="x",
                made_at="2022-01-12T00:00:00Z",
            )
        )
    assert check(world, HONG) == [("stop", ("too-early", "recovered"), "2022-04-10")]


def test_the_number_and_the_register(world: World, tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_text(REGISTER, encoding="utf-8")
    register = FileRegister(path, clock=world.clock)
    found = check(
        world,
        HONG,
        HONG | {"id_number": "001161000002", "full_name": "Lê An"},
        HONG | {"id_number": "00116101234"},
        HONG | {"id_number": "", "full_name": "Trần Văn Bình", "sex": "Nam"},
        HONG | {"id_number": "001061012346", "full_name": "Lý Hoa"},
        register=register,
    )
    assert [one[:2] for one in found] == [
        ("ready", ()),
        ("stop", ("register-deceased",)),
        ("attention", ("citizen-id-lost-zero", "register-no-answer")),
        ("attention", ("id-number-missing", "register-no-answer")),
        ("attention", ("citizen-id-sex", "register-no-answer")),
    ]


def test_somebody_who_may_be_known_under_another_number(world: World, tmp_path: Path) -> None:
    vaccinated(world, tmp_path, "05/10/2021")
    assert check(world, HONG | {"full_name": "Nguyen Thi Hong", "id_number": ""})[0][1] == (
        "id-number-missing",
        "possible-duplicate",
    )


def test_who_was_stopped_gets_no_slip_and_no_dose(world: World, tmp_path: Path) -> None:
    vaccinated(world, tmp_path, "20/02/2022")
    session = begin(world)
    add_people(world.centre, staff(), session, [HONG])
    with pytest.raises(CentreError, match="slips-none"):
        write_slips(world.centre, staff(), session)
    (answer,) = enter_given(world.centre, staff(), session, [1])
    assert (answer["outcome"], answer["code"]) == ("refused", "session-stopped")


def test_a_slip_again_ends_the_first_code(world: World, tmp_path: Path) -> None:
    vaccinated(world, tmp_path, "05/10/2021")
    session = begin(world)
    add_people(world.centre, staff(), session, [HONG])
    codes = []
    for again in (False, True):
        write_slips(world.centre, staff(), session, places=[1], again=again)
        with world.engine.connect() as connection:
            codes.append(connection.execute(select(claim_codes.c.code_hash)).scalar_one())
    assert codes[0] != codes[1]
    with pytest.raises(CentreError, match="slips-none"):
        write_slips(world.centre, staff(), session)


def test_a_record_that_was_made_elsewhere_meanwhile(world: World, tmp_path: Path) -> None:
    session = begin(world)
    add_people(world.centre, staff(), session, [HONG | {"dose_number": "2"}])
    write_slips(world.centre, staff(), session)
    vaccinated(world, tmp_path, "05/10/2021")
    (answer,) = enter_given(world.centre, staff(), session, [1])
    assert (answer["outcome"], answer["slip_again"]) == ("accepted", True)


def test_what_is_refused(world: World) -> None:
    centre = world.centre
    for change, code in (
        ({"day": date(2022, 2, 28)}, "session-form"),
        ({"product": "nước"}, "session-form"),
        ({"lot": " "}, "session-form"),
        ({"unit": "TYT-2"}, "place"),
    ):
        given: dict[str, Any] = {"unit": "TYT-1", "day": date(2022, 3, 1), "product": "Pfizer", "lot": "A1", **change}
        with pytest.raises(CentreError, match=code):
            open_session(centre, staff(), **given)
    session = begin(world)
    add_people(centre, staff(), session, [HONG])
    for use in (
        lambda who, number: add_people(centre, who, number, [HONG]),
        lambda who, number: show_session(centre, who, number),
        lambda who, number: write_slips(centre, who, number),
        lambda who, number: enter_given(centre, who, number, [1]),
    ):
        for who, number, code in (
            (staff("police"), session, "role"),
            (staff(unit="TYT-2"), session, "place"),
            (staff(), "0" * 12, "session-unknown"),
        ):
            with pytest.raises(CentreError, match=code):
                use(who, number)
    with pytest.raises(CentreError, match="session-places"):
        enter_given(centre, staff(), session, [2])
    world.clock.forward(days=1)
    with pytest.raises(CentreError, match="session-day"):
        enter_given(centre, staff(), session, [1])


def test_a_unit_that_nobody_knows(world: World) -> None:
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code != "BYT").values(parent="BYT"))
    with pytest.raises(CentreError, match="place"):
        open_session(world.centre, staff(unit="BYT"), unit="NOWHERE", day=date(2022, 3, 1), product="Pfizer", lot="A1")


def test_slips_fill_pages_and_show_what_they_can(world: World) -> None:
    name = "Đặng #[x] \\u{41} " * 3
    slips = [
        Slip(
            place=n,
            name=name,
            number="1" * 12,
            born="1961",
            dose=2,
            record="A" * 12,
            code="AAAAA-BBBBB",
        )
        for n in range(1, 18)
    ]
    pdf = print_slips(Heading(unit="Trạm y tế", day="2022-03-01", product="Vaxzevria", lot="A1"), slips, at=START)
    assert len(pages_of(pdf)) == 3
    assert "#[x]" in words_of(pdf)
    assert shown("Σωκράτης") == "SOKRATIS"
    assert shown("王") == "–"


def test_over_http(world: World) -> None:
    clerk = add_person(world, "lan.tran", "TYT-1", "clerk")
    new = {"unit": "TYT-1", "day": "2022-03-01", "product": "AstraZeneca", "lot": "ABX1"}
    path = "/v1/vaccination-sessions"
    session = clerk.post(path, new).json()["session_id"]
    (listed,) = clerk.post(f"{path}/{session}/people", {"people": [HONG]}).json()["people"]
    assert (listed["place"], listed["reasons"]) == (1, ["register-no-answer"])  # ours knows nobody
    slips = clerk.post(f"{path}/{session}/slips", {})
    assert (slips.headers["content-type"], slips.headers["x-slips"]) == ("application/pdf", "1")
    assert slips.content.startswith(b"%PDF")
    given = clerk.post(f"{path}/{session}/given", {"places": [1]}).json()["results"]
    assert given[0]["outcome"] == "accepted"
    assert clerk.get(f"{path}/{session}").json()["people"][0]["given_at"] == "2022-03-01T02:00:00Z"
    assert clerk.post(f"{path}/{session}/slips", {}).json()["code"] == "slips-none"
    assert clerk.post(path, new | {"day": "2021-01-01"}).json()["fields"] == ["day"]
