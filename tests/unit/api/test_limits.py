"""Limits, of one process and of several together."""

from pathlib import Path

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DataError

from api.errors import CentreError
from api.limits import RateLimit, SharedRateLimit
from api.store.database import open_database
from api.store.quick import Quick
from api.store.schema import rate_windows, units
from tests.support.databases import Kind, NewAddress

SECRET = bytes(range(32))
_UNIT = Quick(select(units.c.code, units.c.name).where(units.c.code == bindparam("code")))


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_processes_count_together(
    kind: Kind, tmp_path: Path, new_address: NewAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_020.0
    monkeypatch.setattr("api.limits.time.time", lambda: now)
    address = new_address(tmp_path)
    one, two = (SharedRateLimit(3, open_database(address), SECRET) for _ in range(2))
    for limit in (one, two, one):
        limit.count("192.0.2.1")
    with pytest.raises(CentreError, match="too-many-requests") as caught:
        two.count("192.0.2.1")
    assert caught.value.retry_after == 60 - 1_000_020 % 60
    two.count("192.0.2.2")
    now += 60
    two.count("192.0.2.1")
    with open_database(address).connect() as connection:
        (row,) = connection.execute(select(rate_windows)).all()
    assert (row.calls, b"192" in row.client) == (1, False)


@pytest.mark.both_databases
def test_a_call_counts_whatever_its_query_finds(
    kind: Kind, tmp_path: Path, new_address: NewAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.limits.time.time", lambda: 1_000_020.0)
    engine = open_database(new_address(tmp_path))
    with engine.begin() as connection:
        connection.execute(
            units.insert().values(code="x", name="Trạm", kind="station", province="01", opened_on="2020-01-01")
        )
    shared = kind == "postgresql"
    limit = SharedRateLimit(4, engine, SECRET) if shared else RateLimit(4)

    def ask(code: str) -> object:
        return limit.count_and_ask("192.0.2.1", engine, _UNIT, code=code)

    assert ask("x").name == "Trạm"  # type: ignore[attr-defined]
    assert ask("nobody") is None
    if shared:
        with pytest.raises(DataError):  # never sent, and counted
            ask("\0")
    else:
        assert ask("\0") is None
    ask("x")
    for code in ("x", "nobody", "\0"):
        with pytest.raises(CentreError, match="too-many-requests"):
            ask(code)
