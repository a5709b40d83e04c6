"""The encrypted, append-only file of one batch: torn ends, broken middles, keys, locks, disks that refuse."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from signer import private_files
from signer.errors import AgentError
from signer.journal import GONE_NAME, JOURNAL_NAME, KEY_NAME, MAGIC, Journal, JournalBusyError, erase, is_hollow

ENTRIES: list[dict[str, Any]] = [
    {"kind": "one", "n": 1},
    {"kind": "two", "data": b"\x00" * 50},
    {"kind": "three", "text": "Nguyễn"},
]


def written(folder: Path) -> tuple[bytes, list[int]]:
    """A journal with ENTRIES on the disk, and where each frame ends."""
    journal, ends = Journal.create(folder), []
    for entry in ENTRIES:
        journal.append(entry)
        ends.append((folder / JOURNAL_NAME).stat().st_size)
    journal.close()
    return (folder / JOURNAL_NAME).read_bytes(), ends


def reopened(folder: Path) -> list[dict[str, Any]]:
    journal, entries = Journal.open(folder)
    journal.close()
    return entries


def code_of(error: pytest.ExceptionInfo[AgentError]) -> str:
    assert error.value.sentence.endswith(".")
    return error.value.code


def test_entries_come_back_and_more_may_follow(tmp_path: Path) -> None:
    written(tmp_path / "b")
    journal, entries = Journal.open(tmp_path / "b")
    assert entries == ENTRIES
    journal.append({"kind": "four"})
    journal.close()
    assert Journal.read(tmp_path / "b") == [*ENTRIES, {"kind": "four"}]


def test_only_this_user_may_read_it_and_nothing_is_in_clear(tmp_path: Path) -> None:
    data, _ = written(tmp_path / "b")
    key = (tmp_path / "b" / KEY_NAME).read_bytes()
    assert len(set(key)) > 8
    assert key not in data
    assert "Nguyễn".encode() not in data
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o700
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "b").iterdir()}
        assert modes == {0o600}


def test_a_file_cut_anywhere_gives_every_whole_entry_and_takes_new_ones(tmp_path: Path) -> None:
    """Power loss: the last write is there in part, or not at all."""
    data, ends = written(tmp_path / "b")
    file = tmp_path / "b" / JOURNAL_NAME
    for length in range(len(data) + 1):
        file.write_bytes(data[:length])
        whole = sum(end <= length for end in ends)
        journal, entries = Journal.open(tmp_path / "b")
        assert entries == ENTRIES[:whole]
        journal.append({"after": length})
        journal.close()
        assert reopened(tmp_path / "b") == [*ENTRIES[:whole], {"after": length}]


def test_a_last_write_that_left_zeros_or_other_bytes_is_dropped(tmp_path: Path) -> None:
    data, ends = written(tmp_path / "b")
    file = tmp_path / "b" / JOURNAL_NAME
    last = data[ends[1] :]
    for torn in (bytes(len(last)), last[:-10] + bytes(10), last[:20] + bytes(len(last) - 20), bytes(5000)):
        file.write_bytes(data[: ends[1]] + torn)
        assert reopened(tmp_path / "b") == ENTRIES[:2]


def test_every_changed_byte_before_the_last_entry_is_an_error(tmp_path: Path) -> None:
    data, ends = written(tmp_path / "b")
    file = tmp_path / "b" / JOURNAL_NAME
    for place in range(ends[1]):
        file.write_bytes(data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :])
        with pytest.raises(AgentError) as error:
            Journal.open(tmp_path / "b")
        assert code_of(error) == "journal-damaged"
        with pytest.raises(AgentError):
            Journal.read(tmp_path / "b")


def test_entries_that_are_left_out_moved_or_of_another_key_are_an_error(tmp_path: Path) -> None:
    data, ends = written(tmp_path / "b")
    file = tmp_path / "b" / JOURNAL_NAME
    one, two, three = data[len(MAGIC) : ends[0]], data[ends[0] : ends[1]], data[ends[1] :]
    for frames in ((two, three), (one, three), (two, one, three), (one, one, two, three)):
        file.write_bytes(MAGIC + b"".join(frames))
        with pytest.raises(AgentError) as error:
            Journal.open(tmp_path / "b")
        assert code_of(error) == "journal-damaged"
    file.write_bytes(data)
    for key in (b"", bytes(32), bytes(31)):
        (tmp_path / "b" / KEY_NAME).write_bytes(key)
        with pytest.raises(AgentError) as error:
            Journal.open(tmp_path / "b")
        assert code_of(error) == "journal-damaged"


def test_what_is_no_map_is_not_ours(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "b")
    journal.append([1])  # type: ignore[arg-type]
    journal.append({"kind": "x"})
    journal.close()
    with pytest.raises(AgentError) as error:
        Journal.read(tmp_path / "b")
    assert code_of(error) == "journal-damaged"


def test_one_process_works_on_a_batch_and_others_may_look(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "b")
    journal.append(ENTRIES[0])
    with pytest.raises(JournalBusyError):
        Journal.open(tmp_path / "b")
    program = (
        "import sys, pathlib; from signer.journal import Journal, JournalBusyError\n"
        "folder = pathlib.Path(sys.argv[1]); print(len(Journal.read(folder)))\n"
        "try: Journal.open(folder); print('open')\n"
        "except JournalBusyError: print('busy')"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "b")], capture_output=True, check=True)
    assert done.stdout.split() == [b"1", b"busy"]
    journal.close()
    assert reopened(tmp_path / "b") == ENTRIES[:1]


def test_after_a_write_that_failed_nothing_more_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.create(tmp_path / "b")
    journal.append(ENTRIES[0])

    def half(handle: int, data: bytes) -> None:
        os.write(handle, data[:7])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(private_files, "write_all", half)
        with pytest.raises(AgentError) as error:
            journal.append(ENTRIES[1])
    assert code_of(error) == "journal-write"
    with pytest.raises(AgentError) as error:
        journal.append(ENTRIES[1])
    assert code_of(error) == "journal-write"
    assert reopened(tmp_path / "b") == ENTRIES[:1]


def test_a_folder_that_cannot_be_made_or_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for act in (Journal.create, Journal.open):
        with pytest.raises(AgentError) as error:
            act(tmp_path / "file" / "b")
        assert code_of(error) == "journal-write"
    assert Journal.read(tmp_path / "none") == []


def test_a_key_that_was_half_overwritten_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "b")

    def half(handle: int, data: bytes) -> None:
        os.write(handle, data[: len(data) // 2])
        raise KeyboardInterrupt  # a kill

    with monkeypatch.context() as patched:
        patched.setattr(private_files, "write_all", half)
        with pytest.raises(KeyboardInterrupt):
            erase(tmp_path / "b")
    assert is_hollow(tmp_path / "b")
    erase(tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_erasing_destroys_the_key_first_and_bears_being_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = written(tmp_path / "b")
    removed: list[str] = []
    really = private_files.destroy

    def note(path: Path) -> None:
        removed.append(path.name)
        really(path)
        if path.name == GONE_NAME and len(removed) == 1:
            raise OSError(errno.EIO, "the lights went out")

    monkeypatch.setattr(private_files, "destroy", note)
    with pytest.raises(AgentError) as error:
        erase(tmp_path / "b")
    assert code_of(error) == "journal-write"
    assert (tmp_path / "b" / JOURNAL_NAME).read_bytes() == data
    assert is_hollow(tmp_path / "b")
    erase(tmp_path / "b")
    assert removed == [GONE_NAME, GONE_NAME, JOURNAL_NAME]
    assert not (tmp_path / "b").exists()
    erase(tmp_path / "b")


def test_what_is_destroyed_was_overwritten(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"canary" * 100)
    other.hardlink_to(path)
    private_files.destroy(path)
    assert not path.exists()
    assert other.stat().st_size == 600
    assert b"canary" not in other.read_bytes()
