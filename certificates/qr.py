"""QR codes of HC1 texts: drawn as PNG and SVG, and read back from a picture.

An HC1 text uses only the 45 letters of the QR alphanumeric mode, 5.5 bits each (ISO/IEC 18004, 7.4.4); error
correction is level Q (hcert-spec 1.0.8, 4.2.2). Drawn by `certificates.qr_encoding`, read by zxing-cpp: what is read
back was made by other code than what reads it.
"""

import io
import re
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Final

import zxingcpp
from PIL import Image

from certificates.errors import CheckError, CheckReason
from certificates.qr_encoding import Level, encode

QUIET_ZONE: Final = 4  # modules on each side (ISO/IEC 18004, 6.3.8)
MAX_IMAGE_BYTES: Final = 20_000_000
MAX_IMAGE_PIXELS: Final = 50_000_000  # a phone's 48 megapixels; at most 200 MB while it is read
_HC1: Final = "HC1:"
_FILTER_NONE: Final = b"\x00"  # PNG specification, 9.2
_FILTER_UP: Final = b"\x02"


@dataclass(frozen=True, slots=True, kw_only=True)
class QrMatrix:
    """The modules without a quiet zone: ``rows`` of ``size`` letters from the top, "1" for dark, "0" for light."""

    size: int
    rows: tuple[str, ...]


def qr_matrix(text: str, level: Level = "Q") -> QrMatrix:
    """Encode ``text``, letters of the alphanumeric set only.

    Raises ValueError for other letters, for no letter, or for a text that no QR code of this level holds.
    """
    if not text:
        raise ValueError("an empty text has no QR code")
    size, modules = encode(text, level)
    letters = f"{modules:0{size * size}b}"
    return QrMatrix(size=size, rows=tuple(letters[start : start + size] for start in range(0, size * size, size)))


def qr_png(text: str, *, level: Level = "Q", module_pixels: int = 4) -> bytes:
    """A PNG, one bit a pixel, with the quiet zone around the code. ``module_pixels`` is the side of a module."""
    matrix = qr_matrix(text, level)
    side = (matrix.size + 2 * QUIET_ZONE) * module_pixels
    width = (side + 7) // 8
    margin = QUIET_ZONE * module_pixels
    # A pixel is 1 where it is white: the row is drawn dark on nothing, shifted to its place, and inverted.
    white, shift = (1 << 8 * width) - 1, margin + 8 * width - side
    light_module, dark_module = "0" * module_pixels, "1" * module_pixels
    repeated = (_FILTER_UP + bytes(width)) * (module_pixels - 1)  # as the line above
    blank = _FILTER_NONE + white.to_bytes(width) + (_FILTER_UP + bytes(width)) * (margin - 1)
    lines = [blank]
    for row in matrix.rows:
        dark = int(row.replace("0", light_module).replace("1", dark_module), 2) << shift
        lines.append(_FILTER_NONE + (white ^ dark).to_bytes(width) + repeated)
    lines.append(blank)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(b"".join(lines), 1)),
            _chunk(b"IEND", b""),
        )
    )


def qr_svg(text: str, level: Level = "Q", *, quiet_zone: int = QUIET_ZONE) -> str:
    """An SVG picture; a module is one unit wide. ``quiet_zone`` is 0 where the page around it is blank anyway."""
    matrix = qr_matrix(text, level)
    width = (matrix.size + 7) // 8
    padding = width * 8 - matrix.size
    segments = _segments()
    path: list[str] = []
    for y, row in enumerate(matrix.rows, quiet_zone):
        path.append(f"M{quiet_zone} {y}")
        eights = (int(row, 2) << padding).to_bytes(width)
        path.extend([segments[eight] for eight in eights])
    side = matrix.size + 2 * quiet_zone
    # White is painted: a code on a dark ground without it would not be read.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{"".join(path)}"/></svg>'
    )


def read_qr(image: bytes) -> str:
    """The text of the QR code in a PNG or JPEG picture. Where there are several codes, the one with an HC1 text.

    Raises CheckError CONTEXT: no picture, too large a picture, no code, or several different HC1 texts.
    """
    if len(image) > MAX_IMAGE_BYTES:
        raise CheckError(CheckReason.CONTEXT, "the picture is too large")
    return read_qr_image(_open(image))


def read_qr_image(image: Image.Image) -> str:
    """As `read_qr`, for a picture in memory, in greys."""
    texts = [symbol.text for symbol in zxingcpp.read_barcodes(image, formats=zxingcpp.QRCode)]  # type: ignore[arg-type]
    passports = {text for text in texts if text.startswith(_HC1)}
    if len(passports) > 1:
        raise CheckError(CheckReason.CONTEXT, "the picture shows several passports")
    if not texts:
        raise CheckError(CheckReason.CONTEXT, "no QR code was found in the picture")
    return passports.pop() if passports else texts[0]


def _open(data: bytes) -> Image.Image:
    """The picture in greys, on white where it is transparent. Its size is known before any pixel is unpacked."""
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CheckError(CheckReason.CONTEXT, "the picture has too many pixels") from error
    except Exception as error:  # decoders of hostile files raise nearly anything
        raise CheckError(CheckReason.CONTEXT, "this is not a PNG or JPEG picture") from error
    if image.width * image.height > MAX_IMAGE_PIXELS:
        raise CheckError(CheckReason.CONTEXT, "the picture has too many pixels")
    try:
        if image.has_transparency_data:
            coloured = image.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", image.size, "white"), coloured).convert("L")
        if image.mode.startswith("I;16"):  # scanners; a mere conversion would make all but the darkest greys white
            return image.point(lambda value: value * (1 / 256)).convert("L")
        return image.convert("L")
    except Exception as error:
        raise CheckError(CheckReason.CONTEXT, "the picture is broken") from error


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Length, type, data and CRC (PNG specification, 5.3)."""
    return b"".join((len(data).to_bytes(4), kind, data, zlib.crc32(kind + data).to_bytes(4)))


@cache
def _segments() -> tuple[str, ...]:
    """For each group of eight modules the SVG path that fills its dark ones and ends eight units further right."""
    return tuple(_segment(f"{eight:08b}") for eight in range(256))


def _segment(modules: str) -> str:
    parts: list[str] = []
    pen = 0
    for run in re.finditer("1+", modules):
        length = run.end() - run.start()
        step = f"m{run.start() - pen} 0" if run.start() > pen else ""
        parts.append(f"{step}h{length}v1h-{length}z")
        pen = run.start()
    parts.append(f"m{8 - pen} 0")
    return "".join(parts)
