"""The quick way to read a row is the careful one, on every row."""

from hypothesis import given
from hypothesis import strategies as st

from api.intake.columns import read_header
from api.intake.faults import RowError
from api.intake.reader import RowReader
from api.intake.rows import CELL_LIMIT, ReadRow, read_row
from api.intake.texts import RawCell

_NAMES = ("Họ và tên", "Họ đệm", "Tên", "Ngày sinh", "Giới tính", "Quốc tịch", "Số CCCD", "Mũi số", "Ngày tiêm")
HEADER = read_header((*_NAMES, "Vắc xin", "Hãng sản xuất", "Số lô", "Liều lượng", "Mã cơ sở", "Người nhập", "Ghi chú"))
_CELLS: tuple[tuple[RawCell, ...], ...] = (
    ("Nguyễn Thị Hồng", " Nguyễn  Thị Hồng", "Nguye\u0302\u0303n", "Ðỗ An", "", "N2", "=A1", "Tr\u00a0An", "A" * 501),
    ("Nguyễn Thị", "", "Lê"),
    ("Hồng", "", "An"),
    ("07/03/1961", "1961", "1961-03", "", "hôm qua", "22347", "31/02/1961", 22347),
    ("Nữ", "Nam", "", "?", "F"),
    ("Việt Nam", "", "Pháp", "Sao Hỏa", "VN"),
    (
        "001161012345",
        "'001161012345",
        "1161012345",
        "012345678",
        "",
        "X1234567",
        "00116101234a",
        1161012345,
        True,
        None,
    ),
    ("1", "Mũi 2", "", "nhắc lại", 3, 1.0, True, "9"),
    ("05/10/2021", "2021-10-05", "2021", "", "44474", 44474, "05/10/2021 08:30"),
    ("AstraZeneca", "Vắc xin Pfizer", "", "Nước", "Moderna"),
    ("AstraZeneca", "", "Pfizer", "Moderna"),
    ("ABX1234", "", "#N/A", " FK 12", "A\x07", 1234),
    ("0,5 ml", "", "0.5\u2009ml"),
    ("01-0001", "", "01-0002"),
    ("lan", "", "y.tá 3"),
    ("", "ghi chú", None),
)


@given(
    cells=st.tuples(*(st.sampled_from(values) for values in _CELLS)),
    width=st.sampled_from((16, 16, 16, 15, 9, 17)),
    unit=st.sampled_from((None, "01-0001")),
)
def test_both_ways_say_the_same(cells: tuple[RawCell, ...], width: int, unit: str | None) -> None:
    row = [*cells, "mehr"][:width]
    reader = RowReader(HEADER, {}, unit=unit)
    for _ in range(2):  # the second time from memory
        try:
            careful: ReadRow | str = read_row(row, HEADER, {}, unit=unit)
        except RowError as error:
            careful = f"{error.code} {error.column}"
        try:
            quick: ReadRow | str = reader.read(row)
        except RowError as error:
            quick = f"{error.code} {error.column}"
        assert quick == careful
        key = reader.key(row)
        assert key == quick.person_key if isinstance(quick, ReadRow) else True


def test_a_plain_row_is_read_quickly_and_a_long_one_with_care() -> None:
    plain = [values[0] for values in _CELLS]
    reader = RowReader(HEADER, {}, unit=None)
    assert reader._texts(plain) is not None
    assert reader._quick([str(cell) for cell in (*plain, "")]) == read_row(plain, HEADER, {}, unit=None)
    assert reader._texts([*plain[:-1], "x" * CELL_LIMIT]) is None
