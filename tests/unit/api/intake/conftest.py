"""A database with units, for every test of the intake."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.support.intake import make_engine


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return make_engine(tmp_path)
