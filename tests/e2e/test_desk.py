"""The desk in a real browser: from the token to the receipt by keyboard alone, on a small screen, with nothing but
itself."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.accounts.second_factor import code_at
from api.audit import read_log
from api.context import system_clock
from api.states import RecordState
from tests.support.browser import browser, keep, violations
from tests.support.desk import SECONDS, UNIT, DeskCentre, DeskProcess, desk_centre, desk_of
from tests.support.piv_reader import Card, piv_reader
from tests.support.softhsm import GoldenTokens, copy_tokens, golden_tokens, softhsm_module
from tests.support.staff import PASSWORD, insert_account
from tests.support.station_card import station_card

__all__ = ["golden_tokens"]  # a fixture


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


@contextmanager
def seen_page(chrome: Any, centre: DeskCentre, desk: DeskProcess, pin: str) -> Iterator[Seen]:
    page = chrome.new_page(viewport={"width": 1024, "height": 600})
    page.set_default_timeout(SECONDS)
    found = Seen(page, centre, desk, pin, [], [])
    page.on("request", lambda request: found.asked.append(request.url))
    page.on("console", lambda message: found.complaints.append(message.text))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    yield found
    page.close()


@pytest.fixture
def seen(chrome: Any, tmp_path: Path, golden_tokens: GoldenTokens) -> Iterator[Seen]:
    tokens = tmp_path / "tokens"
    environment = copy_tokens(golden_tokens, tokens, golden_tokens.ec)
    (tmp_path / "data").mkdir()
    with (
        desk_centre(tmp_path / "data", [golden_tokens.ec.certificate_der]) as centre,
        desk_of(tmp_path / "state", golden_tokens.module, environment, *centre.options) as desk,
        seen_page(chrome, centre, desk, golden_tokens.ec.pin) as found,
    ):
        yield found


def screen(seen: Seen, name: str) -> Any:
    """Wait for a screen; nothing on it may be wider than a small display."""
    found = seen.page.locator(f"[data-screen={name}]")
    found.wait_for()
    assert seen.page.evaluate(_TOO_WIDE) == [], name
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
    keep(page, "desk-list")
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
    keep(page, "desk-receipt")
    assert seen.centre.states() == {"confirmed": 3, "malformed_id": 1}
    keyboard.press("Alt+2")
    waiting = screen(seen, "not-ready").inner_text()
    assert "N.T.H.H., 1980" in waiting
    assert "không đủ 12 số" in waiting
    keyboard.press("Alt+3")
    assert "Xác nhận" in screen(seen, "history").inner_text()
    keyboard.press("Alt+4")
    screen(seen, "report")
    report = page.locator("#report").input_value()
    assert json.loads(report)["tokens"]
    assert not any(secret in report for secret in ("NGUYỄN", "001180", "URN:UVCI", seen.pin, '"lan"'))
    keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert {address.rpartition("/")[0] for address in seen.asked} <= {seen.desk.origin, f"{seen.desk.origin}/api"}
    assert seen.complaints == []
    assert seen.desk.log.read_text() == ""
    kept = b"".join(file.read_bytes() for file in seen.desk.log.parent.rglob("*") if file.is_file())
    assert b"confirm" in kept  # the receipt
    assert not any(word.encode() in kept for word in (seen.pin, "NGUYỄN", "001180"))


def test_the_person_is_asked_once_for_the_shift(chrome: Any, tmp_path: Path, golden_tokens: GoldenTokens) -> None:
    token = golden_tokens.ec
    environment = copy_tokens(golden_tokens, tmp_path / "tokens", token)
    (tmp_path / "data").mkdir()
    with (
        desk_centre(tmp_path / "data", [token.certificate_der], desk_accounts="proven") as centre,
        desk_of(tmp_path / "state", golden_tokens.module, environment, *centre.options) as desk,
        seen_page(chrome, centre, desk, token.pin) as seen,
    ):
        secret = insert_account(centre.centre, "hoa", UNIT, "signer")
        insert_account(centre.centre, "lan", UNIT, "signer")
        centre.add(1)
        page, keyboard = seen.page, seen.page.keyboard
        page.goto(desk.page)
        screen(seen, "log-in")
        assert page.locator("#account").input_value() == "lan"
        assert page.locator("#password").evaluate("one => one === document.activeElement")
        page.fill("#pin", token.pin)
        keyboard.press("Enter")  # nothing is sent: the person is missing
        page.get_by_text("Hãy nhập đủ tài khoản, mật khẩu và mã 6 số.").wait_for()
        assert violations(page) == []
        keep(page, "desk-person")
        page.fill("#account", "hoa")
        page.fill("#password", "wrong")
        page.fill("#code", "000000")
        page.fill("#pin", token.pin)
        keyboard.press("Enter")
        page.get_by_text("Đăng nhập không thành công").wait_for()
        screen(seen, "log-in")
        assert (page.locator("#account").input_value(), page.locator("#password").input_value()) == ("hoa", "")
        page.fill("#password", PASSWORD)
        page.fill("#code", code_at(secret, system_clock()))
        page.fill("#pin", token.pin)
        keyboard.press("Enter")
        screen(seen, "list")
        assert page.locator("#who").inner_text() == f"hoa · {UNIT}"
        keyboard.press("F2")
        page.fill("dialog #pin", token.pin)
        keyboard.press("Enter")
        screen(seen, "receipt")
        acts = [(act.act, act.actor, act.reason) for act in read_log(centre.centre.engine, limit=9)]
        assert ("login", f"hoa@{UNIT}", "shift") in acts
        assert "confirm-signed" in {act for act, actor, _ in acts if actor == f"hoa@{UNIT}"}
        page.click("#leave")
        page.locator("#leave").wait_for(state="hidden")
        page.click("#next")
        screen(seen, "log-in")
        page.locator("#password").wait_for()  # who comes next is asked
        kept = b"".join(file.read_bytes() for file in desk.log.parent.rglob("*") if file.is_file())
        assert PASSWORD.encode() not in kept
        assert seen.complaints == []


@pytest.fixture
def carded(chrome: Any, tmp_path: Path, golden_tokens: GoldenTokens) -> Iterator[tuple[Seen, Card]]:
    """The same with an emulated smart card, whose reader is empty at first."""
    (tmp_path / "data").mkdir()
    with (
        piv_reader(station_card(golden_tokens, "ES256", unit=UNIT)) as reader,
        desk_centre(tmp_path / "data", [reader.cards[0].certificate_der]) as centre,
        desk_of(tmp_path / "state", reader.module, reader.environment, *centre.options) as desk,
        seen_page(chrome, centre, desk, reader.cards[0].pin) as found,
    ):
        yield found, reader.cards[0]


def test_a_card_is_inserted_mistyped_pulled_in_mid_batch_and_inserted_again(carded: tuple[Seen, Card]) -> None:
    seen, card = carded
    page = seen.page
    seen.centre.add(4)
    page.goto(seen.desk.page)
    assert "Hãy cắm token" in screen(seen, "token").inner_text()
    card.insert()
    screen(seen, "log-in")
    for left, words in ((2, "Đã sai 1 lần liên tiếp"), (1, "Còn 1 lần thử.")):
        page.fill("#pin", "999999")
        page.keyboard.press("Enter")
        page.get_by_text(words).wait_for()
        assert card.tries == left
    page.locator("#pin-state").get_by_text("CHỈ CÒN MỘT LẦN THỬ").wait_for()
    page.fill("#pin", card.pin)
    page.keyboard.press("Enter")  # nothing is sent without a second yes
    assert card.tries == 1
    page.check("#sure")
    page.fill("#pin", card.pin)
    page.keyboard.press("Enter")
    screen(seen, "list")
    card.pull_at_signature(2)
    page.keyboard.press("F2")
    page.fill("dialog #pin", card.pin)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Token đã bị rút ra").wait_for()
    assert "đã ký 1/4" in screen(seen, "work").inner_text()
    card.insert()
    assert "Đã ký xong 4 hồ sơ" in screen(seen, "receipt").inner_text()
    assert seen.centre.states() == {"confirmed": 4}
    assert card.pins_tried == 5  # four were typed; the batch's own was given again after the pull
    page.keyboard.press("Alt+2")  # the session is still there
    screen(seen, "not-ready")
    page.keyboard.press("Alt+1")
    screen(seen, "receipt")
    card.remove()
    page.locator("#leave").wait_for(state="hidden")
    page.click("#next")
    screen(seen, "token")
    assert seen.complaints == []


def test_a_token_pulled_between_two_batches_ends_the_session(carded: tuple[Seen, Card]) -> None:
    seen, card = carded
    seen.centre.add(1)
    card.insert()
    seen.page.goto(seen.desk.page)
    screen(seen, "log-in")
    seen.page.fill("#pin", card.pin)
    seen.page.keyboard.press("Enter")
    screen(seen, "list")
    card.remove()
    screen(seen, "token")
    assert "phiên làm việc đã kết thúc" in seen.page.locator("#trouble").inner_text()
    card.insert()
    screen(seen, "log-in")
    seen.page.fill("#pin", card.pin)
    seen.page.keyboard.press("Enter")
    assert "đợt ký trước chưa xong" in screen(seen, "list").inner_text()


def log_in(seen: Seen) -> None:
    seen.page.goto(seen.desk.page)
    screen(seen, "log-in")
    seen.page.fill("#pin", seen.pin)
    seen.page.keyboard.press("Enter")
    screen(seen, "list")


def test_a_page_that_sends_another_digest_gets_nothing_signed(seen: Seen) -> None:
    seen.centre.add(2)
    log_in(seen)

    def change(route: Any) -> None:
        body = route.request.post_data_json
        body["jobs"][1]["digest"] = "00" * 32
        route.continue_(post_data=json.dumps(body))

    seen.page.route("**/api/sign", change)
    seen.page.keyboard.press("F2")
    seen.page.fill("dialog #pin", seen.pin)
    seen.page.keyboard.press("Enter")
    seen.page.get_by_text("không có gì được ký").wait_for()
    assert seen.centre.states() == {"leased": 2}


def test_a_pause_holds_and_what_was_stopped_is_taken_up_again(carded: tuple[Seen, Card]) -> None:
    seen, card = carded
    page = seen.page
    seen.centre.add(60)
    card.insert()
    log_in(seen)
    card.slow(0.15)
    page.keyboard.press("F2")
    page.fill("dialog #pin", card.pin)
    page.keyboard.press("Enter")
    page.locator("#pause:enabled").wait_for()
    page.keyboard.press("F8")
    page.get_by_role("heading", name="Đã tạm dừng").wait_for()
    made = card.signatures
    time.sleep(0.4)
    assert card.signatures == made
    page.keyboard.press("F8")
    page.get_by_role("heading", name="Đang ký").wait_for()
    page.keyboard.press("F8")
    page.get_by_role("heading", name="Đã tạm dừng").wait_for()
    assert card.signatures > made
    card.slow(0.0)
    page.keyboard.press("F9")
    screen(seen, "receipt")
    left = seen.centre.states().get("leased", 0)
    assert left > 0
    page.click("#next")
    assert f"còn {left} hồ sơ" in screen(seen, "list").inner_text()
    page.keyboard.press("F2")
    page.fill("dialog #pin", card.pin)
    page.keyboard.press("Enter")
    screen(seen, "receipt")
    assert seen.centre.states() == {"confirmed": 60}


def test_another_page_of_the_same_browser_reaches_nothing(seen: Seen, chrome: Any) -> None:
    """A page on another port of this machine tries what pages can: it learns nothing, and nothing is done."""
    seen.centre.add(1)
    log_in(seen)
    evil = chrome.new_page()
    evil.route("http://127.0.0.1:9/", lambda route: route.fulfill(body="<p>evil</p>", content_type="text/html"))
    evil.goto("http://127.0.0.1:9/")
    tried = evil.evaluate(
        """async (origin) => {
          const out = [];
          const forms = ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];
          for (const path of ["/api/news", "/api/batch", "/api/log-out", "/api/put-back", "/", "/words.json"])
            for (const method of ["GET", "POST", "PUT", "OPTIONS"])
              for (const mode of ["cors", "no-cors"])
                for (const type of forms) {
                  const body = method === "GET" ? undefined : "{}";
                  try {
                    const headers = { "Content-Type": type };
                    const answer = await fetch(origin + path, { method, mode, body, headers });
                    out.push(answer.type === "opaque" ? "opaque" : "read " + path);
                  } catch { out.push("failed"); }
                }
          const socket = await new Promise((done) => {
            const line = new WebSocket(origin.replace("http", "ws") + "/api/news");
            line.onopen = () => done("open"); line.onerror = () => done("failed");
          });
          return { socket, count: out.length, read: out.filter((one) => one.startsWith("read")) };
        }""",
        seen.desk.origin,
    )
    evil.close()
    assert tried == {"socket": "failed", "count": 192, "read": []}
    assert seen.centre.states() == {"leased": 1}
    assert seen.page.locator("[data-screen=list]").is_visible()


def test_a_second_page_takes_over_and_the_first_is_told(seen: Seen, chrome: Any) -> None:
    seen.page.goto(seen.desk.page)
    screen(seen, "log-in")
    second = chrome.new_page()
    second.goto(seen.desk.page)  # the code was used
    second.locator("#main").get_by_text("chưa được ghép").wait_for()
    second.goto("about:blank")
    second.goto(seen.desk.new_page())
    second.locator("[data-screen=log-in]").wait_for()
    second.close()
    seen.page.locator("#main").get_by_text("mở ở trang khác").wait_for()


def test_labels_names_and_languages(seen: Seen) -> None:
    """What a screen reader needs, on every screen in both languages."""
    seen.centre.add(2)
    seen.page.goto(seen.desk.page)
    for name, press in (
        ("log-in", ""),
        ("list", "log-in"),
        ("not-ready", "Alt+2"),
        ("history", "Alt+3"),
        ("report", "Alt+4"),
    ):
        if press == "log-in":
            seen.page.fill("#pin", seen.pin)
            seen.page.keyboard.press("Enter")
        elif press:
            seen.page.keyboard.press(press)
        screen(seen, name)
        for language in ("en", "vi"):
            seen.page.click("#language")
            screen(seen, name)
            assert seen.page.evaluate(_UNNAMED) == []
            assert violations(seen.page) == []
            assert seen.page.evaluate("document.documentElement.lang") == language
            assert seen.page.locator("h1").count() == 1
            assert seen.page.locator("main").count() == 1


_TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll(".frame, .card, .bar, .top")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""
_UNNAMED = """() => [...document.querySelectorAll("button, input, textarea, progress, img, nav")].filter((one) => {
  const name = one.getAttribute("aria-label") ?? [...(one.labels ?? [])].map((label) => label.textContent).join("")
    + (["BUTTON"].includes(one.tagName) ? one.textContent : "");
  const small = one.tagName === "BUTTON" && one.offsetHeight > 0 && one.offsetHeight < 36;
  return small || (one.tagName === "IMG" ? !one.hasAttribute("alt") : !name.trim());
}).map((one) => one.outerHTML)"""


def test_practice_is_all_specimen_and_leaves_nothing(chrome: Any, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary)}
    with desk_of(tmp_path / "state", softhsm_module(), environment, "--practice") as desk:
        page = chrome.new_page(viewport={"width": 1024, "height": 600})
        page.set_default_timeout(SECONDS)
        page.goto(desk.page)
        page.locator("[data-screen=log-in]").wait_for()
        banner = page.locator("#practice").inner_text()
        pin = banner.rpartition(" ")[2]
        assert "SPECIMEN" in banner
        page.fill("#pin", pin)
        page.keyboard.press("Enter")
        page.locator("[data-screen=list]").wait_for()
        names = page.locator("tbody .person").all_inner_texts()
        assert len(names) == 12
        assert all(name.startswith("SPECIMEN ") for name in names)
        page.keyboard.press("F2")
        page.fill("dialog #pin", pin)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Đã ký xong 12 hồ sơ").wait_for()
        page.close()
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "state" / "vaxseal").exists()
