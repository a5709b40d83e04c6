from typing import Any

import pytest

from tests.support.centre import World
from tests.support.codes import AT


@pytest.fixture
def centre(make: Any) -> World:
    """A station-mode centre at the time of the codes and lists of `tests.support`, with nothing published."""
    world: World = make("station")
    world.clock.now = AT
    return world
