"""What all machines of a service must have alike."""

from pathlib import Path

import pytest
from sqlalchemy import select

from api.config import SECRET_NAME
from api.errors import CentreError
from api.server import open_centre
from api.store.database import open_database
from api.store.deployment import agree_on_secret, has_secret
from api.store.schema import deployment
from tests.support.databases import NewAddress

pytestmark = pytest.mark.both_databases
SECRET = bytes(range(32))


def test_the_first_secret_is_the_services(tmp_path: Path, new_address: NewAddress) -> None:
    engine = open_database(new_address(tmp_path))
    assert not has_secret(engine)
    agree_on_secret(engine, SECRET)
    agree_on_secret(engine, SECRET)
    assert has_secret(engine)
    with pytest.raises(CentreError, match="secret-differs"):
        agree_on_secret(engine, SECRET[::-1])
    with engine.connect() as connection:
        assert SECRET not in connection.execute(select(deployment.c.value)).scalars().all()


def test_another_machine_starts_with_the_same_secret_only(
    tmp_path: Path, new_address: NewAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = new_address(tmp_path)
    if isinstance(address, str):
        monkeypatch.setenv("VAXSEAL_DATABASE_URL", address)
    open_centre(tmp_path).engine.dispose()
    secret = tmp_path / SECRET_NAME
    other = tmp_path / "other" if isinstance(address, str) else tmp_path
    other.mkdir(exist_ok=True)
    kept = secret.read_bytes()
    if other == tmp_path:
        secret.unlink()
    with pytest.raises(CentreError, match="secret-missing"):
        open_centre(other)
    assert not (other / SECRET_NAME).exists()
    (other / SECRET_NAME).write_bytes(kept)
    (other / SECRET_NAME).chmod(0o600)
    open_centre(other).engine.dispose()
