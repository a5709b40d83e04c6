"""A limit that several processes share."""

from pathlib import Path

import pytest
from sqlalchemy import select

from api.errors import CentreError
from api.limits import SharedRateLimit
from api.store.database import open_database
from api.store.schema import rate_windows
from tests.support.databases import Kind, NewAddress

SECRET = bytes(range(32))


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
