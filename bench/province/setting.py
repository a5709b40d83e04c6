"""The province before the day begins: tokens, units, certificates, people, the register and the stations' files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from sqlalchemy import Engine

from api.config import Settings, load_secret
from api.context import Centre
from api.intake.columns import Column
from api.signing.enrolment import add_unit, enrol_token
from api.store.database import open_database
from bench import material
from bench.__main__ import make_tokens
from bench.crowd import Station
from bench.province.day import Clock, Day, commune_of, officer
from certificates.profiles import DscProfile, issue_dsc, to_pem
from hsm.keys import open_bare_key
from hsm.provisioning import generate_key, init_token, random_pin
from hsm.requests import RequestSubject, make_csr
from hsm.tokens import TokenSelector
from tests.support.databases import postgres
from tests.support.police import add_account
from vaxseal.demo.dirt import Case, Row, make_cases
from vaxseal.demo.people import GivenDose
from vaxseal.demo.province import StationFile, Unit, write_station_file
from vaxseal.demo.register import write_register

HOURS: Final = 52  # from the first file to the tokens: the attempts to reach people take two days
AT_A_TOKEN: Final = 10  # stations whose certificates share a key; the one that loses its token has it alone
AGAIN: Final = 15  # of so many people whose data are right one has an entry at a second station
SHORT: Final = 20  # of so many stations one got fewer doses than it entered
_PROVINCE: Final = "LS"


def make_day(folder: Path, *, communes: int, people_each: int, seed: int) -> Day:
    """Everything but the day's work."""
    codes = tuple(f"TYT-{number:03d}" for number in range(1, communes + 1))
    cases = tuple(make_cases(Random(seed), codes, communes * people_each))  # noqa: S311 - a play, not a secret
    write_register(folder / "register.csv", cases)
    tokens = make_tokens()
    (folder / "roots.pem").write_text(to_pem(tokens.root))
    database = postgres().address(postgres().take())
    begin = material.NOW - timedelta(hours=HOURS)
    clock = Clock(begin)
    settings = Settings(
        data=folder / "data",
        register_address=str(folder / "register.csv"),
        list_roots=folder / "roots.pem",
        publication_hours=0,
    )
    centre = Centre(engine=open_database(database), settings=settings, secret=load_secret(folder / "data"), clock=clock)
    add_tree(centre.engine, codes, clock)
    stations = _enrol(centre, tokens, codes)
    return Day(
        centre=centre,
        clock=clock,
        begin=begin,
        folder=folder,
        database=database,
        tokens=tokens,
        stations=stations,
        cases=cases,
        seed=seed,
    )


def add_tree(engine: Engine, stations: tuple[str, ...], clock: Clock) -> None:
    """The ministry, the province, and of each commune its committee with a station and police below."""
    tree = [("BYT", "ministry", None), ("SYT", "province", "BYT")]
    for unit in stations:
        committee, police = f"XA-{commune_of(unit)}", officer(unit).unit
        tree += [(committee, "committee", "SYT"), (unit, "station", committee), (police, "police", committee)]
    for code, kind, parent in tree:
        add_unit(
            engine,
            code=code,
            name=f"SPECIMEN {code}",
            kind=kind,
            province=_PROVINCE,
            parent=parent,
            opened_on=date(2020, 1, 1),
            by="bench",
            at=clock(),
        )
    for unit in stations:
        add_account(engine, officer(unit).account, officer(unit).unit, "police")


