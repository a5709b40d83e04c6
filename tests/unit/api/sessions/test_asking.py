"""The register's part in the check before the jab, over HTTP, with a register in a process of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.audit import read_log
from api.errors import CentreError
from api.identity.queries import RECORD_LIMIT
from api.identity.register import FileRegister
from api.sessions.asking import BATCH, ask_register
from api.store.schema_identity import register_quotas
from api.store.schema_intake import session_people
from certificates.records.model import Person, RegisterAnswer
from tests.support.centre import World
from tests.support.records import CITIZEN
from tests.support.register_server import RegisterServer, register_server
from tests.support.staff import Person as Worker
from tests.support.staff import add_person

PATH = "/v1/vaccination-sessions"
HONG = {"full_name": "Nguyễn Thị Hồng", "date_of_birth": "1961-03-07", "sex": "Nữ", "id_number": "001161012345"}
AN = HONG | {"full_name": "Lê An", "id_number": "001161000002"}
FOREIGNER = {
    "full_name": "Ann Lee",
    "date_of_birth": "1961-03-07",
    "sex": "Nữ",
    "nationality": "DK",
    "id_number": "210987654",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegisterServer]:
    with register_server(tmp_path_factory.mktemp("register")) as server:
        yield server


@pytest.fixture
def server(running: RegisterServer) -> RegisterServer:
    running.entries("001161012345,Nguyễn Thị Hồng,1961-03-07,F,found", "001161000002,Lê An,1961-03-07,F,deceased")
    running.behave()
    return running


@pytest.fixture
def clerk(server: RegisterServer, make: Callable[..., World]) -> Worker:
    world = make("two-tier", **server.settings(), session_people_per_day=BATCH + 20)
    return add_person(world, "lan", "TYT-1", "clerk")


@dataclass
class Leaving:
    """Answers once."""

    register: FileRegister
    name: str = "leaving"
    asked: int = 0

    def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
        self.asked += 1
        if self.asked > 1:
            raise CentreError("partner-away")
        return self.register.ask(persons)

    def look_up(self, person: Person) -> tuple[Person, ...]:
        raise NotImplementedError


def begin(clerk: Worker) -> str:
    new = {"unit": "TYT-1", "day": "2022-03-01", "product": "AstraZeneca", "lot": "ABX1"}
    number: str = clerk.post(PATH, new).json()["session_id"]
    return number


def put(clerk: Worker, session: str, *people: dict[str, str]) -> tuple[str, list[tuple[str, list[str]]]]:
    return told(clerk.post(f"{PATH}/{session}/people", {"people": people}))


def told(response: Any) -> tuple[str, list[tuple[str, list[str]]]]:
    answer = response.json()
    return answer["register"], [(one["verdict"], one["reasons"]) for one in answer["people"]]


def test_the_register_is_asked_before_the_jab(clerk: Worker, server: RegisterServer) -> None:
    session = begin(clerk)
    wrong = HONG | {"id_number": "001161000002", "full_name": "Lê Bình"}
    assert put(clerk, session, HONG, AN, FOREIGNER, {"full_name": "?"}) == (
        "asked",
        [("ready", []), ("stop", ["register-deceased"]), ("ready", []), ("refused", ["name-letters"])],
    )
    assert server.asked == 1
    server.entries("001161000002,Lê An,1961-03-07,F,found")
    assert put(clerk, begin(clerk), wrong) == ("asked", [("attention", ["register-mismatch"])])  # not which field
    (act, *_) = read_log(clerk.world.engine, limit=9, subject=session)
    assert (act.act, act.reason) == ("session-people-checked", "ready 2, attention 0, stop 1, refused 1, asked 2")


@pytest.mark.both_databases
def test_the_list_goes_on_while_the_register_is_away(clerk: Worker, server: RegisterServer) -> None:
    server.behave(status=503, retry_after=60)
    session = begin(clerk)
    away = ("attention", ["register-not-asked"])
    assert put(clerk, session, HONG, FOREIGNER) == ("partner-away", [away, ("ready", [])])
    assert put(clerk, session, AN) == ("partner-away", [away])
    assert server.asked == 1  # it said when to come again: the breaker waits
    slips = clerk.post(f"{PATH}/{session}/slips", {"places": [1]})
    assert slips.headers["x-slips"] == "1"
    again = f"{PATH}/{session}/ask-again"
    assert told(clerk.post(again, {})) == ("partner-away", [away, away])
    clerk.world.clock.forward(minutes=2)
    server.behave()
    assert told(clerk.post(again, {})) == ("asked", [("ready", []), ("stop", ["register-deceased"])])
    with clerk.world.engine.connect() as connection:
        rows = connection.execute(select(session_people).order_by(session_people.c.place)).all()
    assert [(row.place, row.verdict) for row in rows] == [(1, "ready"), (2, "ready"), (3, "stop")]
    assert told(clerk.post(again, {})) == ("asked", [])
    results = clerk.post(f"{PATH}/{session}/given", {"places": [1, 3]}).json()["results"]
    assert [one["outcome"] for one in results] == ["accepted", "refused"]


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ({"text": "no"}, "partner-answer"),
        ({"status": 400}, "partner-refused"),
        ({"change": "count"}, "register-answers"),
        ({"change": "other"}, "register-answers"),
    ],
)
def test_an_answer_that_cannot_be_used_is_none(
    clerk: Worker, server: RegisterServer, behaviour: dict[str, Any], code: str
) -> None:
    server.behave(**behaviour)
    assert put(clerk, begin(clerk), HONG) == (code, [("attention", ["register-not-asked"])])


def test_many_are_asked_in_batches_and_so_many_a_day(clerk: Worker, server: RegisterServer) -> None:
    many = [HONG | {"id_number": f"0011619{number:05}"} for number in range(BATCH + 1)]
    said, people = put(clerk, begin(clerk), *many)
    assert (said, server.asked) == ("asked", 2)
    assert {tuple(reasons) for _, reasons in people} == {("register-no-answer",)}
    said, people = put(clerk, begin(clerk), *many[:20])
    assert (said, [reasons for _, reasons in people]) == (
        "query-limit",
        [["register-no-answer"]] * 19 + [["register-not-asked"]],
    )


def test_what_was_answered_before_it_went_away_counts(clerk: Worker, server: RegisterServer) -> None:
    register = Leaving(FileRegister(server.folder / "register.csv"))
    people = [replace(CITIZEN, id_number=f"0011619{number:05}") for number in range(BATCH + 2)]
    asked = ask_register(clerk.world.centre, clerk.staff, register, people)
    assert (asked.said, len(asked.answers)) == ("partner-away", BATCH)
    assert asked.unasked == {person.digest for person in people[BATCH:]}


def test_a_list_is_no_way_to_try_somebodys_data(clerk: Worker, server: RegisterServer) -> None:
    """A number is asked about so many times a day, whoever asks and on whatever list."""
    other = add_person(clerk.world, "hoa", "TYT-1", "signer")
    for day in range(1, RECORD_LIMIT + 1):
        who = clerk if day % 2 else other
        guess = HONG | {"date_of_birth": f"1961-04-{day:02}"}
        assert put(who, begin(who), guess) == ("asked", [("attention", ["register-mismatch"])])
    told_nothing = ("query-limit", [("attention", ["register-not-asked"])])
    assert put(clerk, begin(clerk), HONG) == told_nothing
    assert server.asked == RECORD_LIMIT
    with clerk.world.engine.connect() as connection:
        subjects = " ".join(connection.execute(select(register_quotas.c.subject)).scalars())
    assert "001161012345" not in subjects
    clerk.world.clock.now += timedelta(days=1)
    assert clerk.log_in().status_code == 200
    new = {"unit": "TYT-1", "day": "2022-03-02", "product": "AstraZeneca", "lot": "ABX1"}
    assert put(clerk, clerk.post(PATH, new).json()["session_id"], HONG) == ("asked", [("ready", [])])


def test_without_a_register(make: Callable[..., World]) -> None:
    clerk = add_person(make("two-tier", register_address=None), "lan", "TYT-1", "clerk")
    session = begin(clerk)
    assert put(clerk, session, HONG) == ("none", [("ready", [])])
    assert clerk.post(f"{PATH}/{session}/ask-again", {}).json()["code"] == "register-none"
