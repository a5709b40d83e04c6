from pathlib import Path

import pytest
from sqlalchemy import Engine, Integer, LargeBinary, String, bindparam, event, func, literal, select, text
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from api.store.database import open_database
from api.store.quick import Quick
from api.store.schema import units
from tests.support.databases import NewAddress

pytestmark = pytest.mark.both_databases

_UNIT = Quick(select(units.c.code, units.c.name).where(units.c.code == bindparam("code"), units.c.kind == "station"))
_ECHO = Quick(
    select(
        literal(7).label("seven"),
        bindparam("letters", type_=String).label("letters"),
        bindparam("blob", type_=LargeBinary).label("blob"),
        bindparam("number", type_=Integer).label("number"),
    )
)


@pytest.fixture
def engine(new_address: NewAddress, tmp_path: Path) -> Engine:
    return open_database(new_address(tmp_path))


def test_the_row_by_names_or_none(engine: Engine) -> None:
    row = _ECHO.first(engine, letters="Hạnh%", blob=b"\0\xff", number=2)
    assert (row.seven, row.letters, bytes(row.blob), row.number) == (7, "Hạnh%", b"\0\xff", 2)
    assert _UNIT.first(engine, code="nobody") is None


def test_errors_are_those_of_sqlalchemy_and_repeat_no_values(engine: Engine) -> None:
    wrong = Quick(text("SELECT nothing FROM nowhere WHERE name = :name").columns(units.c.name))
    with pytest.raises((OperationalError, ProgrammingError)) as caught:
        wrong.first(engine, name="Hạnh")
    assert "Hạnh" not in str(caught.value)
    if engine.dialect.name == "postgresql":
        with pytest.raises(DataError):
            _UNIT.first(engine, code="\0")
    assert _UNIT.first(engine, code="nobody") is None


def test_the_connection_is_as_it_was(engine: Engine) -> None:
    """A transaction that comes after it is one again."""
    _UNIT.first(engine, code="x")
    with engine.connect() as connection:
        connection.execute(
            units.insert().values(code="x", name="x", kind="station", province="01", opened_on="2020-01-01")
        )
        connection.rollback()
    assert _UNIT.first(engine, code="x") is None


def test_one_connection_stays_at_hand_and_ends_with_its_engine(engine: Engine) -> None:
    closed: list[object] = []
    event.listen(engine, "close", lambda connection, _record: closed.append(connection))
    for _ in range(3):
        _UNIT.first(engine, code="x")
    assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]
    with engine.connect():  # others take another one
        assert engine.pool.checkedout() == 2  # type: ignore[attr-defined]
    engine.dispose()
    assert len(closed) == 2
    assert _UNIT.first(engine, code="x") is None


def test_one_that_rested_is_asked_whether_it_lives(
    engine: Engine, new_address: NewAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.store.quick.RESTED", 0.0)
    monkeypatch.setattr("api.store.database.RESTED", 0.0)
    _UNIT.first(engine, code="x")
    if engine.dialect.name == "postgresql":
        which = Quick(select(func.pg_backend_pid().label("pid")))
        process = which.first(engine).pid
        with open_database(new_address(tmp_path)).connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({process}, 10000)")
        assert which.first(engine).pid != process
    _UNIT.first(engine, code="x")
    assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]
