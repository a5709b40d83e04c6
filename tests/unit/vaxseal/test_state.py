import json
import sys
from pathlib import Path

import pytest

from vaxseal.state import SeenVersions, state_folder

OLD, NEW = bytes(32), bytes(range(32))


def seen_in(folder: Path) -> SeenVersions:
    return SeenVersions(folder, json=True)


def test_what_was_seen_stays(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert seen_in(folder).highest("trust-list", [OLD]) == 0
    seen_in(folder).remember("trust-list", [OLD], 7)
    assert seen_in(folder).highest("trust-list", [OLD]) == 7
    seen_in(folder).remember("trust-list", [OLD], 5)
    assert seen_in(folder).highest("trust-list", [OLD]) == 7
    assert seen_in(folder).highest("revocation-list", [OLD]) == 0
    assert [file.name for file in folder.iterdir()] == ["seen-versions.json"]


def test_a_new_root_inherits_from_the_one_it_was_pinned_with(tmp_path: Path) -> None:
    seen = seen_in(tmp_path)
    seen.remember("trust-list", [OLD], 7)
    assert seen.highest("trust-list", [OLD, NEW]) == 7
    seen.remember("trust-list", [OLD, NEW], 8)
    assert seen.highest("trust-list", [NEW]) == 8


def test_nothing_is_written_when_nothing_is_new(tmp_path: Path) -> None:
    seen = seen_in(tmp_path)
    seen.remember("trust-list", [OLD], 7)
    before = (tmp_path / "seen-versions.json").stat().st_ino
    seen.remember("trust-list", [OLD], 7)
    assert (tmp_path / "seen-versions.json").stat().st_ino == before


@pytest.mark.parametrize("content", ["", "[]", '{"trust-list/00": "7"}', '{"trust-list/00": true}', "\x00" * 9])
def test_a_broken_memory_is_not_taken_for_an_empty_one(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "seen-versions.json").write_text(content)
    with pytest.raises(SystemExit) as ended:
        seen_in(tmp_path).highest("trust-list", [OLD])
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"] == "state-unreadable"


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        seen_in(tmp_path / "file").remember("trust-list", [OLD], 1)
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"] in {"state-unreadable", "state-unwritable"}


def test_each_platform_has_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert state_folder() == tmp_path / ".local" / "state" / "vaxseal"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_folder() == tmp_path / "xdg" / "vaxseal"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert state_folder() == tmp_path / "Library" / "Application Support" / "vaxseal"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert state_folder() == tmp_path / "local" / "vaxseal"
