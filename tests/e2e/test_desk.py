"""The desk in a real browser: from the token to the receipt by keyboard alone, on a small screen, with nothing but
itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.states import RecordState
from tests.support.desk import SECONDS, DeskCentre, DeskProcess, browser, desk_centre, desk_of
from tests.support.softhsm import GoldenTokens, copy_tokens, golden_tokens

__all__ = ["golden_tokens"]  # a fixture
pytestmark = pytest.mark.xdist_group("desk")


@dataclass
class Seen:
    """A page and every address that it asked for."""

    page: Any
    centre: DeskCentre
    desk: DeskProcess
    pin: str
    asked: list[str]
    complaints: list[str]


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as launched:
        yield launched


@pytest.fixture
def seen(chrome: Any, tmp_path: Path, golden_tokens: GoldenTokens) -> Iterator[Seen]:
    tokens = tmp_path / "tokens"
    environment = copy_tokens(golden_tokens, tokens, golden_tokens.ec)
    (tmp_path / "data").mkdir()
    with (
        desk_centre(tmp_path / "data", [golden_tokens.ec.certificate_der]) as centre,
        desk_of(centre.url, tmp_path / "state", golden_tokens.module, environment) as desk,
    ):
        page = chrome.new_page(viewport={"width": 1024, "height": 600})
        page.set_default_timeout(SECONDS)
        found = Seen(page, centre, desk, golden_tokens.ec.pin, [], [])
        page.on("request", lambda request: found.asked.append(request.url))
        page.on("console", lambda message: found.complaints.append(message.text))
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        yield found
        page.close()


def screen(seen: Seen, name: str) -> Any:
    """Wait for a screen; nothing on it may be wider than a small display."""
    found = seen.page.locator(f"[data-screen={name}]")
    found.wait_for()
    assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    return found


def test_by_keyboard_alone_from_the_pin_to_the_receipt(seen: Seen) -> None:
    seen.centre.add(2)
    seen.centre.add(1, year_only=True)
    seen.centre.add(1, state=RecordState.MALFORMED_ID, reason="citizen-id-length")
    keyboard, page = seen.page.keyboard, seen.page
    page.goto(seen.desk.page)
    screen(seen, "log-in")
    keyboard.type(seen.pin)
    keyboard.press("Enter")
    screen(seen, "list")
    assert page.locator("tbody tr").count() == 3
    assert "NGUYỄN" in page.locator("tbody tr").first.inner_text()
    keyboard.press("F4")
    assert page.locator("#sign").is_disabled()
    keyboard.press("F4")
    keyboard.press("F2")
    page.locator("dialog #pin").wait_for()
    keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    keyboard.press("F2")
    keyboard.type(seen.pin)
    keyboard.press("Enter")
    screen(seen, "receipt")
    assert seen.centre.states() == {"confirmed": 3, "malformed_id": 1}
    keyboard.press("Alt+2")
    waiting = screen(seen, "not-ready").inner_text()
    assert "N.T.H.H., 1980" in waiting
    assert "không đủ 12 số" in waiting
    keyboard.press("Alt+3")
    assert "Xác nhận" in screen(seen, "history").inner_text()
    keyboard.press("Alt+4")
    screen(seen, "report")
    assert {address.rpartition("/")[0] for address in seen.asked} <= {seen.desk.origin, f"{seen.desk.origin}/api"}
    assert seen.complaints == []
    assert seen.desk.log.read_text() == ""
