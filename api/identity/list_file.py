"""The spreadsheet that goes to police and comes back: what the station wrote, and what police may fill in.

Row 1 names the list, row 2 the columns, from row 3 each row is a person. The columns of the station come back as they
went out, in any order of rows; a program that saved the file anew may have stored them in another way.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from api.identity.conclusions import LABELS
from api.identity.xlsx_writing import Column, writable, write_sheet
from api.intake.faults import FileError
from api.intake.texts import RawCell
from api.intake.xlsx_source import XlsxSource
from certificates.errors import RecordError
from certificates.records.dates import PartialDate
from certificates.records.model import Person, Sex
from certificates.records.names import clean

ROWS_LIMIT: Final = 10_000  # of a file that comes back
MAX_FILE: Final = 4 * 1024 * 1024  # bytes
TITLE: Final = "Danh sách đối chiếu / List for comparison"


class ListClass(StrEnum):
    """The three classes of letter 2262/BYT-CNTT."""

    NO_ID = "no-id"
    ID_FORM = "id-form"
    BASICS = "basics"


_CLASSES: Final = {
    ListClass.NO_ID: "1. Không có số định danh / No number",
    ListClass.ID_FORM: "2. Số định danh sai dạng / Number of a wrong form",
    ListClass.BASICS: "3. Sai thông tin cơ bản / Wrong basics",
}
_FIELDS: Final = {
    "full_name": "Họ và tên",
    "date_of_birth": "Ngày sinh",
    "sex": "Giới tính",
    "id_number": "Số định danh",
}
_SEXES: Final = {Sex.MALE: "Nam", Sex.FEMALE: "Nữ"}
_STATION: Final = (
    Column(heading="Mã hồ sơ / Record", width=16),
    Column(heading="Phiên bản / Version", width=9),
    Column(heading="Nhóm / Class", width=34),
    Column(heading="Cần đối chiếu / In question", width=28),
    Column(heading="Họ và tên / Name", width=28),
    Column(heading="Ngày sinh / Born", width=13),
    Column(heading="Giới tính / Sex", width=10),
    Column(heading="Số định danh / Number", width=16),
)
_POLICE: Final = (
    Column(heading="Kết luận / Conclusion", width=18, open=True, choices=tuple(LABELS.values())),
    Column(heading="Họ và tên đúng / Right name", width=28, open=True),
    Column(heading="Ngày sinh đúng / Right birth date", width=16, open=True),
    Column(heading="Giới tính đúng / Right sex", width=12, open=True),
    Column(heading="Số định danh đúng / Right number", width=18, open=True),
)
_COLUMNS: Final = (*_STATION, *_POLICE)
_HEAD: Final = 5  # cells of row 1
ANSWERS: Final = tuple(_FIELDS)  # in the order of the columns behind the conclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """What names a list. ``made_at`` is RFC 3339."""

    list_id: str
    unit: str
    made_at: str
    vouched_by: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (TITLE, self.list_id, self.unit, self.made_at, self.vouched_by)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ListRow:
    """One person as the station knows them. ``in_question``: fields of `Person`."""

    record_id: str
    version: int
    list_class: ListClass
    in_question: tuple[str, ...]
    person: Person

    @property
    def cells(self) -> tuple[str, ...]:
        person = self.person
        return tuple(
            clean(writable(text))
            for text in (
                self.record_id,
                str(self.version),
                _CLASSES[self.list_class],
                ", ".join(_FIELDS[field] for field in self.in_question),
                person.full_name,
                _date_text(person.date_of_birth),
                _SEXES[person.sex] if person.sex else "",
                person.id_number or "",
            )
        )

    @property
    def digest(self) -> bytes:
        """SHA-256 by which the row is known again."""
        return _digest(self.cells)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FilledRow:
    """One row that came back. ``answers`` by field of `Person`, only those that were filled in.

    ``digest`` is of what stands in the columns of the station.
    """

    number: int
    record_id: str
    digest: bytes
    conclusion: str
    answers: dict[str, RawCell]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FilledList:
    head: tuple[str, ...]
    rows: tuple[FilledRow, ...]

    @property
    def list_id(self) -> str:
        return self.head[1]


def write_list(head: ListHead, rows: Sequence[ListRow]) -> bytes:
    """The XLSX file, with empty columns for police."""
    empty = ("",) * len(_POLICE)
    return write_sheet("Danh sách", head.cells, _COLUMNS, [(*row.cells, *empty) for row in rows])


def read_list(source: bytes | Path) -> FilledList:
    """A list that came back. Raises RecordError ``list-form``: it is none, or it has other columns."""
    opened = XlsxSource(source if isinstance(source, Path) else io.BytesIO(source))
    try:
        rows = opened.rows()
        (_, title), (_, headings) = next(rows), next(rows)
        head = _texts(title, _HEAD)
        if head[0] != TITLE or _texts(headings, len(_COLUMNS)) != tuple(column.heading for column in _COLUMNS):
            raise RecordError("list-form", "the first two rows are not those of a list for comparison")
        found: list[FilledRow] = []
        for number, cells in rows:
            if len(found) == ROWS_LIMIT:
                raise RecordError("list-form", "the list has too many rows")
            found.append(_filled(number, cells))
    except (FileError, StopIteration) as error:
        raise RecordError("list-form", "this is no list in XLSX") from error
    return FilledList(head=head, rows=tuple(found))


def _filled(number: int, cells: Sequence[RawCell]) -> FilledRow:
    station = _texts(cells[: len(_STATION)], len(_STATION))
    police = [*cells[len(_STATION) :], *[""] * len(_COLUMNS)][: len(_POLICE)]
    answers = dict(zip(ANSWERS, police[1:], strict=True))
    return FilledRow(
        number=number,
        record_id=station[0],
        digest=_digest(station),
        conclusion=_text(police[0]),
        answers={field: cell for field, cell in answers.items() if _text(cell)},
    )


def _texts(cells: Sequence[RawCell], count: int) -> tuple[str, ...]:
    return tuple(_text(cell) for cell in (*cells[:count], *[""] * (count - len(cells))))


def _text(cell: RawCell) -> str:
    return "" if cell is None else clean(str(cell))


def _date_text(born: PartialDate | None) -> str:
    """As people in Viet Nam write it: 12/03/1985, 03/1985 or 1985."""
    if born is None:
        return ""
    parts = [f"{part:02d}" for part in (born.day, born.month) if part is not None]
    return "/".join((*parts, f"{born.year:04d}"))


def _digest(cells: Sequence[str]) -> bytes:
    return hashlib.sha256(json.dumps(list(cells), ensure_ascii=False).encode()).digest()
