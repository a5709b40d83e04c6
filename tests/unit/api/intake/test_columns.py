"""Columns found by their names."""

import pytest

from api.intake.columns import LEFT_OUT, NAMES, PASSED_OVER, Column, check_header, read_header
from api.intake.faults import FileError

FULL = tuple(NAMES[column][0] for column in Column if column not in (Column.FAMILY_NAME, Column.GIVEN_NAME))


@pytest.mark.parametrize(("column", "name"), [(column, name) for column, names in NAMES.items() for name in names])
def test_every_name_of_every_column(column: Column, name: str) -> None:
    for written in (name, name.upper(), f"  {name} * ", f"{name}\n(ghi chú)"):
        assert read_header([written]).positions == {column: 0}


def test_no_name_means_two_things() -> None:
    names = [name for column in NAMES.values() for name in column] + list(PASSED_OVER) + list(LEFT_OUT)
    known = [read_header([name]) for name in names]
    assert len({name.casefold() for name in names}) == len(names)
    assert not any(header.unknown for header in known)
    assert all(header.left_out == {0} for header in known[-len(LEFT_OUT) :])


def test_two_languages_in_one_cell() -> None:
    header = read_header(["Họ và tên / Full name", "Ngày sinh\nDate of birth", "Lot number (Số lô)"])
    assert header.positions == {Column.FULL_NAME: 0, Column.DATE_OF_BIRTH: 1, Column.LOT: 2}


def test_a_full_header_passes_and_what_is_missing_is_named() -> None:
    check_header(read_header(FULL), unit_given=False)
    for missing in ("Họ và tên", "Ngày sinh", "Số lô", "Mã cơ sở tiêm"):
        with pytest.raises(FileError) as refusal:
            check_header(read_header([name for name in FULL if name != missing]), unit_given=False)
        assert (refusal.value.code, refusal.value.columns) == ("columns-missing", (missing,))
    check_header(read_header([name for name in FULL if name != "Mã cơ sở tiêm"]), unit_given=True)
    check_header(read_header([*FULL[1:], "Họ đệm", "Tên"]), unit_given=False)


def test_a_column_twice() -> None:
    with pytest.raises(FileError) as refusal:
        check_header(read_header([*FULL, "CCCD", "CMND"]), unit_given=False)
    assert (refusal.value.code, refusal.value.columns) == (
        "columns-double",
        ("Số CCCD/CMND/Hộ chiếu", "CCCD", "CMND"),
    )
