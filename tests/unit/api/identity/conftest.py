"""The register as a process, and how to reach it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, delete

from api.store.database import open_database
from api.store.schema_identity import partners
from api.store.transactions import writing
from tests.support.register_server import RegisterServer, register_server


@pytest.fixture(scope="package")
def running_register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegisterServer]:
    with register_server(tmp_path_factory.mktemp("register")) as server:
        yield server


@pytest.fixture
def server(running_register: RegisterServer) -> RegisterServer:
    """The register without entries, on a good day."""
    running_register.entries()
    running_register.behave()
    return running_register


@pytest.fixture(scope="package")
def kept_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_database(tmp_path_factory.mktemp("partners") / "x.sqlite3")
    yield engine
    engine.dispose()


@pytest.fixture
def partners_engine(kept_engine: Engine) -> Engine:
    """A database in which no partner ever failed, and nothing else: quicker than a fresh one."""
    with writing(kept_engine) as connection:
        connection.execute(delete(partners))
    return kept_engine
