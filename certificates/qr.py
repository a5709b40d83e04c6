"""QR codes of HC1 texts: drawn as PNG and SVG, and read back from a picture.

An HC1 text uses only the 45 letters of the QR alphanumeric mode, 5.5 bits each (ISO/IEC 18004, 7.4.4); error
correction is level Q (hcert-spec 1.0.8, 4.2.2). The encoder is zxing-cpp: one of its versions gives the same matrix
for the same text everywhere.
"""

import io
import re
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import zxingcpp
from PIL import Image

from certificates.errors import CheckError, CheckReason

Level = Literal["L", "M", "Q", "H"]

QUIET_ZONE: Final = 4  # modules on each side (ISO/IEC 18004, 6.3.8)
ENCODER: Final = "zxing-cpp"
MAX_IMAGE_BYTES: Final = 20_000_000
MAX_IMAGE_PIXELS: Final = 50_000_000  # a phone's 48 megapixels; at most 200 MB while it is read
_HC1: Final = "HC1:"
_ALPHANUMERIC: Final = re.compile(r"[0-9A-Z $%*+\-./:]{1,4296}", re.ASCII)
_DARK: Final = b"\x00"
_LIGHT: Final = b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class QrMatrix:
    """The modules without a quiet zone: ``size`` rows of ``size`` bytes, 0 for dark and 255 for light."""

    size: int
    modules: bytes

    @property
    def rows(self) -> list[bytes]:
        """The rows from top to bottom."""
        return [self.modules[start : start + self.size] for start in range(0, len(self.modules), self.size)]


def qr_matrix(text: str, level: Level = "Q") -> QrMatrix:
    """Encode ``text``, at most 4,296 letters of the alphanumeric set.

    Raises ValueError for other letters, or for a text that no QR code of this level holds.
    """
    if _ALPHANUMERIC.fullmatch(text) is None:
        raise ValueError("a QR code of this service holds letters of the alphanumeric set only")
    # zxing-cpp takes the level only by this keyword: it ignores the one inside ``options`` and draws level L.
    symbol = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level=level)
    image: Any = symbol.to_image(scale=1, add_quiet_zones=False)
    return QrMatrix(size=image.shape[0], modules=bytes(memoryview(image)))


def qr_png(text: str, *, level: Level = "Q", module_pixels: int = 4) -> bytes:
    """A PNG, one bit a pixel, with the quiet zone around the code. ``module_pixels`` is the side of a module."""
    matrix = qr_matrix(text, level)
    side = (matrix.size + 2 * QUIET_ZONE) * module_pixels
    margin = b"1" * (QUIET_ZONE * module_pixels + -side % 8)
    dark, light = b"0" * module_pixels, b"1" * module_pixels
    width = (side + 7) // 8
    blank = b"\x00" + b"\xff" * width
    lines = [blank * (QUIET_ZONE * module_pixels)]
    for row in matrix.rows:
        bits = margin[: QUIET_ZONE * module_pixels] + row.replace(_DARK, dark).replace(_LIGHT, light) + margin
        lines.append((b"\x00" + int(bits, 2).to_bytes(width)) * module_pixels)
    lines.append(lines[0])
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(b"".join(lines), 6)),
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
        bits = int(row.replace(_DARK, b"1").replace(_LIGHT, b"0"), 2) << padding
        path.extend([segments[eight] for eight in bits.to_bytes(width)])
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
