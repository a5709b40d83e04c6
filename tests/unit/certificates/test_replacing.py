from pathlib import Path

import pytest

from certificates.replacing import UNFINISHED, replacing


def test_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with replacing(path) as file:
        file.write(b"one")
        assert not path.exists()
    with pytest.raises(ValueError, match="wrote half"):
        _write_half(path)
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def _write_half(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"half of tw")
        raise ValueError("wrote half")


def test_two_writers_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with replacing(path) as slow:
        slow.write(b"slow")
        with replacing(path) as quick:
            quick.write(b"quick")
        assert path.read_bytes() == b"quick"
        assert all(file.name.endswith(UNFINISHED) for file in tmp_path.iterdir() if file != path)
    assert path.read_bytes() == b"slow"


def test_no_place(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"), replacing(tmp_path / "missing" / "file"):
        raise AssertionError
