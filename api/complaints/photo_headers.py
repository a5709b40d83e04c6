"""What a picture's first bytes say of it, before any decoder is asked: its type by content, and its size.

JPEG (ITU T.81), PNG (W3C, 11.2.2) and WebP (RFC 9649) only. A WebP decoder sets its canvas up from the header alone:
a bomb needs no more than that.
"""

from typing import Final, Literal

from api.errors import CentreError

PhotoType = Literal["JPEG", "PNG", "WEBP"]
_PNG: Final = b"\x89PNG\r\n\x1a\n"
# Start of frame: the baseline and progressive kinds that decoders read; the others are lossless or arithmetic.
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_LAST: Final = (0xD9, 0xDA)  # end of image; start of scan, behind which no frame begins


def read_header(data: bytes) -> tuple[PhotoType, int, int]:
    """Type, width and height in pixels.

    Raises CentreError ``photo-type`` (none of the three), ``photo-damaged`` (its header breaks off or says nothing).
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG", *_jpeg(data)
    if data.startswith(_PNG):
        return "PNG", *_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP", *_webp(data)
    raise CentreError("photo-type", "a photo is a JPEG, a PNG or a WebP")


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xFF:  # a filling byte
            at += 1
        elif kind in _WITHOUT_LENGTH:
            at += 2
        elif kind in _FRAMES:
            return _number(data, at + 7, 2), _number(data, at + 5, 2)
        elif kind in _LAST:
            break
        else:
            at += 2 + _number(data, at + 2, 2)
    raise _damaged()


def _png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise _damaged()
    return _number(data, 16, 4), _number(data, 20, 4)


def _webp(data: bytes) -> tuple[int, int]:
    if len(data) < 30:
        raise _damaged()
    form = data[12:16]
    if form == b"VP8X":
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if form == b"VP8L" and data[20] == 0x2F:
        packed = _little(data, 21, 4)
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if form == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    raise _damaged()


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _little(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _damaged() -> CentreError:
    return CentreError("photo-damaged", "the photo's header cannot be read")
