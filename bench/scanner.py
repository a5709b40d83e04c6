"""The scanner's page in a real Chromium: verdicts beside the library's, what a camera sees to its verdict, bytes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image, ImageEnhance

from api.context import system_clock
from bench.harness import Result, each, race, sizes
from bench.native import NotHereError
from certificates.bundle_folder import open_bundle
from certificates.grounds import Acceptance, Grounds
from tests.support.browser import browser
from tests.support.scanner import NOW, ROOT, Site, passport, scanner_site
from tests.support.sights import blurred, code_picture, flag_for, held_up, noisy, nothing, write_video

if TYPE_CHECKING:
    from bench.rows import Bench

CODES: Final = 600
SIGHTS: Final = 40
FIRST_VISIT: Final = 1_500_000  # bytes
LONGEST: Final = 0.020  # seconds for a verdict
_MARK: Final = 64  # pixels of the white square that says: a code is in sight
_READY: Final = "dùng được khi mất mạng"
_DECIDE: Final = """async ([texts, at]) => {
  const { engine } = await import("/scan/client.js");
  const begun = performance.now();
  for (const text of texts) {
    const { verdict } = await engine.decide(text, at, "border", false);
    if (verdict !== "valid") throw new Error("a passport that is valid was refused");
  }
  return (performance.now() - begun) / 1000;
}"""
# Milliseconds from the first frame of each code to the frame in which its verdict stands; it is sent away at once.
_WATCH: Final = """(count) => new Promise((done) => {
  const [video, canvas] = [document.querySelector("#video"), document.createElement("canvas")];
  canvas.width = canvas.height = 8;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const found = {};
  let [marked, since, lights] = [true, 0, 0];
  const look = (now) => {
    context.drawImage(video, 8, 8, 32, 32, 0, 0, 8, 8);
    const white = context.getImageData(4, 4, 1, 1).data[0] > 128;
    if (white && !marked) [since, lights] = [now, lights + 1];
    marked = white;
    if (lights > count && !marked) done(Object.values(found));
    else video.requestVideoFrameCallback(look);
  };
  new MutationObserver(() => {
    const name = document.querySelector("#verdict:not([hidden]) .name")?.textContent;
    if (!name || found[name] || !since) return;
    const begun = since;
    found[name] = -1;
    requestAnimationFrame((now) => {
      found[name] = now - begun;
      document.querySelector("#next").click();
    });
  }).observe(document.querySelector("#verdict"), { subtree: true, childList: true, attributes: true });
  video.requestVideoFrameCallback(look);
})"""


def scanner(_bench: "Bench") -> Iterator[Result]:
    """Chromium and the service are processes of this machine; what they cost each other counts."""
    with _site() as site:
        yield from _verdicts(site)
        yield from _visits(site)
        for kind, longest in (("clean", 0.300), ("noisy", 0.700)):
            yield _sights(site, kind, longest)


@contextmanager
def _site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as name:
        try:
            with scanner_site(Path(name)) as site:
                site.publish()
                yield site
        except pytest.skip.Exception as reason:
            raise NotHereError(str(reason)) from reason


def _verdicts(site: Site) -> Iterator[Result]:
    texts = [passport(number) for number in range(CODES)]
    bundle = open_bundle(site.lists, [ROOT.certificate_der], at=system_clock(), seen=0)
    acceptance = Acceptance.of(bundle.rules, "VN", "border")
    grounds = Grounds(trust=bundle.trust, revocation=bundle.revocation, acceptance=acceptance)
    with browser() as chromium:
        page = chromium.new_page(locale="vi-VN")
        page.goto(site.page)
        page.get_by_text(_READY).wait_for()
        position = 0

        def ours(rounds: int) -> float:
            nonlocal position
            asked = [texts[(position + number) % CODES] for number in range(rounds)]
            position += rounds
            seconds: float = page.evaluate(_DECIDE, [asked, NOW.timestamp() * 1000])
            return seconds

        library = each(lambda number: grounds.check_text(texts[number % CODES], NOW))
        stage = "browser: text to verdict, with rules"
        result = race(stage, ours, "the library", library, rounds=(200, 200), must=0.1, repeats=9)
    yield result
    yield Result(stage=stage, against="20 ms", ours=result.ours, other=(LONGEST, LONGEST), must=1, stretch=None)


def _visits(site: Site) -> Iterator[Result]:
    with browser() as chromium:
        page = chromium.new_page(locale="vi-VN")
        before = site.sent
        page.goto(site.page)
        page.get_by_text(_READY).wait_for()
        first = site.sent - before
        page.reload()
        page.get_by_text(_READY).wait_for()
        second = site.sent - before - first
    yield sizes("scanner page, first visit with lists", first, "1.5 MB", FIRST_VISIT, must=1)
    yield sizes("scanner page, second visit (1: none)", 1 + second, "no byte", 1, must=1)


def _sights(site: Site, kind: str, longest: float) -> Result:
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as name:
        video = Path(name) / "camera.mjpeg"
        write_video(
            video, [part for number in range(SIGHTS) for part in ((_sight(kind, number), 0.8), (nothing(), 0.3))]
        )
        with browser(*flag_for(video)) as chromium:
            context = chromium.new_context(permissions=["camera"], locale="vi-VN")
            page = context.new_page()
            page.goto(site.page)
            page.get_by_text(_READY).wait_for()
            spans = [span / 1000 for span in page.evaluate(_WATCH, SIGHTS)]
    assert len(spans) == SIGHTS, f"{len(spans)} of {SIGHTS} were read"
    middle = median(spans)
    stage = f"camera: code in sight to verdict, {kind}, {SIGHTS} of {SIGHTS}"
    return Result(
        stage=stage,
        against=f"{longest * 1000:.0f} ms",
        ours=(middle, middle),
        other=(longest, longest),
        must=1,
        stretch=None,
    )


def _sight(kind: str, number: int) -> Image.Image:
    """A passport before the camera, with the mark in its corner."""
    draw = Random(number)  # noqa: S311 - the same sights in every run
    picture = code_picture(passport(1000 + number))
    if kind == "clean":
        scene = held_up(picture, side=draw.randrange(460, 640))
    else:
        turned = held_up(picture, side=draw.randrange(460, 600), turn=draw.uniform(-30, 30))
        scene = noisy(ImageEnhance.Brightness(blurred(turned, 1.2)).enhance(0.7), 10, seed=number)
    scene.paste((255, 255, 255), (0, 0, _MARK, _MARK))
    return scene
