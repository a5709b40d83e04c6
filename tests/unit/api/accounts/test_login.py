import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.accounts.administration import add_account, disable_account, enable_account, reset_account, set_roles
from api.accounts.login import FREE_TRIES, PasswordAndCode, prove_by_password
from api.accounts.second_factor import code_at
from api.audit import read_log
from api.config import Settings
from api.errors import CentreError
from api.store.schema_accounts import accounts, login_tries, staff_sessions
from certificates.records.model import instant_from_text
from tests.support.centre import World
from tests.support.staff import PASSWORD, Person, add_person


@pytest.fixture
def clerk(world: World) -> Person:
    return add_person(world, "thu", "TYT-1", "clerk")


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_person_logs_in_with_password_and_code(world: World, clerk: Person) -> None:
    answer = clerk.log_in().json()
    assert (answer["account"], answer["unit"], answer["roles"]) == ("thu", "TYT-1", ["clerk"])
    assert clerk.get("/v1/staff/me").json() == {"account": "thu", "unit": "TYT-1", "roles": ["clerk"]}
    with world.engine.connect() as connection:
        hashes = set(connection.execute(select(staff_sessions.c.token_hash)).scalars())
    assert hashlib.sha256(clerk.bearer.encode()).digest() in hashes


def test_the_first_log_in_sets_a_password(world: World) -> None:
    handed = add_account(world.centre, account="an", unit="BYT", roles=("auditor",), by="root")
    assert handed.password not in repr(handed)
    assert "otpauth" not in repr(handed)
    with world.engine.connect() as connection:
        stored = connection.execute(select(accounts)).one()
    assert handed.password not in repr(stored)
    secret = _secret_of(handed.otpauth)
    body = {"account": "AN", "password": handed.password, "code": code_at(secret, world.clock())}

    def log_in(**more: str) -> Any:
        return world.client.post("/v1/staff/login", json={**body, **more})

    assert code(log_in()) == (403, "password-first")
    for bad in ("short", "aaaaaaaaaaaaaa", handed.password):
        assert code(log_in(new_password=bad)) == (422, "password-form")
    assert log_in(new_password="một mật khẩu dài").status_code == 200
    world.clock.forward(seconds=30)
    body["code"] = code_at(secret, world.clock())
    assert code(log_in()) == (401, "staff-login-refused")
    assert log_in(password="một mật khẩu dài").status_code == 200  # letters in pieces


def test_a_code_is_good_once_and_for_a_step_beside(world: World, clerk: Person) -> None:
    before = code_at(clerk.secret, world.clock() - timedelta(seconds=30))
    too_old = code_at(clerk.secret, world.clock() - timedelta(seconds=60))
    assert code(clerk.log_in(code=too_old)) == (401, "staff-login-refused")
    assert clerk.log_in(code=before).status_code == 200
    assert code(clerk.log_in(code=before)) == (401, "staff-login-refused")
    assert clerk.log_in().status_code == 200
    world.clock.forward(seconds=30)
    after = code_at(clerk.secret, world.clock() + timedelta(seconds=30))
    assert clerk.log_in(code=after).status_code == 200
    assert code(clerk.log_in()) == (401, "staff-login-refused")  # the one before it counts as used


def test_whatever_is_wrong_gets_the_same_answer(world: World, clerk: Person) -> None:
    add_person(world, "gone", "TYT-1", "clerk")
    disable_account(world.centre, account="gone", by="root", reason="left")
    answers = [
        clerk.log_in(password="another password"),
        clerk.log_in(code="000000"),
        clerk.log_in(code="x"),
        world.client.post("/v1/staff/login", json={"account": "nobody", "password": PASSWORD, "code": clerk.code}),
        world.client.post("/v1/staff/login", json={"account": "gone", "password": PASSWORD, "code": clerk.code}),
    ]
    assert {code(answer) for answer in answers} == {(401, "staff-login-refused")}
    assert len({answer.text for answer in answers}) == 1
    assert [act.subject for act in read_log(world.engine, limit=9) if act.act == "staff-login-failed"] == [
        "gone",
        "unknown",
        "thu",
        "thu",
        "thu",
    ]


