from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.centre import Mode, World, make_world

MakeWorld = Callable[..., World]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A two-tier centre."""
    return make_world(tmp_path)


@pytest.fixture
def make(tmp_path: Path) -> MakeWorld:
    def make_in_folder(mode: Mode, **settings: object) -> World:
        folder = tmp_path / mode
        folder.mkdir()
        return make_world(folder, mode=mode, **settings)

    return make_in_folder
