"""What clerks, spreadsheets and registers make of good data: the kinds of case of the demo, and how each is made."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Final

from api.intake.columns import Column
from certificates.records.dates import PartialDate
from certificates.records.model import Sex
from vaxseal.demo.names import PEOPLES
from vaxseal.demo.people import Citizen, GivenDose, Population


@dataclass(frozen=True, slots=True)
class Formula:
    """A spreadsheet cell with a formula; ``shown`` is its cached value."""

    formula: str
    shown: str


Cell = str | date | Formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One dose as a station typed it. ``station`` is the place in the province's list whose export holds the row."""

    station: int
    cells: Mapping[Column, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """One line of the population register's file."""

    id_number: str
    name: str
    born: PartialDate
    sex: Sex
    status: str = "found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One person of the demo: how they are, what was typed, what the register holds. ``kind`` is a code of KINDS."""

    kind: str
    citizen: Citizen
    rows: tuple[Row, ...]
    register: tuple[RegisterLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A class of record. ``share`` is how many of 1,000 people; ``becomes`` the state where its records should end
    ("refused": its rows never become a record)."""

    code: str
    words: str
    share: int
    becomes: str
    make: "Callable[[Maker], Case]"


class Maker:
    """Makes cases for one station after another, from one random source."""

    def __init__(self, random: Random, units: tuple[str, ...]) -> None:
        self.random = random
        self.population = Population(random)
        self._units = units
        self._foreigners = 0
        self.station = 0

    def citizen(self, wanted: Callable[[Citizen], bool] = lambda _: True) -> Citizen:
        """A new citizen who is as ``wanted``."""
        while not wanted(citizen := self.population.citizen()):
            pass
        return citizen

    def foreigner(self) -> Citizen:
        self._foreigners += 1
        return self.population.foreigner(self._foreigners - 1)

    def case(self, kind: str, citizen: Citizen, *, status: str | None = "found", **typed: Cell) -> Case:
        """A case with one row a dose. ``typed`` replaces cells by column name; ``status`` None: not registered."""
        rows = tuple(self.row(citizen, dose, **typed) for dose in citizen.doses)
        lines: tuple[RegisterLine, ...] = ()
        if status is not None and citizen.nationality == "VN":
            lines = (
                RegisterLine(
                    id_number=citizen.id_number,
                    name=citizen.full_name,
                    born=citizen.born,
                    sex=citizen.sex,
                    status=status,
                ),
            )
        return Case(kind=kind, citizen=citizen, rows=rows, register=lines)

    def row(self, citizen: Citizen, dose: GivenDose, **typed: Cell) -> Row:
        """One dose, typed without fault but for ``typed``."""
        vietnamese = citizen.nationality == "VN"
        cells: dict[Column, Cell] = {
            Column.FULL_NAME: citizen.full_name,
            Column.DATE_OF_BIRTH: self.written(citizen.born),
            Column.SEX: "Nam" if citizen.sex is Sex.MALE else "Nữ",
            Column.NATIONALITY: "Việt Nam" if vietnamese else citizen.nationality,
            Column.ID_NUMBER: citizen.id_number,
            Column.DOSE_NUMBER: str(dose.number),
            Column.GIVEN_ON: self.written(dose.given_on),
            Column.PRODUCT: dose.product_name,
            Column.LOT: dose.lot,
            Column.AMOUNT: "0,5 ml" if dose.product != "comirnaty" else "0,3 ml",
            Column.UNIT: self._units[self.station],
            Column.ENTERED_BY: self.random.choice(("ytx.lan", "ytx.hung", "ytx.thuy")),
        }
        return Row(station=self.station, cells=cells | {Column(name): cell for name, cell in typed.items()})

    def written(self, day: PartialDate | date) -> Cell:
        """A date in one of the notations that stand side by side in real exports."""
        if day.day is None or day.month is None:
            return str(day.year)
        return self.random.choice(
            (
                f"{day.day:02d}/{day.month:02d}/{day.year}",
                f"{day.day:02d}/{day.month:02d}/{day.year}",
                f"{day.day}/{day.month}/{day.year}",
                f"{day.day:02d}-{day.month:02d}-{day.year}",
                f"{day.day:02d}.{day.month:02d}.{day.year}",
                f"{day.year}-{day.month:02d}-{day.day:02d}",
                date(day.year, day.month, day.day),
            )
        )


def without_marks(name: str) -> str:
    """What an old terminal, or a hurried clerk, leaves of a Vietnamese name."""
    bare = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return bare.translate(str.maketrans("đĐƀɃ", "dDbB"))


_OLD_TONES: Final = {"Hòa": "Hoà", "Thủy": "Thuỷ", "Thúy": "Thuý", "Thùy": "Thuỳ", "Quý": "Qúy"}


def _spelling(maker: Maker) -> Case:
    citizen = maker.citizen(lambda c: without_marks(c.full_name) != c.full_name)
    typed = maker.random.choice(
        (
            unicodedata.normalize("NFD", citizen.full_name),
            citizen.full_name.upper(),
            citizen.full_name.replace(" ", "\u00a0", 1),
            citizen.full_name.replace(" ", "  ") + " \u200b",
            " ".join(_OLD_TONES.get(word, word) for word in citizen.full_name.split()),
        )
    )
    return maker.case("spelling", citizen, full_name=typed)


def _eth(maker: Maker) -> Case:
    citizen = maker.citizen(lambda c: c.windows_1258 and "Đ" in c.full_name)
    return maker.case("eth", citizen, full_name=citizen.full_name.replace("Đ", "Ð"))


def _typed_twice(maker: Maker) -> Case:
    case = maker.case("typed_twice", maker.citizen())
    return replace(case, rows=case.rows + case.rows[-1:])


def _two_stations(maker: Maker) -> Case:
    case = maker.case("two_stations", maker.citizen())
    other = 1 - maker.station
    return replace(case, rows=case.rows + tuple(replace(row, station=other) for row in case.rows))


def _odd_lot(maker: Maker) -> Case:
    citizen = maker.citizen(lambda c: c.doses[0].product == "vaxzevria")
    return maker.case("odd_lot", citizen, lot="202107B1706")


def _bad_id(maker: Maker) -> Case:
    citizen = maker.citizen()
    number = citizen.id_number
    typed = maker.random.choice(
        (number[1:], number + "0", number[:7], f"{number[:1]}.{number[1:5]}E+11", "123456789012")
    )
    return maker.case("bad_id", citizen, id_number=typed)


def _lost_marks(maker: Maker) -> Case:
    citizen = maker.citizen(lambda c: without_marks(c.full_name) != c.full_name)
    return maker.case("lost_marks", citizen, full_name=without_marks(citizen.full_name))


def _swapped_birthday(maker: Maker) -> Case:
    citizen = maker.citizen(lambda c: c.born.month != c.born.day and (c.born.day or 31) <= 12)
    born = citizen.born
    return maker.case("swapped_birthday", citizen, date_of_birth=f"{born.month:02d}/{born.day:02d}/{born.year}")


def _wrong_sex(maker: Maker) -> Case:
    citizen = maker.citizen()
    return maker.case("wrong_sex", citizen, sex="Nữ" if citizen.sex is Sex.MALE else "Nam")


def _wrong_number(maker: Maker) -> Case:
    citizen = maker.citizen()
    return maker.case("wrong_number", citizen, id_number=maker.population.unused_number(citizen.born.year, citizen.sex))


def _anothers_number(maker: Maker) -> Case:
    """Typed with the number of a neighbour: the register knows the number, and somebody else behind it."""
    citizen, neighbour = maker.citizen(), maker.citizen()
    case = maker.case("anothers_number", citizen, id_number=neighbour.id_number)
    return replace(case, register=case.register + maker.case("clean", neighbour).register)


def _dose_gap(maker: Maker) -> Case:
    case = maker.case("dose_gap", maker.citizen(lambda c: len(c.doses) > 1))
    return replace(case, rows=case.rows[1:])


def _same_week(maker: Maker) -> Case:
    citizen = maker.citizen(lambda c: len(c.doses) == 2)
    first = citizen.doses[0].given_on
    doses = (citizen.doses[0], replace(citizen.doses[1], given_on=date.fromordinal(first.toordinal() + 3)))
    return maker.case("same_week", replace(citizen, doses=doses))


def _future_dose(maker: Maker) -> Case:
    case = maker.case("future_dose", maker.citizen())
    last = replace(case.rows[-1], cells={**case.rows[-1].cells, Column.GIVEN_ON: "30/04/2091"})
    return replace(case, rows=(*case.rows[:-1], last))


def _other_maker(maker: Maker) -> Case:
    citizen = maker.citizen(lambda c: {dose.product for dose in c.doses} == {"vaxzevria"})
    return maker.case("other_maker", citizen, manufacturer="Biontech Manufacturing GmbH")


def _formula(maker: Maker) -> Case:
    citizen = maker.citizen()
    return maker.case("formula", citizen, full_name=Formula('=B2&" "&C2', citizen.full_name))


def _plain(code: str, *, status: str | None = "found", **typed: Cell) -> Callable[[Maker], Case]:
    return lambda maker: maker.case(code, maker.citizen(), status=status, **typed)


_KINDS: Final = (
    (
        "year_only",
        "elderly, with a year of birth only",
        50,
        "issued",
        lambda m: m.case("year_only", m.population.citizen(year_only=True)),
    ),
    (
        "old_card",
        "with an old 9-digit card (CMND)",
        40,
        "issued",
        lambda m: m.case("old_card", m.population.citizen(old_card=True)),
    ),
    (
        "every_people",
        "one of each people of the province",
        24,
        "issued",
        lambda m: m.case("every_people", m.population.citizen(people=PEOPLES[m.random.randrange(1, len(PEOPLES))])),
    ),
    ("spelling", "same name, other spelling (NFD, capitals, tone placement, no-break blank)", 40, "issued", _spelling),
    ("eth", "the letter eth typed for D with stroke", 12, "issued", _eth),
    ("foreigner", "foreigners, attested by the station", 30, "issued", lambda m: m.case("foreigner", m.foreigner())),
    ("typed_twice", "a row typed twice", 25, "issued", _typed_twice),
    ("two_stations", "the same doses in two stations' exports", 20, "issued", _two_stations),
    ("odd_lot", "a lot that looks like another maker's (shown to the signer)", 10, "issued", _odd_lot),
    ("no_id", "no identity number", 30, "incomplete", _plain("no_id", id_number="")),
    ("no_birthday", "no date of birth", 8, "incomplete", _plain("no_birthday", date_of_birth="")),
    ("bad_id", "an identity number of wrong form", 30, "malformed_id", _bad_id),
    ("dose_gap", "a dose that was never entered", 25, "incomplete", _dose_gap),
    ("same_week", "two doses three days apart", 7, "incomplete", _same_week),
    ("future_dose", "a dose in the future", 7, "incomplete", _future_dose),
    ("no_lot", "no lot number", 10, "incomplete", _plain("no_lot", lot="")),
    ("lost_marks", "the name without its marks", 25, "mismatched", _lost_marks),
    ("swapped_birthday", "day and month of birth swapped", 20, "mismatched", _swapped_birthday),
    ("wrong_sex", "the wrong sex", 18, "mismatched", _wrong_sex),
    ("anothers_number", "another person's number", 8, "mismatched", _anothers_number),
    ("wrong_number", "a mistyped number that nobody has", 14, "unverifiable", _wrong_number),
    ("unregistered", "not in the register", 14, "unverifiable", _plain("unregistered", status=None)),
    ("no_answer", "the register gives no answer", 8, "unverifiable", _plain("no_answer", status="no_answer")),
    ("deceased", "deceased, says the register", 8, "deceased", _plain("deceased", status="deceased")),
    ("merged", "merged with another entry, says the register", 7, "merged", _plain("merged", status="merged")),
    ("unknown_product", "a vaccine that does not exist", 10, "refused", _plain("unknown_product", product="Nanoxax 3")),
    ("other_maker", "product and manufacturer that do not fit", 8, "refused", _other_maker),
    ("impossible_date", "a day that no calendar has", 10, "refused", _plain("impossible_date", given_on="31/02/2021")),
    ("formula", "a spreadsheet formula for a name", 8, "refused", _formula),
    ("long_cell", "10 kB in one cell", 3, "refused", _plain("long_cell", lot="ABW0411 " * 1250)),
)
CLEAN: Final = Kind(
    code="clean",
    words="nothing wrong",
    share=0,  # whoever is left
    becomes="issued",
    make=lambda maker: maker.case("clean", maker.citizen()),
)
KINDS: Final = (CLEAN, *(Kind(code=c, words=w, share=s, becomes=b, make=m) for c, w, s, b, m in _KINDS))


def make_cases(random: Random, units: tuple[str, ...], people: int) -> list[Case]:
    """``people`` cases, every kind at least once, in random order, half for each station."""
    kinds = [kind for kind in KINDS for _ in range(max(1, round(kind.share * people / 1000)) if kind.share else 0)]
    kinds += [CLEAN] * (people - len(kinds))
    random.shuffle(kinds)
    maker = Maker(random, units)
    cases = []
    for kind in kinds[:people]:
        # A formula is one only in a spreadsheet, and the second station exports spreadsheets.
        maker.station = 1 if kind.code == "formula" else random.randrange(len(units))
        cases.append(kind.make(maker))
    return cases
