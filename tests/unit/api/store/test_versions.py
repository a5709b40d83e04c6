"""The tables' versions: made, migrated, refused."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.errors import CentreError
from api.store import versions
from api.store.database import connect, open_database
from api.store.records import document_text
from api.store.recount import find_differences
from api.store.schema import intents, metadata, record_versions, records, units
from api.store.schema_worklists import unit_counts, work_items
from tests.support.databases import KINDS, Kind, postgres
from tests.support.intake import row, take, write_csv
from tests.support.records import record

UNIT = {"code": "u", "name": "U", "kind": "station", "province": "01", "opened_on": "2000-01-01"}

RECORD = "INSERT INTO records VALUES ('r', 1, '79', 'u', 'ready', NULL, 'k', :document, :digest, 't', 't')"
VERSION = "INSERT INTO record_versions VALUES ('r', 1, '{}', :digest, 'a', 'b', 't')"
INTENT = "INSERT INTO intents VALUES ('r', 1, 'c', 't', 't', 'i', 'VN', 't')"
UNDER_WAY = (
    "INSERT INTO imports (import_id, file_name, file_sha256, state, started_at, imported_by)"
    " VALUES ('i', 'a.csv', :sha, 'staged', 't', 'b')"
)
OTHER_INTENT = {  # the code of another one
    "record_id": "r",
    "version": 2,
    "province": "79",
    "uvci": "c",
    "issued_at": "t",
    "expires_at": "t",
    "issuer": "i",
    "country": "VN",
    "made_at": "t",
}


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    kind: Kind = request.param
    engine = connect(tmp_path / "x.sqlite3" if kind == "sqlite" else postgres().address(postgres().new_database()))
    yield engine
    engine.dispose()


def build(engine: Engine, revision: str) -> None:
    """The tables as the steps make them, up to this one."""
    with engine.begin() as connection:
        versions.version_table.create(connection)
    versions.run_steps(engine, revision)


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


def columns(engine: Engine) -> dict[str, list[tuple[str, str, bool]]]:
    found = inspect(engine)
    return {
        table: [(one["name"], str(one["type"]), one["nullable"]) for one in found.get_columns(table)]
        for table in found.get_table_names()
    }


def test_the_newest_version_is_the_last_step() -> None:
    steps = ScriptDirectory(str(Path(versions.__file__).parent / "migrations"))
    assert steps.get_heads() == [versions.NEWEST]
    assert steps.get_bases() == ["0001"]


def test_the_steps_make_what_the_program_works_with(empty: Engine) -> None:
    build(empty, "head")
    assert differences(empty) == []
    versions.check_schema(empty)


def test_tables_made_at_once_are_those_of_the_steps(empty: Engine, tmp_path: Path) -> None:
    versions.make_schema(empty)
    other = connect(
        tmp_path / "y.sqlite3" if empty.dialect.name == "sqlite" else postgres().address(postgres().new_database())
    )
    build(other, "head")
    assert {name: sorted(found) for name, found in columns(empty).items()} == {
        name: sorted(found) for name, found in columns(other).items()
    }
    other.dispose()


def test_an_older_database_is_refused_and_brought_up_with_its_rows(empty: Engine) -> None:
    build(empty, "0001")
    with empty.begin() as connection:
        connection.execute(insert(units), UNIT)
        connection.execute(text(RECORD), {"digest": b"", "document": document_text(record().to_dict())})
        connection.execute(text(VERSION), {"digest": b""})
        connection.execute(text(INTENT))
    with pytest.raises(CentreError, match=r"schema-old.*vaxseal admin migrate"):
        versions.check_schema(empty)
    assert versions.migrate(empty) == "0001"
    versions.check_schema(empty)
    with empty.connect() as connection:
        assert connection.execute(select(units.c.code)).scalars().all() == ["u"]
        same = record_versions.c.record_id == intents.c.record_id
        found = connection.execute(select(record_versions.c.province, intents.c.province, intents.c.uvci).where(same))
        assert [tuple(row) for row in found] == [("79", "79", "c")]
    with pytest.raises(IntegrityError), empty.begin() as connection:
        connection.execute(insert(intents), OTHER_INTENT)
    assert versions.migrate(empty) == versions.NEWEST


def test_what_is_to_be_mended_already_comes_onto_the_lists_and_is_counted(empty: Engine) -> None:
    build(empty, "0006")
    states = (
        ("a", "ready", None),
        ("b", "mismatched", "register-mismatch:sex"),
        ("c", "mismatched", "register-mismatch:sex,full_name"),
        ("d", "incomplete", "lot-missing"),
        ("e", "incomplete", "dose-order"),
        ("f", "register_disputed", None),
        ("g", "awaiting_match", "attestation-needed"),
    )
    with empty.begin() as connection:
        connection.execute(insert(units), UNIT)
        for record_id, state, reason in states:
            row = {"record_id": record_id, "version": 1, "province": "79", "unit": "u", "state": state}
            texts = {"person_key": record_id, "document": document_text(record().to_dict()), "entered_at": "t"}
            texts["updated_at"] = "2022-02-28T18:00:00Z"
            connection.execute(insert(records), {**row, **texts, "reason": reason, "digest": b""})
    versions.migrate(empty)
    with empty.connect() as connection:
        assert find_differences(connection) == {}
        items = connection.execute(select(work_items.c.work_class, work_items.c.desk).order_by("record_id")).all()
        days = set(connection.execute(select(unit_counts.c.since).where(unit_counts.c.unit == "u")).scalars())
    assert [tuple(item) for item in items] == [
        ("mismatch-sex", "clerk"),
        ("mismatch-several", "clerk"),
        ("missing-field", "clerk"),
        ("implausible", "clerk"),
        ("register-disputed", "police"),
        ("attestation", "clerk"),
    ]
    assert days == {"", "2022-03-01"}


def test_an_import_under_way_goes_on(empty: Engine, tmp_path: Path) -> None:
    build(empty, "0015")
    path = write_csv(tmp_path / "a.csv", row(), row(id="001161012346", born="?"))
    told = '{"rows": 2, "letters": {}, "outcomes": {"refused": 1}, "reasons": {"date-form": 1}}'
    with empty.begin() as connection:
        connection.execute(insert(units), UNIT | {"code": "01-0001", "province": "01"})
        connection.execute(text(UNDER_WAY), {"sha": hashlib.sha256(path.read_bytes()).digest()})
        connection.execute(text("INSERT INTO import_steps VALUES ('i', 'read', 0, :told)"), {"told": told})
        connection.execute(
            text("INSERT INTO import_rows (import_id, row_number, outcome, cells) VALUES ('i', 3, 'refused', '[]')")
        )
        connection.execute(text("INSERT INTO import_staging VALUES ('i', 5, 2, 'k', '[]', NULL, '[]')"))
    versions.migrate(empty)
    report = take(empty, path)
    assert (report.import_id, report.rows, report.accepted, report.refused) == ("i", 2, 1, 1)
    assert report.reasons == {"date-form": 1}


def test_a_step_that_fails_leaves_all_as_it_was(empty: Engine) -> None:
    build(empty, "0001")
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE deployment (x INTEGER)"))
    with pytest.raises(DBAPIError):
        versions.migrate(empty)
    with empty.connect() as connection:
        assert versions.read_version(connection) == "0001"
    assert "published_parts" not in inspect(empty).get_table_names()


def test_a_newer_one_is_refused(empty: Engine) -> None:
    versions.make_schema(empty)
    with empty.begin() as connection:
        connection.execute(update(versions.version_table).values(version_num="9999"))
    for refusing in (versions.check_schema, versions.migrate):
        with pytest.raises(CentreError, match="schema-unknown: a newer program"):
            refusing(empty)


def test_other_peoples_tables_are_left_alone(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (x INTEGER)"))
    versions.make_schema(empty)
    with pytest.raises(CentreError, match="schema-unknown"):
        versions.check_schema(empty)
    assert inspect(empty).get_table_names() == ["theirs"]


def test_an_empty_postgresql_is_made_by_init_only() -> None:
    address = postgres().address(postgres().new_database())
    with pytest.raises(CentreError, match=r"schema-missing.*vaxseal admin init"):
        open_database(address)
    open_database(address, make=True).dispose()
    open_database(address).dispose()


def test_a_database_that_sorts_by_a_language_is_refused() -> None:
    postgres().execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(CentreError, match="database-collation"):
        open_database(postgres().address("latin"), make=True)
    engine = connect(postgres().address("latin"))
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_server_that_is_away() -> None:
    with pytest.raises(CentreError, match="database-unreachable") as caught:
        open_database("postgresql+psycopg://nurse:hidden@127.0.0.1:1/x")
    assert "hidden" not in str(caught.value)
