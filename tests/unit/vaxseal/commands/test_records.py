"""The clerk's commands, from file to slip."""

import codecs
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.intake import make_engine, row, write_csv
from vaxseal.cli import app

REGISTER = "id,name,dob,sex,status\n001161012345,Nguyễn Thị Hồng,1961-03-07,F,found\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "service"
    make_engine(folder / "vaxseal.sqlite3")
    return folder


def run(data: Path, *words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["records", *map(str, words), "--data", str(data), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_from_file_to_ready(data: Path, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", row(), row(dose=2, day="20/12/2021"))
    (taken,) = run(data, "import", path, "--by", "lan")
    assert (taken["accepted"], taken["records_made"]) == (2, 1)
    register = tmp_path / "register.csv"
    register.write_text(REGISTER, encoding="utf-8")
    assert run(data, "match", "--register", register)["states"] == {"ready": 1}
    (listed,) = run(data, "list", "--state", "ready")
    (count,) = run(data, "report")["records"]
    assert (count["state"], count["records"]) == ("ready", 1)
    why = ("--reason", "typed wrong", "--proof", "station-book")
    corrected = run(data, "correct", listed["record"], "sex=Nam", "dose.2.lot=ABX9", *why, "--reference", "book 7")
    assert corrected == {"record": listed["record"], "version": 2, "state": "awaiting_match", "reason": None}


def test_refused_rows_are_exit_code_1_and_stand_in_the_report(data: Path, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", row(), row(id="001161012346", day="31/02/2021"))
    run(data, "import", path, path, "--report", tmp_path / "rows.csv", code=1)
    if os.name == "posix":
        assert (tmp_path / "rows.csv").stat().st_mode & 0o077 == 0  # it holds what people entered
    with (tmp_path / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        outcomes = [line[1] for line in csv.reader(file)]
    assert outcomes == ["outcome", "accepted", "refused", "outcome", "duplicate", "refused"]


def test_a_report_overwrites_nothing_and_has_its_mark(data: Path, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", row())
    before = path.read_bytes()
    assert run(data, "import", path, "--report", path, code=2)["error"] == "file-exists"
    assert path.read_bytes() == before
    assert run(data, "import", path, "--report", tmp_path / "no" / "r.csv", code=2)["error"] == "folder-missing"
    assert run(data, "report")["imports"] == []  # said before anything was taken in
    (tmp_path / "empty.csv").write_bytes(b"")
    run(data, "import", tmp_path / "empty.csv", path, "--report", tmp_path / "r.csv", code=1)
    assert (tmp_path / "r.csv").read_bytes().startswith(codecs.BOM_UTF8)  # else spreadsheets show nonsense


def test_a_full_disk_is_a_sentence(data: Path, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", *(row(id=f"001161{number:06}") for number in range(3000)))
    size = sum(file.stat().st_size for file in data.iterdir()) + 200_000
    # A process of its own: the limit would hold for whatever else this one writes.
    limited = (
        f"import resource as r; r.setrlimit(r.RLIMIT_FSIZE, ({size}, {size})); from vaxseal.cli import main; main()"
    )
    command = [sys.executable, "-c", limited, "records", "import", str(path), "--data", str(data), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert json.loads(done.stdout)["error"] == "database"
    assert done.stderr == ""
    assert run(data, "report")["records"] == []
    (taken,) = run(data, "import", path)
    assert (taken["accepted"], taken["records_made"]) == (3000, 3000)


def test_a_state_that_is_none(data: Path) -> None:
    assert "mismatched" in run(data, "list", "--state", "mismatch", code=2)["detail"]


def test_a_refused_file(data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    (taken,) = run(data, "import", tmp_path / "a.csv", code=1)
    assert taken["reason"] == "file-empty"
    shown = CliRunner().invoke(app, ["records", "import", str(tmp_path / "a.csv"), "--data", str(data)])
    assert shown.exit_code == 1
    assert "Tệp trống" in shown.output


def test_slips_are_written_once(data: Path, tmp_path: Path) -> None:
    run(data, "import", write_csv(tmp_path / "a.csv", row()))
    output = tmp_path / "slips.csv"
    assert run(data, "slips", "--out", output)["slips"] == 1
    assert output.stat().st_mode & 0o077 == 0
    assert run(data, "slips", "--out", output, code=2)["error"] == "output-exists"
    assert run(data, "slips", "--out", tmp_path / "more.csv")["slips"] == 0


def test_attesting_a_foreigner(data: Path, tmp_path: Path) -> None:
    run(data, "import", write_csv(tmp_path / "a.csv", row(nation="US", id="C1234567", name="Ann Lee")))
    (listed,) = run(data, "list")
    assert run(data, "attest", listed["record"], "--unit", "01-0002", code=1)["error"] == "attestation-unit"
    assert run(data, "attest", listed["record"], "--unit", "01-0001")["state"] == "ready"


def test_wrong_use(data: Path, tmp_path: Path) -> None:
    assert run(tmp_path / "nothing", "report", code=2)["error"] == "data-missing"
    why = ("--reason", "test", "--proof", "slip")
    assert run(data, "correct", "X", "sex", *why, code=2)["error"] == "correction-form"
    assert run(data, "correct", "X", "sex=Nam", *why, code=1)["error"] == "record-unknown"
    number = ("--reference", "001161012345")
    assert run(data, "correct", "X", "sex=Nam", *why, *number, code=1)["error"] == "proof-reference"
    assert run(data, "match", "--register", tmp_path / "nothing.csv", code=2)["error"] == "register-file"
