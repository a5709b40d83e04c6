"""A look at BER (X.690) before a general parser reads it."""

from typing import Final

_HIGH_TAG: Final = 0x1F  # the number of the tag follows, in as many bytes as it likes (X.690, 8.1.2.4)
_CONSTRUCTED: Final = 0x20
_LONG_LENGTH: Final = 0x80
_MAX_LENGTH_BYTES: Final = 4


def check_tags(data: bytes) -> None:
    """Refuse tags above 30, and lengths of more than 4 bytes, wherever they stand. Neither certificates nor CMS have
    them, and asn1crypto reads a tag in the square of its size: a megabyte took minutes.

    Raises:
        ValueError: there is one, or an element is cut off.
    """
    position = 0
    while position < len(data):
        tag, position = data[position], position + 2
        if tag & _HIGH_TAG == _HIGH_TAG or position > len(data):
            raise ValueError("a tag that no certificate has")
        length = data[position - 1]
        if length > _LONG_LENGTH:
            size = length - _LONG_LENGTH
            if size > _MAX_LENGTH_BYTES:
                raise ValueError("a length that no certificate has")
            length, position = int.from_bytes(data[position : position + size]), position + size
        elif length == _LONG_LENGTH:
            length = 0  # indefinite: its contents follow, as those of every constructed element
        if not tag & _CONSTRUCTED:
            position += length
    if position > len(data):
        raise ValueError("an element is cut off")
