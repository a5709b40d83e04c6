"""Photos from outside: nothing of the file that came is kept but what it shows.

Size, type and pixels are limited before a decoder sees the file; then it is decoded, turned as the camera says, made
smaller and encoded anew as a JPEG without any metadata. What else stood in the file (place, owner, a second file
behind the picture) is gone.
"""

import hashlib
import io
import struct
import threading
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageOps

from api.complaints.photo_headers import PhotoType, read_header
from api.errors import CentreError

LARGEST_FILE: Final = 5 * 1024 * 1024  # bytes
# A decoder of WebP holds its canvas four times, one of PNG twice, one of JPEG makes it smaller on the way.
MOST_PIXELS: Final[Mapping[PhotoType, int]] = {"JPEG": 25_000_000, "PNG": 25_000_000, "WEBP": 12_500_000}
PATIENCE: Final = 2.0  # seconds to wait for a turn: who waits keeps a thread of the service
LONGEST_SIDE: Final = 2400  # pixels of what is kept: a slip on A5 can be read at that
_QUALITY: Final = 82
_AT_ONCE: Final = threading.BoundedSemaphore(2)  # one takes up to 260 MB while it is decoded (measured)
# What Pillow's readers of these three formats raise for hostile files, one below the other.
_REFUSED: Final = (
    OSError,  # UnidentifiedImageError among them
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPhoto:
    """A JPEG of pixels and nothing else. Made by `clean_photo` only."""

    jpeg: bytes = field(repr=False)
    width: int
    height: int

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.jpeg).digest()


def clean_photo(data: bytes) -> CleanPhoto:
    """The photo as it may be kept.

    Raises CentreError ``photo-large`` (`LARGEST_FILE`), ``photo-type`` (by content: a JPEG, PNG or WebP),
    ``photo-pixels`` (`MOST_PIXELS`, or none), ``photo-damaged``, ``too-many-requests`` (others are being decoded).
    """
    if len(data) > LARGEST_FILE:
        raise CentreError("photo-large", f"a photo has at most {LARGEST_FILE // 1024 // 1024} MB")
    kind, width, height = read_header(data)
    if not 0 < width * height <= MOST_PIXELS[kind]:
        raise CentreError("photo-pixels", f"a {kind} has at most {MOST_PIXELS[kind]} pixels")
    if not _AT_ONCE.acquire(timeout=PATIENCE):
        raise CentreError("too-many-requests", retry_after=5)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns of bombs and of damage, and goes on
            return _encode(_decode(data, kind, (width, height)))
    except _REFUSED as error:
        raise CentreError("photo-damaged", "the photo cannot be read to its end") from error
    finally:
        _AT_ONCE.release()


def _decode(data: bytes, kind: str, size: tuple[int, int]) -> Image.Image:
    """The picture upright, opaque and small enough."""
    with Image.open(io.BytesIO(data), formats=(kind,)) as image:
        if image.size != size:
            raise ValueError("two headers")
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is made smaller while it is decoded
        image.load()
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # before anything that copies it
        upright = _turned(image)
    if upright.has_transparency_data:
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA"))
    return upright.convert("RGB")


def _turned(image: Image.Image) -> Image.Image:
    """As the camera says; where what it says cannot be read, as it is."""
    try:
        return ImageOps.exif_transpose(image)
    except _REFUSED:
        return image.copy()


def _encode(image: Image.Image) -> CleanPhoto:
    bare = Image.frombytes("RGB", image.size, image.tobytes())  # what is known of a picture (comments) stays behind
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=_QUALITY, optimize=False)
    return CleanPhoto(jpeg=out.getvalue(), width=bare.width, height=bare.height)
