"""Cells made clean, with a note, or refused."""

import pytest

from api.intake.legacy import Font
from api.intake.texts import ColumnEvidence, Conversion, RawCell, clean_cell
from certificates.errors import RecordError


@pytest.mark.parametrize(
    ("cell", "text", "notes"),
    [
        (None, "", []),
        ("  An   Bình ", "An Bình", []),
        (True, "TRUE", []),
        (3, "3", []),
        (3.0, "3", []),
        (0.5, "0.5", []),
        ("Nguyễn\u00a0Văn", "Nguyễn Văn", ["no-break-space"]),
        ("Nguy\u200bễn", "Nguyễn", ["zero-width"]),
        ("Ðặng", "Đặng", ["eth"]),
        ("Nguye\u0302\u0303n", "Nguyễn", ["composed"]),
        ('="001161012345"', "001161012345", ["quoted-text"]),
        ("\ufeffLê", "Lê", ["zero-width"]),
        ("Lê\tAn\nBình", "Lê An Bình", []),
    ],
)
def test_cells(cell: RawCell, text: str, notes: list[str]) -> None:
    found: list[str] = []
    assert clean_cell(cell, None, found) == text
    assert found == notes


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("=A1+1", "cell-formula"),
        ("+84912", "cell-formula"),
        ("@SUM(A1)", "cell-formula"),
        (' =cmd|"/c"!A1', "cell-formula"),
        ("#N/A", "cell-error"),
        ("An\x00", "cell-control-character"),
        ("Lê\u202eAn", "cell-control-character"),
        ("Nguy\ufffdn", "text-encoding"),
        ("Nguyá»…n\x81", "text-encoding"),
    ],
)
def test_refused(cell: str, code: str) -> None:
    with pytest.raises(RecordError) as refusal:
        clean_cell(cell, None, [])
    assert refusal.value.code == code
    assert cell not in str(refusal.value)


def evidence(*cells: str) -> Conversion | None:
    column = ColumnEvidence()
    for cell in cells:
        column.add(cell)
    return column.decide()


def test_a_column_in_an_old_font_is_found() -> None:
    assert evidence("NguyÔn V¨n An", "TrÇn ThÞ B×nh", "Hoa") == Conversion(font=Font.TCVN3, mixed=False)
    assert evidence("Nguyeãn Vaên An", "Traàn Thò Bình") == Conversion(font=Font.VNI, mixed=False)
    assert evidence("NguyêÞn Vãn An", "TrâÌn Thiò Bình") == Conversion(font=Font.WINDOWS_1258, mixed=False)


def test_unicode_stays() -> None:
    assert evidence("Nguyễn Văn An", "Trần Thị Bình", "Lê Tú", "Hà") is None
    assert evidence("Müller", "José", "Zoë") is None
    assert evidence("An", "Binh") is None
    assert evidence("Ðặng", "Ðỗ Hà") is None


def test_a_cell_of_a_mixed_column_that_can_be_both_is_refused() -> None:
    mixed = evidence("NguyÔn V¨n An", "TrÇn ThÞ B×nh", "Nguyễn Văn An")
    assert mixed == Conversion(font=Font.TCVN3, mixed=True)
    assert clean_cell("NguyÔn V¨n An", mixed, []) == "Nguyễn Văn An"
    assert clean_cell("Nguyễn Văn An", mixed, []) == "Nguyễn Văn An"
    with pytest.raises(RecordError) as refusal:
        clean_cell("Tô", mixed, [])  # Tô, or Tụ in the old font
    assert refusal.value.code == "text-encoding"
