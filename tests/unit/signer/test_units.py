"""The ministry's own list of units, and the count of the day."""

import base64
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from signer.errors import AgentError
from signer.units import DailyCount, EnrolledUnits
from tests.support.signing import NOW, UNIT, certificate_of, key_of
from tests.support.softkeys import make_key

DAY = date(2022, 6, 15)


def one_unit() -> EnrolledUnits:
    return EnrolledUnits().add(key_of("unit").certificate_der, unit=UNIT, daily_quota=3)


def code_of(error: pytest.ExceptionInfo[AgentError]) -> str:
    assert error.value.sentence.endswith(".")
    return error.value.code


def test_a_list_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "units.json"
    one_unit().add(key_of("other").certificate_der, unit="HN-002", daily_quota=0).suspend("HN-002").save(path)
    read = EnrolledUnits.load(path)
    assert [entry.to_dict() for entry in read] == json.loads(path.read_text())
    assert len(read) == 2
    entry = read.find(certificate_of("other").fingerprint, "HN-002")
    assert entry is not None
    assert (entry.suspended, entry.daily_quota) == (True, 0)
    assert [file.name for file in path.parent.iterdir()] == ["units.json"]


def test_adding_and_suspending_leave_the_old_list_alone() -> None:
    old = one_unit()
    new = old.suspend(UNIT)
    assert [entry.suspended for entry in old] == [False]
    assert [entry.suspended for entry in new] == [True]


def test_suspending_a_unit_stops_its_certificate_everywhere() -> None:
    units = one_unit().add(key_of("unit").certificate_der, unit="HN-OLD", daily_quota=3)
    assert all(entry.suspended for entry in units.suspend(UNIT))


def test_a_lost_token_is_stopped_and_the_spare_goes_on() -> None:
    units = one_unit().add(key_of("other").certificate_der, unit=UNIT, daily_quota=3)
    lost, spare = certificate_of("unit").fingerprint, certificate_of("other").fingerprint
    stopped = {entry.certificate.fingerprint: entry.suspended for entry in units.suspend(UNIT, lost)}
    assert stopped == {lost: True, spare: False}
    with pytest.raises(AgentError) as error:
        units.suspend(UNIT, bytes(32))
    assert code_of(error) == "units-unknown"


def test_a_persons_certificate_is_refused() -> None:
    with pytest.raises(AgentError) as error:
        EnrolledUnits().add(make_key("ES256", common_name="Hoa 001180000123").certificate_der, unit=UNIT, daily_quota=1)
    assert code_of(error) == "units-person"


def test_what_cannot_be_enrolled_is_refused_by_name() -> None:
    for arguments, code in (
        ({"certificate_der": b"no", "unit": "A", "daily_quota": 1}, "units-certificate"),
        ({"certificate_der": key_of("unit").ca_der, "unit": "A", "daily_quota": 1}, "units-certificate"),
        ({"certificate_der": key_of("unit").certificate_der, "unit": "", "daily_quota": 1}, "units-form"),
        ({"certificate_der": key_of("unit").certificate_der, "unit": "A", "daily_quota": -1}, "units-form"),
        ({"certificate_der": key_of("unit").certificate_der, "unit": UNIT, "daily_quota": 1}, "units-twice"),
    ):
        with pytest.raises(AgentError) as error:
            one_unit().add(**arguments)  # type: ignore[arg-type]
        assert code_of(error) == code
    with pytest.raises(AgentError) as error:
        one_unit().suspend("HN-999")
    assert code_of(error) == "units-unknown"


@pytest.mark.parametrize(
    "change",
    [
        {"unit": 1},
        {"suspended": 0},
        {"suspended": None},
        {"daily_quota": -1},
        {"daily_quota": True},
        {"daily_quota": "3"},
        {"certificate": "%%%"},
        {"certificate": base64.b64encode(b"no").decode()},
        {"certificate": None},
    ],
)
def test_a_damaged_list_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "units.json"
    (entry,) = one_unit()
    path.write_text(json.dumps([{**entry.to_dict(), **change}]))
    with pytest.raises(AgentError) as error:
        EnrolledUnits.load(path)
    assert code_of(error) == "units-form"


@pytest.mark.parametrize("text", ["", "{}", "7", "[7]", '["a"]', "[{}]", "[" * 100_000, "\udcff"])
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "units.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(AgentError) as error:
        EnrolledUnits.load(path)
    assert code_of(error) == "units-form"


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgentError) as error:
        EnrolledUnits.load(tmp_path / "units.json")
    assert code_of(error) == "units-missing"


def test_a_list_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AgentError) as error:
        one_unit().save(tmp_path / "file" / "units.json")
    assert code_of(error) == "file-not-written"


def take(count: DailyCount, quota: int, day: date = DAY, unit: str = UNIT) -> bool:
    with count.open(day) as tally:
        return tally.take(unit, quota)


def test_the_quota_of_a_unit_ends_and_begins_anew_each_day(tmp_path: Path) -> None:
    count = DailyCount(tmp_path / "count.json")
    assert [take(count, 2) for _ in range(3)] == [True, True, False]
    assert take(count, 2, unit="HN-002")
    again = DailyCount(tmp_path / "count.json")
    assert not take(again, 2)
    assert take(again, 3)
    with again.open(DAY) as tally:
        tally.give_back(UNIT)
        tally.give_back("HN-999")
    assert [take(count, 3) for _ in range(2)] == [True, False]
    assert take(again, 1, DAY + timedelta(days=1))


def test_machines_that_know_nothing_of_each_other_never_take_more_than_the_quota_together(tmp_path: Path) -> None:
    counts = [DailyCount(tmp_path / f"{number}.json", machines=3) for number in range(3)]
    taken = sum(take(count, 10) for count in counts for _ in range(10))
    assert taken == 9  # three each: the tenth would be one too many somewhere


def test_a_clock_set_back_does_not_give_a_new_quota(tmp_path: Path) -> None:
    count = DailyCount(tmp_path / "count.json")
    assert take(count, 1)
    assert not take(count, 1, DAY - timedelta(days=1))


def test_processes_at_once_take_no_more_than_the_quota(tmp_path: Path) -> None:
    program = (
        "import sys, datetime, pathlib; from signer.units import DailyCount\n"
        "count, day, taken = DailyCount(pathlib.Path(sys.argv[1])), datetime.date(2022, 6, 15), 0\n"
        "for _ in range(40):\n"
        "    with count.open(day) as tally:\n"
        "        taken += tally.take('HN-001', 50)\n"
        "print(taken)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "count.json")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    assert sum(int(process.communicate(timeout=60)[0]) for process in running) == 50


def test_a_count_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "count.lock").mkdir()
    with pytest.raises(AgentError) as error:
        take(DailyCount(tmp_path / "count.json"), 1)
    assert code_of(error) == "file-not-written"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"day": "x", "units": {}}', '{"day": "2022-06-15", "units": {"A": -1}}']
)
def test_a_damaged_count_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "count.json"
    path.write_text(text)
    with pytest.raises(AgentError) as error:
        DailyCount(path)
    assert code_of(error) == "quota-form"


def test_the_tests_run_within_the_life_of_their_keys() -> None:
    assert certificate_of("unit").not_before < NOW < certificate_of("unit").not_after
