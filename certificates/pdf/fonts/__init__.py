"""The fonts shipped with the page, and which letters they have."""

import struct
from functools import cache
from pathlib import Path
from typing import Final

DIRECTORY: Final = Path(__file__).parent
FILES: Final = ("NotoSans-Bold.subset.ttf", "NotoSans-Regular.subset.ttf")


@cache
def letters() -> frozenset[str]:
    """The characters that every font of the page can draw."""
    tables = [_character_map((DIRECTORY / name).read_bytes()) for name in FILES]
    return frozenset.intersection(*tables)


def _character_map(font: bytes) -> frozenset[str]:
    """The characters of a font's ``cmap`` table of format 4 (OpenType specification, cmap)."""
    (count,) = struct.unpack_from(">H", font, 4)
    records = [struct.unpack_from(">4sIII", font, 12 + 16 * number) for number in range(count)]
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    (encodings,) = struct.unpack_from(">H", font, start + 2)
    for number in range(encodings):
        platform, encoding, offset = struct.unpack_from(">HHI", font, start + 4 + 8 * number)
        if (platform, encoding) == (3, 1):  # Windows, Unicode BMP
            return _segments(font, start + offset)
    raise ValueError("a font without a Unicode table")


def _segments(font: bytes, table: int) -> frozenset[str]:
    table_format, _, _, twice = struct.unpack_from(">HHHH", font, table)
    if table_format != 4:
        raise ValueError("a table of another format")
    count = twice // 2
    ends = struct.unpack_from(f">{count}H", font, table + 14)
    starts = struct.unpack_from(f">{count}H", font, table + 16 + twice)
    return frozenset(
        chr(code) for first, last in zip(starts, ends, strict=True) for code in range(first, last + 1) if code != 0xFFFF
    )
