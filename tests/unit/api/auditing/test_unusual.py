"""A month of a commune: what was planted is found, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from api.audit import Act, record_acts
from api.auditing.unusual import CHANGED_AN_HOUR, READ_A_DAY, SIGNED_AN_HOUR, find_unusual
from api.reconciliation.deliveries import import_deliveries
from api.store.transactions import writing
from certificates.records.model import instant_to_text
from tests.support.centre import World
from tests.support.staff import add_person

pytestmark = pytest.mark.both_databases

BEGIN = datetime(2022, 3, 1, tzinfo=UTC) - timedelta(hours=7)  # midnight in Viet Nam
END = BEGIN + timedelta(days=7)


def log(world: World, at: datetime, *acts: Act) -> None:
    with writing(world.engine) as connection:
        record_acts(connection, acts, at=at)


def many(actor: str, act: str, count: int, *, start: int = 0) -> Iterator[Act]:
    return (Act(actor=actor, act=act, subject=f"r{start + number}") for number in range(count))


def ordinary_week(world: World) -> None:
    """Working hours, with reads that lead to corrections, a ministry at night, and log-ins at any time."""
    random = Random(7)  # noqa: S311
    for day in range(7):
        for hour in range(7, 20, 4):
            read = range(random.randrange(5))
            log(
                world,
                BEGIN + timedelta(days=day, hours=hour, minutes=random.randrange(60)),
                *many("lan@TYT-1", "confirm-signed", random.randrange(90)),
                *(Act(actor="mai@TYT-2", act="read-record", subject=f"m{day}-{one}") for one in read),
                *(Act(actor="mai@TYT-2", act="record-corrected", subject=f"m{day}-{one}") for one in read),
            )
        log(
            world,
            BEGIN + timedelta(days=day, hours=2 + 20 * (day % 2)),
            *many("hsm@BYT", "issue-signed", SIGNED_AN_HOUR * 2 if day == 0 else 9),
            Act(actor="lan@TYT-1", act="login", subject="t"),
            Act(actor="root", act="recheck", subject="x"),
            Act(actor="citizen", act="fetch-pdf", subject="r"),
        )


def test_an_ordinary_week_has_nothing_unusual(world: World) -> None:
    ordinary_week(world)
    log(world, BEGIN + timedelta(hours=8), *many("an@TYT-2", "confirm-signed", SIGNED_AN_HOUR))
    log(world, BEGIN + timedelta(hours=8), *many("an@TYT-2", "person-attested", CHANGED_AN_HOUR))
    log(world, BEGIN + timedelta(hours=8), *many("an@TYT-2", "read-record", READ_A_DAY - 1, start=5000))
    assert find_unusual(world.engine, begin=BEGIN, end=END) == ()


def test_what_was_planted_is_found(world: World) -> None:
    ordinary_week(world)
    log(world, BEGIN + timedelta(days=2, hours=23), *many("lan@TYT-1", "confirm-signed", 3))
    log(world, BEGIN + timedelta(days=3, hours=4), *many("lan@TYT-1", "confirm-signed", 4))
    log(world, BEGIN + timedelta(days=4, hours=10), *many("an@TYT-2", "confirm-signed", SIGNED_AN_HOUR + 1))
    log(world, BEGIN + timedelta(days=5, hours=10), *many("an@TYT-2", "record-corrected", CHANGED_AN_HOUR + 1))
    log(world, BEGIN + timedelta(days=6, hours=9), *many("thu@TYT-2", "read-record", READ_A_DAY, start=9000))
    found = find_unusual(world.engine, begin=BEGIN, end=END)
    assert [(one.kind, one.actor, one.unit, one.day, one.count) for one in found] == [
        ("night", "lan@TYT-1", "TYT-1", "2022-03-03", 7),  # both sides of midnight are one night
        ("burst", "an@TYT-2", "TYT-2", "2022-03-05", SIGNED_AN_HOUR + 1),
        ("burst", "an@TYT-2", "TYT-2", "2022-03-06", CHANGED_AN_HOUR + 1),
        ("reads-without-act", "thu@TYT-2", "TYT-2", "2022-03-07", READ_A_DAY),
    ]
    assert all(one.first <= one.last for one in found)
    assert find_unusual(world.engine, begin=BEGIN, end=BEGIN + timedelta(days=2)) == ()


def test_an_auditor_is_told_of_the_own_part_of_the_tree(world: World) -> None:
    for unit in ("TYT-1", "TYT-2"):
        log(world, BEGIN + timedelta(hours=23), *many(f"lan@{unit}", "confirm-signed", 1))
    auditor = add_person(world, "kiem", "TYT-1", "auditor")
    asked = {"begin": instant_to_text(BEGIN), "end": instant_to_text(END)}
    (found,) = auditor.post("/v1/audit/unusual", asked).json()["findings"]
    assert (found["kind"], found["actor"]) == ("night", "lan@TYT-1")
    for field, wrong in (("end", {"end": instant_to_text(END + timedelta(days=2))}), ("begin", {"begin": "soon"})):
        answer = auditor.post("/v1/audit/unusual", {**asked, **wrong}).json()
        assert (answer["code"], answer["fields"]) == ("request-form", [field])
    assert add_person(world, "an", "TYT-1", "clerk").post("/v1/audit/unusual", asked).status_code == 403


def test_signatures_for_doses_that_never_came(world: World) -> None:
    world.clock.now = BEGIN + timedelta(hours=9)
    for unit in ("TYT-1", "TYT-2"):
        world.add_records(2, unit=unit)
        world.agent(unit).work()
    world.agent("BYT").work()
    assert find_unusual(world.engine, begin=BEGIN, end=END) == ()  # nobody enters deliveries here
    path = world.centre.settings.data / "deliveries.csv"
    path.write_text(
        "unit,lot,product,doses,day\n"
        "TYT-1,ABW1234,Vaxzevria,10,2021-08-01\nTYT-1,ABX5678,Vaxzevria,10,2021-10-01\n"
        "TYT-2,ABW1234,Vaxzevria,10,2021-08-01\nTYT-2,ABX5678,Vaxzevria,1,2021-10-01\n"
    )
    assert import_deliveries(world.engine, path, by="an", at=world.clock()).faults == ()
    (found,) = find_unusual(world.engine, begin=BEGIN, end=END)
    assert (found.kind, found.actor, found.day, found.count) == ("undelivered", "y.ta@TYT-2", "2022-03-01", 2)
    assert find_unusual(world.engine, begin=BEGIN + timedelta(days=1), end=END) == ()
