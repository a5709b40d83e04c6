from pathlib import Path
from typing import Any

import pytest

from hsm.errors import TokenHung
from hsm.tokens import TokenInfo, TokenSelector
from hsm.worker.presence import Unreadable
from signer.desk import presence as presence_module
from signer.desk.presence import Presence, Present

ONE, OTHER = Path("/one.so"), Path("/other.so")


def token(serial: str, **flags: bool) -> TokenInfo:
    given = dict.fromkeys(("pin_count_low", "pin_final_try", "pin_locked", "pin_to_be_changed"), False)
    given |= {"initialised": True, "pin_set": True, **flags}
    return TokenInfo(slot=0, serial=serial, label=f"label {serial}", manufacturer="m", model="m", **given)


class Watch:
    """As `hsm.worker.presence.TokenWatch`, as scripted."""

    shown: dict[Path, tuple[TokenInfo, ...]] = {}  # noqa: RUF012 - set by each test
    events: dict[Path, tuple[Any, ...]] = {}  # noqa: RUF012

    def __init__(self, module: Path) -> None:
        self.module = module
        self.closed = False

    @property
    def present(self) -> tuple[TokenInfo, ...]:
        return self.shown.get(self.module, ())

    def look(self) -> tuple[Any, ...]:
        return self.events.pop(self.module, ())

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Present]:
    monkeypatch.setattr(presence_module, "TokenWatch", Watch)
    Watch.shown, Watch.events = {}, {}
    return []


def test_a_token_that_two_drivers_show_is_one(seen: list[Present]) -> None:
    presence = Presence([ONE, OTHER], TokenSelector(), seen.append)
    assert presence.look() == Present()
    assert presence.look().only is None
    Watch.shown = {ONE: (token("1"), token("", initialised=False)), OTHER: (token("1"),)}
    found = presence.look().only
    assert found
    assert (found.serial, found.module, found.pin) == ("1", ONE, "good")
    Watch.shown[OTHER] = (token("2"),)
    assert len(presence.look().tokens) == 2
    assert presence.look().only is None


def test_only_the_token_that_is_meant_counts(seen: list[Present]) -> None:
    Watch.shown = {ONE: (token("1"), token("2"))}
    assert [one.serial for one in Presence([ONE], TokenSelector(serial="2"), seen.append).look().tokens] == ["2"]
    assert [one.serial for one in Presence([ONE], TokenSelector(label="label 1"), seen.append).look().tokens] == ["1"]


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        ({"pin_count_low": True}, "low"),
        ({"pin_count_low": True, "pin_final_try": True}, "final"),
        ({"pin_final_try": True, "pin_locked": True}, "locked"),
        ({"pin_to_be_changed": True}, "expired"),
        ({"pin_set": False}, "none"),
    ],
)
def test_the_tries_that_are_left(seen: list[Present], flags: dict[str, bool], state: str) -> None:
    Watch.shown = {ONE: (token("1", **flags),)}
    found = Presence([ONE], TokenSelector(), seen.append).look().only
    assert found
    assert found.pin == state


def test_a_drivers_trouble_is_told_where_no_other_shows_a_token(seen: list[Present]) -> None:
    presence = Presence([ONE, OTHER], TokenSelector(), seen.append)
    Watch.shown = {ONE: (token("1"),)}
    Watch.events = {ONE: (Unreadable(error=TokenHung("silent")),)}
    assert presence.look() == Present(trouble="token-hung")
    Watch.events = {ONE: ("anything",)}
    assert presence.look().only is not None


def test_each_change_is_told_once(seen: list[Present]) -> None:
    presence = Presence([ONE], TokenSelector(), seen.append)
    presence.start()
    presence.close()
    assert seen in ([Present()], [])
