"""Two machines on one database give out the same lists."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from api.checkers.lists import CheckerLists
from api.checkers.publishing import follow
from api.context import Centre
from api.store.schema import published_parts
from api.store.transactions import writing
from certificates.bundle_folder import MANIFEST
from certificates.bundle_signing import Changes
from certificates.errors import CertificateError
from tests.support.centre import World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def other(centre: World, tmp_path: Path) -> Centre:
    """A second machine: the same database, another folder."""
    settings = centre.centre.settings.model_copy(update={"data": tmp_path / "other"})
    return replace(centre.centre, settings=settings)


def files(centre: Centre) -> dict[str, bytes]:
    folder = centre.settings.lists
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_one_machine_publishes_the_other_gives_out(centre: World, other: Centre) -> None:
    assert follow(other) is None
    centre.publish()
    assert follow(other) == 1
    assert files(other) == files(centre.centre)
    assert follow(other) is None
    centre.clock.forward(days=1)
    centre.publish(changes=Changes())
    assert follow(other) == 2
    assert files(other)[MANIFEST] == files(centre.centre)[MANIFEST]
    assert CheckerLists(other).current(centre.clock()).version == 2


def test_a_file_is_kept_once(centre: World) -> None:
    centre.publish()
    centre.clock.forward(days=1)
    centre.publish(changes=Changes())
    with centre.engine.connect() as connection:
        kept = set(connection.execute(select(published_parts.c.data)).scalars())
    assert set(files(centre.centre).values()) <= kept


def test_files_that_no_late_version_names_are_forgotten(
    centre: World, other: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.checkers.keeping.KEPT", 2)

    def kept() -> set[bytes]:
        with centre.engine.connect() as connection:
            return set(connection.execute(select(published_parts.c.data)).scalars())

    centre.publish()
    first = files(centre.centre)
    for _ in range(4):
        centre.clock.forward(days=1)
        centre.publish(changes=Changes())
    assert first[MANIFEST] not in kept()
    assert set(files(centre.centre).values()) & set(first.values()) <= kept()  # the trust list is named still
    assert follow(other) == 5


def test_a_machine_that_lost_its_folder_gets_it_back(centre: World) -> None:
    centre.publish()
    before = files(centre.centre)
    shutil.rmtree(centre.centre.settings.lists)
    assert follow(centre.centre) == 1
    assert files(centre.centre) == before


def test_a_publication_that_was_cut_short_is_not_taken_back(centre: World, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.publish()

    def die(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("api.checkers.publishing._store", die)
    centre.clock.forward(days=1)
    with pytest.raises(RuntimeError):
        centre.publish(changes=Changes())
    ahead = files(centre.centre)[MANIFEST]
    assert follow(centre.centre) is None
    assert files(centre.centre)[MANIFEST] == ahead


def test_what_the_database_lacks_leaves_the_folder_as_it_is(centre: World, other: Centre) -> None:
    centre.publish()
    with writing(centre.engine) as connection:
        connection.execute(delete(published_parts))
    with pytest.raises(CertificateError, match="list-missing"):
        follow(other)
    assert files(other) == {}


def test_without_a_pinned_root(centre: World, other: Centre) -> None:
    centre.publish()
    assert follow(replace(other, settings=other.settings.model_copy(update={"list_roots": None}))) is None
