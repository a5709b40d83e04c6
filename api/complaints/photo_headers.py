"""What a picture's first bytes say of it, before any decoder is asked: its type by content, and its size.

JPEG (ITU T.81), PNG (W3C, 11.2.2) and WebP (RFC 9649) only. A WebP decoder sets its canvas up from the header alone:
a bomb needs no more than that.
"""

import re
from typing import Final, Literal

from api.errors import CentreError

PhotoType = Literal["JPEG", "PNG", "WEBP"]
_PNG: Final = b"\x89PNG\r\n\x1a\n"
# Start of frame: the baseline and progressive kinds that decoders read; the others are lossless or arithmetic.
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # what ends the bits of a scan
MOST_SCANS: Final = 20  # an encoder makes ten; a small file of thousands keeps a decoder busy for minutes
MOST_PARTS: Final = 5000  # segments or chunks: 5 MB in the usual pieces of 8 kB are 640


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
    """Its first frame's size. Walks the whole file: each scan of a progressive one costs a pass over all pixels."""
    at, size, scans = 2, None, 0
    for _ in range(MOST_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            break
        kind = data[at + 1]
        if kind == _END_OF_IMAGE:
            break
        if kind == 0xFF:  # a filling byte
            at += 1
            continue
        if kind in _WITHOUT_LENGTH:
            at += 2
            continue
        if kind in _FRAMES and size is None:
            size = _number(data, at + 7, 2), _number(data, at + 5, 2)
        at += 2 + _number(data, at + 2, 2)
        if kind == _SCAN:
            scans += 1
            following = _MARKER.search(data, at)
            at = len(data) if following is None else following.start()
    else:
        raise _damaged()
    if size is None or scans > MOST_SCANS:
        raise _damaged()
    return size


def _png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise _damaged()
    at = 8
    for _ in range(MOST_PARTS):
        if at + 12 > len(data) or data[at + 4 : at + 8] == b"IEND":
            return _number(data, 16, 4), _number(data, 20, 4)
        at += 12 + _number(data, at, 4)
    raise _damaged()


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
