"""The database as it is opened."""

import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from api.store.database import open_database
from api.store.schema import evidence, records, units
from api.store.transactions import writing
from tests.support.databases import Kind, NewAddress


def test_settings_of_every_connection(tmp_path: Path) -> None:
    with open_database(tmp_path / "deep" / "x.sqlite3").connect() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    open_database(tmp_path / "x.sqlite3")
    assert stat.S_IMODE((tmp_path / "x.sqlite3").stat().st_mode) & 0o077 == 0


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    unit = {"code": "u", "name": "U", "kind": "station", "province": "01", "opened_on": "2000-01-01"}
    with writing(open_database(tmp_path / "x.sqlite3")) as connection:
        connection.execute(insert(units), unit)
    with open_database(f"sqlite:///{tmp_path / 'x.sqlite3'}").connect() as connection:
        assert connection.execute(select(units.c.code)).scalars().all() == ["u"]


def test_foreign_keys_hold(tmp_path: Path) -> None:
    row = dict.fromkeys(("record_id", "province", "unit", "state", "person_key", "document"), "x")
    row |= {"version": 1, "digest": b"", "entered_at": "x", "updated_at": "x"}  # type: ignore[dict-item]
    with pytest.raises(IntegrityError), writing(open_database(tmp_path / "x.sqlite3")) as connection:
        connection.execute(insert(records), row)


def test_a_reader_does_not_wait_and_sees_one_state(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "x.sqlite3")
    unit = {"code": "u", "name": "U", "kind": "station", "province": "01", "opened_on": "2000-01-01"}
    with engine.connect() as reader:
        assert reader.execute(select(units)).all() == []
        with writing(engine) as writer:
            writer.execute(insert(units), unit)
        assert reader.execute(select(units)).all() == []
    with engine.connect() as reader:
        assert len(reader.execute(select(units)).all()) == 1


def test_writers_that_read_first_wait_for_one_another(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "x.sqlite3")
    failures: list[Exception] = []

    def add_some() -> None:
        try:
            for _ in range(10):
                with writing(engine) as connection:
                    count = len(connection.execute(select(units)).all())
                    unit = {"code": str(count), "name": "U", "kind": "station", "province": "1", "opened_on": "2000"}
                    connection.execute(insert(units), unit)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=add_some) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with engine.connect() as connection:
        assert len(connection.execute(select(units)).all()) == 30


def test_an_error_of_the_database_repeats_no_values(tmp_path: Path) -> None:
    """What a command writes about a failed statement ends on a terminal or in a log."""
    engine = open_database(tmp_path / "x.sqlite3")
    wrong = {"record_id": "1", "version": 1, "province": "01", "made_at": "x", "document": "Nguyễn Thị Hạnh"}
    with pytest.raises(IntegrityError) as caught, engine.begin() as connection:
        connection.execute(insert(evidence), wrong)
    assert "Hạnh" not in str(caught.value)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_server_that_was_started_anew_is_found_again(
    kind: Kind, tmp_path: Path, new_address: NewAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end, as a connection sees it: one that rested is asked before it is used, and replaced."""
    monkeypatch.setattr("api.store.database.RESTED", 0.0)
    engine, other = (open_database(new_address(tmp_path)) for _ in range(2))
    with engine.connect() as connection:
        process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with other.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({process}, 10000)")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != process
