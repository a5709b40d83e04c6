from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from api.audit import Act, read_log, record_act, record_acts, verify_log
from api.errors import CentreError
from api.store.database import open_database
from api.store.schema import audit
from api.store.schema_audit import audit_notes
from api.store.transactions import writing
from certificates.act_chain import GENESIS, LogHead
from tests.support.bending import bending
from tests.support.databases import NewAddress

pytestmark = pytest.mark.both_databases

AT = datetime(2022, 3, 1, tzinfo=UTC)
TOKEN = bytes(range(32))
NOTE = "Nguyễn Thị Hạnh đã gọi lại, số 001180123456"


@pytest.fixture
def engine(tmp_path: Path, new_address: NewAddress) -> Engine:
    engine = open_database(new_address(tmp_path))
    with writing(engine) as connection:
        record_act(connection, at=AT, actor="a@U-1", act="login", subject="t", token=TOKEN)
        acts = [Act(actor="a@U-1", act="confirm-signed", subject=str(number), reason="x") for number in range(4)]
        record_acts(connection, acts, at=AT)
        record_act(connection, at=AT, actor="b@U-1", act="correct", subject="r1", reason=NOTE, token=TOKEN)
    return engine


def fault(engine: Engine, *heads: LogHead) -> str:
    with pytest.raises(CentreError) as caught:
        verify_log(engine, heads)
    return caught.value.code


def test_a_whole_log_gives_its_head(engine: Engine) -> None:
    told: list[tuple[int, int | None]] = []
    head = verify_log(engine, progress=lambda done, total: told.append((done, total)))
    assert head.sequence == 6
    assert head.hash != GENESIS
    assert told[-1] == (6, 6)
    assert verify_log(engine, [head]) == head


def test_an_empty_log_is_whole(tmp_path: Path, new_address: NewAddress) -> None:
    head = verify_log(open_database(new_address(tmp_path)))
    assert (head.sequence, head.hash) == (0, GENESIS)


def flips(value: Any) -> list[Any]:
    """The value with one bit of each byte changed; where it is nothing, something."""
    if value is None:
        return [b"\x01", b""]
    if isinstance(value, int):
        return [value ^ (1 << bit) for bit in range(3, 40)]
    if isinstance(value, bytes):
        return [value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :] for place in range(len(value))]
    changed = [value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :] for place in range(len(value))]
    return [*changed, value + " ", value[:-1]] if value else ["x"]


@pytest.mark.parametrize("table", [audit, audit_notes], ids=lambda table: table.name)
def test_a_flipped_bit_of_any_byte_of_any_column_is_found(engine: Engine, table: Table) -> None:
    with bending(engine) as connection:
        rows = [row._mapping for row in connection.execute(select(table).where(table.c.sequence == 6))]
        tried = 0
        for row in rows:
            here = table.c.sequence == row["sequence"]
            for column in table.columns:
                for changed in flips(row[column.name]):
                    if column.name == "unit" and isinstance(changed, bytes):
                        changed = changed.decode()
                    connection.execute(update(table).where(here).values({column.name: changed}))
                    connection.commit()
                    assert fault(engine) == "audit-broken", (column.name, changed)
                    there = table.c.sequence == (changed if column.name == "sequence" else row["sequence"])
                    connection.execute(update(table).where(there).values({column.name: row[column.name]}))
                    tried += 1
        connection.commit()
    assert tried > (100 if table is audit_notes else 200)
    verify_log(engine)