@pytest.mark.parametrize("name", ["thu", "nobody"])
def test_each_failure_makes_the_pause_longer_for_any_name(world: World, clerk: Person, name: str) -> None:
    def fail() -> Any:
        return clerk.log_in(account=name, password="another password")

    pauses = []
    for _ in range(FREE_TRIES + 6):
        assert code(fail()) == (401, "staff-login-refused")
        paused = fail()
        if paused.status_code == 429:
            assert code(paused) == (429, "staff-login-paused")
            assert code(clerk.log_in(account=name)) == (429, "staff-login-paused")  # the right one, too
            pauses.append(int(paused.headers["retry-after"]))
            world.clock.forward(seconds=pauses[-1])
    assert pauses[0] == 30
    assert pauses[:6] == [30, 60, 120, 240, 480, 900]
    with world.engine.connect() as connection:
        assert name not in repr(connection.execute(select(login_tries)).all())
    if name == "thu":
        assert clerk.log_in().status_code == 200
        assert code(fail()) == (401, "staff-login-refused")
        assert clerk.log_in(code=code_at(clerk.secret, world.clock() + timedelta(seconds=30))).status_code == 200


def test_old_tries_are_forgotten(world: World, clerk: Person) -> None:
    for _ in range(FREE_TRIES):
        clerk.log_in(password="another password")
    world.clock.forward(days=2)
    clerk.log_in()
    with world.engine.connect() as connection:
        assert connection.execute(select(login_tries)).all() == []


@pytest.mark.both_databases
def test_guesses_at_once_are_counted_one_by_one(world: World, clerk: Person) -> None:
    def guess(_number: int) -> str:
        given = PasswordAndCode(account="thu", password="another password", code="000000")
        with pytest.raises(CentreError) as caught:
            prove_by_password(world.centre, given)
        return caught.value.code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(12)))
    assert answers.count("staff-login-refused") == FREE_TRIES


@pytest.mark.both_databases
def test_one_code_opens_one_session(world: World, clerk: Person) -> None:
    given = PasswordAndCode(account="thu", password=PASSWORD, code=clerk.code)

    def prove(_number: int) -> str:
        try:
            return prove_by_password(world.centre, given).by
        except CentreError as error:
            return error.code

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(prove, range(3)))
    assert sorted(answers) == ["password", "staff-login-refused", "staff-login-refused"]


def test_a_session_ends(world: World, clerk: Person) -> None:
    other = add_person(world, "loan", "TYT-1", "clerk")
    assert clerk.post("/v1/staff/logout", {}).status_code == 200
    assert code(clerk.get("/v1/staff/me")) == (401, "staff-session-ended")
    world.clock.forward(hours=8)
    assert code(other.get("/v1/staff/me")) == (401, "staff-session-ended")
    assert code(world.client.get("/v1/staff/me")) == (401, "staff-bearer-missing")
    agent = world.agent("TYT-1")
    other.bearer = agent.bearer
    assert code(other.get("/v1/staff/me")) == (401, "staff-session-ended")


@pytest.fixture
def strict(make: Callable[..., World]) -> World:
    """A centre with the usual limit."""
    return make("two-tier", staff_idle_minutes=Settings().staff_idle_minutes)


@pytest.mark.both_databases
def test_a_session_that_is_left_alone_ends(strict: World) -> None:
    person = add_person(strict, "thu", "TYT-1", "clerk")
    strict.clock.forward(minutes=1)
    assert person.log_in().json()["idle_minutes"] == 30
    for _ in range(3):  # whoever works stays
        strict.clock.forward(minutes=29)
        assert person.get("/v1/staff/me").status_code == 200
    strict.clock.forward(minutes=30)
    assert code(person.get("/v1/staff/me")) == (401, "staff-session-ended")
    assert code(person.get("/v1/staff/me")) == (401, "staff-session-ended")  # asking makes it no younger
    assert person.log_in().status_code == 200
    for _ in range(19):
        strict.clock.forward(minutes=25)
        assert person.get("/v1/staff/me").status_code == 200
    strict.clock.forward(minutes=5)  # eight hours are eight hours
    assert code(person.get("/v1/staff/me")) == (401, "staff-session-ended")


@pytest.mark.both_databases
def test_a_use_is_written_down_once_a_minute(strict: World) -> None:
    person = add_person(strict, "thu", "TYT-1", "clerk")
    begun = strict.clock()

    def seen(**later: float) -> datetime:
        strict.clock.forward(**later)
        with ThreadPoolExecutor(4) as pool:  # a page and what it loads
            answers = list(pool.map(lambda _: person.get("/v1/staff/me").status_code, range(4)))
        assert answers == [200] * 4
        with strict.engine.connect() as connection:
            return instant_from_text(connection.execute(select(staff_sessions.c.seen_at)).scalar_one())

    assert seen() == begun
    assert seen(seconds=59) == begun
    assert seen(seconds=1) == begun + timedelta(minutes=1)
    assert seen(seconds=59) == begun + timedelta(minutes=1)


