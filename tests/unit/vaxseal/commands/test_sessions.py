"""A session by the clerk's commands."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.intake import make_engine
from vaxseal.cli import app

PEOPLE = (
    "full_name,date_of_birth,sex,id_number\nNguyễn Thị Hồng,07/03/1961,Nữ,001161012345\nLê An,1970,Nam,001070012345\n"
)
AT: tuple[str, ...] = ("--unit", "01-0001", "--by", "lan")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "service"
    make_engine(folder / "vaxseal.sqlite3")
    return folder


def run(data: Path, *words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["records", *map(str, words), "--data", str(data), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_session_from_the_list_to_the_doses(data: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    session = run(data, "session", "new", *AT, "--product", "Pfizer", "--lot", "FK0112")["session"]
    assert run(data, "session", "add", session, people, *AT)["register"] == "none"
    assert run(data, "session", "add", session, people, *AT, code=1)["people"][0]["reasons"] == ["listed-before"]
    pdf = tmp_path / "slips.pdf"
    assert run(data, "session", "slips", session, *AT, "--out", pdf)["slips"] == 2
    assert pdf.read_bytes().startswith(b"%PDF")
    refused = tmp_path / "none.pdf"
    assert run(data, "session", "slips", session, *AT, "--out", refused, code=2)["error"] == "slips-none"
    assert not refused.exists()
    assert [one["outcome"] for one in run(data, "session", "given", session, *AT)] == ["accepted", "accepted"]
    assert run(data, "session", "given", session, *AT, code=1) == []
    shown = run(data, "session", "show", session, *AT)
    assert all(one["given_at"] and one["slip"] for one in shown["people"])
    assert run(data, "report")["records"][0]["records"] == 2


def test_the_register_of_the_settings_is_asked(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people, register = tmp_path / "people.csv", tmp_path / "register.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    register.write_text("id,name,dob,sex,status\n001161012345,Nguyễn Thị Hồng,1961-03-07,F,found\n", encoding="utf-8")
    session = run(data, "session", "new", *AT, "--product", "Pfizer", "--lot", "FK0112")["session"]
    add = ("session", "add", session, people, *AT)
    monkeypatch.setenv("VAXSEAL_SESSION_PEOPLE_PER_DAY", "1")
    monkeypatch.setenv("VAXSEAL_REGISTER_ADDRESS", str(register))
    answer = run(data, *add)
    assert answer["register"] == "query-limit"
    assert [one["reasons"] for one in answer["people"]] == [[], ["register-not-asked"]]
    again = ("session", "ask-again", session, *AT)
    monkeypatch.setenv("VAXSEAL_SESSION_PEOPLE_PER_DAY", "9")
    answer = run(data, *again)
    assert (answer["register"], answer["people"][0]["reasons"]) == ("asked", ["register-no-answer"])
    shown = CliRunner().invoke(app, ["records", *map(str, again), "--data", str(data)])
    assert (shown.exit_code, shown.stdout) == (0, "")
    monkeypatch.delenv("VAXSEAL_REGISTER_ADDRESS")
    assert run(data, *again, code=2)["error"] == "register-none"


def test_wrong_use(data: Path, tmp_path: Path) -> None:
    assert run(data, "session", "show", "0" * 12, *AT, code=2)["error"] == "session-unknown"
    new = ("session", "new", *AT, "--product", "Pfizer", "--lot", "FK0112")
    assert run(data, *new, "--day", "gestern", code=2)["error"] == "date-form"
    nobody = tmp_path / "nobody.csv"
    nobody.write_text("a,b\n1,2\n", encoding="utf-8")
    assert run(data, "session", "add", "0" * 12, nobody, *AT, code=2)["error"] == "session-people"
    assert run(data, "session", "add", "0" * 12, tmp_path / "none.csv", *AT, code=2)["error"] == "file"


def test_recovered_cases(data: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    cases.write_text(
        "Họ và tên,Ngày sinh,Giới tính,Số CCCD,Ngày dương tính\nLê An,1970,Nam,001070012345,10/01/2022\n",
        encoding="utf-8",
    )
    given = ("--unit", "01-0001", "--source", "CDC")
    (done,) = run(data, "recoveries", cases, *given)
    assert done["accepted"] == 1
    assert run(data, "rows", done["import_id"], "--out", tmp_path / "rows.csv")["rows"] == 1
    assert run(data, "recoveries", cases, code=1)[0]["reason"] == "columns-missing"
