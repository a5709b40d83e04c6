"""What a camera sees, as a file that Chromium shows to a page as its camera: JPEG after JPEG, 30 a second, again and
again."""

import io
import math
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Final

from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from certificates.qr import qr_png

SIZE: Final = (1280, 720)
RATE: Final = 30  # frames a second, whatever the file says
_GREY: Final = (118, 124, 120)


def flag_for(video: Path) -> tuple[str, str]:
    """What makes Chromium take the file for its camera."""
    return "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={video}"


def write_video(path: Path, scenes: Iterable[tuple[Image.Image, float]]) -> None:
    """Each scene for so many seconds."""
    with path.open("wb") as file:
        for picture, seconds in scenes:
            packed = io.BytesIO()
            picture.convert("RGB").save(packed, "JPEG", quality=80, subsampling="4:2:0")
            file.write(packed.getvalue() * round(seconds * RATE))


def nothing() -> Image.Image:
    return Image.new("RGB", SIZE, _GREY)


def code_picture(text: str) -> Image.Image:
    return Image.open(io.BytesIO(qr_png(text, module_pixels=4))).convert("RGB")


def held_up(picture: Image.Image, *, side: int = 520, turn: float = 0, at: tuple[int, int] = (640, 360)) -> Image.Image:
    """Something on paper before the camera: its longer side in pixels, turned by degrees, its middle at a place."""
    scale = side / max(picture.size)
    paper = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    mask = Image.new("L", paper.size, 255).rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
    paper = paper.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=_GREY)
    scene = nothing()
    scene.paste(paper, (at[0] - paper.width // 2, at[1] - paper.height // 2), mask)
    return scene


def beside(*pictures: Image.Image) -> Image.Image:
    """Some things next to each other."""
    scene = nothing()
    width = SIZE[0] // len(pictures)
    for number, picture in enumerate(pictures):
        side = round(min(width, SIZE[1]) * 0.86)
        small = picture.resize((side, side), Image.Resampling.LANCZOS)
        scene.paste(small, (number * width + (width - side) // 2, (SIZE[1] - side) // 2))
    return scene


def blurred(scene: Image.Image, radius: float = 1.6) -> Image.Image:
    return scene.filter(ImageFilter.GaussianBlur(radius))


def dim(scene: Image.Image, light: float = 0.16) -> Image.Image:
    """At night: little light, and the noise of a small sensor."""
    return noisy(ImageEnhance.Brightness(scene).enhance(light), 6, seed=3)


def noisy(scene: Image.Image, strength: float, *, seed: int) -> Image.Image:
    """The same noise for the same seed."""
    draw = Random(seed)  # noqa: S311 - the same picture in every run
    tile = Image.new("L", (256, 256))
    tile.putdata([max(0, min(255, round(draw.gauss(128, strength)))) for _ in range(256 * 256)])
    noise = Image.new("L", scene.size)
    for x in range(math.ceil(scene.width / 256)):
        for y in range(math.ceil(scene.height / 256)):
            noise.paste(tile.transpose(Image.Transpose(draw.randrange(7))), (x * 256, y * 256))
    return ImageChops.add(scene, Image.merge("RGB", (noise, noise, noise)), scale=1, offset=-128)


def on_a_screen(page: Image.Image, middle: tuple[float, float]) -> Image.Image:
    """A page of a document, shown by another device with this place of it (of 1) in the middle: bluish, a little
    askew, with the lines of its pixels."""
    high = 2400
    wide = round(high * page.width / page.height)
    at = (640 + round((0.5 - middle[0]) * wide), 360 + round((0.5 - middle[1]) * high))
    scene = held_up(page, side=high, turn=1.5, at=at)
    lines = Image.new("L", SIZE, 255)
    for y in range(0, SIZE[1], 3):
        lines.paste(232, (0, y, SIZE[0], y + 1))
    tinted = ImageChops.multiply(scene, Image.new("RGB", SIZE, (226, 238, 255)))
    return ImageChops.multiply(tinted, Image.merge("RGB", (lines, lines, lines)))
