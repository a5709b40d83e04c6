"""The demo's province: the same seed gives the same files, every kind of case is there, and the truth is sound."""

import csv
import io
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from certificates.records.citizen_id import identify
from certificates.records.model import IdKind
from vaxseal.demo.dirt import KINDS, without_marks
from vaxseal.demo.province import DEFAULT_PEOPLE, Province, make_province
from vaxseal.demo.spreadsheets import tones_apart


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    return make_province(tmp_path_factory.mktemp("province"))


def contents(province: Province) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in province.register.parent.iterdir()}


def test_the_same_seed_gives_the_same_files(province: Province, tmp_path: Path) -> None:
    assert contents(make_province(tmp_path)) == contents(province)


def test_another_seed_gives_other_people(province: Province, tmp_path: Path) -> None:
    other = make_province(tmp_path, seed=7)
    assert {case.citizen.id_number for case in other.cases} != {case.citizen.id_number for case in province.cases}


def test_at_least_500_people_and_every_kind_of_case(province: Province) -> None:
    assert len(province.cases) == DEFAULT_PEOPLE >= 500
    assert {case.kind for case in province.cases} == {kind.code for kind in KINDS}


def test_enough_people_should_end_with_a_passport(province: Province) -> None:
    becomes = {kind.code: kind.becomes for kind in KINDS}
    assert Counter(becomes[case.kind] for case in province.cases)["issued"] >= 400


def test_many_peoples_are_there(province: Province) -> None:
    assert len({case.citizen.people for case in province.cases}) >= 12


def test_every_citizen_really_has_a_sound_number_of_their_own(province: Province) -> None:
    citizens = [case.citizen for case in province.cases]
    for citizen in citizens:
        kind, number = identify(citizen.id_number, nationality=citizen.nationality)
        assert number == citizen.id_number
        assert (kind is IdKind.PASSPORT) == (citizen.nationality != "VN")
    assert len({citizen.id_number for citizen in citizens}) == len(citizens)


def test_every_row_names_its_person(province: Province) -> None:
    for file in province.files:
        if file.path.suffix == ".csv":
            encoding = "cp1258" if "1258" in file.path.name else "utf-8-sig"
            assert len(list(csv.reader(io.StringIO(file.path.read_text(encoding))))) == len(file.people) + 1


def test_windows_1258_keeps_every_vietnamese_letter() -> None:
    text = "Nguyễn Thị Thủy, Đặng Quốc Ước, Lê Văn Hữu, QUẢNG NGÃI, kỳ, ỷ"
    assert unicodedata.normalize("NFC", tones_apart(text).encode("cp1258").decode("cp1258")) == text


def test_without_marks() -> None:
    assert without_marks("Đặng Thị Ước H'Ƀiă") == "Dang Thi Uoc H'Bia"
