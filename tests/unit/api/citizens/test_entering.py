"""The proof: a code that is sent, or the slip; and that nobody learns whom the centre knows."""

from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from api.citizens.apps import revoke_app_key
from api.citizens.entering import CODE_LIFE, MOST_TRIES
from api.citizens.holder import SESSION_LIFE
from api.citizens.limits import CODES_OF_A_PERSON
from api.identity.corrections import correct
from api.store.schema import audit, records
from api.store.schema_citizens import app_requests, citizen_contacts, citizen_tickets
from api.store.transactions import writing
from certificates.records.dates import PartialDate
from tests.support.centre import World
from tests.support.citizens import NAME, SLIP, CitizenApp, add_app, add_citizen, id_number

BORN = "05/04/1980"


@pytest.fixture
def app(world: World) -> CitizenApp:
    add_citizen(world)
    return add_app(world)


def acts(world: World, *names: str) -> list[tuple[str, str, str]]:
    with world.engine.connect() as connection:
        rows = connection.execute(select(audit).where(audit.c.act.in_(names)).order_by(audit.c.sequence))
        return [(row.act, row.subject, row.reason) for row in rows]


@pytest.mark.parametrize(
    "who",
    [
        {"id_number": "001 180 000001"},
        {"full_name": "nguyễn thị  hồng hạnh", "date_of_birth": BORN},
        {"full_name": NAME, "date_of_birth": "1980-04-05"},
        {"record_id": "r00000001"},
    ],
)
@pytest.mark.both_databases
def test_a_code_comes_and_opens_a_session_once(world: World, who: dict[str, str]) -> None:
    add_citizen(world)
    app = add_app(world)
    asked = app.ask(**who)
    assert asked.status_code == 200, asked.text
    (code,) = app.delivered()
    assert app.delivered() == []  # sent once
    body = {"ticket": asked.json()["ticket"], "code": code}
    opened = app.post("enter/code", body)
    assert (opened.status_code, opened.json()["expires_at"]) == (200, "2022-03-01T02:30:00Z")
    again = app.post("enter/code", body)
    assert (again.status_code, again.json()["code"]) == (403, "citizen-code-refused")
    way = "id-number" if "id_number" in who else "record" if "record_id" in who else "name"
    assert acts(world, "citizen-code-asked", "citizen-entered", "citizen-code-wrong") == [
        ("citizen-code-asked", "r00000001", way),
        ("citizen-entered", "r00000001", "code"),
        ("citizen-code-wrong", "r00000001", "code"),
    ]


def test_the_answer_is_the_same_whoever_is_asked_for(app: CitizenApp, world: World) -> None:
    add_citizen(world, 2, contact=None)
    known, silent = app.ask(id_number=id_number(1)), app.ask(id_number=id_number(2))
    unknown, nameless = app.ask(id_number=id_number(3)), app.ask(full_name="Trần Văn A", date_of_birth="1980")
    assert nameless.json()["code"] == "citizen-form"  # says nothing of anybody: a year alone needs the unit
    answers = [answer.json() for answer in (known, silent, unknown)]
    assert len({str(answer["words"]) for answer in answers}) == 1
    assert len({len(answer["ticket"]) for answer in answers}) == 1
    assert {answer.status_code for answer in (known, silent, unknown)} == {200}
    assert len(app.delivered()) == 1
    with world.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(citizen_tickets)).scalar_one() == 3
    told = [subject for _, subject, _ in acts(world, "citizen-code-asked")]
    assert told == ["r00000001", "r00000002", "unknown"]


def test_the_same_statements_run_whether_the_person_is_known(app: CitizenApp, world: World) -> None:
    ran: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *given: ran.append(given[2]))
    app.ask(id_number=id_number(1))
    known = ran.copy()
    ran.clear()
    app.ask(id_number=id_number(7))
    assert ran == known


def test_five_tries_and_ten_minutes(app: CitizenApp, world: World) -> None:
    ticket = app.ask(id_number=id_number(1)).json()["ticket"]
    (code,) = app.delivered()
    wrong = "9" * 8 if code[0] != "9" else "1" * 8
    for _ in range(MOST_TRIES):
        assert app.post("enter/code", {"ticket": ticket, "code": wrong}).status_code == 403
    assert app.post("enter/code", {"ticket": ticket, "code": code}).status_code == 403
    late = app.ask(id_number=id_number(1)).json()["ticket"]
    (code,) = app.delivered()
    world.clock.forward(seconds=CODE_LIFE.total_seconds())
    assert app.post("enter/code", {"ticket": late, "code": code}).status_code == 403
    assert app.post("enter/code", {"ticket": "nobody's", "code": code}).status_code == 403


