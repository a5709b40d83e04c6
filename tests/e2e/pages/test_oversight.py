"""Where does it stick? From the country down to a commune, in a real browser."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.complaints.kinds import ComplaintKind
from api.complaints.opening import Opening, open_complaint
from api.complaints.sweep import sweep_complaints
from api.oversight.due import import_hamlets
from api.oversight.residents import import_residents
from api.signing.enrolment import add_unit
from api.states import RecordState
from api.store.counts import fold
from api.store.records import write_versions
from api.store.schema import units
from api.store.transactions import writing
from tests.support.browser import browser, keep, look_at, serving, violations
from tests.support.centre import World, make_world, new_version
from tests.support.staff import PASSWORD, Person, add_person

PROVINCES = {"T-01": "Thành phố Hà Nội", "T-79": "Thành phố Hồ Chí Minh", "T-92": "Thành phố Cần Thơ"}
COMMUNES = ("Phường Nghĩa Đô", "Xã Đường Lâm", "Phường Ô Chợ Dừa", "Xã Phượng Dực")
READY_THERE = 24  # records of Phượng Dực that are ready
KINDS = (
    (RecordState.ISSUED, None, 1.0),
    (RecordState.MISMATCHED, "register-mismatch:full_name", 0.5),
    (RecordState.MISMATCHED, "register-mismatch:sex", 0.2),
    (RecordState.MALFORMED_ID, None, 0.3),
    (RecordState.REGISTER_DISPUTED, None, 0.1),
    (RecordState.AWAITING_MATCH, None, 0.2),
    (RecordState.READY, None, 0.3),
    (RecordState.CONFIRMED, None, 0.1),
)


def play(world: World) -> None:
    """A small country over five weeks: what comes in, what is issued, who complains."""
    opened: dict[str, Any] = {"opened_on": date(2020, 1, 1), "by": "test", "at": world.clock()}
    for code, name in PROVINCES.items():
        add_unit(
            world.engine,
            code=code,
            name=name,
            kind="province",
            province=code[2:],
            parent="BYT",
            **opened,
        )
        for at, commune in enumerate(COMMUNES, 1):
            given = {"kind": "station", "province": code[2:], "parent": code, **opened}
            add_unit(world.engine, code=f"{code}-{at}", name=f"Trạm y tế {commune}", **given)
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code.in_(("TYT-1", "TYT-2"))).values(parent="T-01"))
        connection.execute(update(units).where(units.c.code == "BYT").values(name="Bộ Y tế"))
    number = 1
    for week in range(5):
        versions = []
        for place, province in enumerate(PROVINCES):
            for station in range(1, len(COMMUNES) + 1):
                for state, reason, part in KINDS:
                    for _ in range(round((2 + week) * part * station / (place + 1))):
                        made = new_version(number, unit=f"{province}-{station}", state=state, at=world.clock())
                        versions.append(replace(made, reason=reason, evidence=None))
                        number += 1
        with writing(world.engine) as connection:
            write_versions(connection, versions, by="import", why="import", at=world.clock())
        for _ in range(3):
            opening = Opening(
                kind=ComplaintKind.DATA_WRONG, unit=f"T-01-{1 + week % 4}", person_name="Hạnh", statement="Sai"
            )
            open_complaint(world.centre, opening)
        world.clock.forward(days=7)
        sweep_complaints(world.centre)
    folder = world.centre.settings.data
    rows = [f"{code}-{at},{band},{people}" for code in PROVINCES for at in range(1, 5) for band, people in BANDS]
    (folder / "residents.csv").write_text("unit,band,people\n" + "\n".join(rows))
    import_residents(world.engine, folder / "residents.csv", by="test", at=world.clock())
    with writing(world.engine) as connection:
        while fold(connection):
            pass


BANDS = (("18+", 40), ("12-17", 8), ("5-11", 9))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, Any]]:
    world = make_world(tmp_path_factory.mktemp("oversight"))
    play(world)
    with serving(world.client.app) as url, browser() as chromium:
        yield world, url, chromium


def log_in(served: tuple[World, str, Any], person: Person, path: str) -> Any:
    _, url, chromium = served
    page = chromium.new_page(locale="vi-VN")
    page.goto(f"{url}{path}")
    page.locator("#account").fill(person.account)
    page.locator("#password").fill(PASSWORD)
    page.locator("#code").fill(person.code)
    page.keyboard.press("Enter")
    return page


def test_where_it_sticks_from_the_country_to_a_record(served: tuple[World, str, Any]) -> None:
    world, url, _ = served
    page = log_in(served, add_person(world, "phuc", "BYT", "ministry", "auditor"), "/oversight")
    page.get_by_role("heading", name="Vướng ở trạm y tế").wait_for()
    look_at(page, "oversight-country")
    keep(page, "oversight-answer")
    units_shown = page.get_by_role("region", name="Bảng: Theo đơn vị")
    assert units_shown.get_by_role("row").nth(1).get_by_role("rowheader").inner_text() == "Thành phố Hà Nội"
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="It sticks with the stations").wait_for()
    units = page.get_by_role("region", name="Table: By unit")
    units.get_by_role("link", name="Thành phố Hà Nội").click()
    page.get_by_role("heading", name="Thành phố Hà Nội").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="As a table (CSV)").click()
    rows = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert rows[0].startswith("unit,name,taken_in,station,police,")
    assert len(rows) == 2 + len(COMMUNES) + 2
    page.get_by_role("region", name="Table: By unit").get_by_role("link", name="Phượng Dực").click()
    page.get_by_role("heading", name="Trạm y tế Xã Phượng Dực").wait_for()
    page.get_by_role("list").get_by_role("listitem").filter(has_text="Station is to sign").get_by_role("link").click()
    page.get_by_role("heading", name="Station is to sign").wait_for()
    assert page.locator("tbody tr").count() == READY_THERE
    assert violations(page) == []
    page.get_by_role("link", name="Bộ Y tế").click()
    page.get_by_role("link", name="Unusual acts").click()
    page.get_by_text("Nothing unusual.").wait_for()
    assert violations(page) == []
    page.goto(f"{url}/oversight/at/T-01/list/nothing")
    page.get_by_text("not-found").wait_for()


def test_coverage_and_a_list_for_the_hamlets(served: tuple[World, str, Any]) -> None:
    world, url, _ = served
    folder = world.centre.settings.data
    rows = "".join(f"r{number:08d},Thôn {1 + number % 2}\n" for number in range(1, 9))
    (folder / "hamlets.csv").write_text(f"record,hamlet\n{rows}", "utf-8")
    import_hamlets(world.engine, folder / "hamlets.csv", by="test", at=world.clock())
    page = log_in(served, add_person(world, "hoa", "T-92", "overseer"), "/oversight/at/T-92-1/coverage")
    page.get_by_role("heading", name="Độ bao phủ").wait_for()
    assert violations(page) == []
    page.locator("a.tile").first.click()
    page.locator("#until").evaluate("field => { field.type = 'text'; }")
    page.locator("#until").fill("31/5")
    page.get_by_role("button", name="Lấy danh sách").click()
    page.get_by_text("Nhập ngày như 2022-05-01.").wait_for()
    page.locator("#until").fill("2022-05-31")
    page.get_by_role("button", name="Lấy danh sách").click()
    page.get_by_role("heading", name="Chưa rõ thôn, tổ").wait_for()
    assert page.locator("tbody th").first.inner_text() == "N.T.H.H."
    look_at(page, "oversight-due")
    page.goto(f"{url}/oversight/at/T-01")
    page.get_by_text("place").wait_for()
    assert violations(page) == []
