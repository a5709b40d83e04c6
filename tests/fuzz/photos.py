"""Mutants of photos that citizens send: what is kept is a picture and nothing that came with it."""

from random import Random

from api.complaints.photo_headers import read_header
from api.complaints.photos import LONGEST_SIDE, clean_photo
from api.errors import CentreError
from tests.fuzz.engine import READ_ONCE, FalseAcceptError, Family
from tests.support.photos import photo, picture, png, with_metadata

_MARK = b"<?php-marker-of-a-second-file"
_SMALL = picture(48, 32)
_SEEDS = (
    photo(image=_SMALL),
    photo(image=_SMALL, progressive=True, comment=_MARK),
    photo("PNG", _SMALL),
    photo("PNG", _SMALL.convert("P")),
    photo("WEBP", _SMALL),
    photo("WEBP", _SMALL, lossless=True),
    photo("WEBP", _SMALL, exif=b"Exif\0\0" + _MARK),
    with_metadata(orientation=8),
    png(20, 20, None, (b"tEXt", b"a\0" + _MARK)),
)
_SIZES = (0, 1, 0x7F, 0x80, 0xFF, 0x3FFF, 0x7FFF, 0xFFFF)


def photo_families() -> list[Family]:
    """Photos; few, as each takes a decoder milliseconds."""
    return [Family("photo", 2, _mutant, _clean, READ_ONCE)]


def _mutant(random: Random) -> bytes:
    data = bytearray(random.choice(_SEEDS))
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(data))
        match random.randrange(6):
            case 0:
                data[at] ^= 1 << random.randrange(8)
            case 1:
                data[at : at + 2] = random.choice(_SIZES).to_bytes(2, random.choice(("big", "little")))
            case 2:
                del data[at : at + random.randint(1, 40)]
            case 3:
                other = random.choice(_SEEDS)
                data[at:at] = other[: random.randrange(len(other))]
            case 4:
                data[at:at] = random.randbytes(random.randint(1, 20))
            case _:
                head = random.randrange(min(64, len(data)))
                data[head] = random.randrange(256)
        if not data:
            return b""
    return bytes(data) + (_MARK if random.random() < 0.5 else b"")


def _clean(data: bytes) -> bool:
    try:
        clean = clean_photo(data)
    except CentreError as refusal:
        if not refusal.code.startswith("photo-"):
            raise
        return False
    if _MARK in clean.jpeg or b"Exif" in clean.jpeg:
        raise FalseAcceptError("something stayed that is no pixel")
    if read_header(clean.jpeg) != ("JPEG", clean.width, clean.height):
        raise FalseAcceptError("what is kept is not what it is said to be")
    if not 0 < max(clean.width, clean.height) <= LONGEST_SIDE:
        raise FalseAcceptError("it is too large")
    return True
