"""From a text to the modules of a QR code (ISO/IEC 18004:2015), alphanumeric mode only.

A symbol is one large integer: the first module of the first row is its highest bit. So placing a mask or counting a
pattern is a handful of operations on all modules at once, and the best of the eight masks costs hardly more than any.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, zip_longest
from operator import itemgetter
from typing import Final, Literal

Level = Literal["L", "M", "Q", "H"]

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # table 5
_VERSIONS: Final = range(1, 41)
_LEVEL_BITS: Final[dict[Level, int]] = {"L": 0b01, "M": 0b00, "Q": 0b11, "H": 0b10}  # table 12
# Table 9, versions 1 to 40: error correction codewords of a block, and the number of blocks.
_BLOCK_CORRECTION: Final[dict[Level, bytes]] = {
    "L": bytes.fromhex("070a0f141a1214181e1214181a1e16181c1e1c1c1c1c1e1e1a1c1e1e1e1e1e1e1e1e1e1e1e1e1e1e"),
    "M": bytes.fromhex("0a101a1218101216161a1e161618181c1c1a1a1a1a1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c"),
    "Q": bytes.fromhex("0d16121a1218121614181c1a18141e181c1c1a1e1c1e1e1e1e1c1e1e1e1e1e1e1e1e1e1e1e1e1e1e"),
    "H": bytes.fromhex("111c1610161c1a1a181c181c1618181e1c1c1a1c1e181e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e"),
}
_BLOCKS: Final[dict[Level, bytes]] = {
    "L": bytes.fromhex("01010101010202020204040404040606060607080809090a0c0c0c0d0e0f10111213131415161819"),
    "M": bytes.fromhex("01010102020404040505050809090a0a0b0d0e10111112141517191a1c1d1f21232526282b2d2f31"),
    "Q": bytes.fromhex("01010202040406060808080a0c100c11101215141717191b1d22222326282b2d303335383b3e4144"),
    "H": bytes.fromhex("010102040404050608080b0b101012101315191919221e202325282a2d303336393c3f42464a4d51"),
}
_MODE_ALPHANUMERIC: Final = "0010"
_PADDING: Final = "1110110000010001"
_BYTE_BITS: Final = tuple(f"{byte:08b}" for byte in range(256))
_MASKS: Final[tuple[Callable[[int, int], int], ...]] = (  # table 10: zero inverts the module in row y, column x
    lambda y, x: (y + x) % 2,
    lambda y, _: y % 2,
    lambda _, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """What all symbols of one version share. ``order`` picks each module from the bits of the codewords and 0, 1."""

    size: int
    remainder: int  # bits after the last codeword
    order: Callable[[bytes], tuple[int, ...]]
    masks: tuple[int, ...]
    formats: tuple[int, ...]  # for each bit of the format information, from the lowest: its two modules
    not_first_column: int
    after_ten_columns: int


def encode(text: str, level: Level, *, mask: int | None = None) -> tuple[int, int]:
    """The size of the smallest symbol for ``text``, and its modules as an integer; 1 is dark.

    ``mask`` (0 to 7) fixes the data mask; without it the one with the lowest penalty is taken (7.8.3).
    Raises ValueError for a letter outside `ALPHABET`, or a text that no version holds.
    """
    bits = _text_bits(text)
    number = next((number for number in _VERSIONS if _fits(number, level, len(text), len(bits))), None)
    if number is None:
        raise ValueError("the text is too long for a QR code of this level")
    version = _version(number)
    header = _MODE_ALPHANUMERIC + f"{len(text):0{_count_bits(number)}b}"
    codewords = _with_correction(_fill(header + bits, _data_capacity(number, level)), number, level)
    source = "".join([_BYTE_BITS[byte] for byte in codewords]) + "0" * version.remainder + "01"
    plain = int(bytes(version.order(source.encode("ascii"))), 2)
    if mask is not None:
        return version.size, plain ^ version.masks[mask] | _format(version, level, mask)
    candidates = (plain ^ version.masks[number] | _format(version, level, number) for number in range(len(_MASKS)))
    return version.size, min(candidates, key=lambda modules: penalty(version.size, modules))


def penalty(size: int, modules: int) -> int:
    """How badly a symbol would be read (7.8.3.1, table 11), from its four features."""
    version = _version((size - 17) // 4)
    light = ~modules & ((1 << size * size) - 1)
    across = ~(modules ^ modules >> 1) & version.not_first_column  # as the module to the left
    down = ~(modules ^ modules >> size) & ((1 << size * (size - 1)) - 1)  # as the module above
    total = 3 * (across & down & across >> size).bit_count()
    for same, step in ((across, 1), (down, size)):
        five = same & same >> step & same >> 2 * step & same >> 3 * step
        total += five.bit_count() + 2 * (five & ~(five >> step)).bit_count()
    for step, inside in ((1, version.after_ten_columns), (size, -1)):
        finder = modules & light >> step & modules >> 2 * step & modules >> 3 * step
        finder &= modules >> 4 * step & light >> 5 * step & modules >> 6 * step
        four = light & light >> step & light >> 2 * step & light >> 3 * step
        before, after = four >> 7 * step & finder & inside, finder >> 4 * step & four & inside
        total += 40 * (before.bit_count() + after.bit_count())
    dark = modules.bit_count()
    return total + 10 * (abs(20 * dark - 10 * size * size) // (size * size))


def _text_bits(text: str) -> str:
    """Two letters are 11 bits, a single last one 6 (7.4.4)."""
    pairs = _pairs()
    try:
        return "".join([pairs[text[start : start + 2]] for start in range(0, len(text), 2)])
    except KeyError:
        raise ValueError("the text has letters outside the alphanumeric set") from None


@cache
def _pairs() -> dict[str, str]:
    pairs = {one: f"{value:06b}" for value, one in enumerate(ALPHABET)}
    for first, one in enumerate(ALPHABET):
        pairs |= {one + two: f"{45 * first + second:011b}" for second, two in enumerate(ALPHABET)}
    return pairs


def _count_bits(number: int) -> int:
    """Bits of the character count (table 3)."""
    return 9 if number < 10 else 11 if number < 27 else 13


def _data_capacity(number: int, level: Level) -> int:
    return _codewords(number) - _BLOCK_CORRECTION[level][number - 1] * _BLOCKS[level][number - 1]


def _fits(number: int, level: Level, length: int, bits: int) -> bool:
    count = _count_bits(number)
    return length < 1 << count and 4 + count + bits <= 8 * _data_capacity(number, level)


def _codewords(number: int) -> int:
    return _data_modules(number) // 8


def _data_modules(number: int) -> int:
    """Modules outside the function patterns (table 1)."""
    modules = (16 * number + 128) * number + 64
    if number >= 2:
        alignments = number // 7 + 2
        modules -= (25 * alignments - 10) * alignments - 55
    return modules - 36 if number >= 7 else modules


def _fill(bits: str, capacity: int) -> bytes:
    """Terminator, zeros to a whole byte, and the two padding codewords in turn (7.4.9, 7.4.10)."""
    room = 8 * capacity
    bits += "0" * min(4, room - len(bits))
    bits += "0" * (-len(bits) % 8)
    bits += (_PADDING * (capacity // 2 + 1))[: room - len(bits)]
    return int(bits, 2).to_bytes(capacity)


def _with_correction(data: bytes, number: int, level: Level) -> list[int]:
    """Split into blocks, correct each, and interleave (7.5, 7.6)."""
    count, correction = _BLOCKS[level][number - 1], _BLOCK_CORRECTION[level][number - 1]
    short, longer = divmod(len(data), count)
    blocks: list[bytes] = []
    start = 0
    for block in range(count):
        end = start + short + (block >= count - longer)
        blocks.append(data[start:end])
        start = end
    mixed = [byte for column in zip_longest(*blocks) for byte in column if byte is not None]
    remainders = [_remainder(block, correction) for block in blocks]
    return mixed + list(chain.from_iterable(zip(*remainders, strict=True)))


def _remainder(block: bytes, correction: int) -> bytes:
    """The Reed-Solomon codewords: the remainder of division by the generator polynomial, byte by byte."""
    products = _products(correction)
    top, low = 8 * (correction - 1), (1 << 8 * (correction - 1)) - 1
    value = 0
    for byte in block:
        value = (value & low) << 8 ^ products[value >> top ^ byte]
    return value.to_bytes(correction)


@cache
def _products(correction: int) -> tuple[int, ...]:
    """The generator polynomial (annex A) without its first coefficient, times each field element, as integers."""
    generator = [1]
    for power in range(correction):
        root = _power(power)
        scaled = [_multiply(coefficient, root) for coefficient in generator]
        generator = [a ^ b for a, b in zip([*generator, 0], [0, *scaled], strict=True)]
    return tuple(
        int.from_bytes(bytes(_multiply(coefficient, factor) for coefficient in generator[1:])) for factor in range(256)
    )


def _multiply(one: int, two: int) -> int:
    """In the field of 256 elements with x^8 + x^4 + x^3 + x^2 + 1 (7.5.2)."""
    product = 0
    while two:
        if two & 1:
            product ^= one
        one = one << 1 ^ (0x11D if one & 0x80 else 0)
        two >>= 1
    return product


def _power(exponent: int) -> int:
    value = 1
    for _ in range(exponent):
        value = _multiply(value, 2)
    return value


def _format(version: _Version, level: Level, mask: int) -> int:
    """The format information of 15 bits (7.9), at both of its places."""
    bits = _format_bits(level, mask)
    modules = 0
    for number, places in enumerate(version.formats):
        if bits >> number & 1:
            modules |= places
    return modules


@cache
def _format_bits(level: Level, mask: int) -> int:
    data = _LEVEL_BITS[level] << 3 | mask
    return (data << 10 | _bch(data << 10, 0b10100110111)) ^ 0b101010000010010


def _bch(value: int, generator: int) -> int:
    while value.bit_length() >= generator.bit_length():
        value ^= generator << value.bit_length() - generator.bit_length()
    return value


@cache
def _version(number: int) -> _Version:
    size = 17 + 4 * number
    last = size * size - 1
    zero = _data_modules(number)  # where a 0 and a 1 stand after the bits of the codewords
    fixed = dict(_function_modules(number))
    order = [zero + fixed.get(divmod(place, size), 0) for place in range(size * size)]
    for bit, (y, x) in enumerate(place for place in _zigzag(size) if place not in fixed):
        order[y * size + x] = bit
    free = [(y, x) for y in range(size) for x in range(size) if (y, x) not in fixed]

    def modules(places: Iterator[tuple[int, int]]) -> int:
        return sum(1 << last - (y * size + x) for y, x in places)

    return _Version(
        size=size,
        remainder=zero % 8,
        order=itemgetter(*order),
        masks=tuple(modules(place for place in free if condition(*place) == 0) for condition in _MASKS),
        formats=tuple(modules(iter(places)) for places in _format_places(size)),
        not_first_column=modules((y, x) for y in range(size) for x in range(1, size)),
        after_ten_columns=modules((y, x) for y in range(size) for x in range(10, size)),
    )


def _format_places(size: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Row and column of both places of each bit, from the lowest (figure 25)."""
    around = [*range(6), 7, 8]
    for bit in range(15):
        first = (around[bit], 8) if bit < 8 else (8, 7 if bit == 8 else 14 - bit)
        yield first, (8, size - 1 - bit) if bit < 8 else (size - 15 + bit, 8)


