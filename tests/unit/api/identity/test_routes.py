"""Identity over HTTP: who learns what of whom, how often, and what is written down of it."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from api.signing.enrolment import add_unit, enrol_token
from api.states import RecordState
from api.store.records import write_versions
from api.store.schema import audit, records, units
from api.store.schema_identity import register_queries
from api.store.transactions import writing
from api.worklists.attempts import Ground, Outcome, Way, note_attempt, pass_to_police
from certificates.records.model import IdKind
from certificates.signed_file import sign_file
from tests.support.centre import World, make_world, new_version
from tests.support.police import fill
from tests.support.register_server import RegisterServer
from tests.support.softkeys import make_key
from tests.support.staff import Person, add_person

HANH = "001180000001,Nguyễn Thị Hồng Hạnh,1980-05-04,F,"
ABOUT = {"purpose": "correction"}


@pytest.fixture
def world(server: RegisterServer, tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path, **server.settings(register_queries_per_day=3))
    for code, kind, parent in (("XA-1", "committee", None), ("CA-1", "police", "XA-1"), ("CA-2", "police", "TYT-2")):
        add_unit(
            made.engine,
            code=code,
            name=code,
            kind=kind,
            parent=parent,
            province="01",
            opened_on=date(2020, 1, 1),
            by="test",
            at=made.clock(),
        )
    with writing(made.engine) as connection:
        connection.execute(update(units).where(units.c.code == "TYT-1").values(parent="XA-1"))
    made.keys["CA-1"] = make_key("ES256", common_name="SPECIMEN CA")
    der = made.keys["CA-1"].certificate_der
    enrol_token(made.engine, "CA-1", der, settings=made.centre.settings, by="test", at=made.clock())
    yield made
    made.engine.dispose()


@pytest.fixture
def clerk(world: World) -> Person:
    return add_person(world, "lan", "TYT-1", "clerk")


@pytest.fixture
def police(world: World) -> Person:
    return add_person(world, "minh.ca", "CA-1", "police")


def mismatched(world: World, **changes: Any) -> str:
    """A record of TYT-1 that the register does not confirm."""
    version = new_version(1, unit="TYT-1", state=RecordState.MISMATCHED)
    person = replace(version.record.person, **changes)
    version = replace(
        version, record=replace(version.record, person=person), reason="register-mismatch:date_of_birth", evidence=None
    )
    with writing(world.engine) as connection:
        write_versions(connection, [version], by="huong", why="import", at=world.clock())
    return version.record.record_id


def acts(world: World, *names: str) -> list[tuple[str, str, str]]:
    with world.engine.connect() as connection:
        query = select(audit.c.actor, audit.c.act, audit.c.reason).where(audit.c.act.in_(names))
        return [tuple(row) for row in connection.execute(query.order_by(audit.c.sequence))]


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_clerk_learns_which_field_police_what_it_is(
    server: RegisterServer, world: World, clerk: Person, police: Person
) -> None:
    server.entries(HANH)
    path = f"/v1/identity/records/{mismatched(world)}"
    seen = clerk.post(f"{path}/compare", ABOUT)
    assert seen.json() == {"status": "found", "differing": ["date_of_birth"]}
    assert code(clerk.post(f"{path}/entries", ABOUT)) == (403, "role")
    shown = police.post(f"{path}/entries", {"purpose": "identity"}).json()
    (entry,) = shown["entries"]
    assert shown["entered"]["date_of_birth"] == "1980-04-05"
    assert entry["registered"]["date_of_birth"] == "1980-05-04"
    assert entry["differences"] == [
        {"field": "date_of_birth", "slip": "date-swapped", "entered": "1980-04-05", "registered": "1980-05-04"}
    ]
    assert acts(world, "register-compare", "register-entries") == [
        ("lan@TYT-1", "register-compare", "correction"),
        ("minh.ca@CA-1", "register-entries", "identity"),
    ]
    with world.engine.connect() as connection:
        rows = connection.execute(select(register_queries).order_by(register_queries.c.kind)).all()
    assert [(row.account, row.kind, row.purpose) for row in rows] == [
        ("lan", "compare", "correction"),
        ("minh.ca", "entries", "identity"),
    ]


def test_only_so_many_questions_a_day(
    server: RegisterServer, world: World, clerk: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/identity/records/{mismatched(world)}/compare"
    for _ in range(3):
        assert clerk.post(path, ABOUT).json() == {"status": "no_answer", "differing": []}
    refused = clerk.post(path, ABOUT)
    assert code(refused) == (429, "query-limit")
    assert int(refused.headers["Retry-After"]) == 15 * 3600  # it is nine in the morning in Viet Nam
    assert server.asked == 3
    assert acts(world, "register-query-refused") == [("lan@TYT-1", "register-query-refused", "query-limit")]
    monkeypatch.setattr("api.identity.queries.RECORD_LIMIT", 3)
    assert code(add_person(world, "hoa", "TYT-1", "clerk").post(path, ABOUT)) == (429, "query-limit")
    world.clock.forward(days=1)
    clerk = add_person(world, "lan.2", "TYT-1", "clerk")
    assert clerk.post(path, ABOUT).status_code == 200


def test_other_peoples_records(world: World, police: Person) -> None:
    path = f"/v1/identity/records/{mismatched(world)}"
    elsewhere = add_person(world, "nam", "TYT-2", "clerk")
    assert code(elsewhere.post(f"{path}/compare", ABOUT)) == (403, "place")
    assert code(add_person(world, "son", "CA-2", "police").post(f"{path}/entries", ABOUT)) == (403, "place")
    assert [act[0] for act in acts(world, "register-query-refused")] == ["nam@TYT-2", "son@CA-2"]
    assert code(police.post("/v1/identity/records/R-1/compare", ABOUT)) == (404, "record-unknown")
    assert code(police.post(f"{path}/compare", {"purpose": "curiosity"})) == (422, "request-form")
    assert code(police.post(f"{path}/compare", {})) == (422, "request-form")


def test_a_register_on_a_bad_day(server: RegisterServer, world: World, clerk: Person) -> None:
    record_id = mismatched(world)
    for behaviour, answer in (
        ({"status": 503, "retry_after": 30}, (503, "partner-away")),
        ({"change": "other"}, (502, "register-answers")),
        ({"text": "no"}, (502, "partner-answer")),
    ):
        world.clock.forward(days=1)
        clerk = add_person(world, f"lan{answer[1]}", "TYT-1", "clerk")
        server.behave(**behaviour)
        response = clerk.post(f"/v1/identity/records/{record_id}/compare", ABOUT)
        assert code(response) == answer
    assert world.state(record_id) == ("mismatched", "register-mismatch:date_of_birth")


def test_foreigners_are_vouched_for_by_the_passport(world: World, clerk: Person, police: Person) -> None:
    record_id = mismatched(world, nationality="DK", id_kind=IdKind.PASSPORT, id_number="210987654")
    path = f"/v1/identity/records/{record_id}"
    assert code(clerk.post(f"{path}/compare", ABOUT)) == (409, "query-foreigner")
    assert code(clerk.post(f"{path}/attestation", {"document": "passport"})) == (409, "record-state")
    with writing(world.engine) as connection:
        connection.execute(update(records).values(state="awaiting_match"))
    elsewhere = add_person(world, "nam", "TYT-2", "clerk")
    assert code(elsewhere.post(f"{path}/attestation", {"document": "passport"})) == (403, "place")
    assert code(police.post(f"{path}/attestation", {"document": "passport"})) == (403, "role")
    assert code(clerk.post(f"{path}/attestation", {"document": "library card"})) == (422, "attestation-document")
    assert clerk.post(f"{path}/attestation", {"document": "passport"}).json()["state"] == "ready"
    assert acts(world, "person-attested") == [("lan@TYT-1", "person-attested", "passport")]


def _sign(world: World, record_id: str) -> None:
    """Whoever signs is told whose word it rests on, verifies it, and the passport is made."""
    agent = world.agent("TYT-1")
    leased = agent.lease()
    (job,) = leased["jobs"]
    assert job["evidence"]["kind"] == "police"
    assert (job["evidence"]["attested_by"], job["evidence"]["vouched_by"]) == ("minh.ca", "lan")
    (confirmed,) = agent.submit(leased["lease_id"], [agent.sign(job)])
    assert confirmed["outcome"] == "accepted"
    assert world.agent("BYT").work()[0]["outcome"] == "accepted"
    assert world.state(record_id) == ("issued", None)


def give_to_police(world: World, clerk: Person, record_id: str) -> None:
    """The person was reached, and says that the register is wrong."""
    note_attempt(world.centre, clerk.staff, record_id, way=Way.VISIT, outcome=Outcome.DATA_CONFIRMED)
    pass_to_police(world.centre, clerk.staff, record_id, ground=Ground.DATA_CONFIRMED)


def test_a_dispute_goes_to_police_whose_signed_word_settles_it(world: World, clerk: Person, police: Person) -> None:
    record_id = mismatched(world)
    assert code(clerk.post("/v1/identity/lists", {"unit": "TYT-1"})) == (409, "list-empty")
    give_to_police(world, clerk, record_id)
    assert world.state(record_id)[0] == "register_disputed"
    made = clerk.post("/v1/identity/lists", {"unit": "TYT-1"}).json()
    assert (made["state"], made["classes"]) == ("made", {"basics": 1})
    assert code(clerk.post("/v1/identity/lists", {"unit": "TYT-1"})) == (409, "list-empty")
    world.clock.forward(hours=1)
    file = fill(base64.b64decode(made["file"]), {record_id: ("Đúng",)})
    signed = {"file": base64.b64encode(file).decode(), "signature": base64.b64encode(b"x").decode()}
    assert code(clerk.post("/v1/identity/lists/signed", signed)) == (422, "file-cms")
    cms = sign_file(file, world.keys["CA-1"], account="nobody", at=world.clock())
    signed["signature"] = base64.b64encode(cms).decode()
    assert code(clerk.post("/v1/identity/lists/signed", signed)) == (403, "list-account")
    cms = sign_file(file, world.keys["CA-1"], account="minh.ca", at=world.clock())
    signed["signature"] = base64.b64encode(cms).decode()
    elsewhere = add_person(world, "nam", "TYT-2", "clerk")
    assert code(elsewhere.post("/v1/identity/lists/signed", signed)) == (403, "place")
    answer = police.post("/v1/identity/lists/signed", signed).json()
    assert (answer["outcomes"], answer["vouched_by"], answer["police"]) == ({"applied": 1}, "lan", "minh.ca")
    assert code(clerk.post("/v1/identity/lists/signed", signed)) == (409, "list-closed")
    assert world.state(record_id) == ("ready", None)
    _sign(world, record_id)
    for person in (clerk, police):
        (shown,) = person.get("/v1/identity/lists?unit=TYT-1").json()["lists"]
        assert (shown["list"], shown["state"], shown["police_unit"]) == (made["list"], "applied", "CA-1")
    assert code(elsewhere.get("/v1/identity/lists?unit=TYT-1")) == (403, "place")


def test_lists_are_counted_as_exports(world: World, clerk: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    give_to_police(world, clerk, mismatched(world))
    path = "/v1/identity/lists"
    assert code(clerk.post(path, {"unit": "TYT-1", "export_id": "x"})) == (404, "export-unknown")
    assert code(clerk.post(path, {"unit": "TYT-2"})) == (403, "place")
    made = clerk.post(path, {"unit": "TYT-1"}).json()
    assert [act[1] for act in acts(world, "ask-export", "take-export", "list-exported")] == [
        "ask-export",
        "take-export",
        "list-exported",
    ]
    assert clerk.post(f"{path}/{made['list']}/withdraw", {"reason": "lost"}).json() == {
        "list": made["list"],
        "state": "withdrawn",
    }
    assert code(clerk.post(f"{path}/{made['list']}/withdraw", {"reason": "lost"})) == (409, "list-closed")
    monkeypatch.setattr("api.accounts.exports.ALONE", 1)
    waiting = clerk.post(path, {"unit": "TYT-1"}).json()
    assert (waiting["state"], waiting["rows"], waiting["file"]) == ("waiting", 1, None)
    request = {"unit": "TYT-1", "export_id": waiting["export_id"]}
    assert code(clerk.post(path, request)) == (409, "export-waiting")
    other = add_person(world, "hoa", "TYT-1", "clerk")
    assert other.post("/v1/staff/exports/approve", {"export_id": waiting["export_id"]}).status_code == 200
    assert clerk.post(path, request).json()["state"] == "made"


def test_without_a_register_there_is_nobody_to_ask(tmp_path: Path) -> None:
    made = make_world(tmp_path, register_address=None)
    record_id = mismatched(made)
    clerk = add_person(made, "lan", "TYT-1", "clerk")
    assert code(clerk.post(f"/v1/identity/records/{record_id}/compare", ABOUT)) == (409, "register-none")
    made.engine.dispose()
