"""Invented citizens of a small province with their doses: how things really are, before any clerk types."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from certificates.records.dates import PartialDate
from certificates.records.model import Sex
from certificates.valuesets import PRODUCTS
from vaxseal.demo.names import FOREIGNERS, People, draw_people

CAMPAIGN_DAYS: Final = (date(2021, 4, 5), date(2021, 12, 20))  # when first doses were given here
_PROVINCES: Final = ("001", "006", "011", "019", "037", "048", "058", "064", "066", "066", "068", "079", "084", "094")

# Product key -> its name in spreadsheets, lots seen here, days between doses, how often it is drawn.
_SUPPLY: Final = {
    "vaxzevria": ("AstraZeneca", ("ABW0411", "NC0065", "210113", "ABX3517", "PV46709"), (56, 84), 38),
    "comirnaty": ("Pfizer", ("FK0112", "FH0151", "30125BA", "FP1430", "PCA0003"), (28, 42), 26),
    "bbibp-corv": ("Vero Cell", ("202107B1706", "202108B2087", "202106B1034", "202109B2715"), (28, 35), 22),
    "spikevax": ("Moderna", ("940915", "045G21A", "064F21A", "3005293"), (28, 42), 7),
    "abdala": ("Abdala", ("ABD-0121", "ABD-0217"), (28, 28), 4),
    "sputnik-v": ("Sputnik-V", ("II-150721", "II-230821"), (28, 42), 2),
    "jcovden": ("Janssen", ("XE423", "21C18-05"), (90, 120), 1),
}
_BOOSTERS: Final = ("comirnaty", "comirnaty", "vaxzevria", "spikevax")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDose:
    """A dose as it was really given. ``product`` is a key of the value sets."""

    number: int
    given_on: date
    product: str
    lot: str

    @property
    def product_name(self) -> str:
        """What spreadsheets call the product."""
        return _SUPPLY[self.product][0]

    @property
    def manufacturer(self) -> str:
        return PRODUCTS[self.product].manufacturer


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """A person of the demo, as the population register has them (a foreigner: as the passport says)."""

    full_name: str
    people: str
    windows_1258: bool
    born: PartialDate
    sex: Sex
    nationality: str
    id_number: str
    doses: tuple[GivenDose, ...]


class Population:
    """Draws people one after another, never the same number or name twice. The same seed gives the same people."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers: set[str] = set()
        self._names: set[tuple[str, int]] = set()

    def citizen(self, *, people: People | None = None, year_only: bool = False, old_card: bool = False) -> Citizen:
        """A citizen of Vietnam. ``year_only``: an elderly person whose birthday nobody knows; ``old_card``: a CMND."""
        random = self._random
        while True:
            group = people or draw_people(random)
            sex = random.choice((Sex.MALE, Sex.FEMALE))
            name = group.draw(random, sex)
            year = random.randint(1931, 1955) if year_only else _birth_year(random)
            if (name, year) not in self._names:
                break
        self._names.add((name, year))
        born = PartialDate(year) if year_only else _birthday(random, year)
        return Citizen(
            full_name=name,
            people=group.name,
            windows_1258=group.windows_1258,
            born=born,
            sex=sex,
            nationality="VN",
            id_number=self.unused_number(year, sex, old_card=old_card),
            doses=draw_doses(random, year),
        )

    def foreigner(self, index: int) -> Citizen:
        """The ``index``-th foreigner; past the end of the list the same names with other numbers and birthdays."""
        random = self._random
        nationality, name, sex = FOREIGNERS[index % len(FOREIGNERS)]
        year = random.randint(1960, 1998)
        letter = random.choice("ABCEGKMNPRT")
        return Citizen(
            full_name=name,
            people="foreigner",
            windows_1258=False,
            born=_birthday(random, year),
            sex=sex,
            nationality=nationality,
            id_number=self._new(lambda: f"{letter}{random.randint(1_000_000, 99_999_999):08d}"),
            doses=draw_doses(random, year),
        )

    def unused_number(self, year: int, sex: Sex, *, old_card: bool = False) -> str:
        """A citizen number that nobody has: CCCD of Decree 137/2015, or a CMND."""
        random = self._random
        if old_card:
            return self._new(lambda: f"24{random.randint(1_000_000, 9_999_999)}")
        century = 2 * (year // 100 - 19) + (sex is Sex.FEMALE)
        return self._new(
            lambda: f"{random.choice(_PROVINCES)}{century}{year % 100:02d}{random.randint(100, 999_899):06d}"
        )

    def _new(self, draw: Callable[[], str]) -> str:
        while (number := draw()) in self._numbers:
            pass
        self._numbers.add(number)
        return number


def draw_doses(random: Random, birth_year: int) -> tuple[GivenDose, ...]:
    """A plausible history: a primary series, sometimes not finished yet, sometimes with a booster."""
    keys = list(_SUPPLY)
    first = "comirnaty" if birth_year > 2003 else random.choices(keys, weights=[row[3] for row in _SUPPLY.values()])[0]
    series = PRODUCTS[first].primary_doses
    wanted = random.choices((series - 1, series, series + 1), weights=(8, 52, 40))[0] if series > 1 else series
    beginning, end = CAMPAIGN_DAYS
    day = beginning + timedelta(days=random.randrange((end - beginning).days))
    doses: list[GivenDose] = []
    for number in range(1, wanted + 1):
        product = first if number <= series else random.choice([key for key in _BOOSTERS if _fits(first, key)])
        if doses:
            low, high = _SUPPLY[first][2] if number <= series else (90, 150)
            day += timedelta(days=random.randint(low, high))
        doses.append(GivenDose(number=number, given_on=day, product=product, lot=random.choice(_SUPPLY[product][1])))
    return tuple(doses)


def _fits(first: str, booster: str) -> bool:
    return booster == first or first not in {"comirnaty", "spikevax"} or booster in {"comirnaty", "spikevax"}


def _birth_year(random: Random) -> int:
    return min(2008, max(1936, round(random.gauss(1980, 17))))


def _birthday(random: Random, year: int) -> PartialDate:
    day = date(year, 1, 1) + timedelta(days=random.randrange(365))
    return PartialDate(day.year, day.month, day.day)
