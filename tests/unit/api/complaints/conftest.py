import pytest

from tests.support.centre import World
from tests.support.complaints import Tree, plant


@pytest.fixture
def tree(world: World) -> Tree:
    """A two-tier centre whose units stand in a tree."""
    return plant(world)
