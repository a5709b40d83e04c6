"""Whether the doses of one record can be true. What cannot be is blocking; what is odd is shown to the signer."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final

from certificates.countries import COUNTRIES
from certificates.records.model import Dose, VaccinationRecord
from certificates.valuesets import PRODUCTS

CAMPAIGN_START: Final = date(2021, 3, 8)  # first dose in Vietnam
FIRST_DOSE_ABROAD: Final = date(2020, 12, 1)  # first general vaccinations of the world
SHORTEST_INTERVAL: Final = 7  # days; below it one dose was entered twice
INTERVAL_GRACE: Final = 4  # days early that still count
YOUNGEST: Final = 5  # years; the youngest group of the campaign
_LOT: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9 ./_-]{1,29}", re.ASCII)
# Lots of the Beijing product begin with year and month; no other maker's do.
_SINOPHARM_LOT: Final = re.compile(r"20(?:20|21|22)(?:0[1-9]|1[0-2])[A-Z]?[0-9]{3,5}", re.ASCII)
_SINOPHARM: Final = frozenset({"bbibp-corv", "hayat-vax"})
# What the Ministry of Health allowed to follow: letter 7548/BYT-DP (10 Sep 2021) and those on boosters after it.
_MRNA: Final = frozenset({"comirnaty", "spikevax"})
_LATER_PRODUCTS: Final = {
    "vaxzevria": _MRNA,
    "spikevax": frozenset({"comirnaty", "vaxzevria"}),
    "comirnaty": frozenset({"spikevax", "vaxzevria"}),
    "bbibp-corv": _MRNA | {"vaxzevria", "hayat-vax"},
    "hayat-vax": _MRNA | {"vaxzevria", "bbibp-corv"},
    "sputnik-v": _MRNA | {"vaxzevria"},
    "abdala": _MRNA | {"vaxzevria"},
    "jcovden": _MRNA | {"vaxzevria"},
    "covaxin": _MRNA | {"vaxzevria"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFault:
    """One thing wrong with one dose, or with all of them (``dose_number`` None). ``code`` is kebab-case and stable."""

    code: str
    dose_number: int | None
    blocking: bool


_IN_ORDER: Final = list(range(1, 10))


def find_dose_faults(record: VaccinationRecord, *, today: date) -> tuple[DoseFault, ...]:
    """All faults, those of the whole record first, then by dose.

    Blocking: ``doses-none``, ``dose-number-range``, ``dose-number-duplicate``, ``dose-number-gap``, ``dose-order``,
    ``dose-same-day``, ``dose-interval``, ``dose-future``, ``dose-before-campaign``, ``dose-before-birth``,
    ``dose-country``, ``product-unknown``, ``product-inactive``, ``lot-missing``, ``lot-form``.
    Odd: ``dose-interval-short``, ``product-mixture``, ``product-not-used-here``, ``lot-product``, ``dose-age``.
    """
    if not record.doses:
        return (_blocking("doses-none", None),)
    doses = sorted(record.doses, key=lambda dose: (dose.number, dose.given_on))
    faults = [*_numbering(doses), *_sequence(doses)]
    born = record.person.date_of_birth
    since = None if born is None else born.earliest
    for dose in doses:
        faults += _dates(dose, since, today)
        for blocking, code in (*_of_product(dose.product, dose.country), *_of_lot(dose.lot, dose.product)):
            faults.append(DoseFault(code=code, dose_number=dose.number, blocking=blocking))
    return tuple(faults)


def _blocking(code: str, number: int | None) -> DoseFault:
    return DoseFault(code=code, dose_number=number, blocking=True)


def _odd(code: str, number: int | None) -> DoseFault:
    return DoseFault(code=code, dose_number=number, blocking=False)


def _numbering(doses: Sequence[Dose]) -> Iterator[DoseFault]:
    if [dose.number for dose in doses] == _IN_ORDER[: len(doses)]:  # nearly all, and counting takes long
        return
    numbers = Counter(dose.number for dose in doses)
    for number, count in numbers.items():
        if not 1 <= number <= 9:
            yield _blocking("dose-number-range", number)
        if count > 1:
            yield _blocking("dose-number-duplicate", number)
    # A handful of numbers: counting up to the highest would let one typing error make millions of gaps.
    highest = max((number for number in numbers if 1 <= number <= 9), default=0)
    for number in range(1, highest):
        if number not in numbers:
            yield _blocking("dose-number-gap", number)


def _sequence(doses: Sequence[Dose]) -> Iterator[DoseFault]:
    first = doses[0]
    for earlier, later in pairwise(doses):
        days = (later.given_on - earlier.given_on).days
        if later.number != earlier.number:
            if days < 0:
                yield _blocking("dose-order", later.number)
            elif days == 0:
                yield _blocking("dose-same-day", later.number)
            elif days < SHORTEST_INTERVAL:
                yield _blocking("dose-interval", later.number)
            elif earlier.product in PRODUCTS:
                least = PRODUCTS[earlier.product].minimum_interval
                if days < least - INTERVAL_GRACE:
                    yield _odd("dose-interval-short", later.number)
        allowed = _LATER_PRODUCTS.get(first.product, frozenset())
        if later.product != first.product and later.product not in allowed:
            yield _odd("product-mixture", later.number)


def _dates(dose: Dose, born: date | None, today: date) -> Iterator[DoseFault]:
    if dose.given_on > today:
        yield _blocking("dose-future", dose.number)
    if dose.given_on < (CAMPAIGN_START if dose.country == "VN" else FIRST_DOSE_ABROAD):
        yield _blocking("dose-before-campaign", dose.number)
    if born is None:
        return
    if dose.given_on < born:
        yield _blocking("dose-before-birth", dose.number)
    elif dose.given_on.year - born.year < YOUNGEST:
        yield _odd("dose-age", dose.number)


_Fault = tuple[bool, str]  # whether it blocks, and its code


@lru_cache(maxsize=1024)
def _of_product(key: str, country: str) -> tuple[_Fault, ...]:
    faults: list[_Fault] = []
    if country not in COUNTRIES:
        faults.append((True, "dose-country"))
    product = PRODUCTS.get(key)
    if product is None:
        faults.append((True, "product-unknown"))
    elif not product.active:
        faults.append((True, "product-inactive"))
    elif country == "VN" and not product.used_in_vietnam:
        faults.append((False, "product-not-used-here"))
    return tuple(faults)


@lru_cache(maxsize=1 << 14)  # a country has some thousand lots
def _of_lot(lot: str, product: str) -> tuple[_Fault, ...]:
    if not lot:
        return ((True, "lot-missing"),)
    if _LOT.fullmatch(lot) is None:
        return ((True, "lot-form"),)
    if _SINOPHARM_LOT.fullmatch(lot.upper()) and product not in _SINOPHARM:
        return ((False, "lot-product"),)
    return ()
