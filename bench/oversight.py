"""Pages of oversight over the counts of 100 million records, against the same pages over those of ten thousand.

The counts are simulated, not the records: a country of 63 provinces with 175 stations each, sixty days of work on the
lists, eight weeks of days. Written are the rows that the measured pages read: those of the country, of all provinces,
and of the stations of one province. Besides, a minute's additions that nobody has added up yet.
"""

import random
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import Connection, insert, text

from api.states import WorkClass
from api.store.areas import TO_MEND, follow_tree
from api.store.coverage import BANDS, DOSES, DUE, RESIDENTS
from api.store.schema import tokens, units
from api.store.schema_oversight import area_ages, area_counts, area_days
from api.store.schema_worklists import count_deltas
from api.store.transactions import writing
from bench.harness import Result, each, race
from bench.native import NotHereError
from certificates.records.dates import local_day
from tests.support.centre import World, make_world
from tests.support.databases import postgres
from tests.support.staff import add_person

if TYPE_CHECKING:
    from bench.rows import Bench

PROVINCES: Final = 63
STATIONS: Final = 175  # of a province
MANY: Final = 100_000_000
FEW: Final = 10_000
MENDING: Final = 0.2  # of all records
DAYS: Final = 60
_ROOT: Final = "BYT"
_STATES: Final = ("awaiting_match", "ready", "leased", "confirmed", "signed", "issued", "expiring", "renewed")
_COMPLAINTS: Final = ("open", "late", "received", "breached", "confirmed", "refused")


def oversight(_bench: "Bench") -> Iterator[Result]:
    """The page of the country, and that of a province, each with its coverage."""
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as name:
        try:
            worlds = [_simulate(Path(name) / str(records), records) for records in (MANY, FEW)]
        except pytest.skip.Exception as reason:
            raise NotHereError(str(reason)) from reason
        cookies = [{"staff": add_person(world, "an", _ROOT, "ministry").bearer} for world in worlds]

        def page(which: int, path: str) -> None:
            answer = worlds[which].client.get(path, cookies=cookies[which])
            assert answer.status_code == 200, (path, answer.status_code)

        for path in ("/oversight", "/oversight/at/P00", "/oversight/at/BYT/coverage"):
            yield race(
                f"page {path} over the counts of {MANY:,} records",
                each(lambda _, path=path: page(0, path)),  # type: ignore[misc]
                f"the same over {FEW:,}",
                each(lambda _, path=path: page(1, path)),  # type: ignore[misc]
                rounds=(4, 4),
                must=1 / 1.2,
                repeats=15,
            )
        for world in worlds:
            world.engine.dispose()


def _simulate(folder: Path, records: int) -> World:
    folder.mkdir()
    world = make_world(folder, address=postgres().address(postgres().take()))
    chance = random.Random(1)  # noqa: S311 - a simulation
    with writing(world.engine) as connection:
        _plant(connection)
        follow_tree(connection)
        _count(connection, world, chance, records)
    with world.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return world


def _plant(connection: Connection) -> None:
    given = {"opened_on": "2020-01-01", "closed_on": None, "successor": None}
    rows = []
    for number in range(PROVINCES):
        code = f"P{number:02}"
        rows.append({"code": code, "name": f"Tỉnh {number}", "kind": "province", "parent": _ROOT, **given})
        rows += [
            {"code": f"{code}-{at:03}", "name": f"Trạm y tế xã {at}", "kind": "station", "parent": code, **given}
            for at in range(STATIONS)
        ]
    connection.execute(insert(units), [{**row, "province": "01"} for row in rows])
    stations = [str(row["code"]) for row in rows if row["kind"] == "station"]
    enrolled = {"certificate": b"", "enrolled_at": "t", "enrolled_by": "bench", "suspended_at": None}
    connection.execute(
        insert(tokens),
        [{"fingerprint": code.encode() * 5, "unit": code, **enrolled} for code in stations],
    )


def _count(connection: Connection, world: World, chance: random.Random, records: int) -> None:
    shares = {_ROOT: 1.0, **{f"P{number:02}": 1 / PROVINCES for number in range(PROVINCES)}}
    shares |= {f"P00-{at:03}": 1 / PROVINCES / STATIONS for at in range(STATIONS)}
    today = local_day(world.clock())
    days = [(today - timedelta(days=number)).isoformat() for number in range(DAYS)]
    counts: list[dict[str, Any]] = []
    ages: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for area, share in shares.items():
        mine = records * share
        for name, number in _standing(mine):
            counts.append({"area": area, "measure": name, "desk": "", "records": _about(chance, number)})
        for one in WorkClass:
            of_class = mine * MENDING / len(WorkClass)
            for desk, part in (("clerk", 0.8), ("police", 0.2)):
                number = _about(chance, of_class * part)
                counts.append({"area": area, "measure": one.value, "desk": desk, "records": number})
            for day in days:
                ages.append(
                    {"area": area, "measure": one.value, "since": day, "records": _about(chance, of_class / DAYS)}
                )
        ages += [
            {"area": area, "measure": TO_MEND, "since": day, "records": _about(chance, mine * MENDING / DAYS)}
            for day in days
        ]
        for dose in (2, 3, 4):
            ages += [
                {"area": area, "measure": f"{DUE}{dose}", "since": day, "records": _about(chance, mine / DAYS / 3)}
                for day in days[::7]
            ]
        for day in days:
            for name in ("taken-in", "issued", *(one.value for one in WorkClass)):
                came = _about(chance, mine / DAYS)
                moved.append({"area": area, "day": day, "measure": name, "came": came, "gone": came // 2})
    for table, rows in ((area_counts, counts), (area_ages, ages), (area_days, moved)):
        there = [row for row in rows if row.get("records", row.get("came"))]
        for begin in range(0, len(there), 5000):
            connection.execute(insert(table), there[begin : begin + 5000])
    connection.execute(insert(count_deltas), [_delta(chance, number, days[0]) for number in range(2000)])


def _standing(records: float) -> Iterator[tuple[str, float]]:
    yield "taken-in", records
    for state in _STATES:
        yield state, records * (1 - MENDING) / len(_STATES)
    for desk, part in (("clerk", 0.8), ("police", 0.2)):
        yield f"mend:{desk}", records * MENDING * part
    for name in ("in-hand", "aside", "raised"):
        yield name, records * MENDING / 4
    for name in _COMPLAINTS:
        yield f"complaint:{name}", records / 200
    for band in BANDS:
        yield f"{RESIDENTS}{band}", records / len(BANDS)
        for dose in (1, 2, 3, 4):
            yield f"{DOSES}{dose}:{band}", records / len(BANDS) / dose
    yield "stock:given", records * 2
    yield "stock:delivered", records * 2.1


def _about(chance: random.Random, number: float) -> int:
    whole = int(number)
    return whole + (chance.random() < number - whole)


def _delta(chance: random.Random, number: int, day: str) -> dict[str, Any]:
    unit = f"P{chance.randrange(PROVINCES):02}-{chance.randrange(STATIONS):03}"
    given = {"batch": f"b{number // 4}", "number": number % 4, "province": "01", "desk": "", "since": ""}
    return {**given, "unit": unit, "measure": _STATES[number % len(_STATES)], "day": day, "came": 1, "gone": 0}
