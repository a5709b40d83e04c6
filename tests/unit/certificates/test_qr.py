"""Codes are read back by zxing-cpp, the PNG by Pillow; the encoder is compared with qrcode, an independent one."""

import io
import random
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
import qrcode
import qrcode.constants
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from certificates import qr
from certificates.errors import CheckError, CheckReason
from certificates.qr import qr_matrix, qr_png, qr_svg, read_qr

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def hc1(length: int, seed: int = 1) -> str:
    source = random.Random(seed)  # noqa: S311
    return "HC1:" + "".join(source.choice(ALPHABET) for _ in range(length - 4))


@pytest.mark.parametrize(("length", "size"), [(535, 89), (834, 109), (1038, 117)])
def test_uses_alphanumeric_mode_at_level_q(length: int, size: int) -> None:
    matrix = qr_matrix(hc1(length))
    assert matrix.size == size  # the smallest version that alphanumeric mode allows at Q; bytes or H would need more
    assert [len(row) for row in matrix.rows] == [size] * size
    assert set("".join(matrix.rows)) == {"0", "1"}
    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q)
    symbol.add_data(hc1(length))
    symbol.make()
    assert len(symbol.get_matrix()) - 2 * symbol.border == size


def test_level_reaches_the_encoder() -> None:
    text = hc1(535)
    sizes = [qr_matrix(text, level).size for level in ("L", "M", "Q", "H")]
    assert sizes == sorted(set(sizes))
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr_png(text))))
    assert [symbol.ec_level for symbol in found] == ["Q"]


@pytest.mark.parametrize("text", ["", "hc1:lower", "HC1:\n", "HC1:Ơ", "HC1:٣"])
def test_refuses_what_is_no_alphanumeric_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"alphanumeric|empty"):
        qr_matrix(text)


def test_refuses_what_no_code_holds() -> None:
    with pytest.raises(ValueError, match="too long"):
        qr_matrix("A" * 2500)  # version 40 at Q holds 2,420


@given(
    text=st.text(alphabet=ALPHABET, min_size=1, max_size=900).map(lambda text: "HC1:" + text.strip(" ") + "X"),
    pixels=st.integers(min_value=2, max_value=7),
)
def test_png_reads_back(text: str, pixels: int) -> None:
    png = qr_png(text, module_pixels=pixels)
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "1"
        side = (qr_matrix(text).size + 8) * pixels
        assert image.size == (side, side)
        quiet = 4 * pixels
        assert image.crop((0, 0, side, quiet)).getextrema() == (255, 255)
        assert image.crop((side - quiet, 0, side, side)).getextrema() == (255, 255)
        assert image.getpixel((quiet, quiet)) == 0  # the corner of the finder pattern
    assert read_qr(png) == text


def test_same_text_same_bytes() -> None:
    assert qr_png(hc1(500)) == qr_png(hc1(500))
    assert qr_svg(hc1(500)) == qr_svg(hc1(500))


@pytest.mark.parametrize("quiet_zone", [0, 4])
def test_svg_draws_the_same_modules(quiet_zone: int) -> None:
    text = hc1(300)
    matrix = qr_matrix(text)
    svg = qr_svg(text, quiet_zone=quiet_zone)
    side = matrix.size + 2 * quiet_zone
    assert f'viewBox="0 0 {side} {side}"' in svg
    path = svg.rpartition(' d="')[2].partition('"')[0]
    drawn = {(x - quiet_zone, y - quiet_zone) for x, y in _filled(path)}
    dark = {(x, y) for y, row in enumerate(matrix.rows) for x, module in enumerate(row) if module == "1"}
    assert drawn == dark


def _filled(path: str) -> set[tuple[int, int]]:
    """The unit squares that a path of ``M``, ``m`` and ``h w v1 h -w z`` fills."""
    found: set[tuple[int, int]] = set()
    x = y = 0
    tokens = path.replace("M", " M ").replace("m", " m ").replace("h", " h ").replace("v1", "").replace("z", "").split()
    index = 0
    while index < len(tokens):
        kind, first = tokens[index], int(tokens[index + 1])
        if kind == "M":
            x, y, index = first, int(tokens[index + 2]), index + 3
        elif kind == "m":
            x, y, index = x + first, y + int(tokens[index + 2]), index + 3
        else:
            if first > 0:
                found |= {(x + step, y) for step in range(first)}
            index += 2
    return found


