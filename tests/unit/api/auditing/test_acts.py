from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.accounts.staff import Staff
from api.audit import Act, record_acts
from api.auditing.acts import Question, answer_auditor, find_acts
from api.errors import CentreError
from api.store.transactions import writing
from certificates.records.model import instant_to_text
from tests.support.centre import START, World
from tests.support.staff import add_person

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
AUDITOR = Staff(account="kiem", unit="TYT-1", roles=frozenset({"auditor"}))


def asked(**who: Any) -> Question:
    return Question(begin=START, end=START + DAY, **who)


def test_by_signer_token_and_unit(world: World) -> None:
    world.add_records(3)
    world.agent("TYT-1").work()
    world.agent("BYT", account="minh").work()
    token = world.keys["TYT-1"].certificate.fingerprint
    confirmed = ["login", "lease-confirm", *["confirm-signed"] * 3]
    for question in (asked(signer="y.ta@TYT-1"), asked(unit="TYT-1"), asked(token=token)):
        found = find_acts(world.engine, question)
        assert [one.act for one in found.acts] == confirmed
        assert {one.token for one in found.acts} == {token}
        assert found.following is None
    assert [one.act for one in find_acts(world.engine, asked(signer="minh@BYT")).acts][-1] == "issue-signed"
    assert find_acts(world.engine, asked(unit="TYT-2")).acts == ()


def test_between_two_times_and_in_pages(world: World) -> None:
    for day in range(3):
        with writing(world.engine) as connection:
            acts = [Act(actor="lan@TYT-1", act="x", subject=f"{day}-{number}") for number in range(2)]
            record_acts(connection, acts, at=START + day * DAY)
    question = Question(unit="TYT-1", begin=START + DAY, end=START + 2 * DAY)
    assert [one.subject for one in find_acts(world.engine, question).acts] == ["1-0", "1-1"]
    first = find_acts(world.engine, question, limit=1)
    assert [one.subject for one in first.acts] == ["1-0"]
    assert first.following is not None
    rest = find_acts(world.engine, question, after=first.following, limit=1)
    assert ([one.subject for one in rest.acts], rest.following) == (["1-1"], None)


def test_one_is_asked_about(world: World) -> None:
    for who in ({}, {"unit": "TYT-1", "signer": "a@TYT-1"}):
        with pytest.raises(CentreError, match="acts-of-one"):
            find_acts(world.engine, asked(**who))


def test_an_auditor_sees_the_own_part_of_the_tree_and_is_seen(world: World) -> None:
    world.agent("TYT-1")
    token = {unit: world.keys[unit].certificate.fingerprint for unit in ("TYT-1", "TYT-2")}
    for question in (asked(unit="TYT-1"), asked(signer="y.ta@TYT-1"), asked(token=token["TYT-1"])):
        assert [one.act for one in answer_auditor(world.centre, AUDITOR, question).acts] == ["login"]
    for foreign in (
        asked(unit="TYT-2"),
        asked(signer="y.ta@TYT-2"),
        asked(token=token["TYT-2"]),
        asked(token=bytes(32)),
        asked(signer="root"),
        asked(unit="001180123456"),
    ):
        with pytest.raises(CentreError, match="place"):
            answer_auditor(world.centre, AUDITOR, foreign)
    clerk = Staff(account="a", unit="TYT-1", roles=frozenset({"clerk", "operator"}))
    with pytest.raises(CentreError, match="role"):
        answer_auditor(world.centre, clerk, asked(unit="TYT-1"))
    own = [(one.act, one.subject) for one in find_acts(world.engine, asked(signer="kiem@TYT-1")).acts]
    assert own == [("log-read", "TYT-1")] * 3


def test_an_index_finds_them(world: World) -> None:
    if world.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads so small a table whole")
    for column in ("actor", "unit", "token"):
        query = text(f"EXPLAIN QUERY PLAN SELECT * FROM audit WHERE {column} = 'x' AND at > 'y'")  # noqa: S608
        with world.engine.connect() as connection:
            plan = connection.execute(query).all()
        assert f"audit_{column}" in str(plan)


def test_over_http(world: World) -> None:
    world.agent("TYT-1")
    auditor = add_person(world, "kiem", "TYT-1", "auditor")
    asked = {"begin": instant_to_text(START), "end": instant_to_text(START + DAY), "unit": "TYT-1"}
    found = auditor.post("/v1/audit/acts", asked).json()
    assert [one["act"] for one in found["acts"]][:1] == ["login"]
    assert found["acts"][0]["token"] == world.keys["TYT-1"].certificate.fingerprint.hex()
    assert auditor.post("/v1/audit/acts", {**asked, "unit": "TYT-2"}).json()["code"] == "place"
    assert auditor.post("/v1/audit/acts", {**asked, "token": "0" * 64}).json()["code"] == "acts-of-one"
    for strange in ("soon", "2022-03-01", "0001-01-01T00:00+14"):
        assert auditor.post("/v1/audit/acts", {**asked, "begin": strange}).json()["fields"] == ["begin"]
