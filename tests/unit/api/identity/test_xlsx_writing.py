"""Spreadsheets that others open, and that say the same when they are read again."""

import io

import openpyxl
import pytest

from api.identity.conclusions import LABELS
from api.identity.list_file import ListClass, ListHead, ListRow, read_list, write_list
from api.identity.xlsx_writing import Column, write_sheet
from certificates.errors import RecordError
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Person, Sex

HEAD = ListHead(list_id="0123456789ABCDEF", unit="TYT-1", made_at="2022-05-04T02:00:00Z", vouched_by="lan")


def person(name: str, born: PartialDate | None = None, number: str = "001161012345") -> Person:
    return Person(full_name=name, date_of_birth=born, sex=Sex.FEMALE, id_kind=IdKind.CCCD, id_number=number)


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Thị Hồng",
        "<b>&amp;\"'",
        "=1+1",
        "+84",
        "001161012345",
        "1E5",
        "_x0041_",
        "a\nb",
        "a\x01b",
        "\ud800",
        "🙂",
    ],
)
def test_every_text_stays_a_text(text: str) -> None:
    row = ListRow(
        record_id="R1", version=1, list_class=ListClass.BASICS, in_question=("full_name",), person=person(text)
    )
    file = write_list(HEAD, [row])
    sheet = openpyxl.load_workbook(io.BytesIO(file)).worksheets[0]
    assert sheet["E3"].data_type == "s"
    book = openpyxl.load_workbook(io.BytesIO(file))
    out = io.BytesIO()
    book.save(out)
    for data in (file, out.getvalue()):
        found = read_list(data)
        assert found.head == HEAD.cells
        assert [one.digest for one in found.rows] == [row.digest]
        assert found.rows[0].answers == {}


@pytest.mark.parametrize(
    ("born", "shown"),
    [
        (PartialDate(1985, 3, 12), "12/03/1985"),
        (PartialDate(1985, 3), "03/1985"),
        (PartialDate(1985), "1985"),
        (None, ""),
    ],
)
def test_dates_as_people_write_them(born: PartialDate | None, shown: str) -> None:
    row = ListRow(record_id="R1", version=1, list_class=ListClass.NO_ID, in_question=(), person=person("A", born))
    assert row.cells[5] == shown


def test_police_write_into_their_columns_and_choose_a_conclusion() -> None:
    row = ListRow(record_id="R1", version=1, list_class=ListClass.NO_ID, in_question=(), person=person("A"))
    sheet = openpyxl.load_workbook(io.BytesIO(write_list(HEAD, [row, row]))).worksheets[0]
    assert sheet.protection.sheet
    assert [cell.protection.locked for cell in sheet[3]] == [True] * 8 + [False] * 5
    (choice,) = sheet.data_validations.dataValidation
    assert (choice.formula1, str(choice.sqref)) == (f'"{",".join(LABELS.values())}"', "I3:I4")


def test_the_same_rows_give_the_same_file() -> None:
    columns = (Column(heading="A & B", width=9), Column(heading="C", width=9, open=True, choices=("x",)))
    assert write_sheet("S", ("t", "u"), columns, []) == write_sheet("S", ("t", "u"), columns, [])


def test_a_list_with_other_columns_is_none() -> None:
    columns = (Column(heading="A", width=9),)
    with pytest.raises(RecordError, match="list-form"):
        read_list(write_sheet("S", HEAD.cells, columns, [("x",)]))


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.identity.list_file.ROWS_LIMIT", 1)
    row = ListRow(record_id="R1", version=1, list_class=ListClass.NO_ID, in_question=(), person=person("A"))
    assert len(read_list(write_list(HEAD, [row])).rows) == 1
    with pytest.raises(RecordError, match="list-form"):
        read_list(write_list(HEAD, [row, row]))
