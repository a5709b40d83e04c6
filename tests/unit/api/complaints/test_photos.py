"""Photos from outside: limits before decoding, and nothing kept but pixels."""

import io
import threading
import tracemalloc
import zlib

import pytest
from PIL import Image

from api.complaints import photos
from api.complaints.photos import LARGEST_FILE, LONGEST_SIDE, clean_photo
from api.errors import CentreError
from tests.support.photos import photo, picture, png, with_metadata


def refused(data: bytes) -> str:
    with pytest.raises(CentreError) as caught:
        clean_photo(data)
    return caught.value.code


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_three_types_come_out_as_one(form: str) -> None:
    clean = clean_photo(photo(form))
    image = Image.open(io.BytesIO(clean.jpeg))
    assert (image.format, image.size) == ("JPEG", (320, 200)) == ("JPEG", (clean.width, clean.height))
    assert image.getpixel((10, 100))[0] < 100 < image.getpixel((300, 100))[0]  # type: ignore[index]


def test_lossless_and_extended_webp_and_progressive_jpeg() -> None:
    transparent = picture().convert("RGBA")
    transparent.putalpha(0)
    for data in (photo("WEBP", lossless=True), photo("WEBP", exif=b"Exif\0\0"), photo(progressive=True)):
        assert clean_photo(data).width == 320
    clean = clean_photo(photo("WEBP", transparent))
    assert Image.open(io.BytesIO(clean.jpeg)).getpixel((10, 10)) == (255, 255, 255)
    assert clean_photo(photo(image=picture().convert("CMYK"))).width == 320
    assert clean_photo(photo("PNG", picture().convert("P"))).width == 320


def test_nothing_of_the_metadata_is_left_and_the_picture_stands_upright() -> None:
    data = with_metadata(orientation=6)
    assert b"NGUYEN" in data
    clean = clean_photo(data)
    for trace in (b"NGUYEN", b"SECRET", b"Exif", b"GPS", b"ICC"):
        assert trace not in clean.jpeg
    assert (clean.width, clean.height) == (200, 320)
    image = Image.open(io.BytesIO(clean.jpeg))
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_text_in_a_png_is_left_behind() -> None:
    pixels = zlib.compress(b"".join(b"\0" + b"\x80" * 20 for _ in range(20)))
    data = png(20, 20, pixels, (b"tEXt", b"Author\0NGUYEN VAN A"), (b"eXIf", b"II*\0NGUYEN"))
    assert b"NGUYEN" not in clean_photo(data).jpeg


@pytest.mark.parametrize(
    "tail", [b"PK\x03\x04 an archive", b"<script>alert(1)</script>", b"%PDF-1.7 /JavaScript", b"MZ\x90\0"]
)
def test_a_second_file_behind_the_picture_is_gone(tail: bytes) -> None:
    for form in ("JPEG", "PNG"):
        assert tail not in clean_photo(photo(form) + tail).jpeg
    commented = photo(comment=tail)
    assert tail in commented
    assert tail not in clean_photo(commented).jpeg


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"II*\0" + bytes(100),
        b"8BPS" + bytes(100),
        b"%!PS-Adobe" + bytes(100),
        b"BM" + bytes(100),
        b"\xff\xd8" + bytes(100),
        b"RIFF\0\0\0\0WAVE" + bytes(100),
    ],
)
def test_other_types_whatever_they_are_called(data: bytes) -> None:
    assert refused(data) == "photo-type"


def test_too_many_bytes() -> None:
    assert refused(photo() + bytes(LARGEST_FILE)) == "photo-large"