def _zigzag(size: int) -> Iterator[tuple[int, int]]:
    """All places in the order of the bits: two columns wide, up and down, from the right; not column 6 (7.7.3)."""
    columns = [*range(size - 1, 6, -2), 5, 3, 1]
    for turn, right in enumerate(columns):
        for y in range(size) if turn % 2 else range(size - 1, -1, -1):
            yield y, right
            yield y, right - 1


def _function_modules(number: int) -> Iterator[tuple[tuple[int, int], int]]:
    """Row, column and colour of every module that carries no data; later ones prevail (6.3)."""
    size = 17 + 4 * number
    for place in range(size):  # timing
        yield (6, place), 1 - place % 2
        yield (place, 6), 1 - place % 2
    for centre_y, centre_x in ((3, 3), (3, size - 4), (size - 4, 3)):  # finders with their separators
        for y in range(max(0, centre_y - 4), min(size, centre_y + 5)):
            for x in range(max(0, centre_x - 4), min(size, centre_x + 5)):
                yield (y, x), int(max(abs(y - centre_y), abs(x - centre_x)) not in (2, 4))
    for y, x in chain.from_iterable(_format_places(size)):
        yield (y, x), 0
    yield (size - 8, 8), 1  # the dark module
    middles = _alignment(number)
    corners = {(middles[0], middles[0]), (middles[0], middles[-1]), (middles[-1], middles[0])} if middles else set()
    for centre in ((y, x) for y in middles for x in middles if (y, x) not in corners):
        for y in range(centre[0] - 2, centre[0] + 3):
            for x in range(centre[1] - 2, centre[1] + 3):
                yield (y, x), int(max(abs(y - centre[0]), abs(x - centre[1])) != 1)
    if number >= 7:  # version information, 7.10
        bits = number << 12 | _bch(number << 12, 0b1111100100101)
        for bit in range(18):
            y, x = bit // 3, size - 11 + bit % 3
            yield (y, x), bits >> bit & 1
            yield (x, y), bits >> bit & 1


def _alignment(number: int) -> list[int]:
    """Rows and columns of the centres of alignment patterns (annex E)."""
    if number == 1:
        return []
    count = number // 7 + 2
    step = 26 if number == 32 else (4 * number + 2 * count + 1) // (2 * count - 2) * 2
    last = 10 + 4 * number
    return [6, *(last - step * place for place in range(count - 2, -1, -1))]
