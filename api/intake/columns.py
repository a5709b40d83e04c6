"""The columns of an import file: what they are called, in Vietnamese and English, and which of them are read."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from api.intake.faults import FileError
from api.intake.legacy import CONVERTERS, fits_font


class Column(StrEnum):
    """The columns that are read. The value is the name that reports use."""

    FULL_NAME = "full_name"
    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    DATE_OF_BIRTH = "date_of_birth"
    SEX = "sex"
    NATIONALITY = "nationality"
    ID_NUMBER = "id_number"
    DOSE_NUMBER = "dose_number"
    GIVEN_ON = "given_on"
    PRODUCT = "product"
    MANUFACTURER = "manufacturer"
    LOT = "lot"
    AMOUNT = "amount"
    UNIT = "unit"
    ENTERED_BY = "entered_by"


# The first name of each list is the one that messages show to a clerk.
NAMES: Final[Mapping[Column, tuple[str, ...]]] = MappingProxyType(
    {
        Column.FULL_NAME: ("Họ và tên", "Full name", "Họ tên", "Họ và tên người tiêm", "Họ tên đối tượng", "Name"),
        Column.FAMILY_NAME: ("Họ đệm", "Family name", "Họ và tên đệm", "Họ và đệm", "Họ", "Surname", "Last name"),
        Column.GIVEN_NAME: ("Tên", "Given name", "First name", "Forename", "Given names"),
        Column.DATE_OF_BIRTH: ("Ngày sinh", "Date of birth", "Ngày tháng năm sinh", "Năm sinh", "DOB", "Birth date"),
        Column.SEX: ("Giới tính", "Sex", "Gender", "Phái"),
        Column.NATIONALITY: ("Quốc tịch", "Nationality", "Citizenship"),
        Column.ID_NUMBER: (
            "Số CCCD/CMND/Hộ chiếu",
            "ID number",
            "CCCD/CMND/Hộ chiếu",
            "Số CCCD",
            "CCCD",
            "CMND",
            "CCCD/CMND",
            "Số CMND/CCCD",
            "CMND/CCCD",
            "Số CMND/CCCD/Hộ chiếu",
            "Số CMT/CCCD",
            "Số định danh cá nhân",
            "Số định danh",
            "Mã định danh",
            "Citizen ID",
            "ID/Passport number",
        ),
        Column.DOSE_NUMBER: ("Mũi tiêm số", "Dose number", "Mũi số", "Mũi tiêm", "Mũi", "Số mũi", "Dose"),
        Column.GIVEN_ON: ("Ngày tiêm", "Date of vaccination", "Ngày tiêm chủng", "Vaccination date", "Date given"),
        Column.PRODUCT: (
            "Tên vắc xin",
            "Vaccine name",
            "Vắc xin",
            "Tên vaccine",
            "Loại vắc xin",
            "Loại vaccine",
            "Vaccine",
            "Product",
        ),
        Column.MANUFACTURER: ("Hãng sản xuất", "Manufacturer", "Nhà sản xuất", "Nơi sản xuất"),
        Column.LOT: ("Số lô", "Lot number", "Lô vắc xin", "Số lô vắc xin", "Lô", "Lot", "Batch number", "Batch"),
        Column.AMOUNT: ("Liều lượng", "Amount", "Dosage", "Liều", "Liều tiêm"),
        Column.UNIT: ("Mã cơ sở tiêm", "Facility code", "Mã cơ sở", "Mã đơn vị", "Mã cơ sở tiêm chủng", "Unit code"),
        Column.ENTERED_BY: ("Người nhập", "Entered by", "Người nhập liệu", "Tài khoản nhập"),
    }
)

# Known, of no use here, and kept: a clerk may need them to find the row again.
PASSED_OVER: Final = (
    "STT",
    "No.",
    "Tên cơ sở tiêm",
    "Facility name",
    "Cơ sở tiêm",
    "Cơ sở tiêm chủng",
    "Ngày nhập",
    "Entry date",
    "Ghi chú",
    "Note",
)
# Personal data that no certificate needs: not stored at all.
LEFT_OUT: Final = (
    "Số điện thoại",
    "Phone number",
    "Điện thoại",
    "SĐT",
    "Phone",
    "Email",
    "Thư điện tử",
    "Địa chỉ",
    "Address",
    "Nơi ở hiện tại",
    "Số thẻ BHYT",
    "Health insurance number",
    "Nghề nghiệp",
    "Occupation",
    "Tiền sử bệnh",
    "Medical history",
)

MANDATORY: Final = (
    Column.DATE_OF_BIRTH,
    Column.SEX,
    Column.ID_NUMBER,
    Column.DOSE_NUMBER,
    Column.GIVEN_ON,
    Column.PRODUCT,
    Column.LOT,
)


HEADER_ROWS: Final = 20  # how many filled rows down a header may stand, below titles
_HEADER_COLUMNS: Final = 4  # a row that names so many columns is the header


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where each column stands, counted from 0. ``left_out`` are positions whose cells are not stored."""

    names: tuple[str, ...]
    positions: Mapping[Column, int]
    left_out: frozenset[int]
    unknown: tuple[str, ...]
    doubled: tuple[str, ...]  # names of two or more columns that mean the same

    @property
    def known(self) -> int:
        return len(self.positions)