@pytest.mark.parametrize(
    "data",
    [
        png(50_000, 50_000),
        png(2**31 - 1, 2**31 - 1),
        png(5001, 5000),
        png(0, 10),
        b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x3f\0\xff\x3f\0" + bytes(20),
        b"RIFF\x30\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f" + bytes(20),
        b"RIFF\x30\0\0\0WEBPVP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(20),
        b"\xff\xd8\xff\xfe\0\4ab\xff\xc0\0\x11\x08\xff\xff\xff\xff\3" + bytes(20),
    ],
)
def test_bombs_are_refused_by_their_headers(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a decoder saw it")

    monkeypatch.setattr("PIL.Image.open", opened)
    tracemalloc.start()
    assert refused(data) == "photo-pixels"
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_bombs_inside_a_small_picture() -> None:
    bomb = zlib.compress(bytes(5_000_000))
    for chunk in ((b"zTXt", b"a\0\0" + bomb), (b"iCCP", b"a\0\0" + bomb), (b"iTXt", b"a\0\1\0\0\0" + bomb)):
        assert refused(png(20, 20, None, chunk)) == "photo-damaged"


@pytest.mark.parametrize(
    "data",
    [
        photo()[:-400],
        photo("PNG")[:-40],
        photo("WEBP")[:-40],
        photo()[:20],
        photo("PNG")[:20],
        photo("WEBP")[:20],
        png(20, 20, b"no zlib"),
        png(20, 20, zlib.compress(b"")),
        b"\xff\xd8\xff\xd9" + bytes(20),
        b"\xff\xd8\xff\xd0\xff\xff\xff\xd9" + bytes(20),
        b"RIFF\x30\0\0\0WEBPVP8?" + bytes(40),
        photo("WEBP", picture(64, 64)).replace(b"VP8 ", b"VP8L", 1),
    ],
)
def test_damaged_ones(data: bytes) -> None:
    assert refused(data) == "photo-damaged"


def test_bombs_of_scans_and_of_parts() -> None:
    """119 kB with 500 scans over 25 million pixels kept a decoder busy for 7 seconds."""
    progressive = photo(progressive=True)
    last = progressive.rindex(b"\xff\xda")
    assert clean_photo(progressive).width == 320
    assert refused(progressive[:-2] + progressive[last:-2] * 20 + b"\xff\xd9") == "photo-damaged"
    assert refused(photo()[:2] + b"\xff\xfe\0\2" * 5000 + photo()[2:]) == "photo-damaged"
    pixels = zlib.compress(b"".join(b"\0" + b"\x80" * 20 for _ in range(20)))
    assert clean_photo(png(20, 20, pixels, *[(b"vpAg", b"")] * 100)).width == 20
    assert refused(png(20, 20, pixels, *[(b"vpAg", b"")] * 5000)) == "photo-damaged"


def test_what_stands_behind_the_picture_counts_for_nothing() -> None:
    """Telephones put a film there."""
    assert clean_photo(photo() + b"\xff\xda\0\4ab" * 1000).width == 320


def test_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "PATIENCE", 0.01)
    monkeypatch.setattr(photos, "_AT_ONCE", threading.BoundedSemaphore(1))
    with photos._AT_ONCE:
        assert refused(photo()) == "too-many-requests"
    assert clean_photo(photo()).width == 320
    assert refused(photo()[:-400]) == "photo-damaged"
    assert clean_photo(photo()).width == 320  # every turn was given back


def test_headers_that_disagree() -> None:
    """What the limit was held against must be what the decoder sees."""
    small, large = photo(image=picture(16, 16)), photo(image=picture(640, 480))
    frame = small[small.index(b"\xff\xc0") : small.index(b"\xff\xc4")]
    assert refused(large[:2] + frame + large[2:]) == "photo-damaged"


def test_a_large_photo_is_made_smaller() -> None:
    clean = clean_photo(photo(image=picture(2800, 2100)))
    assert max(clean.width, clean.height) <= LONGEST_SIDE
    assert 1.3 < clean.width / clean.height < 1.4
    assert clean_photo(photo("PNG", picture(10, 4000))).height <= LONGEST_SIDE


def test_its_name_is_the_hash_of_what_is_kept() -> None:
    one, two = clean_photo(photo()), clean_photo(photo() + b"tail")
    assert one.sha256 == two.sha256 != clean_photo(photo("PNG", picture(30, 30))).sha256
    assert "jpeg" not in repr(one)
