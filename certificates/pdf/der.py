"""The little of DER (X.690) that a PAdES signature needs. Definite, shortest lengths only; one-byte tags only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = b"\x05\x00"
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
_LONG_FORM: Final = 0x80
_MULTI_BYTE_TAG: Final = 0x1F
_MAX_LENGTH_BYTES: Final = 4


class DerError(ValueError):
    """The bytes are not DER of the expected form."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag, its content, and the whole encoding of it."""

    tag: int
    content: bytes
    encoded: bytes


def encode(tag: int, *parts: bytes) -> bytes:
    """One element around the joined parts."""
    content = b"".join(parts)
    length = len(content)
    if length < _LONG_FORM:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, _LONG_FORM | size)) + length.to_bytes(size) + content


def encode_integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def encode_oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        content.extend(reversed(groups))
    return encode(OBJECT_IDENTIFIER, bytes(content))


def encode_set(elements: Iterable[bytes]) -> bytes:
    """A SET OF: sorted by encoding (X.690, 11.6)."""
    return encode(SET, *sorted(elements))


def decode(data: bytes) -> Element:
    """The one element that fills ``data``. Raises DerError."""
    element, rest = _decode_first(data)
    if rest:
        raise DerError("bytes after the element")
    return element


def decode_prefix(data: bytes) -> tuple[Element, bytes]:
    """The first element of ``data``, and what follows it. Raises DerError."""
    return _decode_first(data)


def children(element: Element, tag: int | None = None) -> list[Element]:
    """The elements inside a constructed one, which must have ``tag`` where that is given. Raises DerError."""
    if tag is not None and element.tag != tag:
        raise DerError("another kind of element was expected")
    found: list[Element] = []
    rest = element.content
    while rest:
        child, rest = _decode_first(rest)
        found.append(child)
    return found


def decode_integer(element: Element) -> int:
    """A non-negative INTEGER in its shortest form. Raises DerError."""
    content = element.content
    if element.tag != INTEGER or not content or content[0] & 0x80:
        raise DerError("a non-negative integer was expected")
    if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
        raise DerError("an integer is longer than needed")
    return int.from_bytes(content)


def _decode_first(data: bytes) -> tuple[Element, bytes]:
    if len(data) < 2 or data[0] & _MULTI_BYTE_TAG == _MULTI_BYTE_TAG:
        raise DerError("no element")
    length, start = data[1], 2
    if length & _LONG_FORM:
        size = length & ~_LONG_FORM
        if not 1 <= size <= _MAX_LENGTH_BYTES or len(data) < 2 + size:
            raise DerError("the length has no definite form")
        start = 2 + size
        length = int.from_bytes(data[2:start])
        if length < _LONG_FORM or length.bit_length() <= 8 * (size - 1):
            raise DerError("the length is longer than needed")
    end = start + length
    if end > len(data):
        raise DerError("the element is cut off")
    return Element(data[0], data[start:end], data[:end]), data[end:]
