"""The demo's folder: its own leavings are replaced, anybody else's files are never touched."""

from pathlib import Path

import pytest

from vaxseal.demo.errors import DemoError
from vaxseal.demo.folder import make_folder


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "var" / "demo")
    assert all(path.is_dir() for path in (folder.passports, folder.certificates, folder.trust, folder.work))


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    assert make_folder(tmp_path).out == tmp_path.resolve()


def test_a_second_run_replaces_what_the_first_made_and_nothing_else(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    (folder.passports / "old.png").write_bytes(b"old")
    folder.summary.write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    make_folder(tmp_path)
    assert not (folder.passports / "old.png").exists()
    assert not folder.summary.exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "passports").mkdir()
    (tmp_path / "passports" / "scan.png").write_bytes(b"precious")
    with pytest.raises(DemoError) as caught:
        make_folder(tmp_path)
    assert caught.value.code == "out-not-empty"
    assert (tmp_path / "passports" / "scan.png").read_bytes() == b"precious"


def test_a_link_inside_is_removed_but_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "keep.txt").write_text("keep")
    folder = make_folder(tmp_path / "demo")
    folder.trust.rmdir()
    folder.trust.symlink_to(elsewhere)
    make_folder(tmp_path / "demo")
    assert (elsewhere / "keep.txt").exists()
    assert not folder.trust.is_symlink()


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(DemoError) as caught:
        make_folder(tmp_path / "demo")
    assert caught.value.code == "out-file"
