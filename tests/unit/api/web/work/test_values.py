"""A record as its page shows it and takes it back."""

from dataclasses import replace

import pytest

from api.identity.queries import Compared
from api.states import RecordState
from api.store.records import StoredRecord
from api.web.work.values import changed, compare_lines, denied_fields, field_names, shown_day, shown_record
from certificates.records.model import RegisterStatus
from tests.support.centre import new_version


def stored(reason: str | None = None, **person: object) -> StoredRecord:
    version = new_version(1, unit="TYT-1")
    record = replace(version.record, person=replace(version.record.person, **person))  # type: ignore[arg-type]
    state = RecordState.MISMATCHED if reason else RecordState.INCOMPLETE
    return StoredRecord(record=record, state=state, reason=reason, person_key="", province="01")


@pytest.mark.parametrize(("iso", "shown"), [("1961-03-07", "07/03/1961"), ("1961-03", "03/1961"), ("1961", "1961")])
def test_a_day_is_shown_as_people_write_it(iso: str, shown: str) -> None:
    assert shown_day(iso) == shown
    assert shown_day(None) == ""


def test_only_what_was_typed_over_changes() -> None:
    shown = shown_record(stored().record, more_doses=1)
    assert changed(shown, shown) == {}
    typed = shown | {"full_name": " LÊ AN ", "dose.2.lot": "FK0112", "dose.3.given_on": "01/02/2022", "foreign": "x"}
    assert changed(typed, shown) == {
        "full_name": "LÊ AN",
        "dose.2.lot": "FK0112",
        "dose.3.given_on": "01/02/2022",
    }
    assert changed({"sex": ""}, shown) == {"sex": ""}  # taken away
    assert changed({}, shown) == {}


def test_a_refusal_finds_its_fields() -> None:
    names = ("full_name", "dose.2.given_on", "reason")
    assert field_names(("given_on",), names) == ("dose.2.given_on",)
    assert field_names(("full_name", "nothing"), names) == ("full_name",)
    assert field_names((), names) == ()


def test_what_is_wrong_by_the_record_or_by_the_last_answer() -> None:
    assert denied_fields(stored("register-mismatch:sex,full_name")) == ("full_name", "sex")
    assert denied_fields(stored(id_number=None, id_kind=None)) == ("id_number",)


def test_a_clerk_sees_which_field_differs_and_nothing_of_the_register() -> None:
    before = {line.field: line.said for line in compare_lines(stored("register-mismatch:sex"), None)}
    assert before == {"full_name": "", "date_of_birth": "", "sex": "differs", "id_number": ""}
    answer = Compared(status=RegisterStatus.FOUND, differing=("full_name",))
    lines = compare_lines(stored("register-mismatch:sex"), answer)
    assert [line.said for line in lines] == ["differs", "agrees", "agrees", "agrees"]
    assert all(line.registered is None and line.slip is None for line in lines)
    silent = Compared(status=RegisterStatus.NO_ANSWER, differing=())
    assert {line.said for line in compare_lines(stored(), silent)} == {""}
