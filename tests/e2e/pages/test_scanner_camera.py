"""The scanner before a real stream of a camera: in good and bad sight, and when nobody is there to be asked."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from tests.support.browser import browser
from tests.support.documents import TERMS, prepared_document, verified_record
from tests.support.scanner import DAY, DSC, NOW, Site, passport, scanner_site
from tests.support.sights import (
    beside,
    blurred,
    code_picture,
    dim,
    flag_for,
    held_up,
    noisy,
    nothing,
    on_a_screen,
    write_video,
)

SEEN = {
    "clean": "Nguyễn Thị Ánh 1",
    "turned": "Nguyễn Thị Ánh 2",
    "blurred": "Nguyễn Thị Ánh 3",
    "dim": "Nguyễn Thị Ánh 4",
    "beside a poster": "Nguyễn Thị Ánh 5",
    "a page on a screen": "Nguyễn Thị Hồng Nhung",
}
# Gives the names of verdicts (with their kind, where that is not "valid") and the hints, once all that are wanted came;
# where none is wanted, the first.
_SEE = """(wanted) => new Promise((done) => {
  const names = new Set();
  const hints = new Set();
  new MutationObserver((_, observer) => {
    const [name, verdict] = [document.querySelector("#verdict-body .name"), document.querySelector("#verdict")];
    if (name && !verdict.hidden) {
      const { look } = verdict.dataset;
      names.add(look === "valid" ? name.textContent : `${look}: ${name.textContent}`);
    }
    hints.add(document.querySelector("#hint").textContent);
    if (!names.size || !wanted.every((one) => names.has(one))) return;
    observer.disconnect();
    done({ names: [...names], hints: [...hints] });
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
})"""


def page_of_a_document() -> Image.Image:
    terms = dataclasses.replace(TERMS, issued_at=NOW - DAY, expires_at=NOW + 300 * DAY)
    made = prepared_document(verified_record(), DSC, terms=terms).document
    with pypdfium2.PdfDocument(made) as document:  # type: ignore[no-untyped-call]
        picture: Image.Image = document[0].render(scale=4).to_pil()
    return picture


@pytest.fixture
def video(tmp_path: Path) -> Path:
    clean, turned, bad, dark, wanted, *two = (code_picture(passport(number)) for number in (1, 2, 3, 4, 5, 6, 7))
    poster = code_picture("HTTPS://TIEMCHUNG.EXAMPLE.VN/")
    scenes = [
        held_up(clean),
        held_up(turned, turn=33),
        noisy(blurred(held_up(bad)), 8, seed=1),
        dim(held_up(dark)),
        beside(*two),
        beside(poster, wanted),
        on_a_screen(page_of_a_document(), (0.8, 0.24)),
    ]
    shown = [part for scene in scenes for part in ((scene, 0.9), (nothing(), 0.4))]
    write_video(tmp_path / "camera.mjpeg", shown)
    return tmp_path / "camera.mjpeg"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with scanner_site(tmp_path / "site") as site:
        site.publish()
        yield site


def test_what_the_camera_sees_and_then_without_a_network(site: Site, video: Path) -> None:
    with browser(*flag_for(video)) as chromium:
        context = chromium.new_context(permissions=["camera"], locale="vi-VN", viewport={"width": 360, "height": 640})
        page = context.new_page()
        troubles: list[str] = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(site.page)
        page.get_by_text("dùng được khi mất mạng").wait_for()
        first_visit = site.sent
        seen = page.evaluate(_SEE, sorted(SEEN.values()))
        assert set(seen["names"]) == set(SEEN.values())  # of two passports in sight neither is decided on
        assert any("nhiều hộ chiếu" in hint for hint in seen["hints"])
        assert first_visit <= 1_500_000

        sent, asked = site.sent, dict(site.asked)
        page.reload()
        assert page.evaluate(_SEE, [])["names"][0] in SEEN.values()
        assert (site.sent, dict(site.asked)) == (sent, asked)  # a second visit: not one byte from the network

        site.stop()
        page.close()
        alone = context.new_page()
        alone.goto(site.page)
        alone.get_by_text("dùng được khi mất mạng").wait_for()
        assert alone.evaluate(_SEE, [])["names"][0] in SEEN.values()
        assert "Danh sách số 1" in alone.locator("#list").inner_text()
        assert troubles == []
        context.close()