def read_header(cells: Sequence[str]) -> Header:
    """Find the columns by name: whole cell first, then its parts around line breaks, brackets and "/"."""
    positions: dict[Column, int] = {}
    left_out: set[int] = set()
    unknown: list[str] = []
    doubled: list[str] = []
    names = [_readable(cell) for cell in cells]
    for position, cell in enumerate(names):
        meaning = _meaning(cell)
        if isinstance(meaning, Column):
            if meaning in positions:
                doubled += [names[positions[meaning]], cell]
            positions.setdefault(meaning, position)
        elif meaning == _LEFT_OUT:
            left_out.add(position)
        elif meaning is None and cell.strip():
            unknown.append(" ".join(cell.split())[:60])
    return Header(
        names=tuple(names),
        positions=MappingProxyType(positions),
        left_out=frozenset(left_out),
        unknown=tuple(unknown),
        doubled=tuple(dict.fromkeys(doubled)),
    )


def names_columns(cells: Sequence[object]) -> Header | None:
    """The header, if this row is one; else None."""
    header = read_header(["" if cell is None else str(cell) for cell in cells])
    return header if header.known >= _HEADER_COLUMNS else None


def find_column(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Where the first column of one of these names stands, compared as `read_header` compares."""
    meant = {_squeeze(name) for name in wanted}
    for position, name in enumerate(names):
        parts = re.split(r"[\n(\[|/]", name)
        if any(_squeeze(part) in meant for part in (name, *parts)):
            return position
    return None


def check_header(header: Header, *, unit_given: bool) -> None:
    """Raises FileError ``columns-double`` or ``columns-missing``, naming every column that is twice or not there."""
    if header.doubled:
        raise FileError("columns-double", columns=header.doubled)
    missing = [NAMES[column][0] for column in MANDATORY if column not in header.positions]
    if Column.FULL_NAME not in header.positions and not {Column.FAMILY_NAME, Column.GIVEN_NAME} <= set(
        header.positions
    ):
        missing.insert(0, NAMES[Column.FULL_NAME][0])
    if Column.UNIT not in header.positions and not unit_given:
        missing.append(NAMES[Column.UNIT][0])
    if missing:
        raise FileError("columns-missing", columns=tuple(missing))


_LEFT_OUT: Final = "left out"
_PASSED_OVER: Final = "passed over"


def _squeeze(text: str) -> str:
    """Letters and digits only, no marks, small: "Họ và tên" and "HO VA TEN" alike."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d").replace("ð", "d"))
    return re.sub(r"[^a-z0-9]", "", plain)


_BY_NAME: Final[Mapping[str, Column | str]] = MappingProxyType(
    {_squeeze(name): _LEFT_OUT for name in LEFT_OUT}
    | {_squeeze(name): _PASSED_OVER for name in PASSED_OVER}
    | {_squeeze(name): column for column, names in NAMES.items() for name in names}
)


def _readable(cell: str) -> str:
    """A column's name out of an old font, where only that reading has a meaning."""
    if fits_font(cell) and _meaning(cell) is None:
        for convert in CONVERTERS.values():
            if _meaning(convert(cell)) is not None:
                return convert(cell)
    return cell


def _meaning(cell: str) -> Column | str | None:
    parts = re.split(r"[\n(\[|]", cell)
    for part in (cell, *parts, *(half for whole in parts for half in whole.split("/"))):
        meaning = _BY_NAME.get(_squeeze(part))
        if meaning is not None:
            return meaning
    return None
