import re
from dataclasses import replace
from typing import Any

import pytest

from api.audit import read_log
from api.states import RecordState
from api.stations import not_ready
from api.stations.sentences import NEXT_STEPS, REASONS, STATES
from api.store.records import write_versions
from api.store.transactions import writing
from certificates.records import citizen_id, plausibility, verification
from tests.support.centre import START, World, new_version

SETTLED = {"ready", "leased", "confirmed", "signed", "issued", "expiring", "renewed", "revoked", "joined"}


def add(world: World, number: int, state: RecordState, reason: str | None, *, unit: str = "TYT-1") -> None:
    with writing(world.engine) as connection:
        version = replace(new_version(number, unit=unit, state=state), reason=reason)
        write_versions(connection, [version], by="test", why="test", at=world.clock())


def waiting(world: World, unit: str = "TYT-1") -> dict[str, Any]:
    response = world.agent(unit).post("/v1/stations/not-ready", {})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_a_station_sees_what_its_own_records_wait_for_and_no_more_of_anybody(world: World) -> None:
    world.add_records(2)
    add(world, 101, RecordState.MISMATCHED, "register-mismatch:full_name")
    world.clock.forward(hours=1)
    add(world, 102, RecordState.MALFORMED_ID, "citizen-id-length")
    add(world, 103, RecordState.INCOMPLETE, "lot-missing", unit="TYT-2")
    answer = waiting(world)
    assert answer["total"] == 2
    first, second = answer["records"]
    assert first == {
        "record_id": "r00000101",
        "initials": "N.T.H.H.",
        "birth_year": "1980",
        "since": START.isoformat().replace("+00:00", "Z"),
        "state": "mismatched",
        "reason": "register-mismatch:full_name",
        "why": {"vi": STATES[RecordState.MISMATCHED].vi, "en": STATES[RecordState.MISMATCHED].en},
        "next": {"vi": NEXT_STEPS[RecordState.MISMATCHED].vi, "en": NEXT_STEPS[RecordState.MISMATCHED].en},
    }
    assert (second["record_id"], second["why"]["vi"]) == ("r00000102", REASONS["citizen-id-length"].vi)
    assert "HẠNH" not in str(answer)
    assert [record["record_id"] for record in waiting(world, "TYT-2")["records"]] == ["r00000103"]


def test_that_somebody_looked_stands_in_the_log(world: World) -> None:
    waiting(world)
    entries = [entry for entry in read_log(world.engine, limit=10) if entry.act == "not-ready-read"]
    assert [(entry.actor, entry.subject) for entry in entries] == [("y.ta@TYT-1", "TYT-1")]


def test_no_more_than_the_limit_is_sent_and_all_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_ready, "LONGEST", 2)
    world.add_records(3, state=RecordState.UNVERIFIABLE)
    answer = waiting(world)
    assert (len(answer["records"]), answer["total"]) == (2, 3)


def test_without_a_session_nothing_is_said(world: World) -> None:
    assert world.client.post("/v1/stations/not-ready", json={}).json()["code"] == "bearer-missing"
    assert world.agent("TYT-1").post("/v1/stations/not-ready", {"unit": "TYT-2"}).json()["code"] == "request-form"


def test_every_state_that_waits_has_its_words() -> None:
    assert {state.value for state in RecordState} - SETTLED == {state.value for state in STATES}
    assert STATES.keys() == NEXT_STEPS.keys()
    for sentence in (*STATES.values(), *NEXT_STEPS.values(), *REASONS.values()):
        assert sentence.vi.endswith(".")
        assert sentence.en.endswith(".")
        assert sentence.en.isascii()


def test_every_reason_of_the_intake_has_its_words() -> None:
    said = " ".join(
        str(text)
        for text in (
            verification.find_gaps.__doc__,
            citizen_id.identify.__doc__,
            str(plausibility.find_dose_faults.__doc__).partition("Odd:")[0],
        )
    )
    codes = set(re.findall(r"``([a-z]+(?:-[a-z]+)+)``", said))
    assert len(codes) > 30
    assert codes - REASONS.keys() == set()
