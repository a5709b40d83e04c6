"""Pages in a real Chromium: served over HTTP, held against the rules of accessibility, and put down as pictures."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn

from tests.support.road import free_port

SIZES: Final = {"phone": (360, 640), "laptop": (1024, 600), "desktop": (1440, 900)}
_AXE: Final = {("phone", "light"), ("laptop", "dark")}
PEERS: Final = Path(__file__).parents[2] / ".cache" / "peers" / "npm" / "node_modules"
_CHROMIUM: Final = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
_FLAGS: Final = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server")
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def browser(*flags: str) -> Iterator[Any]:
    """One Chromium, with further ``flags``; the test is skipped where there is none."""
    from playwright.sync_api import sync_playwright

    place = _chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=place, args=[*_FLAGS, *flags])
        try:
            yield launched
        finally:
            launched.close()


def _chromium() -> str:
    for place in (*_CHROMIUM, shutil.which("chromium")):
        if place and Path(place).is_file():
            return place
    pytest.skip("Chromium is not installed (apt-get install chromium): the tests of pages are left out")


@contextmanager
def serving(app: Any, port: int | None = None) -> Iterator[str]:
    """An application in a thread, on loopback; gives its address."""
    port = free_port() if port is None else port
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def violations(page: Any) -> list[str]:
    """What axe finds wrong with the page as it stands, each rule with the elements that break it.

    In a world of its own, which the page's own policy does not bind.
    """
    axe = PEERS / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("axe-core is not installed (scripts/peers.sh needs npm): the rules of accessibility are left out")
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]

    def run(expression: str) -> Any:
        given = {"expression": expression, "contextId": world, "awaitPromise": True, "returnByValue": True}
        done = session.send("Runtime.evaluate", given)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    run(axe.read_text("utf-8") + ";0")
    found = run(
        f"axe.run(document, {{runOnly: {_RULES}}}).then(r => r.violations.map(v => "
        "v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))"
    )
    session.detach()
    assert isinstance(found, list)
    return found


def look_at(page: Any, name: str) -> None:
    """Check at three sizes, light and dark, that nothing is wider than the screen, and `keep` pictures.

    axe looks in light on the smallest and in dark on a larger one, where what it asks may differ.
    """
    before = page.viewport_size
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if (size, scheme) in _AXE:
                assert violations(page) == [], f"{name}, {size}, {scheme}"
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name}: {wide} pixels wide on a screen of {width}"
            keep(page, f"{name}-{size}-{scheme}", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)


def keep(page: Any, name: str, **how: Any) -> None:
    """A picture of the page as it stands, where ``VAXSEAL_PICTURES`` names a folder."""
    folder = os.environ.get("VAXSEAL_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", **how)
