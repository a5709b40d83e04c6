from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, update

from api.audit import GENESIS, Act, read_log, record_act, record_acts, verify_log
from api.errors import CentreError
from api.store.database import open_database
from api.store.schema import audit
from api.store.transactions import writing
from tests.support.databases import NewAddress

pytestmark = pytest.mark.both_databases

AT = datetime(2022, 3, 1, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path, new_address: NewAddress) -> Engine:
    engine = open_database(new_address(tmp_path))
    with writing(engine) as connection:
        record_act(connection, at=AT, actor="a@u", act="login", subject="t")
        acts = [Act(actor="a@u", act="confirm-signed", subject=str(number), reason="x") for number in range(5)]
        record_acts(connection, acts, at=AT)
    return engine


def test_a_whole_log_gives_its_head(engine: Engine) -> None:
    head = verify_log(engine)
    assert head.sequence == 6
    assert head.hash != GENESIS


def test_an_empty_log_is_whole(tmp_path: Path, new_address: NewAddress) -> None:
    head = verify_log(open_database(new_address(tmp_path)))
    assert (head.sequence, head.hash) == (0, GENESIS)


@pytest.mark.parametrize("column", ["at", "actor", "act", "subject", "reason"])
@pytest.mark.parametrize("row", [1, 3, 6])
def test_a_changed_row_is_found(engine: Engine, column: str, row: int) -> None:
    with writing(engine) as connection:
        connection.execute(update(audit).where(audit.c.sequence == row).values({column: "y"}))
    with pytest.raises(CentreError, match=f"audit-broken: row {row}"):
        verify_log(engine)


def test_a_flipped_bit_of_a_hash_is_found(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(update(audit).where(audit.c.sequence == 2).values(hash=bytes(32)))
    with pytest.raises(CentreError, match="audit-broken"):
        verify_log(engine)


def test_a_removed_row_is_found(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.sequence == 4))
    with pytest.raises(CentreError, match="audit-broken"):
        verify_log(engine)


def test_rows_that_differ_only_by_where_a_field_ends_have_other_hashes(tmp_path: Path) -> None:
    hashes = []
    for name, (actor, act) in {"one": ("ab", "c"), "two": ("a", "bc")}.items():
        engine = open_database(tmp_path / name)
        with writing(engine) as connection:
            record_act(connection, at=AT, actor=actor, act=act, subject="s")
        hashes.append(verify_log(engine).hash)
    assert hashes[0] != hashes[1]


def test_an_act_goes_with_its_transaction(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as connection:
            record_act(connection, at=AT, actor="a@u", act="x", subject="y")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert verify_log(engine).sequence == 6


def test_reading_by_actor_and_subject(engine: Engine) -> None:
    assert [act.subject for act in read_log(engine, limit=2)] == ["4", "3"]
    assert [act.act for act in read_log(engine, limit=9, subject="t")] == ["login"]
    assert len(read_log(engine, limit=9, actor="a@u")) == 6
    assert read_log(engine, limit=9, actor="b@u") == ()
