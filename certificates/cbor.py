"""Reading CBOR that comes from outside (RFC 8949), strictly.

Refused: bytes after the item, duplicate keys, indefinite lengths (no live code has them), deep nesting, and every tag
but the two for dates. So there are no shared references, no bignums and no sets in what this module returns.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import cbor2

MAX_DEPTH: Final = 16  # a DCC inside its claims is 6 deep
MAX_ITEMS: Final = 10_000  # a certificate has about 50
_SHORT: Final = 2048  # bytes; what is shorter is quick to read whatever it holds. Real claims have 200 to 500
_LONG_HEADS: Final = {0x5A: 5, 0x5B: 9}  # bytes of a head with a length of 32 or 64 bits
_STRINGS: Final = (2, 3)  # major types (RFC 8949, 3.1)
_LIST: Final = 4
_MAP: Final = 5
_TAG: Final = 6
_IN_HEAD: Final = 24  # an argument below stands in the head itself; 24 to 27: in the 1, 2, 4 or 8 bytes behind it
_RESERVED: Final = 28
_TAG_DATE_TEXT: Final = 0  # RFC 8949, 3.4.1; live codes have it in tests' dates
_TAG_DATE_NUMBER: Final = 1  # RFC 8949, 3.4.2
_BUILT_IN_TAGS: Final = (
    *range(2, 6), 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799,
)  # fmt: skip


class CborError(ValueError):
    """The bytes are not one item of the CBOR this project reads."""


@dataclass(frozen=True, slots=True)
class DateText:
    """The text of a date with tag 0: no text itself, so that nothing takes it for one."""

    text: str


def encode_bytes(data: bytes) -> bytes:
    """One byte string with its shortest head (RFC 8949, 3 and 4.2.1): many times faster than a general encoder."""
    size = len(data)
    if size < 24:
        return bytes((0x40 | size,)) + data
    if size < 0x100:
        return bytes((0x58, size)) + data
    if size < 0x10000:
        return b"\x59" + size.to_bytes(2) + data
    return b"\x5a" + size.to_bytes(4) + data


def read_bytes(data: bytes, start: int) -> tuple[bytes | None, int]:
    """The byte string at ``start``, and where it ends; None and ``start`` where there is none."""
    try:
        head = data[start]
        if head == 0x59:
            begin, size = start + 3, data[start + 1] << 8 | data[start + 2]
        elif head == 0x58:
            begin, size = start + 2, data[start + 1]
        elif 0x40 <= head <= 0x57:
            begin, size = start + 1, head & 0x1F
        elif head in _LONG_HEADS:
            begin = start + _LONG_HEADS[head]
            size = int.from_bytes(data[start + 1 : begin])
        else:
            return None, start
    except IndexError:
        return None, start
    end = begin + size
    return (data[begin:end], end) if end <= len(data) else (None, start)


def decode_item(data: bytes, *, most: int = MAX_ITEMS) -> Any:
    """The single item in ``data``; a date with tag 0 is a `DateText`, one with tag 1 its number.

    Args:
        most: how many items there may be inside, where there are more than some hundred.

    Raises:
        CborError: anything else, for whatever reason.
    """
    item, size = decode_first(data, most=most)
    if size != len(data):
        raise CborError("bytes follow the CBOR item")
    return item


def check_shape(data: bytes, most: int) -> None:
    """Refuse what would take long to read, without reading it. Whether the item is well-formed is for the decoder.

    Raises:
        CborError: there are more than ``most`` items, they are nested too deep, or a key of a map is a list or a map:
            such keys can be made to collide, and reading them takes the square of their number.
    """
    waiting: list[tuple[int, bool]] = []  # of the containers around: how many items are to come, and whether in a map
    left, in_map = 1, False
    position = items = 0
    while position < len(data):
        while not left:
            if not waiting:
                return
            left, in_map = waiting.pop()
        left -= 1
        items += 1
        if items > most:
            raise CborError(f"more than {most} items")
        major, argument = data[position] >> 5, data[position] & 0x1F
        position += 1
        if argument >= _RESERVED:
            return
        if argument >= _IN_HEAD:
            end = position + (1 << argument - _IN_HEAD)
            argument, position = int.from_bytes(data[position:end]), end
        if major in _STRINGS:
            position += argument
        elif major in (_LIST, _MAP):
            if in_map and left % 2:
                raise CborError("a key is a list or a map")
            if len(waiting) > MAX_DEPTH:
                raise CborError(f"deeper than {MAX_DEPTH}")
            waiting.append((left, in_map))
            left, in_map = (argument, False) if major == _LIST else (2 * argument, True)
        elif major == _TAG:
            left += 1  # what it is on stands in its place


def decode_first(data: bytes, *, most: int = MAX_ITEMS) -> tuple[Any, int]:
    """The item at the beginning of ``data``, as `decode_item` reads it, and how many bytes it takes.

    Raises:
        CborError: there is none.
    """
    if len(data) > _SHORT:
        check_shape(data, most)
    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(
        stream,
        tag_hook=_refuse,
        semantic_decoders=_DECODERS,
        max_depth=MAX_DEPTH,
        allow_indefinite=False,
        allow_duplicate_keys=False,
    )
    try:
        return decoder.decode(), stream.tell()
    # TypeError: unhashable keys; RecursionError and OverflowError: whatever a hostile nesting may still reach
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise CborError("the CBOR is broken or not allowed here") from error


def _refuse(*_: Any) -> Any:
    raise CborError("a tag that has no place here")


def _date_text(value: Any, _immutable: bool) -> DateText:
    if type(value) is not str:
        raise CborError("a date with tag 0 is not a text")
    return DateText(value)


def _date_number(value: Any, _immutable: bool) -> int | float:
    if type(value) not in (int, float):
        raise CborError("a date with tag 1 is not a number")
    return value  # type: ignore[no-any-return]


_DECODERS: Final[dict[int, Callable[..., Any]]] = {
    **dict.fromkeys(_BUILT_IN_TAGS, _refuse),
    _TAG_DATE_TEXT: _date_text,
    _TAG_DATE_NUMBER: _date_number,
}
