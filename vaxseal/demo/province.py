"""The province of the demo: its units, its people, and the files that its stations hand in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from api.intake.columns import NAMES, Column
from vaxseal.demo.dirt import Case, Cell, Row, make_cases
from vaxseal.demo.register import write_register
from vaxseal.demo.spreadsheets import tones_apart, write_csv, write_xlsx

DEFAULT_SEED: Final = 20211016
DEFAULT_PEOPLE: Final = 600
PROVINCE: Final = "LS"  # Lâm Sơn, which is on no map


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of the demo. ``key`` is the kind of key on its token."""

    code: str
    name: str
    kind: str
    key: str


STATIONS: Final = (
    Unit(code="LS-001", name="Trạm Y tế xã Kim Long", kind="station", key="EC"),
    Unit(code="LS-002", name="Trạm Y tế xã Ea Nam", kind="station", key="RSA"),
)
MINISTRY: Final = Unit(code="BYT-DP", name="Cục Y tế dự phòng", kind="ministry", key="EC")

_COLUMNS: Final = tuple(column for column in Column if column not in (Column.FAMILY_NAME, Column.GIVEN_NAME))
_HEADER: Final = tuple(NAMES[column][0] for column in _COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFile:
    """A file that a station hands in. ``people`` is whose row each is, the first data row first: places in
    `Province.cases`."""

    path: Path
    station: Unit
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """Everything that was generated. ``damaged`` is a file that arrived cut short: it must be refused as a whole."""

    cases: tuple[Case, ...]
    files: tuple[StationFile, ...]
    damaged: Path
    register: Path
    registered: int


def make_province(folder: Path, *, people: int = DEFAULT_PEOPLE, seed: int = DEFAULT_SEED) -> Province:
    """Invent the province and write its files into ``folder``. Same seed and number, same files."""
    random = Random(seed)  # noqa: S311 - a play, not a secret
    cases = make_cases(random, tuple(unit.code for unit in STATIONS), people)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[list[tuple[int, Row]]] = [[] for _ in STATIONS]
    for person, case in enumerate(cases):
        for row in case.rows:
            rows[row.station].append((person, row))
    old = [pair for pair in rows[0] if _fits_windows_1258(pair[1])][: len(rows[0]) // 4]
    new = [pair for pair in rows[0] if pair not in old]
    files = (
        write_station_file(folder / "kim-long-2021-windows-1258.csv", STATIONS[0], old),
        write_station_file(folder / "kim-long.csv", STATIONS[0], new),
        write_station_file(folder / "ea-nam.xlsx", STATIONS[1], rows[1]),
    )
    damaged = folder / "ea-nam-cut-short.xlsx"
    whole = files[-1].path.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    register = folder / "register.csv"
    return Province(
        cases=tuple(cases),
        files=files,
        damaged=damaged,
        register=register,
        registered=write_register(register, cases),
    )


def write_station_file(path: Path, station: Unit, pairs: Sequence[tuple[int, Row]]) -> StationFile:
    """A file of these rows, in the form and encoding that its name says; each row with the place of its person."""
    table: list[Sequence[Cell]] = [_HEADER, *([row.cells.get(column, "") for column in _COLUMNS] for _, row in pairs)]
    if path.suffix == ".xlsx":
        write_xlsx(path, table)
    else:
        write_csv(path, table, encoding="cp1258" if "1258" in path.name else "utf-8-sig")
    return StationFile(path=path, station=station, people=tuple(person for person, _ in pairs))


def _fits_windows_1258(row: Row) -> bool:
    try:
        for cell in row.cells.values():
            if isinstance(cell, str):
                tones_apart(cell).encode("cp1258")
    except UnicodeEncodeError:
        return False
    return True
