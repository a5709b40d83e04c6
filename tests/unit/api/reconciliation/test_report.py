from datetime import date
from pathlib import Path

import pytest

from api.errors import CentreError
from api.reconciliation.deliveries import import_deliveries
from api.reconciliation.report import Balance, Flag, Report, reconcile
from api.signing.enrolment import close_unit
from tests.support.centre import World
from tests.support.revoking import set_up_tree
from tests.support.staff import add_person

FIRST, SECOND = date(2021, 8, 2), date(2021, 10, 5)  # the days of every record's doses


def deliver(world: World, *rows: str) -> None:
    path = world.centre.settings.data / "deliveries.csv"
    path.write_text("unit,lot,product,doses,day\n" + "\n".join(rows))
    assert import_deliveries(world.engine, path, by="an", at=world.clock()).faults == ()


def report(world: World, since: date = FIRST, until: date = SECOND, unit: str | None = None, **more: float) -> Report:
    return reconcile(world.engine, since=since, until=until, unit=unit, **more)


def lot(found: Report, name: str = "ABW1234", unit: str = "TYT-1") -> Balance:
    return next(one for one in found.lots if (one.lot, one.unit) == (name, unit))


def issue(world: World) -> None:
    world.agent("TYT-1").work()
    world.agent("BYT").work()


def test_more_issued_than_delivered_is_an_alarm(world: World) -> None:
    world.add_records(12)
    issue(world)
    deliver(world, "TYT-1,ABW1234,Vaxzevria,10,2021-08-01", "TYT-1,ABX5678,Vaxzevria,11,2021-10-01")
    found = report(world)
    first = lot(found)
    assert (first.delivered, first.given, first.issued) == (10, 12, 12)
    assert first.flags == (Flag.ISSUED_OVER_DELIVERED, Flag.GIVEN_OVER_DELIVERED)
    assert lot(found, "ABX5678").flags == ()  # a tenth more comes out of the vials
    assert found.alarms == 1
    assert report(world, tolerance=0).alarms == 2
    days = [(one.day, one.lot, one.delivered, one.given, one.issued, one.left) for one in found.days]
    assert days == [
        ("2021-08-02", "ABW1234", 0, 12, 12, -2),
        ("2021-10-01", "ABX5678", 11, 0, 0, 11),
        ("2021-10-05", "ABX5678", 0, 12, 12, -1),
    ]


def test_what_is_delivered_late_does_not_excuse_the_day(world: World) -> None:
    world.add_records(2)
    deliver(world, "TYT-1,ABW1234,Vaxzevria,10,2021-08-03")
    found = report(world)
    assert [Flag.GIVEN_OVER_DELIVERED in one.flags for one in found.days if one.lot == "ABW1234"] == [True, False]
    assert Flag.GIVEN_OVER_DELIVERED not in lot(found).flags
    assert lot(found).flags == (Flag.NOT_ISSUED,)


def test_what_is_entered_late_counts_on_its_day(world: World) -> None:
    deliver(world, "TYT-1,ABW1234,Vaxzevria,10,2021-08-01")
    assert report(world, FIRST, FIRST).lots == ()
    world.clock.forward(days=30)
    world.add_records(3)
    (day,) = report(world, FIRST, FIRST).days
    assert (day.given, day.left) == (3, 7)
    later = report(world, date(2021, 8, 3), SECOND)
    assert {one.lot for one in later.lots} == {"ABX5678"}  # the other did not move in that time


def test_a_closed_units_stock_is_its_successors(world: World) -> None:
    deliver(world, "TYT-2,ABW1234,Vaxzevria,5,2021-08-01")
    world.add_records(5, unit="TYT-1")
    assert Flag.GIVEN_OVER_DELIVERED in lot(report(world)).flags
    close_unit(world.engine, code="TYT-2", successor="TYT-1", closed_on=FIRST, by="test", at=world.clock())
    found = lot(report(world, date(2021, 8, 1)))
    assert (found.delivered, found.given) == (5, 5)
    assert found.flags == (Flag.NOT_ISSUED,)
    assert lot(report(world, date(2021, 8, 1), unit="TYT-1")) == found


def test_a_unit_and_what_is_below_it(world: World) -> None:
    set_up_tree(world)
    world.add_records(1, unit="TYT-1")
    world.add_records(1, unit="TYT-2")
    assert len(report(world, unit="SO-01").lots) == 4
    assert len(report(world, unit="TYT-2").lots) == 2
    assert report(world, unit="SO-02").lots == ()


def test_what_cannot_be_asked(world: World) -> None:
    for since, until in ((SECOND, FIRST), (FIRST, date(2022, 8, 3))):
        with pytest.raises(CentreError, match="report-window"):
            report(world, since, until)
    with pytest.raises(CentreError, match="unit-unknown"):
        report(world, unit="none")


def test_over_http(world: World, tmp_path: Path) -> None:
    set_up_tree(world)
    world.add_records(2)
    person = add_person(world, "binh", "SO-01", "overseer")
    address = "/v1/reconciliation?from=2021-08-01&to=2021-10-31"
    answer = person.get(address).json()
    assert (answer["alarms"], len(answer["lots"]), answer["days_left_off"]) == (2, 2, 0)
    assert answer["days"][0]["left"] == -2
    assert person.get(f"{address}&unit=TYT-1").status_code == 200
    assert person.get(f"{address}&unit=SO-02").json()["code"] == "place"
    assert person.get("/v1/reconciliation?from=2021-10-31&to=2021-10-01").json()["code"] == "report-window"
    assert add_person(world, "chi", "SO-01", "clerk").get(address).json()["code"] == "role"