def test_texts_that_are_none(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL takes no such text")
    for strange in ("CAST(x'ff6e' AS TEXT)", "CAST('a@U-1' AS BLOB)", "1.5"):
        with bending(engine) as connection:
            connection.execute(text(f"UPDATE audit SET actor = {strange} WHERE sequence = 5"))  # noqa: S608
        assert fault(engine) == "audit-broken"


def test_rows_dropped_swapped_inserted_and_cut_off(engine: Engine) -> None:
    before = verify_log(engine)
    with engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(audit).order_by(audit.c.sequence))]

    def bent(rows: list[dict[str, Any]]) -> None:
        with bending(engine) as connection:
            connection.execute(delete(audit_notes))
            connection.execute(delete(audit))
            if rows:
                connection.execute(insert(audit), rows)

    def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "sequence": number} for number, row in enumerate(rows, 1)]

    for place in range(len(rows) - 1):
        dropped = rows[:place] + rows[place + 1 :]
        swapped = [*rows[:place], rows[place + 1], rows[place], *rows[place + 2 :]]
        doubled = rows[: place + 1] + rows[place:]
        for one in (dropped, numbered(dropped), numbered(swapped), numbered(doubled)):
            bent(one)
            assert fault(engine) == "audit-broken"
    for left in range(len(rows)):  # a log that was cut is whole in itself: whoever kept its head sees it
        bent(rows[:left])
        assert verify_log(engine).sequence == left
        assert fault(engine, before) == "audit-cut"
    bent(rows)
    assert verify_log(engine, [before]) == before


def test_a_log_that_was_written_anew_is_found_by_a_kept_head(engine: Engine) -> None:
    before = verify_log(engine)
    with bending(engine) as connection:
        connection.execute(delete(audit_notes))
        connection.execute(delete(audit))
    with writing(engine) as connection:
        for number in range(9):
            record_act(connection, at=AT, actor="a@U-1", act="login", subject=str(number))
    assert verify_log(engine).sequence == 9
    assert fault(engine, before) == "audit-rewritten"
    assert fault(engine, before, LogHead(sequence=before.sequence, hash=bytes(32))) == "audit-rewritten"


def test_the_database_refuses_every_change(engine: Engine) -> None:
    changes = [update(audit).values(reason=""), delete(audit).where(audit.c.sequence == 6)]
    if engine.dialect.name == "postgresql":
        changes.append(text("TRUNCATE audit CASCADE"))  # type: ignore[arg-type]
    for change in changes:
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(change)
    assert verify_log(engine).sequence == 6


def test_what_a_person_wrote_stands_beside_the_log_and_can_be_erased(engine: Engine) -> None:
    with engine.connect() as connection:
        kept = connection.execute(select(audit.c.reason).where(audit.c.sequence == 6)).scalar_one()
    assert kept.startswith("note:")
    assert [act.reason for act in read_log(engine, limit=1)] == [NOTE]
    head = verify_log(engine)
    with writing(engine) as connection:
        connection.execute(delete(audit_notes))
    assert verify_log(engine, [head]) == head
    assert [act.reason for act in read_log(engine, limit=1)] == [kept]


@pytest.mark.parametrize(
    ("reason", "note"),
    [
        ("", False),
        ("certificate-unchecked", False),
        ("TYT-0101", False),
        ("rows 7, accepted 5, refused 2", False),
        ("00118012345600118012345600118012", False),  # an id
        ("token lost", True),
        ("001180123456", True),
        ("hộ chiếu", True),
        ("12, 001180123456", True),
        ("C1234567", True),
    ],
)
def test_codes_stand_in_the_log_and_all_else_is_a_note(
    tmp_path: Path, new_address: NewAddress, reason: str, note: bool
) -> None:
    engine = open_database(new_address(tmp_path))
    with writing(engine) as connection:
        record_act(connection, at=AT, actor="a", act="x", subject="s", reason=reason)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(audit_notes)).scalar_one() == note
    assert [act.reason for act in read_log(engine, limit=1)] == [reason]


@pytest.mark.parametrize("subject", ["001180123456", "C1234567", "URN:UVCI:01:VN:X", "Nguyễn Thị Hạnh", "a\nb"])
def test_a_subject_is_an_id(engine: Engine, subject: str) -> None:
    with pytest.raises(ValueError, match="id"), writing(engine) as connection:
        record_act(connection, at=AT, actor="a", act="x", subject=subject)


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
    assert [act.subject for act in read_log(engine, limit=3)] == ["r1", "3", "2"]
    assert [act.act for act in read_log(engine, limit=9, subject="t")] == ["login"]
    assert len(read_log(engine, limit=9, actor="a@U-1")) == 5
    assert read_log(engine, limit=9, actor="b@u") == ()
    assert {act.unit for act in read_log(engine, limit=9)} == {"U-1"}
