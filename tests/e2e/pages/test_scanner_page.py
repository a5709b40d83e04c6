"""The scanner as a checker uses it: by keys, by typing scanners, by pictures; what it says, and what it never does."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from api.checkers.scanner import PageFile
from tests.support.browser import browser, look_at, violations
from tests.support.codes import code
from tests.support.scanner import DAY, DSC, NOW, Site, passport, person, scanner_site, seconds
from tests.support.sights import code_picture, held_up

HOSTILE = {
    "<img src=x onerror=alert(1)>" + "A" * 40: None,
    "javascript:alert(document.domain)//": None,
    "https://evil.example/?next=<script>alert(1)</script>": "địa chỉ trang web",
    "WIFI:T:WPA;S:free;P:password;;": None,
    "079203001234|123456789|Nguyễn Thị Ánh|01011990|Nữ|Hà Nội|01012021": "thẻ căn cước công dân",
    "shc:/" + "5676290952432060346029243740446031" * 4: "SMART Health Card",
    "HL1:6BFOXN*TS0BI$ZD4N9:9S6RCVN5+O30K3": "mã nháp",
    "URN:UVCI:01:VN:7K3M9PX2QRT4VW": "mã số của giấy chứng nhận",
    "X" * 4200: None,
}

_PRESS = """(keys) => {
  for (const key of keys) {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    (document.activeElement ?? document.body).dispatchEvent(event);
  }
}"""
_PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with scanner_site(tmp_path_factory.mktemp("site")) as site:
        site.publish()
        yield site


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Any]:
    with browser("--use-fake-device-for-media-stream=device-count=2") as launched:
        yield launched


class Scanner:
    """A page whose results stay until the next one."""

    def __init__(self, chromium: Any, site: Site, *, camera: bool = False, **choices: Any) -> None:
        self.context = chromium.new_context(
            locale="vi-VN", viewport={"width": 360, "height": 640}, permissions=["camera"] if camera else []
        )
        kept = json.dumps({"stay": 0, "sound": False, **choices})
        self.context.add_init_script(
            f"localStorage.getItem('vaxseal-scan') ?? localStorage.setItem('vaxseal-scan', {json.dumps(kept)})"
        )
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.site = site

    def open(self) -> Any:
        self.page.goto(self.site.page)
        self.page.locator("#list").get_by_text("dùng được khi mất mạng").wait_for()
        return self.page

    def type(self, text: str) -> str:
        """As a hand-held scanner does; gives what the verdict says."""
        self.press(*text)
        self.page.keyboard.press("Enter")
        return self.said()

    def press(self, *keys: str) -> None:
        """All in one moment: a test must not depend on how quickly it is let to."""
        self.page.evaluate(_PRESS, keys)

    def paste(self, text: str) -> str:
        self.page.evaluate(_PASTE, text)
        return self.said()

    def said(self) -> str:
        self.page.locator("#verdict").wait_for()
        words: str = self.page.locator("#verdict").inner_text()
        return words

    def go_on(self) -> None:
        self.page.get_by_role("button", name="Tiếp theo").click()
        self.page.locator("#verdict").wait_for(state="hidden")


@pytest.fixture
def scanner(chromium: Any, site: Site) -> Iterator[Scanner]:
    scanner = Scanner(chromium, site)
    yield scanner
    scanner.context.close()
    assert scanner.troubles == []


def test_a_scanner_that_types_and_what_each_place_sees(scanner: Scanner) -> None:
    page = scanner.open()
    said = scanner.type(passport(1))
    assert "HỢP LỆ" in said
    assert "Nguyễn Thị Ánh 1" in said
    assert "03/02/1990" in said
    assert "Đối chiếu giấy tờ tùy thân" in said
    assert "Comirnaty" not in page.content()  # a venue learns no dose, not even hidden
    assert page.locator("#verdict").get_attribute("data-look") == "valid"
    page.keyboard.press("Enter")  # the button has the focus
    page.locator("#verdict").wait_for(state="hidden")
    assert "Nguyễn" not in page.content()
    page.get_by_label("Cửa khẩu").check()
    said = scanner.type(passport(2))
    assert "Comirnaty" in said
    assert "2/2" in said
    assert "Việt Nam" in said
    scanner.go_on()
    said = scanner.type(passport(3, dt=(NOW - 400 * DAY).date().isoformat()))
    assert "KHÔNG ĐẠT QUY ĐỊNH" in said
    assert "không được quá 12 tháng" in said
    assert "VR-VN-0005" in said
    scanner.go_on()
    said = scanner.type(passport(4)[:-6] + "AAAAAA")
    assert "KHÔNG HỢP LỆ" in said
    assert "Nguyễn" not in said
    scanner.go_on()
    assert page.locator("#counter").inner_text() == "Đã kiểm tra: 4 · hợp lệ: 2"
    page.get_by_role("button", name="English").click()
    scanner.type(passport(5))
    assert "VALID" in scanner.said()
    assert page.locator("html").get_attribute("lang") == "en"


def test_nothing_of_whom_was_checked_is_kept_or_sent(scanner: Scanner) -> None:
    page = scanner.open()
    asked = dict(scanner.site.asked)
    scanner.type(passport(1))
    scanner.go_on()
    kept = page.evaluate(
        """async () => {
          const found = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
          for (const { name } of await indexedDB.databases()) {
            const get = (asking) => new Promise((done) => { asking.onsuccess = () => done(asking.result); });
            const base = await get(indexedDB.open(name));
            for (const store of base.objectStoreNames) {
              const all = base.transaction(store).objectStore(store);
              found.push(JSON.stringify(await get(all.getAllKeys())));
              for (const one of await get(all.getAll())) {
                const data = one.manifest ?? one;
                found.push(new TextDecoder("latin1").decode(data));
              }
            }
          }
          for (const name of await caches.keys()) {
            for (const one of await (await caches.open(name)).keys()) found.push(one.url);
          }
          return found.join("\\n");
        }"""
    )
    assert "bundle" in kept  # it looked
    assert not any(word in kept for word in ("Nguy", "THI<ANH", "NGUYEN", passport(1)[10:60], "URN:UVCI:01:VN:0000"))
    assert dict(scanner.site.asked) == asked


def test_hostile_codes_are_named_and_never_markup(scanner: Scanner) -> None:
    page = scanner.open()
    for text, named in HOSTILE.items():
        said = scanner.paste(text)
        assert "KHÔNG PHẢI HỘ CHIẾU VẮC XIN" in said
        assert named is None or named in said
        assert text[:20] not in page.content()  # what a code says is not shown at all
        assert page.locator("img, script:not([src]), iframe, [onerror], [onclick]").count() == 0
        scanner.go_on()


def test_names_that_want_to_be_markup_or_turn_the_line(scanner: Scanner) -> None:
    page = scanner.open()
    names = {"fn": "<b onclick=alert(1)>\u202eNguyễn\u0000", "gn": "&lt;Ánh" + "Ạ" * 70, "fnt": "NGUYEN", "gnt": "ANH"}
    scanner.paste(named(names))
    assert page.locator("#verdict b").count() == 0
    name = page.locator(".name").inner_text()
    assert name.startswith("<b onclick=alert(1)> Nguyễn &lt;Ánh")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def named(names: dict[str, str]) -> str:
    return code(DSC, iat=seconds(NOW - DAY), exp=seconds(NOW + DAY), dcc={**person(1), "nam": names})


def test_an_input_method_that_spoiled_the_text_is_told(scanner: Scanner) -> None:
    scanner.open()
    text = passport(1)
    scanner.press(*text[:90], "Backspace")  # Telex takes letters back, and puts others in their place
    said = scanner.type("Â" + text[91:])
    assert "Bộ gõ tiếng Việt đã làm sai" in said
    assert "Telex" in said
    scanner.go_on()
    assert "Bộ gõ tiếng Việt đã làm sai" in scanner.paste(text + "Ư")
    scanner.go_on()
    assert "HỢP LỆ" in scanner.paste(text)


def test_a_passport_that_was_here_a_moment_ago(chromium: Any, site: Site) -> None:
    scanner = Scanner(chromium, site, stay=8)
    page = scanner.page
    page.clock.install()
    scanner.open()
    assert "đã được xuất trình" not in scanner.type(passport(1))
    page.clock.run_for(1_000)
    assert page.locator("#verdict").is_visible()
    page.clock.run_for(8_000)
    assert page.locator("#verdict").is_hidden()  # the result goes by itself
    page.clock.run_for(125_000)
    said = scanner.type(passport(1))
    assert "Hộ chiếu này đã được xuất trình tại đây 2 phút trước" in said
    assert "HỢP LỆ" in said
    page.get_by_role("button", name="Giữ lại").click()
    page.clock.run_for(60_000)
    assert page.locator("#verdict").is_visible()
    scanner.go_on()
    page.clock.run_for(6 * 60_000)
    assert "đã được xuất trình" not in scanner.type(passport(1))
    scanner.context.close()
    assert scanner.troubles == []


def test_pictures_from_files(scanner: Scanner) -> None:
    page = scanner.open()
    chooser = page.locator("#welcome input[type=file]")
    chooser.set_input_files(files=[picture(held_up(code_picture(passport(1)), turn=12), "JPEG")])
    assert "Nguyễn Thị Ánh 1" in scanner.said()
    scanner.go_on()
    bomb = bytearray(png(Image.new("1", (8, 8))))
    bomb[16:24] = (60_000).to_bytes(4) * 2
    for data, words in (
        (png(Image.new("L", (64, 64), 255)), "Không tìm thấy mã QR"),
        (b"GIF89a<script>", "Chỉ đọc được ảnh"),
        (b"%PDF-1.7\n", "Chỉ đọc được ảnh"),
        (bytes(bomb), "quá lớn"),
        (png(Image.new("L", (64, 64)))[:60], "bị hỏng"),
    ):
        chooser.set_input_files(files=[{"name": "x.png", "mimeType": "image/png", "buffer": data}])
        page.locator("#message").get_by_text(words).wait_for()


def picture(image: Image.Image, form: str) -> dict[str, Any]:
    data = io.BytesIO()
    image.save(data, form)
    return {"name": f"x.{form.lower()}", "mimeType": f"image/{form.lower()}", "buffer": data.getvalue()}


def png(image: Image.Image) -> bytes:
    data: bytes = picture(image, "PNG")["buffer"]
    return data


def test_a_wrong_clock_is_told(chromium: Any, site: Site) -> None:
    context = chromium.new_context(locale="vi-VN", service_workers="block")

    def from_a_month_ahead(route: Any) -> None:
        answer = route.fetch()
        date = (NOW + 30 * DAY).strftime("%a, %d %b %Y %H:%M:%S GMT")
        route.fulfill(response=answer, headers={**answer.headers, "date": date})

    context.route("**/bundle.cbor", from_a_month_ahead)
    page = context.new_page()
    page.goto(site.page)
    page.locator("#troubles").get_by_text("Đồng hồ của máy này sai").wait_for()
    context.close()


def test_old_lists_are_told_and_too_old_ones_decide_nothing(chromium: Any, tmp_path: Path) -> None:
    with scanner_site(tmp_path / "old") as site:
        site.publish(at=NOW - 9 * DAY)
        none = Scanner(chromium, site)
        none.page.goto(site.page)
        none.page.locator("#troubles").get_by_text("Danh sách đã hết hạn").wait_for()
        said = none.paste(passport(1))
        assert "CHƯA KIỂM TRA ĐƯỢC" in said
        assert "Nguyễn" not in said
        none.context.close()
        site.publish(at=NOW - 2 * DAY)
        old = Scanner(chromium, site)
        old.open()
        old.page.locator("#troubles").get_by_text("Danh sách đã phát hành 2 ngày trước").wait_for()
        assert "HỢP LỆ" in old.paste(passport(1))
        old.context.close()
        assert none.troubles + old.troubles == []


def test_a_newer_page_comes_whole_or_not_at_all(chromium: Any, tmp_path: Path) -> None:
    with scanner_site(tmp_path / "new") as site:
        site.publish()
        scanner = Scanner(chromium, site)
        page = scanner.open()
        update = """async () => {
          const kept = await navigator.serviceWorker.getRegistration();
          const before = kept.active;
          await fetch("/scan/sw.js", { cache: "reload" });  // as an hour later
          await kept.update();
          const fresh = kept.installing ?? kept.waiting ?? kept.active;
          if (fresh === before) return "nothing new";
          return new Promise((done) => {
            const look = () => {
              if (fresh.state === "redundant") done("refused");
              if (fresh.state === "activated") done("taken");
            };
            fresh.onstatechange = look;
            look();
          });
        }"""
        assert page.evaluate(update) == "nothing new"
        files = site.scanner.files
        files["sw.js"] = announced(files["sw.js"], {"scan.css": "00" * 32})
        assert page.evaluate(update) == "refused"
        page.reload()
        page.get_by_role("heading", name="Quét hộ chiếu").wait_for()
        newer = PageFile.of(files["scan.css"].data + b"h1 { letter-spacing: 7px }", ".css")
        files["scan.css"] = newer
        files["sw.js"] = announced(files["sw.js"], {"scan.css": newer.digest})
        assert page.evaluate(update) == "taken"
        page.reload()
        page.get_by_role("heading", name="Quét hộ chiếu").wait_for()
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).letterSpacing") == "7px"
        scanner.context.close()


def announced(worker: PageFile, digests: dict[str, str]) -> PageFile:
    """The service worker that names other digests."""
    said, _, rest = worker.data.partition(b";\n")
    kept = {**json.loads(said.removeprefix(b"self.KEPT=")), **digests}
    return PageFile.of(b"self.KEPT=" + json.dumps(kept).encode() + b";\n" + rest, ".js")


def test_another_camera(chromium: Any, site: Site) -> None:
    scanner = Scanner(chromium, site, camera=True)
    page = scanner.open()
    page.get_by_text("Đưa mã QR vào khung").wait_for()
    device = "document.querySelector('#video').srcObject.getVideoTracks()[0].getSettings().deviceId"
    first = page.evaluate(device)
    page.evaluate(_OPENED)
    page.get_by_role("button", name="Đổi camera").click()
    page.locator("body[data-opened]").wait_for()
    assert page.evaluate(device) != first
    scanner.context.close()
    assert scanner.troubles == []


# Marks the page when the camera was opened anew.
_OPENED = """() => {
  document.querySelector("#video").addEventListener("playing", () => { document.body.dataset.opened = ""; });
}"""


def test_light_sound_and_vibration(chromium: Any, site: Site) -> None:
    scanner = Scanner(chromium, site, camera=True, sound=True)
    scanner.context.add_init_script(_DEVICE)
    page = scanner.open()
    page.get_by_role("button", name="Đèn").click()
    page.locator("#torch[aria-pressed=true]").wait_for()
    assert page.evaluate("window.done") == ["torch true"]
    scanner.paste(passport(1))
    scanner.go_on()
    scanner.paste(passport(1)[:-6] + "AAAAAA")
    done = page.evaluate("window.done")
    assert [one for one in done if "vibrate" in one] == ["vibrate 60", "vibrate 250,120,250"]
    assert [one for one in done if "tone" in one] == [
        "tone sine 880",
        "tone sine 1320",
        "tone square 196",
        "tone square 156",
    ]
    scanner.context.close()
    assert scanner.troubles == []


# A device with a light and a motor: what it is told stands in `done`.
_DEVICE = """
window.done = [];
MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
MediaStreamTrack.prototype.applyConstraints = async ({ advanced: [{ torch }] }) => { done.push(`torch ${torch}`); };
Navigator.prototype.vibrate = (how) => { done.push(`vibrate ${how}`); return true; };
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  done.push(`tone ${this.type} ${this.frequency.value}`);
  start.call(this, at);
};
"""


def test_every_screen_as_people_see_it(chromium: Any, site: Site) -> None:
    scanner = Scanner(chromium, site)
    page = scanner.open()
    look_at(page, "scan-welcome")
    page.get_by_role("button", name="Cài đặt").click()
    assert violations(page) == []
    page.get_by_role("button", name="Đóng").click()
    page.get_by_label("Cửa khẩu").check()
    scanner.paste(passport(1))
    look_at(page, "scan-valid")
    scanner.go_on()
    scanner.paste(passport(3, dt=(NOW - 400 * DAY).date().isoformat()))
    look_at(page, "scan-rule")
    for text in (passport(4)[:-6] + "AAAAAA", "https://evil.example/123"):
        scanner.go_on()
        scanner.paste(text)
        assert violations(page) == []
    scanner.context.close()
    watching = Scanner(chromium, site, camera=True, language="en")
    watching.page.goto(site.page)
    watching.page.get_by_text("Hold the QR code inside the frame").wait_for()
    assert violations(watching.page) == []
    watching.context.close()


def test_it_can_be_installed(scanner: Scanner) -> None:
    page = scanner.open()
    session = scanner.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    faults = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in faults] == ["in-incognito"]  # as every page of a test is
