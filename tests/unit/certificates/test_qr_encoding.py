"""Compared module by module with the package qrcode; the penalty with a slow count, as the standard puts it."""

import itertools
import random

import pytest
import qrcode
import qrcode.constants
from hypothesis import given
from hypothesis import strategies as st

from certificates.qr_encoding import ALPHABET, Level, encode, penalty

LEVELS: tuple[Level, ...] = ("L", "M", "Q", "H")
CORRECTION = {
    "L": qrcode.constants.ERROR_CORRECT_L,
    "M": qrcode.constants.ERROR_CORRECT_M,
    "Q": qrcode.constants.ERROR_CORRECT_Q,
    "H": qrcode.constants.ERROR_CORRECT_H,
}


def modules_of(size: int, modules: int) -> list[list[bool]]:
    bits = f"{modules:0{size * size}b}"
    return [[letter == "1" for letter in bits[start : start + size]] for start in range(0, size * size, size)]


def by_qrcode(text: str, level: Level, mask: int) -> list[list[bool]]:
    symbol = qrcode.QRCode(error_correction=CORRECTION[level], border=0, mask_pattern=mask)
    symbol.add_data(text, optimize=0)
    symbol.make()
    return [[bool(module) for module in row] for row in symbol.get_matrix()]


def text_of(length: int, seed: int = 1) -> str:
    source = random.Random(seed)  # noqa: S311
    return "".join(source.choice(ALPHABET) for _ in range(length - 1)) + "Z"  # no text of digits only


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("length", [1, 17, 60, 170, 400, 834])
def test_every_module_as_by_qrcode(level: Level, length: int) -> None:
    for mask in (length % 8, (length + 3) % 8):
        size, modules = encode(text_of(length), level, mask=mask)
        assert modules_of(size, modules) == by_qrcode(text_of(length), level, mask)


@pytest.mark.parametrize("mask", range(8))
def test_every_mask_as_by_qrcode(mask: int) -> None:
    size, modules = encode(text_of(100), "Q", mask=mask)
    assert modules_of(size, modules) == by_qrcode(text_of(100), "Q", mask)


def test_the_largest_symbols() -> None:
    for level, longest in {"L": 4296, "M": 3391, "Q": 2420, "H": 1852}.items():  # table 7
        size, _ = encode("A" * longest, level, mask=0)  # type: ignore[arg-type]
        assert size == 177
        with pytest.raises(ValueError, match="too long"):
            encode("A" * (longest + 1), level, mask=0)  # type: ignore[arg-type]


def slow_penalty(symbol: list[list[bool]]) -> int:
    """ISO/IEC 18004, 7.8.3.1, word for word."""
    size = len(symbol)
    lines = [*symbol, *(list(column) for column in zip(*symbol, strict=True))]
    runs = [len(list(group)) for line in lines for _, group in itertools.groupby(line)]
    total = sum(3 + run - 5 for run in runs if run >= 5)
    for y, x in itertools.product(range(size - 1), repeat=2):
        total += 3 * (len({symbol[y][x], symbol[y][x + 1], symbol[y + 1][x], symbol[y + 1][x + 1]}) == 1)
    finder = "1011101"
    for line in lines:
        text = "".join("1" if module else "0" for module in line)
        for start in range(size - 10):
            total += 40 * (text[start : start + 11] in (finder + "0000", "0000" + finder))
    dark = sum(map(sum, symbol))
    return total + 10 * int(abs(dark * 100 / size**2 - 50) / 5)


@given(length=st.integers(1, 120), seed=st.integers(0, 1000))
def test_the_mask_with_the_lowest_penalty_is_taken(length: int, seed: int) -> None:
    text = text_of(length, seed)
    size, best = encode(text, "Q")
    all_masks = [encode(text, "Q", mask=mask)[1] for mask in range(8)]
    penalties = [slow_penalty(modules_of(size, modules)) for modules in all_masks]
    assert penalties == [penalty(size, modules) for modules in all_masks]
    assert best == all_masks[penalties.index(min(penalties))]


@pytest.mark.parametrize("text", ["a", "HC1:é", "A\n", "AB\u0663"])
def test_other_letters_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="alphanumeric"):
        encode(text, "Q")
