"""Rows understood quickly where they are plain, which nearly all are; with care where they are not.

Plain is a row of whole texts in which nothing has to be put right and nothing is wrong. Every other one goes through
`api.intake.rows.read_row`, which alone decides what is refused, and with which words.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Final

from api.intake.cells import read_dose_number, read_given_on, read_nationality, read_product
from api.intake.columns import Column, Header, read_header
from api.intake.faults import RowError
from api.intake.rows import CELL_LIMIT, ReadRow, id_key, person_key, plain_text, read_person, read_row
from api.intake.texts import Conversion, RawCell
from certificates.errors import RecordError
from certificates.records.citizen_id import identify
from certificates.records.model import Dose, Person

_PERSON: Final = (
    Column.FULL_NAME,
    Column.FAMILY_NAME,
    Column.GIVEN_NAME,
    Column.DATE_OF_BIRTH,
    Column.SEX,
    Column.NATIONALITY,
    Column.ID_NUMBER,
)
_DOSE: Final = (
    Column.DOSE_NUMBER,
    Column.GIVEN_ON,
    Column.PRODUCT,
    Column.MANUFACTURER,
    Column.LOT,
    Column.AMOUNT,
    Column.UNIT,
    Column.ENTERED_BY,
)
_PEOPLE: Final = 10_000  # who is remembered: some of a file, all of a step of joining
_Who = tuple[Person, str | None]  # and the key, where the number is the person


@lru_cache(maxsize=2)
def header_of(names: tuple[str, ...]) -> Header:
    """`read_header`, once a file."""
    return read_header(names)


class RowReader:
    """Reads the rows of one file. People stand in it once a dose: who was understood once is known again."""

    def __init__(self, header: Header, conversions: Mapping[int, Conversion], *, unit: str | None) -> None:
        """As `api.intake.rows.read_row`."""
        self._header, self._conversions, self._unit = header, conversions, unit
        self._width = len(header.names)
        self._of_person = itemgetter(*(header.positions.get(column, self._width) for column in _PERSON))
        self._of_dose = itemgetter(*(header.positions.get(column, self._width) for column in _DOSE))
        self._people: dict[tuple[str, ...], _Who | None] = {}

    def read(self, cells: Sequence[RawCell]) -> ReadRow:
        """Understand one row. Raises RowError for the first column that cannot be read."""
        texts = self._texts(cells)
        row = None if texts is None else self._quick(texts)
        return row or read_row(cells, self._header, self._conversions, unit=self._unit)

    def key(self, cells: Sequence[RawCell]) -> str | None:
        """The ``person_key`` of a row, without reading more of it than must be. None: the row cannot be read."""
        texts = self._texts(cells)
        if texts is not None:
            *_, nation, number = self._of_person(texts)
            if number.isascii() and number.isalnum() and (nationality := _nationality(nation)) is not None:
                try:
                    kind, number = identify(number, nationality=nationality)
                except RecordError:
                    pass
                else:
                    return id_key(kind, number, nationality)
        try:
            return self.read(cells).person_key
        except RowError:
            return None

    def _texts(self, cells: Sequence[RawCell]) -> list[str] | None:
        """The cells, and an empty one for what the file does not have; None where one is no text or may be too long."""
        if self._conversions or len(cells) > self._width:
            return None
        try:
            if sum(map(len, cells)) > CELL_LIMIT:  # type: ignore[arg-type]
                return None
        except TypeError:
            return None
        return [*cells, *([""] * (self._width + 1 - len(cells)))]  # type: ignore[list-item]

    def _quick(self, texts: Sequence[str]) -> ReadRow | None:
        who = self._who(self._of_person(texts))
        number, given_on, product, manufacturer, *rest = self._of_dose(texts)
        lot, amount, unit, entered_by = map(plain_text, rest)
        unit = unit or self._unit
        if who is None or lot is None or amount is None or entered_by is None or not unit:
            return None
        if self._unit is not None and unit != self._unit:
            return None
        what, day, which = _product(product, manufacturer), _day(given_on), _dose_number(number)
        if what is None or day is None or which is None:
            return None
        person, key = who
        dose = Dose(number=which, given_on=day, product=what, lot=lot, amount=amount, unit=unit, entered_by=entered_by)
        return ReadRow(person=person, dose=dose, person_key=key or person_key(person, dose), notes=())

    def _who(self, cells: tuple[str, ...]) -> _Who | None:
        try:
            return self._people[cells]
        except KeyError:
            pass
        if len(self._people) >= _PEOPLE:
            self._people.clear()
        who = self._people[cells] = self._understand(cells)
        return who

    def _understand(self, cells: tuple[str, ...]) -> _Who | None:
        texts: dict[Column, str] = {}
        for column, cell in zip(_PERSON, cells, strict=True):
            text = plain_text(cell)
            if text is None:
                return None
            texts[column] = text
        notes: list[str] = []
        try:
            person = read_person(texts, self._header, was_number=False, notes=notes)
        except RowError:
            return None
        if notes:
            return None
        if person.id_kind is None or person.id_number is None:
            return person, None
        return person, id_key(person.id_kind, person.id_number, person.nationality)


@lru_cache(maxsize=1024)
def _nationality(cell: str) -> str | None:
    text = plain_text(cell)
    try:
        return None if text is None else read_nationality(text)
    except RowError:
        return None


@lru_cache(maxsize=1024)
def _product(cell: str, manufacturer_cell: str) -> str | None:
    product, manufacturer = plain_text(cell), plain_text(manufacturer_cell)
    try:
        return None if product is None or manufacturer is None else read_product(product, manufacturer)
    except RowError:
        return None


@lru_cache(maxsize=4096)
def _day(cell: str) -> date | None:
    notes: list[str] = []
    text = plain_text(cell)
    try:
        day = None if text is None else read_given_on(text, notes)
    except RowError:
        return None
    return None if notes else day


@lru_cache(maxsize=64)
def _dose_number(cell: str) -> int | None:
    text = plain_text(cell)
    try:
        return None if text is None else read_dose_number(text)
    except RowError:
        return None
