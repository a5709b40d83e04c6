"""Who writes beside whom on PostgreSQL; on SQLite there is one writer anyway."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from api.audit import record_act, verify_log
from api.errors import CentreError
from api.passports.citizen import fetch_pdf
from api.passports.claims import hash_claim_code
from api.passports.slips import MOST_FAILURES
from api.store.schema import claim_codes, units
from api.store.transactions import Turn, again, writing
from tests.support.centre import World
from tests.support.intake import NOW
from tests.support.together import together

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("turn", list(Turn))
def test_the_log_has_one_writer(world: World, pool: ThreadPoolExecutor, turn: Turn) -> None:
    before = verify_log(world.engine).sequence

    def act() -> None:
        for number in range(10):
            with writing(world.engine, turn) as connection:
                record_act(connection, at=NOW, actor="a", act="x", subject=str(number))

    together(pool, *[act] * 6)
    assert verify_log(world.engine).sequence == before + 60


def test_who_is_alone_decides_by_what_is_there(world: World, pool: ThreadPoolExecutor) -> None:
    def add_one() -> None:
        with writing(world.engine, Turn.ALONE) as connection:
            count = len(connection.execute(select(units.c.code)).all())
            values = {"code": f"N{count}", "name": "U", "kind": "station", "province": "1", "opened_on": "2000-01-01"}
            connection.execute(units.insert(), values)

    together(pool, *[add_one] * 6)


def test_acts_of_a_transaction_that_was_taken_back_are_not_told(world: World) -> None:
    before = verify_log(world.engine)
    with writing(world.engine) as connection:
        record_act(connection, at=NOW, actor="a", act="x", subject="y")
        connection.rollback()
    assert verify_log(world.engine) == before


def test_more_acts_than_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.audit._AT_MOST", 3)
    before = verify_log(world.engine).sequence
    with writing(world.engine, Turn.ORDER) as connection:
        for number in range(10):
            record_act(connection, at=NOW, actor="a", act="x", subject=str(number))
    assert verify_log(world.engine).sequence == before + 10


def test_guesses_that_come_at_once_are_all_counted(make: Any, pool: ThreadPoolExecutor) -> None:
    world: World = make("station")
    (record_id,) = world.add_records(1)
    world.agent("TYT-1").work()
    secret = world.centre.secret
    with writing(world.engine) as connection:
        values = {"record_id": record_id, "code_hash": hash_claim_code(secret, record_id, "right"), "failures": 0}
        connection.execute(claim_codes.insert(), values | {"province": "01", "made_at": "x"})
        code = connection.exec_driver_sql("SELECT uvci FROM passports").scalar_one()

    def guess(claim: str) -> str:
        try:
            fetch_pdf(world.centre, certificate_code=code, date_of_birth="1980-04-05", claim_code=claim)
        except CentreError as error:
            return error.code
        return "page"

    together(pool, *[lambda: guess("wrong")] * (MOST_FAILURES + 2))
    assert guess("right") == "passport-not-found"
    with world.engine.connect() as connection:
        assert connection.execute(select(claim_codes.c.failures)).scalar_one() == MOST_FAILURES


def test_other_failures_are_not_tried_again(world: World) -> None:
    tries = list[int]()

    @again
    def failing() -> None:
        tries.append(1)
        with writing(world.engine) as connection:
            connection.exec_driver_sql("SELECT nothing")

    with pytest.raises(DBAPIError):
        failing()
    assert len(tries) == 1