def _png(image: Image.Image, kind: str = "PNG") -> bytes:
    data = io.BytesIO()
    image.save(data, kind)
    return data.getvalue()


def _side_by_side(*texts: str) -> bytes:
    codes = [Image.open(io.BytesIO(qr_png(text))).convert("L") for text in texts]
    sheet = Image.new("L", (sum(code.width for code in codes) + 40, max(code.height for code in codes) + 40), 255)
    left = 20
    for code in codes:
        sheet.paste(code, (left, 20))
        left += code.width
    return _png(sheet)


def test_of_several_codes_the_passport_is_read() -> None:
    text = hc1(400)
    assert read_qr(_side_by_side("HTTPS://EXAMPLE.ORG/A", text, "12345")) == text
    assert read_qr(_side_by_side(text, text)) == text


def test_a_code_that_is_no_passport_is_read_as_it_is() -> None:
    assert read_qr(qr_png("HTTPS://EXAMPLE.ORG/A")) == "HTTPS://EXAMPLE.ORG/A"


def test_two_passports_in_one_picture_are_refused() -> None:
    with pytest.raises(CheckError, match="several passports") as refused:
        read_qr(_side_by_side(hc1(400, 1), hc1(400, 2)))
    assert refused.value.reason is CheckReason.CONTEXT


def test_reads_jpeg_colours_rotation_and_transparency() -> None:
    text = hc1(400)
    picture = Image.open(io.BytesIO(qr_png(text, module_pixels=5))).convert("RGB")
    assert read_qr(_png(picture, "JPEG")) == text
    assert read_qr(_png(picture.rotate(17, expand=True, fillcolor="white"))) == text
    clear = Image.new("RGBA", picture.size, "black")
    clear.putalpha(ImageChops.invert(picture.convert("L")))
    assert read_qr(_png(clear)) == text


def test_reads_the_greys_of_a_scanner_with_16_bits() -> None:
    text = hc1(400)
    greys = Image.open(io.BytesIO(qr_png(text))).convert("L").point([90] * 128 + [210] * 128)
    deep = Image.frombytes("I;16", greys.size, b"".join(bytes((0, grey)) for grey in greys.tobytes()))
    assert read_qr(_png(deep)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HC1:NOT A PICTURE",
        b"\x89PNG\r\n\x1a\n",
        qr_png("HC1:A")[:-30],
        qr_png("HC1:A")[:40],
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"GIF89a" + bytes(50),
        b"<svg/>",
        _png(Image.new("L", (200, 200), 255)),
    ],
)
def test_what_is_no_code_is_refused_with_its_reason(data: bytes) -> None:
    with pytest.raises(CheckError) as refused:
        read_qr(data)
    assert refused.value.reason is CheckReason.CONTEXT


@given(data=st.data())
def test_broken_pictures_never_raise_anything_else(data: st.DataObject) -> None:
    png = bytearray(qr_png("HC1:ABCDEF"))
    for _ in range(data.draw(st.integers(1, 8))):
        png[data.draw(st.integers(8, len(png) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_qr(bytes(png))
    except CheckError as error:
        reason = error.reason
    else:
        return
    assert reason is CheckReason.CONTEXT


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_decompression_bombs_are_refused_before_they_are_unpacked(side: int) -> None:
    """A picture of few bytes and many pixels: 64 million (our limit), 144 million and 3,600 million (Pillow's two)."""
    header = bytearray(qr_png("HC1:A"))
    header[16:24] = struct.pack(">II", side, side)
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4)
    with pytest.raises(CheckError, match="pixels") as refused:
        read_qr(bytes(header))
    assert refused.value.reason is CheckReason.CONTEXT


def test_too_large_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qr, "MAX_IMAGE_BYTES", 100)
    with pytest.raises(CheckError, match="too large"):
        read_qr(qr_png("HC1:A"))


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed: a second reader left out")
def test_zbar_reads_the_png_too(tmp_path: Path) -> None:
    path = tmp_path / "code.png"
    path.write_bytes(qr_png(hc1(834)))
    answer = subprocess.run(["zbarimg", "--quiet", "--raw", str(path)], capture_output=True, check=True, text=True)
    assert answer.stdout.rstrip("\n") == hc1(834)
