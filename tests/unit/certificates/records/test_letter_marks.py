"""What is marked where two values differ. Marked pieces stand in brackets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.records.letter_marks import Piece, mark_letters


def shown(pieces: tuple[Piece, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("one", "other", "marked", "marked_there"),
    [
        ("NGUYỄN THỊ HOA", "NGUYỄN THỊ HÒA", "NGUYỄN THỊ H[O]A", "NGUYỄN THỊ H[Ò]A"),  # a tone mark
        ("Nguyễn Thị Hòa", "NGUYỄN THỊ HÒA", "Nguyễn Thị Hòa", "NGUYỄN THỊ HÒA"),  # large and small
        ("ho\u0300a", "hòa", "hòa", "hòa"),  # composed or not
        ("07/03/1961", "03/07/1961", "0[7]/0[3]/1961", "0[3]/0[7]/1961"),  # day and month
        ("001180000501", "001180000561", "0011800005[0]1", "0011800005[6]1"),  # one digit
        ("00118000501", "001180000501", "00118000501", "00118000[0]501"),  # one too few
        ("THỊ HOA NGUYỄN", "NGUYỄN THỊ HOA", "[THỊ] [HOA] [NGUYỄN]", "[NGUYỄN] [THỊ] [HOA]"),  # another order
        ("LÊ VĂN AN", "LÊ AN", "LÊ [VĂN ]AN", "LÊ AN"),  # a word more
        ("", "1961", "", "[1961]"),
        ("", "", "", ""),
    ],
)
def test_what_the_other_has_not_is_marked(one: str, other: str, marked: str, marked_there: str) -> None:
    here, there = mark_letters(one, other)
    assert (shown(here), shown(there)) == (marked, marked_there)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_compared_nothing_is_lost(one: str, other: str) -> None:
    here, there = mark_letters(one, other)
    assert mark_letters("".join(p.text for p in here), "".join(p.text for p in there)) == (here, there)


def test_a_piece_does_not_tell_its_letters() -> None:
    assert "HOA" not in repr(Piece("HOA", True))
