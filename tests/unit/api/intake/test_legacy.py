"""The tables of the old encodings: complete, reversible, and right on names that everybody knows."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.intake.legacy import TCVN3, VNI, fits_font, from_tcvn3, from_vni, from_windows_1258

SMALL = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ"
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def to_tcvn3(text: str) -> str:
    table = {letter: code for code, letter in TCVN3.items()}
    return "".join(table.get(letter, letter) for letter in text)


def to_vni(text: str) -> str:
    table = {letter: code for code, letter in VNI.items() if not (code[0].isupper() and code[1:] != code[1:].upper())}
    return "".join(table.get(letter, letter) for letter in text)


def to_windows_1258(text: str) -> str:
    out = bytearray()
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        out += (base + "".join(part for part in parts if part in _TONES)).encode("cp1258")
    return out.decode("latin-1")


def test_tables_are_complete() -> None:
    assert set(SMALL) - set("aeiouy") <= set(TCVN3.values())
    assert set(SMALL) - set("aeiouy") <= set(VNI.values())
    assert set(SMALL.upper()) - set("AEIOUY") <= set(VNI.values())


@pytest.mark.parametrize("letter", SMALL)
def test_every_small_letter_comes_back(letter: str) -> None:
    word = f"t{letter}n"
    assert from_tcvn3(to_tcvn3(word)) == word
    assert from_vni(to_vni(word)) == word
    assert from_windows_1258(to_windows_1258(word)) == word


@pytest.mark.parametrize("letter", SMALL.upper())
def test_every_capital_comes_back(letter: str) -> None:
    word = f"T{letter}N"
    assert from_vni(to_vni(word)) == word
    assert from_windows_1258(to_windows_1258(word)) == word


@given(st.text(alphabet=SMALL + "bcdghklmnpqrstvx ", max_size=40))
def test_round_trip_of_any_small_text(text: str) -> None:
    assert from_tcvn3(to_tcvn3(text)) == text
    assert from_windows_1258(to_windows_1258(text)) == text


@pytest.mark.parametrize(
    ("legacy", "right"),
    [
        ("NguyÔn ThÞ Hång", "Nguyễn Thị Hồng"),
        ("TrÇn Quèc ViÖt", "Trần Quốc Việt"),
        ("§ç V¨n §øc", "Đỗ Văn Đức"),
        ("Lª ¸nh", "Lê Ánh"),
        ("NGUYÔN THÞ HåNG", "NGUYỄN THỊ HỒNG"),
    ],
)
def test_tcvn3_names(legacy: str, right: str) -> None:
    assert from_tcvn3(legacy) == right


@pytest.mark.parametrize(
    ("legacy", "right"),
    [
        ("Nguyeãn Thò Hoàng", "Nguyễn Thị Hồng"),
        ("Traàn Quoác Vieät", "Trần Quốc Việt"),
        ("Ñoã Vaên Ñöùc", "Đỗ Văn Đức"),
        ("NGUYEÃN THÒ HOÀNG", "NGUYỄN THỊ HỒNG"),
        ("Leâ AÙnh", "Lê Ánh"),
    ],
)
def test_vni_names(legacy: str, right: str) -> None:
    assert from_vni(legacy) == right


def test_what_no_font_can_hold() -> None:
    assert not fits_font("Nguyen")
    assert not fits_font("Nguyễn")
    assert fits_font("NguyÔn")
