"""The register in a file."""

from pathlib import Path

import pytest

from api.identity.register import FileRegister
from certificates.errors import RecordError
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Person, RegisterStatus, Sex
from tests.support.intake import NOW

HEADER = "id,name,dob,sex,status\n"


def person(number: str | None = "001161012345", name: str = "Nguyễn Thị Hồng", born: str = "1961-03-07") -> Person:
    return Person(
        full_name=name,
        date_of_birth=PartialDate.parse(born),
        sex=Sex.FEMALE,
        id_kind=IdKind.CCCD if number else None,
        id_number=number,
    )


def register(tmp_path: Path, *lines: str) -> FileRegister:
    path = tmp_path / "province.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return FileRegister(path, clock=lambda: NOW)


def test_four_items(tmp_path: Path) -> None:
    asked = register(tmp_path, "001161012345,NGUYỄN THỊ HỒNG,1961-03-07,F,found", "001161012346,Lê An,1961,M,")
    right, wrong = asked.ask([person(), person("001161012346")])
    assert (right.status, right.name, right.date_of_birth, right.sex, right.id_number) == (
        RegisterStatus.FOUND,
        True,
        True,
        True,
        True,
    )
    assert (right.register, right.answered_at, right.person_digest) == ("file:province", NOW, person().digest)
    assert (wrong.status, wrong.name, wrong.date_of_birth, wrong.sex, wrong.id_number) == (
        RegisterStatus.FOUND,
        False,
        False,
        False,
        True,
    )


@pytest.mark.parametrize("status", ["deceased", "merged", "no_answer"])
def test_statuses(tmp_path: Path, status: str) -> None:
    (answer,) = register(tmp_path, f"001161012345,Nguyễn Thị Hồng,1961-03-07,F,{status}").ask([person()])
    assert answer.status is RegisterStatus(status)


def test_nobody_of_that_number(tmp_path: Path) -> None:
    answers = register(tmp_path).ask([person(), person(None), person("12")])
    assert [answer.status for answer in answers] == [RegisterStatus.NO_ANSWER] * 3


@pytest.mark.parametrize(
    "line", ["123,An,1961,M,found", "001161012345,An,07/03/1961,M,found", "001161012345,An,1961,X,", "001161012345,An"]
)
def test_a_line_that_cannot_be_read(tmp_path: Path, line: str) -> None:
    with pytest.raises(RecordError, match=r"register-file: line 2") as refusal:
        register(tmp_path, line)
    assert refusal.value.__cause__ is None  # it would repeat what stands in the line


def test_a_number_that_stands_for_two_persons(tmp_path: Path) -> None:
    hong = "001161012345,Nguyễn Thị Hồng,1961-03-07,F,found"
    register(tmp_path, hong, hong)
    with pytest.raises(RecordError, match=r"register-file: line 3 says otherwise"):
        register(tmp_path, hong, hong.replace("found", "deceased"))


def test_a_line_without_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,dob,sex,status,id\nAn,1961,M,found\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"register-file: line 2"):
        FileRegister(tmp_path / "a.csv")


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="register-file"):
        FileRegister(tmp_path / "nothing.csv")
    (tmp_path / "a.csv").write_text("id,name\n", encoding="utf-8")
    with pytest.raises(RecordError, match="columns"):
        FileRegister(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(b"id,name,dob,sex,status\n\xff")
    with pytest.raises(RecordError, match="register-file"):
        FileRegister(tmp_path / "b.csv")
