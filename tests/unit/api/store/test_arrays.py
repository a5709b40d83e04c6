"""Many rows in one statement, those that are there left alone."""

from pathlib import Path

import pytest
from sqlalchemy import select

from api.store.arrays import insert_many_new
from api.store.database import open_database
from api.store.schema import revocation_entries
from api.store.transactions import writing
from tests.support.databases import NewAddress

pytestmark = pytest.mark.both_databases


def test_what_is_there_is_left_alone_and_not_counted(tmp_path: Path, new_address: NewAddress) -> None:
    def rows(begin: int, end: int, wanted: str) -> list[dict[str, object]]:
        key: dict[str, object] = {
            "scope": b"k" * 8,
            "hash_type": "UCI",
            "uvci": "c",
            "expires_at": "t",
            "not_before": None,
        }
        return [key | {"hash": number.to_bytes(16), "wanted": wanted} for number in range(begin, end)]

    engine = open_database(new_address(tmp_path))
    with writing(engine) as connection:
        assert insert_many_new(connection, revocation_entries, []) == 0
        assert insert_many_new(connection, revocation_entries, rows(0, 700, "revoked")) == 700
        assert insert_many_new(connection, revocation_entries, rows(300, 1200, "valid")) == 500
        wanted = connection.execute(select(revocation_entries.c.wanted).order_by(revocation_entries.c.hash)).scalars()
        assert list(wanted) == ["revoked"] * 700 + ["valid"] * 500
    engine.dispose()
