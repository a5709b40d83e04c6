from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from tests.support.centre import Mode, World, make_world
from tests.support.databases import KINDS, Kind, NewAddress, addresses

MakeWorld = Callable[..., World]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Modules that are marked so run on both databases, others on SQLite."""
    if "kind" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("kind", KINDS, indirect=True)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> Kind:
    """The database of this test."""
    chosen: Kind = getattr(request, "param", "sqlite")
    return chosen


@pytest.fixture
def new_address(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewAddress]:
    """A fresh database at each call. The engines of this test are closed before it goes."""
    engines: list[Engine] = []

    def noting(*args: Any, **given: Any) -> Engine:
        engines.append(create_engine(*args, **given))
        return engines[-1]

    monkeypatch.setattr("api.store.database.create_engine", noting)
    with addresses(kind) as new:
        yield new
        for engine in engines:
            engine.dispose()


@pytest.fixture
def world(tmp_path: Path, new_address: NewAddress) -> World:
    """A two-tier centre."""
    return make_world(tmp_path, address=new_address(tmp_path))


@pytest.fixture
def make(tmp_path: Path, new_address: NewAddress) -> MakeWorld:
    def make_in_folder(mode: Mode, **settings: object) -> World:
        folder = tmp_path / mode
        folder.mkdir()
        return make_world(folder, mode=mode, address=new_address(folder), **settings)

    return make_in_folder