def _enrol(centre: Centre, tokens: material.Tokens, units: tuple[str, ...]) -> tuple[Station, ...]:
    """A certificate for every station and its police. The first station has a token of its own."""
    labels = ["own", *(f"station-{number // AT_A_TOKEN}" for number in range(len(units) - 1))]
    requests = {}
    for label in dict.fromkeys(("police", *labels)):
        init_token(tokens.module, label=label, so_pin=random_pin(), pin=tokens.pin)
        generate_key(tokens.module, TokenSelector(label=label), lambda: tokens.pin, "EC")
        with open_bare_key(tokens.module, TokenSelector(label=label), lambda: tokens.pin) as key:
            requests[label] = make_csr(key, RequestSubject(common_name="Bench station", organisation="Bench"))
    stations = []
    engine, settings, now = centre.engine, centre.settings, centre.clock()
    before, profile = material.NOW - timedelta(days=1), DscProfile(specimen=True)
    with open_bare_key(tokens.module, TokenSelector(label="bench-CSCA"), lambda: tokens.pin) as csca:
        for unit, label in zip(units, labels, strict=True):
            own = issue_dsc(requests[label], csca, tokens.root, profile, not_before=before)
            police = issue_dsc(requests["police"], csca, tokens.root, profile, not_before=before)
            for code, certificate in ((unit, own), (officer(unit).unit, police)):
                enrol_token(engine, code, certificate, settings=settings, by="bench", at=now)
            stations.append(Station(unit=unit, certificate=own, token=label))
    enrol_token(engine, "BYT", tokens.certificates["EC"], settings=settings, by="bench", at=now)
    return tuple(stations)


def write_files(day: Day) -> tuple[list[StationFile], list[StationFile], Path]:
    """Each station's export, every second one a spreadsheet; then the doses that were forgotten; and a file that
    arrived cut short."""
    folder = day.folder / "files"
    folder.mkdir()
    rows: list[list[tuple[int, Row]]] = [[] for _ in day.stations]
    forgotten: list[list[tuple[int, Row]]] = [[] for _ in day.stations]
    for person, case in enumerate(day.cases):
        own, elsewhere = _shared(day, person, case)
        for row in (*own, *elsewhere):
            rows[row.station].append((person, row))
        if case.kind == "dose_gap":
            forgotten[case.rows[0].station].append((person, _first_dose(case)))
    files, late = [], []
    for number, station in enumerate(day.stations):
        unit = Unit(code=station.unit, name=station.unit, kind="station", key="EC")
        name = f"{station.unit.lower()}.{'xlsx' if number % 2 else 'csv'}"
        if rows[number]:
            files.append(write_station_file(folder / name, unit, rows[number]))
        if forgotten[number]:
            late.append(write_station_file(folder / f"late-{name}", unit, forgotten[number]))
    damaged = folder / "cut-short.xlsx"
    whole = next(file.path for file in files if file.path.suffix == ".xlsx").read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    return files, late, damaged


def _shared(day: Day, person: int, case: Case) -> tuple[Sequence[Row], Sequence[Row]]:
    """The rows of a person's own station and of the next one. Of some people the last dose was given there, and typed
    without the number; of others all of it was entered again, with a slip of the hand in the number."""
    if case.kind != "clean" or person % AGAIN or len(case.rows) < 2:
        return case.rows, ()
    if person % (2 * AGAIN):
        return case.rows[:-1], [_elsewhere(day, case.rows[-1], "")]
    number = case.citizen.id_number
    slip = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
    return case.rows, [_elsewhere(day, row, slip) for row in case.rows]


def _elsewhere(day: Day, row: Row, number: str) -> Row:
    there = (row.station + 1) % len(day.stations)
    typed = {Column.ID_NUMBER: number, Column.UNIT: day.stations[there].unit}
    return replace(row, station=there, cells={**row.cells, **typed})


def _first_dose(case: Case) -> Row:
    dose: GivenDose = case.citizen.doses[0]
    day = dose.given_on
    cells = {
        Column.DOSE_NUMBER: str(dose.number),
        Column.GIVEN_ON: f"{day.day:02d}/{day.month:02d}/{day.year}",
        Column.PRODUCT: dose.product_name,
        Column.LOT: dose.lot,
    }
    return replace(case.rows[0], cells={**case.rows[0].cells, **cells})


def write_deliveries(day: Day) -> Path:
    """What the depot delivered to each station: what it gave in truth; one in twenty stations got less."""
    given: Counter[tuple[str, str, str]] = Counter()
    for case in day.cases:
        for dose in case.citizen.doses:
            given[day.stations[case.rows[0].station].unit, dose.product, dose.lot] += 1
    short = {station.unit for station in day.stations[::SHORT]}
    path = day.folder / "deliveries.csv"
    lines = ["unit,lot,product,doses,day,note"]
    for (unit, product, lot), doses in sorted(given.items()):
        got = doses // 2 if unit in short else doses
        lines += [f"{unit},{lot},{product},{got},2021-04-01,"] if got else []
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
