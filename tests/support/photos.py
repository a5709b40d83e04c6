"""Photos of slips, good and hostile."""

import io
import struct
import zlib
from importlib.resources import files
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from PIL.ExifTags import GPS, IFD, Base


def picture(width: int = 320, height: int = 200) -> Image.Image:
    """A page with something on it: the left half darker, so that one sees how it is turned."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height), fill=(40, 60, 90))
    return image


def slip(*lines: str) -> Image.Image:
    """A slip that says so."""
    image = Image.new("RGB", (640, 400), "#efe8d6")
    draw = ImageDraw.Draw(image)
    draw.rectangle((24, 24, 616, 376), outline="#6b6250", width=3)
    font = str(files("certificates.pdf.fonts") / "NotoSans-Regular.subset.ttf")
    for number, line in enumerate(("PHIẾU XÁC NHẬN TIÊM CHỦNG", *lines)):
        draw.text((56, 64 + 72 * number), line, fill="#2b2a26", font=ImageFont.truetype(font, 25 if number else 30))
    return image


def photo(form: str = "JPEG", image: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (image or picture()).save(out, form, **options)
    return out.getvalue()


def with_metadata(orientation: int = 1) -> bytes:
    """A JPEG that tells where it was taken, by whom, and which way up."""
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.Artist] = "NGUYEN VAN A"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (10.0, 46.0, 30.0)
    return photo(exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-PROFILE" * 20)


def png(width: int, height: int, data: bytes | None = None, *extra: tuple[bytes, bytes]) -> bytes:
    """A grey PNG of its parts, whatever they say."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        *extra,
        (b"IDAT", zlib.compress(b"\0" * 1000) if data is None else data),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