def test_a_person_gets_six_codes_a_day_and_nobody_is_told_when_no_more_come(app: CitizenApp) -> None:
    answers = [app.ask(id_number=id_number(1)) for _ in range(CODES_OF_A_PERSON + 1)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(app.delivered()) == CODES_OF_A_PERSON


@pytest.mark.both_databases
def test_a_network_asks_for_so_many_an_hour(make: Any) -> None:
    world: World = make("two-tier", citizen_codes_per_hour=2)
    app = add_app(world)
    assert [app.ask(id_number=id_number(number)).status_code for number in (1, 2, 3)] == [200, 200, 429]
    world.clock.forward(hours=1)
    assert app.ask(id_number=id_number(3)).status_code == 200
    slip = {"record_id": "r00000001", "claim_code": SLIP}
    assert [app.post("enter/slip", slip).status_code for _ in range(3)] == [403, 403, 429]


def test_the_same_request_again_is_answered_as_before(app: CitizenApp) -> None:
    first = app.ask("one-request", id_number=id_number(1))
    again = app.ask("one-request", id_number=id_number(1))
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert len(app.delivered()) == 1
    other = app.ask("one-request", id_number=id_number(2))
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-other")


@pytest.mark.parametrize(
    "who", [{"record_id": "r00000001"}, {"id_number": id_number(1)}, {"full_name": NAME, "date_of_birth": BORN}]
)
def test_the_slip_opens_a_session(app: CitizenApp, who: dict[str, str]) -> None:
    assert app.post("enter/slip", {**who, "claim_code": SLIP.lower()}).status_code == 200


def test_slips_that_do_not_fit_are_refused_alike(app: CitizenApp, world: World) -> None:
    misses = [{"record_id": "r00000001", "claim_code": "00000-00000"}, {"record_id": "none", "claim_code": SLIP}]
    answers = [app.post("enter/slip", miss) for miss in misses]
    assert len({answer.text for answer in answers}) == 1
    assert acts(world, "citizen-slip-refused") == [
        ("citizen-slip-refused", "r00000001", "record"),
        ("citizen-slip-refused", "unknown", "record"),
    ]
    for _ in range(4):
        app.post("enter/slip", misses[0])
    assert app.post("enter/slip", {"record_id": "r00000001", "claim_code": SLIP}).status_code == 403


def test_a_year_of_birth_is_enough_with_the_unit(app: CitizenApp, world: World) -> None:
    add_citizen(world, 2, name="H'Hen Niê", born=PartialDate(1941), unit="TYT-2")
    app.ask(full_name="H’HEN NIÊ", date_of_birth="1941", unit="TYT-2")
    app.ask(full_name="H'Hen Niê", date_of_birth="1941", unit="TYT-1")
    assert len(app.delivered()) == 1


def test_two_of_one_name_get_no_code_by_name(app: CitizenApp, world: World) -> None:
    add_citizen(world, 2)
    app.ask(full_name=NAME, date_of_birth=BORN)
    assert app.delivered() == []


def test_a_joined_record_is_not_found(app: CitizenApp, world: World) -> None:
    with writing(world.engine) as connection:
        connection.execute(update(records).values(state="joined"))
    app.ask(id_number=id_number(1))
    assert app.delivered() == []


def test_what_is_missing_is_named(app: CitizenApp) -> None:
    for who, fields in (
        ({}, ["id_number", "full_name", "date_of_birth"]),
        ({"full_name": NAME}, ["date_of_birth"]),
        ({"full_name": NAME, "date_of_birth": "31/02/1980"}, ["date_of_birth"]),
        ({"full_name": NAME, "date_of_birth": "1980"}, ["unit"]),
        ({"id_number": "123"}, ["id_number"]),
    ):
        answer = app.ask(**who)
        assert (answer.status_code, answer.json()["code"], answer.json()["fields"]) == (422, "citizen-form", fields)


def test_sessions_end_and_belong_to_their_app(app: CitizenApp, world: World) -> None:
    app.enter()
    other = add_app(world)
    other.bearer = app.bearer
    assert other.post("enter/leave").json()["code"] == "citizen-session-ended"
    assert app.post("enter/leave").status_code == 200
    assert app.post("enter/leave").json()["code"] == "citizen-session-ended"
    app.bearer = ""
    assert app.post("enter/leave").json()["code"] == "citizen-bearer-missing"
    app.enter()
    world.clock.forward(seconds=SESSION_LIFE.total_seconds())
    assert app.post("enter/leave").status_code == 401


def test_without_a_key_nothing_is_asked(app: CitizenApp, world: World) -> None:
    revoke_app_key(world.engine, app.key_id, by="operator", at=world.clock())
    assert app.ask(id_number=id_number(1)).json()["code"] == "app-key-refused"


def test_neither_contact_nor_answer_lies_open_in_the_database(app: CitizenApp, world: World) -> None:
    app.ask(id_number=id_number(1))
    with world.engine.connect() as connection:
        kept = [
            *connection.execute(select(citizen_contacts.c.sealed)).scalars(),
            *connection.execute(select(citizen_tickets.c.message)).scalars(),
            *connection.execute(select(app_requests.c.answer)).scalars(),
        ]
    assert len(kept) == 3
    assert not any(b"345678" in one or b"ticket" in one for one in kept)


def test_who_was_corrected_is_found_by_the_right_name(app: CitizenApp, world: World) -> None:
    right = "Nguyễn Thị Hồng Hạnh Nhân"
    correct(world.engine, "r00000001", {"full_name": right}, by="lan@TYT-1", why="id", at=world.clock())
    app.ask(full_name=NAME, date_of_birth=BORN)
    assert app.delivered() == []
    app.ask(full_name=right, date_of_birth=BORN)
    assert len(app.delivered()) == 1
