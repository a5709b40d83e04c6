"""The look and the staff's door in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import browser, look_at, serving
from tests.support.centre import World, make_world
from tests.support.staff import PASSWORD, add_person


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, str, Any]]:
    world = make_world(tmp_path)
    with serving(world.client.app) as url, browser() as chromium:
        yield world, url, chromium.new_page(locale="en-GB")


def test_the_look_and_the_door(served: tuple[World, str, Any]) -> None:
    world, url, page = served
    person = add_person(world, "an", "TYT-1", "clerk", "overseer")
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(f"{url}/look")
    look_at(page, "look")
    page.goto(f"{url}/staff")
    look_at(page, "login")
    page.get_by_label("Account").fill("an")
    page.get_by_label("Password").fill("wrong")
    page.get_by_label("Six digits").fill("000000")
    page.keyboard.press("Enter")
    page.get_by_text("The log-in was refused").wait_for()
    look_at(page, "login-refused")
    assert page.get_by_label("Account").input_value() == "an"
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Six digits").fill(person.code)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What do you want to do?").wait_for()
    look_at(page, "home")
    page.get_by_role("button", name="Tiếng Việt").click()
    page.get_by_role("heading", name="Bạn muốn làm gì?").wait_for()
    page.get_by_role("button", name="Đăng xuất").click()
    page.get_by_role("heading", name="Đăng nhập").wait_for()
    assert [text for text in told if "403" not in text] == []