def test_what_becomes_of_an_account_holds_from_the_next_request(world: World, clerk: Person) -> None:
    set_roles(world.centre, account="thu", roles=("overseer", "clerk"), by="root")
    assert clerk.get("/v1/staff/me").json()["roles"] == ["clerk", "overseer"]
    disable_account(world.centre, account="thu", by="root", reason="left")
    assert code(clerk.get("/v1/staff/me")) == (401, "staff-session-ended")
    enable_account(world.centre, account="thu", by="root", reason="back")
    assert code(clerk.get("/v1/staff/me")) == (401, "staff-session-ended")
    assert clerk.log_in().status_code == 200
    handed = reset_account(world.centre, account="thu", by="root", reason="telephone lost")
    assert code(clerk.get("/v1/staff/me")) == (401, "staff-session-ended")
    world.clock.forward(seconds=60)
    assert code(clerk.log_in()) == (401, "staff-login-refused")
    clerk.secret = _secret_of(handed.otpauth)
    assert clerk.log_in(password=handed.password, new_password="another password").status_code == 200


def test_a_second_factor_of_another_account_does_not_open(world: World, clerk: Person) -> None:
    other = add_person(world, "loan", "TYT-1", "clerk")
    with world.engine.begin() as connection:
        sealed = connection.execute(select(accounts.c.totp_secret).where(accounts.c.account == "loan")).scalar_one()
        connection.execute(update(accounts).where(accounts.c.account == "thu").values(totp_secret=sealed))
    given = PasswordAndCode(account="thu", password=PASSWORD, code=other.code)
    with pytest.raises(CentreError, match="second-factor-damaged"):
        prove_by_password(world.centre, given)


def test_nothing_secret_is_told(world: World, clerk: Person) -> None:
    given = PasswordAndCode(account="thu", password="another password", code="123456", new_password="third password")
    assert repr(given) == "PasswordAndCode(account='thu')"
    clerk.log_in(account="another password", password="x")
    clerk.log_in(password="another password")
    told = json.dumps([repr(act) for act in read_log(world.engine, limit=99)])
    assert "password" not in told.replace("set-password", "")


def test_malformed_log_ins(world: World) -> None:
    for body in ({}, {"account": "a b", "password": "x", "code": "1"}, {"account": "a", "password": "", "code": "1"}):
        assert code(world.client.post("/v1/staff/login", json=body)) == (422, "request-form")
    for text in (r'"\ud800"', '"' + "x" * 129 + '"'):
        answer = world.client.post(
            "/v1/staff/login",
            content=f'{{"account": "a", "password": {text}, "code": "1"}}',
            headers={"Content-Type": "application/json"},
        )
        assert code(answer) == (422, "request-form")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"account": "A"}, "account-form"),
        ({"account": "x" * 65}, "account-form"),
        ({"account": "001180000001"}, "account-form"),
        ({"roles": ()}, "account-roles"),
        ({"roles": ("clerk", "king")}, "account-roles"),
        ({"unit": "TYT-9"}, "unit-unknown"),
        ({"account": "thu"}, "account-exists"),
    ],
)
def test_accounts_that_are_not_made(world: World, clerk: Person, given: dict[str, Any], refusal: str) -> None:
    wanted: dict[str, Any] = {"account": "an", "unit": "TYT-1", "roles": ("clerk",), "by": "root", **given}
    with pytest.raises(CentreError, match=refusal):
        add_account(world.centre, **wanted)


def test_an_account_that_is_not_there(world: World) -> None:
    for change in (disable_account, enable_account, reset_account):
        with pytest.raises(CentreError, match="account-unknown"):
            change(world.centre, account="nobody", by="root", reason="x")
    with pytest.raises(CentreError, match="account-unknown"):
        set_roles(world.centre, account="nobody", roles=("clerk",), by="root")


def _secret_of(otpauth: str) -> bytes:
    import base64
    from urllib.parse import parse_qs, urlsplit

    text = parse_qs(urlsplit(otpauth).query)["secret"][0]
    return base64.b32decode(text)
