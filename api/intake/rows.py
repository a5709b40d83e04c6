"""One row, understood: a person, a dose, and what had to be converted."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from api.intake.cells import (
    read_birth_date,
    read_dose_number,
    read_given_on,
    read_id_number,
    read_name,
    read_nationality,
    read_product,
    read_sex,
)
from api.intake.columns import Column, Header
from api.intake.faults import RowError
from api.intake.texts import Conversion, RawCell, clean_cell
from certificates.errors import RecordError
from certificates.records.model import Dose, IdKind, Person
from certificates.records.names import comparable

CELL_LIMIT: Final = 500  # characters; the longest honest cell is an address
BUCKETS: Final = 1024  # of persons' keys


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadRow:
    """A row that can be joined. ``person_key`` says with whom; equal keys are one person."""

    person: Person
    dose: Dose
    person_key: str
    notes: tuple[str, ...]


def read_row(
    cells: Sequence[RawCell], header: Header, conversions: Mapping[int, Conversion], *, unit: str | None
) -> ReadRow:
    """Understand one row. Raises RowError for the first column that cannot be read.

    Args:
        cells: the raw cells, shorter than the header where the last ones are empty.
        conversions: by position, how the text of a column is converted (font encodings).
        unit: the unit the whole file is imported for, or None when the rows name it.
    """
    notes: list[str] = []
    texts = _texts(cells, header, conversions, notes)

    def get(column: Column) -> str:
        return texts.get(column, "")

    person = read_person(
        texts, header, was_number=not isinstance(_raw(cells, header, Column.ID_NUMBER), str), notes=notes
    )
    row_unit = get(Column.UNIT) or unit or ""
    if not row_unit:
        raise RowError("unit-missing", Column.UNIT)
    if unit is not None and row_unit != unit:
        raise RowError("unit-other", Column.UNIT)
    dose = Dose(
        number=read_dose_number(get(Column.DOSE_NUMBER)),
        given_on=read_given_on(get(Column.GIVEN_ON), notes),
        product=read_product(get(Column.PRODUCT), get(Column.MANUFACTURER)),
        lot=get(Column.LOT),
        amount=get(Column.AMOUNT),
        unit=row_unit,
        entered_by=get(Column.ENTERED_BY),
    )
    return ReadRow(person=person, dose=dose, person_key=person_key(person, dose), notes=tuple(dict.fromkeys(notes)))


def read_person(texts: Mapping[Column, str], header: Header, *, was_number: bool, notes: list[str]) -> Person:
    """The person of a row from its clean texts. Raises RowError.

    Args:
        was_number: the cell of the ID number was a number, no text.
    """

    def get(column: Column) -> str:
        return texts.get(column, "")

    nationality = read_nationality(get(Column.NATIONALITY))
    family, given = get(Column.FAMILY_NAME), get(Column.GIVEN_NAME)
    id_kind, id_number = read_id_number(get(Column.ID_NUMBER), nationality, was_number=was_number, notes=notes)
    own_fields = Column.FAMILY_NAME in header.positions and Column.GIVEN_NAME in header.positions
    return Person(
        full_name=read_name(get(Column.FULL_NAME) or " ".join(part for part in (family, given) if part)),
        family_name=family or None if own_fields else None,
        given_name=given or None if own_fields else None,
        date_of_birth=read_birth_date(get(Column.DATE_OF_BIRTH), notes),
        sex=read_sex(get(Column.SEX)),
        nationality=nationality,
        id_kind=id_kind,
        id_number=id_number,
    )


def person_key(person: Person, dose: Dose) -> str:
    """The key by which rows are joined to one person; a hash, so that it tells nothing by itself.

    1. An ID number of a valid form is the person: kind, number and, for a passport, nationality.
    2. Else comparable name, date of birth, sex and unit together.
    3. Without a date of birth nothing is joined: the dose goes into the key, so that only the same row is the same.
    """
    known = known_key(person, dose.unit)
    if known is not None:
        return known
    name, sex = comparable(person.full_name), person.sex or ""
    return _hashed("row", name, sex, dose.unit, str(dose.number), dose.given_on.isoformat(), dose.product, dose.lot)


def known_key(person: Person, unit: str) -> str | None:
    """The key of a person at this unit, whatever the dose; None without a number and a date of birth."""
    if person.id_kind is not None and person.id_number is not None:
        return id_key(person.id_kind, person.id_number, person.nationality)
    if person.date_of_birth is None:
        return None
    return _hashed("person", comparable(person.full_name), person.date_of_birth.iso, person.sex or "", unit)


def id_key(kind: IdKind, number: str, nationality: str) -> str:
    """The key of a person with this number of a valid form."""
    return _hashed("id", kind, number, nationality if kind is IdKind.PASSPORT else "")


def bucket_of(person_key: str) -> int:
    """0 to 1023: persons of one key are always in one bucket."""
    return int(person_key[:3], 16) >> 2


def shard_of(bucket: int) -> int:
    """0 to 63: the lock that stands for this bucket's persons."""
    return bucket >> 4


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def clean_row(
    cells: Sequence[RawCell],
    header: Header,
    conversions: Mapping[int, Conversion],
    notes: list[str],
    *,
    others: Sequence[int | None],
) -> tuple[dict[Column, str], dict[int, str]]:
    """The clean texts of a row: of the columns that are known, and by position those of ``others``. Raises RowError."""
    texts = _texts(cells, header, conversions, notes)
    found: dict[int, str] = {}
    for position in others:
        if position is not None and position < len(cells):
            try:
                found[position] = clean_cell(cells[position], conversions.get(position), notes)
            except RecordError as error:
                raise RowError(error.code, header.names[position]) from None
    return texts, found


def _texts(
    cells: Sequence[RawCell], header: Header, conversions: Mapping[int, Conversion], notes: list[str]
) -> dict[Column, str]:
    width = len(header.names)
    if len(cells) > width and any(cell not in ("", None) for cell in cells[width:]):
        raise RowError("row-shape", header.names[-1])
    for position, cell in enumerate(cells):
        if cell.__class__ is str and len(cell) > CELL_LIMIT:
            raise RowError("cell-too-long", header.names[position])
    texts: dict[Column, str] = {}
    for column, position in header.positions.items():
        if position >= len(cells):
            continue
        cell = cells[position]
        try:
            if cell.__class__ is str and cell.isascii() and cell.isalnum():
                texts[column] = cell  # a number or a plain word: nothing that could be put right
            elif cell.__class__ is str and position not in conversions:
                texts[column], told = _clean(cell)
                if told:
                    notes += told
            else:
                texts[column] = clean_cell(cell, conversions.get(position), notes)
        except RecordError as error:
            raise RowError(error.code, column) from None
    return texts


@lru_cache(maxsize=1 << 15)  # columns say the same again and again
def plain_text(cell: str) -> str | None:
    """The clean text of a cell in which nothing has to be put right; None where something has, or it is refused."""
    notes: list[str] = []
    try:
        text = clean_cell(cell, None, notes)
    except RecordError:
        return None
    return None if notes else text


@lru_cache(maxsize=1 << 15)  # columns say the same again and again
def _clean(cell: str) -> tuple[str, tuple[str, ...]]:
    notes: list[str] = []
    return clean_cell(cell, None, notes), tuple(notes)


def _raw(cells: Sequence[RawCell], header: Header, column: Column) -> RawCell:
    position = header.positions[column]
    return cells[position] if position < len(cells) else ""
